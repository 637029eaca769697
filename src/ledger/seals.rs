//! What each commit's signature is: checked once here, natively, and kept, for it never changes.
//!
//! Whether the key may speak for the actor is not kept: that is asked anew each time, see [`crate::domain::standing`].

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};
use ssh_key::{Fingerprint, HashAlg, PublicKey, SshSig};

use crate::domain::allowed_signers::NAMESPACE;
use crate::domain::event::Event;
use crate::domain::identity::{Moment, ObjectId};
use crate::domain::policy::Identity;
use crate::domain::record::History;
use crate::domain::standing::{self, Rule, Seal, Standing};
use crate::failure::Failure;
use crate::git::objects::{Kind, Objects, Unproved};
use crate::git::repository::Repository;
use crate::git::signing::Unsigned;
use crate::process::{Program, RunError};

use super::codec;
use super::read::incomplete;

/// The header of the file of what was checked; another version has another one.
const HEADER: &[u8; 16] = b"hotfix seals 1\n\n";
/// A commit's id, whether it is signed, and the SHA-256 of the key.
const RECORD: usize = 20 + 1 + 32;
/// Below this many new ones the file is left as it is: checking them again costs less than writing it.
const WORTH_WRITING: usize = 64;
/// How many commits are held in memory at once to be checked.
const BATCH: usize = 4096;

/// The seals of commits; those that were checked before are looked up.
///
/// Exit 4 where a commit is missing or damaged.
pub fn seals(
    repository: &Repository,
    commits: impl Iterator<Item = ObjectId>,
) -> Result<HashMap<ObjectId, Seal>, Failure> {
    let commits: Vec<_> = commits.collect();
    // A few are checked sooner than all that was kept is read.
    let mut kept = if commits.len() < WORTH_WRITING { None } else { read(repository) }.unwrap_or_default();
    let (mut seals, mut new) = (HashMap::new(), Vec::new());
    for commit in commits {
        match kept.remove(&commit) {
            Some(seal) => drop(seals.insert(commit, seal)),
            None => new.push(commit),
        }
    }
    let objects = repository.objects()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for commits in new.chunks(BATCH) {
        let shares = commits.chunks(commits.len().div_ceil(threads)).map(|share| read_share(&objects, share));
        let shares = shares.collect::<Result<Vec<_>, Failure>>()?;
        for (commit, seal) in commits.iter().zip(seals_of(&shares)) {
            // What is not what its id says is read once more, for that tells what is wrong with it.
            let seal = seal.map_or_else(|| Ok(self::seal(&read_commit(&objects, *commit)?)), Ok)?;
            seals.insert(*commit, seal);
        }
    }
    if new.len() >= WORTH_WRITING {
        // It only saves time: a repository that can't be written to is as good.
        write(repository, &seals).ok();
    }
    Ok(seals)
}

