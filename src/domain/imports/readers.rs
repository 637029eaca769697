//! How imports are written, language by language.

use super::Import;

/// Above this many lines a statement is none that is looked at.
const MOST_LINES: usize = 200;

/// Reads the statements that begin where `begins` says so, and end where `ends` says so of all that was read; `read` tells the
/// names of one, if it is an import.
fn statements(
    lines: &[&[u8]],
    comment: &str,
    begins: impl Fn(&str, usize) -> bool,
    ends: impl Fn(&str) -> bool,
    read: impl Fn(&str) -> Option<Vec<(String, String)>>,
) -> Vec<Import> {
    let words = |at: usize| {
        let line = std::str::from_utf8(lines[at]).unwrap_or_default();
        line.split(comment).next().unwrap_or_default().trim_end()
    };
    let (mut found, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let start = at;
        at += 1;
        if !begins(words(start), start) {
            continue;
        }
        let mut whole = words(start).trim().to_owned();
        while !ends(&whole) && at < lines.len() && at - start < MOST_LINES {
            whole.push(' ');
            whole.push_str(words(at).trim());
            at += 1;
        }
        match read(&whole).filter(|_| ends(&whole)) {
            Some(names) => found.push(Import::new(start..at, names)),
            None => at = start + 1,
        }
    }
    found
}

/// `use a::b;`, `use a::{b, c as d};`, `extern crate a;`, under conditions (`#[cfg(unix)]`) too. Under another attribute it is
/// another matter, and so is what others may see.
pub(in crate::domain) fn rust(lines: &[&[u8]]) -> Vec<Import> {
    let ends = |whole: &str| whole.ends_with(';');
    let begins = |line: &str, _| line.trim_start().starts_with("use ");
    let mut found = statements(lines, "//", begins, ends, |whole| {
        let tree = whole.strip_prefix("use ")?.strip_suffix(';')?;
        let mut names = Vec::new();
        rust_tree("", tree, &mut names).then_some(names)
    });
    let begins = |line: &str, _| line.trim_start().starts_with("extern crate ");
    found.extend(statements(lines, "//", begins, ends, |whole| {
        let name = whole.strip_prefix("extern crate ")?.strip_suffix(';')?.trim();
        Some(vec![aliased(name, "", " as ")])
    }));
    let above = |start: usize| lines[..start].iter().rev().map(|line| line.trim_ascii());
    let is_condition = |line: &&[u8]| line.starts_with(b"#[cfg(") && !NEVER.contains(line);
    for import in &mut found {
        import.conditions = above(import.lines.start).take_while(is_condition).count();
        import.lines.start -= import.conditions;
    }
    found.retain(|import| !above(import.lines.start).next().is_some_and(|line| line.starts_with(b"#[")));
    found
}

/// Conditions that no build meets.
const NEVER: [&[u8]; 2] = [b"#[cfg(any())]", b"#[cfg(false)]"];

/// Adds the names of one tree of a `use`; false where it can't be read.
fn rust_tree(prefix: &str, tree: &str, names: &mut Vec<(String, String)>) -> bool {
    let tree = tree.trim();
    if let Some((path, list)) = tree.split_once('{') {
        let Some(list) = list.strip_suffix('}') else { return false };
        let prefix = format!("{prefix}{}", path.trim());
        return parts(list).into_iter().all(|part| part.trim().is_empty() || rust_tree(&prefix, part, names));
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path.trim(), Some(alias.trim())));
    let whole = match path {
        "self" => prefix.trim_end_matches("::").to_owned(),
        _ => format!("{prefix}{path}"),
    };
    let last = whole.rsplit("::").next().unwrap_or_default();
    let name = match alias.unwrap_or(last) {
        // Neither brings a name.
        "*" | "_" => whole.as_str(),
        name => name,
    };
    names.push((name.to_owned(), whole.clone()));
    true
}

/// The parts of a list between its commas, where lists may hold others.
fn parts(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (at, sign) in list.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&list[start..]);
    found
}

/// The name that `what` gets, and where it is from: `prefix` and what stands before the word for `as`.
fn aliased(what: &str, prefix: &str, word: &str) -> (String, String) {
    let (source, name) = what.split_once(word).unwrap_or((what, what));
    (name.trim().to_owned(), format!("{prefix}{}", source.trim()))
}

/// `import "a/b"`, or the lines of `import ( … )`; not `_ "a/b"`, which is run, nor `. "a/b"`.
pub(in crate::domain) fn go(lines: &[&[u8]]) -> Vec<Import> {
    let (mut found, mut is_list) = (Vec::new(), false);
    for (at, line) in lines.iter().enumerate() {
        let line = std::str::from_utf8(line).unwrap_or_default().split("//").next().unwrap_or_default().trim();
        let import = |names| Import::new(at..at + 1, names);
        match line {
            "import (" => {
                is_list = true;
                found.push(import(vec![]));
            }
            ")" if is_list => {
                is_list = false;
                found.push(import(vec![]));
            }
            _ => {
                let one = line.strip_prefix("import ").or(is_list.then_some(line));
                found.extend(one.and_then(go_import).map(|name| import(vec![name])));
            }
        }
    }
    found
}

