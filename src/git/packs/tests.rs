use super::*;
use crate::git::to_id;
use crate::process::Program;

fn git(directory: &Path, arguments: &[&str]) {
    Program::new("git").args(arguments).directory(directory).run().unwrap();
}

/// Sixty versions of a long file beside a large one and an empty one, each a commit with a tree in a tree.
fn history(directory: &Path, versions: std::ops::Range<usize>) {
    let repository = git2::Repository::open(directory).unwrap();
    let head = || repository.head().ok().map(|head| head.peel_to_commit().unwrap());
    let large =
        repository.blob(&(0..60_000_u32).flat_map(|number| (number ^ 0x5bd1).to_le_bytes()).collect::<Vec<_>>());
    let (large, empty) = (large.unwrap(), repository.blob(b"").unwrap());
    for version in versions {
        let line = |line: usize| format!("line {line} as {}\n", if line % 60 == version { version } else { 0 });
        let text: String = (0..600).map(line).collect();
        let mut below = repository.treebuilder(None).unwrap();
        below.insert("long.txt", repository.blob(text.as_bytes()).unwrap(), 0o100_644).unwrap();
        below.insert("large.bin", large, 0o100_644).unwrap();
        let mut root = repository.treebuilder(None).unwrap();
        root.insert("below", below.write().unwrap(), 0o040_000).unwrap();
        root.insert("empty", empty, 0o100_755).unwrap();
        let tree = repository.find_tree(root.write().unwrap()).unwrap();
        let person = git2::Signature::new("Ada", "ada@example.com", &git2::Time::new(1_700_000_000, 60)).unwrap();
        let parents = head();
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        repository.commit(Some("HEAD"), &person, &person, "A version\n", &tree, &parents).unwrap();
    }
}

fn every_object(directory: &Path) -> Vec<(ObjectId, Kind, Vec<u8>)> {
    let repository = git2::Repository::open(directory).unwrap();
    let odb = repository.odb().unwrap();
    let mut ids = Vec::new();
    odb.foreach(|id| {
        ids.push(*id);
        true
    })
    .unwrap();
    let object = |id: git2::Oid| {
        let object = odb.read(id).unwrap();
        let kind = [Kind::Blob, Kind::Tree, Kind::Commit].into_iter().find(|kind| kind.raw() == object.kind());
        (to_id(id), kind.unwrap(), object.data().to_vec())
    };
    ids.into_iter().map(object).collect()
}

fn repository() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    git(directory.path(), &["init", "-q", "--bare", "."]);
    history(directory.path(), 0..40);
    directory
}

#[test]
fn every_object_is_read_as_libgit2_reads_it_however_it_was_packed() {
    let directory = repository();
    let at = directory.path();
    for settings in ["repack.useDeltaBaseOffset=true", "repack.useDeltaBaseOffset=false", "pack.compression=0"] {
        git(at, &["-c", settings, "repack", "-adfq", "--depth=50", "--window=20"]);
        let packs = Packs::open(&at.join("objects"));
        let objects = every_object(at);
        assert!(objects.len() > 150);
        for (id, kind, content) in &objects {
            assert_eq!(packs.read(*id).map(|(kind, content)| (kind, content.to_vec())), Some((*kind, content.clone())));
        }
        // One behind the other, in whatever order, and nothing is kept of them.
        let (packs, mut all) = (Packs::open(&at.join("objects")), b"before".to_vec());
        for (id, kind, content) in objects.iter().rev().chain(&objects) {
            let before = all.len();
            assert_eq!(packs.read_once(*id, &mut all), Some(*kind));
            assert_eq!(all[before..], **content);
        }
        assert!(all.starts_with(b"before"));
        assert_eq!(packs.read_once(ObjectId::from_bytes([7; 20]), &mut all), None);
    }
    // Two packs, and loose objects, which are left to libgit2.
    history(at, 40..50);
    git(at, &["repack", "-dq"]);
    history(at, 50..52);
    let (packs, repository) = (Packs::open(&at.join("objects")), Repository::discover(at).unwrap());
    assert_eq!(packs.packs.len(), 2);
    let objects = every_object(at);
    let loose = objects.iter().filter(|(id, ..)| packs.read(*id).is_none()).count();
    assert_eq!(loose, 2 * 4);
    for (id, kind, content) in &objects {
        assert_eq!(repository.object(*id, *kind).unwrap().to_vec(), *content);
        assert!(repository.has(*id));
    }
    let nothing = ObjectId::from_bytes([7; 20]);
    assert!(!repository.has(nothing) && repository.object(nothing, Kind::Blob).is_err());
    let (commit, ..) = objects.iter().find(|(_, kind, _)| *kind == Kind::Commit).unwrap();
    assert!(repository.object(*commit, Kind::Tree).is_err(), "a commit is no tree");
}

#[test]
fn a_damaged_pack_is_no_panic_and_never_another_content() {
    let directory = repository();
    let at = directory.path();
    git(at, &["repack", "-adfq"]);
    let objects = every_object(at);
    let file = |extension: &str| {
        let mut files = std::fs::read_dir(at.join("objects/pack")).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|found| found == extension)).unwrap()
    };
    for extension in ["pack", "idx"] {
        let path = file(extension);
        let whole = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let spoilt = |length: usize, flipped: Option<usize>| {
            let mut bytes = whole[..length].to_vec();
            flipped.into_iter().for_each(|at| bytes[at] ^= 0x55);
            std::fs::write(&path, bytes).unwrap();
            let packs = Packs::open(&at.join("objects"));
            for (id, kind, content) in &objects {
                if let Some((found, read)) = packs.read(*id)
                    && found == *kind
                    && objects::is_sound(*id, *kind, &read)
                {
                    assert_eq!(*read, *content);
                }
                let mut read = b"before".to_vec();
                match packs.read_once(*id, &mut read) {
                    Some(found) if found == *kind && objects::is_sound(*id, *kind, &read[6..]) => {
                        assert_eq!(read[6..], **content);
                    }
                    Some(_) => {}
                    None => assert_eq!(read, b"before"),
                }
            }
        };
        let step = whole.len() / 40 + 1;
        (0..whole.len()).step_by(step).for_each(|length| spoilt(length, None));
        (0..whole.len()).step_by(step).for_each(|flipped| spoilt(whole.len(), Some(flipped)));
        (0..64).for_each(|flipped| spoilt(whole.len(), Some(flipped)));
        std::fs::write(&path, whole).unwrap();
    }
}

#[test]
fn a_difference_that_lies_makes_nothing() {
    let base = b"0123456789";
    assert_eq!(applied(base, b"\x0a\x05\x91\x02\x03\x02xy"), Some(b"234xy".to_vec()));
    let lies: [&[u8]; 8] = [
        b"",
        b"\x09\x05\x91\x02\x03\x02xy",
        b"\x0a\x04\x91\x02\x03\x02xy",
        b"\x0a\x06\x91\x02\x03\x02xy",
        b"\x0a\x05\x91\x09\x03\x02xy",
        b"\x0a\x05\x91\x02",
        b"\x0a\x05\x00\x91\x02\x03\x02xy",
        b"\x0a\x05\x91\x02\x03\x02x",
    ];
    for lie in lies {
        assert_eq!(applied(base, lie), None, "{lie:?}");
    }
    assert_eq!(applied(base, &[255; 40]), None);
}
