//! What makes git show another ledger than the one that is stored. This program reads the stored objects; people read `git log`.

use crate::domain::finding::{Finding, FindingCode};
use crate::domain::identity::ObjectId;
use crate::domain::record::History;
use crate::failure::Failure;
use crate::git::repository::Repository;

/// Replace refs, grafts and shallow boundaries that name commits of the ledger.
pub fn hiding(repository: &Repository, history: &History) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    for id in repository.replaced()?.into_iter().filter(|id| history.holds(*id)) {
        let message = format!("a replace ref makes git show something else for {}", id.short());
        let next = format!("git replace --delete {id}");
        findings.push(Finding::new(FindingCode::HiddenHistory, message).at(id, None).next(next));
    }
    let files = [
        ("info/grafts", "a grafts file gives other parents to"),
        ("shallow", "the shallow file cuts git's view of the ledger off at"),
    ];
    for (name, what) in files {
        let path = repository.common_directory().join(name);
        let Ok(text) = std::fs::read(&path) else { continue };
        for line in String::from_utf8_lossy(&text).lines() {
            let id = line.split_whitespace().next().and_then(|word| word.parse::<ObjectId>().ok());
            if let Some(id) = id.filter(|id| history.holds(*id)) {
                let next = format!("$EDITOR '{}'    # take the line out", path.display());
                let message = format!("{what} {}", id.short());
                findings.push(Finding::new(FindingCode::HiddenHistory, message).at(id, None).next(next));
            }
        }
    }
    Ok(findings)
}