fn go_import(line: &str) -> Option<(String, String)> {
    let (name, path) = line.split_once(' ').unwrap_or(("", line));
    let path = path.trim().strip_prefix('"')?.strip_suffix('"')?;
    let is_version = |part: &&str| part.strip_prefix('v').is_some_and(|digits| digits.parse::<u32>().is_ok());
    let last = path.rsplit('/').find(|part| !is_version(part))?;
    let own = last.rsplit_once('.').filter(|(_, end)| is_version(end)).map_or(last, |(own, _)| own);
    match name {
        "_" | "." => None,
        "" if path == "C" => None,
        "" => Some((own.to_owned(), path.to_owned())),
        name => Some((name.to_owned(), path.to_owned())),
    }
}

/// `import a.b.C`, `import static a.b.C.d;`, `import a.b.{C, D}`.
pub(in crate::domain) fn dotted(lines: &[&[u8]]) -> Vec<Import> {
    let begins = |line: &str, _| line.starts_with("import ");
    statements(
        lines,
        "//",
        begins,
        |_| true,
        |whole| {
            let path = whole.strip_prefix("import ")?.trim_end_matches(';');
            let path = path.strip_prefix("static ").unwrap_or(path).trim();
            let (prefix, last) = path.rsplit_once('.').filter(|(prefix, _)| !prefix.contains('{')).or_else(|| {
                let (prefix, list) = path.split_once(".{")?;
                Some((prefix, list.strip_suffix('}')?))
            })?;
            let name = |part: &str| match part.trim() {
                "*" | "_" => (path.to_owned(), path.to_owned()),
                part => aliased(part, &format!("{prefix}."), " as "),
            };
            Some(last.split(',').map(name).collect())
        },
    )
}

/// `import a, { b as c } from 'd'`; not `import 'd'`, which is run.
pub(in crate::domain) fn named(lines: &[&[u8]]) -> Vec<Import> {
    let begins = |line: &str, _| line.starts_with("import ");
    let ends = |whole: &str| whole.trim_end_matches(';').ends_with(['\'', '"']);
    statements(lines, "//", begins, ends, |whole| {
        let (names, module) = whole.strip_prefix("import ")?.rsplit_once(" from ")?;
        let module = module.trim_matches([' ', ';', '\'', '"']);
        // What is imported as a type is not there when the program runs.
        let (types, names) = names.strip_prefix("type ").map_or(("", names), |names| ("type ", names));
        let (first, list) = names.split_once('{').unwrap_or((names, "}"));
        let list = list.trim().strip_suffix('}')?;
        let whole = first.split(',').map(str::trim).filter(|name| !name.is_empty());
        let whole = whole.map(|name| match name.strip_prefix("* as ") {
            Some(name) => (name.trim().to_owned(), format!("{types}{module}#*")),
            None => (name.to_owned(), format!("{types}{module}#default")),
        });
        let of_list = list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| {
            let (types, name) = name.strip_prefix("type ").map_or((types, name), |name| ("type ", name));
            aliased(name, &format!("{types}{module}#"), " as ")
        });
        Some(whole.chain(of_list).collect())
    })
}

/// `import a.b`, `from a import b as c`, at the top of a file or where only a checker of types comes to; not `from __future__`,
/// which changes what the file means.
pub(in crate::domain) fn python(lines: &[&[u8]]) -> Vec<Import> {
    let is_for_types = |at: usize| {
        let above = lines[..at].iter().rev().map(|line| line.trim_ascii_end());
        let head = above.into_iter().find(|line| line.first().is_some_and(|first| !first.is_ascii_whitespace()));
        matches!(head, Some(b"if TYPE_CHECKING:" | b"if typing.TYPE_CHECKING:"))
    };
    let begins = |line: &str, at: usize| {
        let words = line.trim_start();
        (words.starts_with("import ") || words.starts_with("from ")) && (words.len() == line.len() || is_for_types(at))
    };
    let ends = |whole: &str| !whole.ends_with('\\') && (!whole.contains('(') || whole.ends_with(')'));
    statements(lines, "#", begins, ends, |whole| {
        let whole = whole.replace('\\', " ");
        if whole.contains(';') || whole.starts_with("from __future__") {
            return None;
        }
        let (prefix, list) = match whole.strip_prefix("from ") {
            Some(rest) => {
                let (module, list) = rest.split_once(" import ")?;
                (format!("{}.", module.trim()), list.trim())
            }
            None => (String::new(), whole.strip_prefix("import ")?.trim()),
        };
        let list = list.trim_start_matches('(').trim_end_matches(')');
        let name = |part: &str| match (prefix.as_str(), part.split_once('.')) {
            // What is imported by a path is used by the first part of it.
            ("", Some((first, _))) if !part.contains(" as ") => (first.trim().to_owned(), part.trim().to_owned()),
            _ => aliased(part, &prefix, " as "),
        };
        Some(list.split(',').filter(|part| !part.trim().is_empty()).map(name).collect())
    })
}