/// Forgets what was checked before. Exit 4 where it can't be forgotten.
pub fn forget(repository: &Repository) -> Result<(), Failure> {
    let path = path(repository);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::because(format!("failed to forget what was checked before: {}", path.display()), error)
                .hint("run it in a clone that can be written to"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The seals of the commits in each share, none of one that is not what its id says; a thread for each: a signature takes a
/// tenth of a millisecond.
fn seals_of(shares: &[Unproved]) -> Vec<Option<Seal>> {
    std::thread::scope(|scope| {
        let work = shares.iter().map(|share| {
            let check = || share.proved().map(|proved| proved.map(|(_, bytes)| seal(bytes))).collect::<Vec<_>>();
            (share, scope.spawn(check))
        });
        let work: Vec<_> = work.collect();
        let done = work.into_iter().flat_map(|(share, thread)| {
            // A thread that could not go on proves nothing.
            let broken = || Some(Seal::Broken("it could not be checked".to_owned()));
            thread.join().unwrap_or_else(|_| std::iter::repeat_with(broken).take(share.count()).collect())
        });
        done.collect()
    })
}

/// The same history, in which what `rule` doubts does not count. Where the rule asks for nothing, nothing is checked. None where
/// what was left out of it must be known for that; `counted` is the commit up to which all was found to count, and its time.
pub(super) fn weigh(
    repository: &Repository,
    history: History,
    rule: &Rule,
    counted: Option<(ObjectId, Moment)>,
) -> Result<Option<History>, Failure> {
    if rule.identity == Identity::Unverified {
        return Ok(Some(history));
    }
    if history.is_abridged() {
        let Some(counted) = counted else { return Ok(None) };
        let seals = seals(repository, history.beyond(counted.0).map(|record| record.commit))?;
        return Ok(standing::all_count(&history, counted, rule, &seals).then_some(history));
    }
    // Joins bear no signature: only events are looked at.
    let seals = seals(repository, history.records().iter().map(|record| record.commit))?;
    let standing = Standing::of(&history, rule, &seals);
    Ok(Some(history.weighed(standing)))
}

fn read_share(objects: &Objects<'_>, commits: &[ObjectId]) -> Result<Unproved, Failure> {
    let mut share = Unproved::new(Kind::Commit);
    for &commit in commits {
        objects.read_unproved(commit, &mut share)?.ok_or_else(|| incomplete(commit))?;
    }
    Ok(share)
}

fn read_commit(objects: &Objects<'_>, commit: ObjectId) -> Result<Vec<u8>, Failure> {
    objects.read(commit, Kind::Commit)?.ok_or_else(|| incomplete(commit))
}

/// What the signature in the bytes of a commit is.
pub fn seal(bytes: &[u8]) -> Seal {
    let Some((signed, signature)) = split(bytes) else { return Seal::None };
    let Ok(parsed) = SshSig::from_pem(signature.as_bytes()) else { return by_program(&signed, &signature) };
    let key = PublicKey::from(parsed.public_key().clone());
    if parsed.namespace() != NAMESPACE {
        return Seal::Broken(format!("it was made for {:?}, not for git", parsed.namespace()));
    }
    match key.verify(NAMESPACE, &signed, &parsed) {
        Ok(()) => Seal::Key(key.fingerprint(HashAlg::Sha256).to_string()),
        Err(_) if is_native(&parsed) => Seal::Broken("it is not of these bytes".to_owned()),
        Err(_) => by_program(&signed, &signature),
    }
}

/// Whether this program knows the algorithm itself: an RSA key, say, is left to ssh-keygen.
fn is_native(signature: &SshSig) -> bool {
    use ssh_key::{Algorithm, EcdsaCurve};
    matches!(
        signature.algorithm(),
        Algorithm::Ed25519
            | Algorithm::SkEd25519
            | Algorithm::SkEcdsaSha2NistP256
            | Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 }
    )
}

/// Asks ssh-keygen, which knows every algorithm, and takes a hundred times as long.
fn by_program(signed: &[u8], signature: &str) -> Seal {
    if !signature.starts_with("-----BEGIN SSH SIGNATURE-----") {
        return Seal::Broken("it is not made with an SSH key, and others are not supported".to_owned());
    }
    let check = || -> Result<Seal, RunError> {
        let not_run = |source| RunError::NotRun { program: "ssh-keygen".to_owned(), source };
        let file = tempfile::NamedTempFile::new().map_err(not_run)?;
        std::fs::write(file.path(), signature).map_err(not_run)?;
        let checked = Program::new("ssh-keygen")
            .args(["-Y", "check-novalidate", "-n", NAMESPACE, "-s"])
            .args([file.path()])
            .env("LC_ALL", "C")
            .input(signed)
            .time_limit(Duration::from_secs(60))
            .run()?;
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        let key = said.split_whitespace().find(|word| word.parse::<Fingerprint>().is_ok());
        Ok(key.map_or_else(|| Seal::Broken("ssh-keygen names no key".to_owned()), |key| Seal::Key(key.to_owned())))
    };
    check().unwrap_or_else(|error| Seal::Broken(error.to_string()))
}

/// The bytes that were signed, and the signature, which git keeps in a header of its own; none if there is none.
pub(super) fn split(bytes: &[u8]) -> Option<(Vec<u8>, String)> {
    const NAME: &[u8] = b"\ngpgsig ";
    let end_of_headers = memchr::memmem::find(bytes, b"\n\n")?;
    let start = memchr::memmem::find(&bytes[..end_of_headers], NAME)?;
    let value = &bytes[start + NAME.len()..=end_of_headers];
    let mut length = 0;
    let mut signature = String::new();
    for (at, line) in value.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let text = if at == 0 {
            line
        } else if let Some(more) = line.strip_prefix(b" ") {
            more
        } else {
            break;
        };
        signature.push_str(&String::from_utf8_lossy(text));
        length += line.len();
    }
    let mut signed = bytes[..=start].to_vec();
    signed.extend_from_slice(&value[length..]);
    signed.extend_from_slice(&bytes[end_of_headers + 1..]);
    Some((signed, signature))
}

