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

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        front_matter(text.as_bytes(), "rca.md").expect_err("refused").list.iter().map(|problem| problem.line).collect()
    }

    #[test]
    fn the_head_is_yaml_and_the_rest_is_the_body() {
        for text in [
            "---\ncause: ü\n---\n# What happened\n---\n",
            "\u{feff}---\r\ncause: ü\r\n---\r\n# What happened\r\n---\r\n",
        ] {
            let file = front_matter(text.as_bytes(), "rca.md").expect("valid");
            let Kind::Map(entries) = &file.root.kind else { panic!("a map") };
            assert_eq!((entries[0].key.as_str(), &file.source[entries[0].value.span.clone()]), ("cause", "ü"));
            assert_eq!(file.body.lines().collect::<Vec<_>>(), ["# What happened", "---"]);
        }
        let bodiless = front_matter(b"---\na: 1\n---", "rca.md").expect("valid");
        assert_eq!(bodiless.body, "");
    }

    #[test]
    fn places_are_those_in_the_whole_file() {
        assert_eq!(lines("---\na: 1\nb: 2\na: 3\n---\nbody\n"), [4]);
        assert_eq!(lines("---\na: 1\nb: [1\n---\nbody\n"), [3]);
    }

    #[test]
    fn what_has_no_front_matter_is_refused() {
        for text in ["", "# Title\n", "----\na: 1\n---\n", " ---\na: 1\n---\n", "---\na: 1\n", "---", "---\n---\nbody"]
        {
            assert!(!lines(text).is_empty(), "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in "(---|[ab]: |\\n|\\r|é|\\[| ){0,30}") {
            if let Err(problems) = front_matter(text.as_bytes(), "rca.md") {
                proptest::prop_assert!(!problems.show(80, false).is_empty());
            }
        }
    }
}
