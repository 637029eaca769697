//! The YAML at the head of a Markdown file.

use super::node::Node;
use super::problem::{Problem, ProblemCode, Problems};
use super::yaml::{read_part, text};

/// A Markdown file with front matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontMatter {
    /// Its name, for messages.
    pub file: String,
    /// Its text, without a byte order mark; the nodes' places are places in it.
    pub source: String,
    /// The front matter's value.
    pub root: Node,
    /// Everything below the front matter.
    pub body: String,
}

/// Reads a file that begins with `---`, YAML, `---`; what follows is the body.
pub fn front_matter(bytes: &[u8], file: &str) -> Result<FrontMatter, Problems> {
    let source = text(bytes, file)?;
    let mut lines = source.split_inclusive('\n');
    let mut at = lines.next().filter(|line| line.trim_end() == "---").map_or(0, str::len);
    let help = "begin the file with a line '---', the fields, and a line '---'";
    if at == 0 {
        let problem = Problem::new(&source, 0..0, ProblemCode::MissingKey, "the file has no front matter", help);
        return Err(Problems::new(file, source, vec![problem]));
    }
    let start = at;
    for line in lines {
        if line.trim_end() == "---" {
            let root = read_part(&source, start..at, file)?;
            let body = source[at + line.len()..].to_owned();
            return Ok(FrontMatter { file: file.to_owned(), source, root, body });
        }
        at += line.len();
    }
    let problem = Problem::new(&source, 0..3, ProblemCode::MissingKey, "the front matter has no end", help);
    Err(Problems::new(file, source, vec![problem]))
}