/// The bytes of the commit that holds `event`, signed through git; `unsigned` are those without the signature.
///
/// Exit 4 where git could not sign it, or signed something else.
pub(super) fn sign(
    repository: &Repository,
    event: &Event,
    tree: ObjectId,
    parent: Option<ObjectId>,
    unsigned: &[u8],
) -> Result<Vec<u8>, Failure> {
    let message = codec::encode(event).map_err(|error| Failure::because("failed to write the event", error))?;
    let who = codec::as_git_writes(&event.actor);
    let commit = Unsigned { tree, parent, who: &who, at: event.at, message: &message };
    let signed = repository.sign_commit(&commit)?;
    match split(&signed) {
        Some((bytes, _)) if bytes == unsigned && signed.len() <= codec::LARGEST => Ok(signed),
        _ => Err(Failure::undecided("git signed something else than the event; nothing was recorded")
            .hint("git version    # 2.41 or newer is wanted")),
    }
}

fn path(repository: &Repository) -> PathBuf {
    repository.common_directory().join("hotfix/seals")
}

/// What was checked before; none if the file is not there, cut short, of another version, or not what was written.
fn read(repository: &Repository) -> Option<HashMap<ObjectId, Seal>> {
    let bytes = std::fs::read(path(repository)).ok()?;
    let (records, checksum) = bytes.strip_prefix(HEADER)?.split_last_chunk::<32>()?;
    if Sha256::digest(records).as_slice() != checksum || records.len() % RECORD != 0 {
        return None;
    }
    let seal = |record: &[u8]| {
        let (id, rest) = record.split_first_chunk::<20>()?;
        let (&signed, key) = rest.split_first()?;
        let key = || Some(Seal::Key(Fingerprint::Sha256(key.try_into().ok()?).to_string()));
        Some((ObjectId::from_bytes(*id), if signed == 0 { Seal::None } else { key()? }))
    };
    records.chunks_exact(RECORD).map(seal).collect()
}

fn write(repository: &Repository, seals: &HashMap<ObjectId, Seal>) -> std::io::Result<()> {
    let mut bytes = HEADER.to_vec();
    for (commit, seal) in seals {
        let key = match seal {
            Seal::None => Some([0; 32]),
            Seal::Key(key) => key.parse::<Fingerprint>().ok().and_then(|key| key.as_bytes().try_into().ok()),
            Seal::Broken(_) => None,
        };
        let Some(key) = key else { continue };
        bytes.extend_from_slice(commit.as_bytes());
        bytes.push(u8::from(*seal != Seal::None));
        bytes.extend_from_slice(&key);
    }
    let checksum = Sha256::digest(&bytes[HEADER.len()..]);
    bytes.extend_from_slice(&checksum);
    let path = path(repository);
    let directory = path.parent().unwrap_or(&path);
    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    std::io::Write::write_all(&mut file, &bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
