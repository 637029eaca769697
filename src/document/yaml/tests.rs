//! What is read, what is refused, and that nothing makes the reader panic.

use super::*;

fn value(text: &str) -> Kind {
    match read(format!("key: {text}").as_bytes(), "f.yaml") {
        Ok(Document { root: Node { kind: Kind::Map(mut entries), .. }, .. }) => entries.remove(0).value.kind,
        other => panic!("{text:?}: {other:?}"),
    }
}

fn codes(text: &[u8]) -> Vec<&'static str> {
    read(text, "f.yaml").expect_err("a problem").list.iter().map(|problem| problem.code.word()).collect()
}

#[test]
fn nothing_is_guessed() {
    for text in ["yes", "no", "on", "12:30", "2026-01-01", "1_000", "007", ".nan", "v1.2"] {
        assert_eq!(value(text), Kind::Text(text.to_owned()));
    }
    for number in ["1", "-1", "0.10", "99999999999999999999", "0x10", "1e999", "+5"] {
        assert_eq!(value(number), Kind::Number(number.to_owned()));
    }
    assert_eq!(value("'1'"), Kind::Text("1".to_owned()));
    assert_eq!(value("'.inf'"), Kind::Text(".inf".to_owned()));
    assert_eq!(value("true"), Kind::Bool(true));
    assert_eq!(value(""), Kind::Null);
}

#[test]
fn a_place_is_a_place_in_the_text() {
    let document = read("\u{feff}ü: é\r\nnext: [a, 'b']\r\n".as_bytes(), "f.yaml").expect("valid");
    let Kind::Map(entries) = document.root.kind else { panic!("a map") };
    assert_eq!(&document.source[entries[0].value.span.clone()], "é");
    let Kind::List(items) = &entries[1].value.kind else { panic!("a list") };
    assert_eq!(&document.source[items[1].span.clone()], "'b'");
    let problem = Problem::new(&document.source, items[1].span.clone(), ProblemCode::Empty, "", "");
    assert_eq!((problem.line, problem.column), (2, 11));
}

#[test]
fn what_hides_a_meaning_is_refused() {
    for text in
        ["a: &x 1", "a: *x", "a: !!str 1", "!x a: 1", "a: !x [1]", "<<: {a: 1}", "a: 1\n---\nb: 2", "a: !!set {}"]
    {
        assert_eq!(codes(text.as_bytes()), ["unsupported-yaml"], "{text:?}");
    }
    assert_eq!(codes(b"a: 1\nb: 1\na: 2\nb: 2\n'a': 3\n"), ["duplicate-key"; 3]);
    assert_eq!(codes(b"1: x\n? [a]\n: y\n"), ["wrong-type"; 2]);
}

#[test]
fn what_is_too_much_is_refused_at_once() {
    let list = |items: usize| format!("[{}1]", "1, ".repeat(items - 1));
    assert!(read(list(MOST_NODES - 1).as_bytes(), "f.yaml").is_ok());
    assert_eq!(codes(list(MOST_NODES).as_bytes()), ["too-large"]);
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(read(deep(DEEPEST).as_bytes(), "f.yaml").is_ok());
    assert_eq!(codes(deep(DEEPEST + 1).as_bytes()), ["too-large"]);
    assert_eq!(codes(deep(10_000).as_bytes()), ["too-large"]);
    let block: String = (0..10_000).map(|level| format!("{}-\n", " ".repeat(level % 300))).collect();
    assert!(read(block.as_bytes(), "f.yaml").is_err());
    assert_eq!(codes(&vec![b'a'; LARGEST + 1]), ["too-large"]);
}

#[test]
fn what_is_no_text_is_refused() {
    assert_eq!(codes(b"a: \xff"), ["not-text"]);
    assert_eq!(codes(b"a\0b"), ["not-text"]);
    assert_eq!(codes(b"a: \"\\x1b[2J\""), ["not-text"]);
    assert_eq!(codes(b""), ["empty"]);
    assert_eq!(codes(b"# a comment\n"), ["empty"]);
    assert_eq!(codes(b"a:\n\tb: 1\n"), ["yaml-syntax"]);
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        if let Err(problems) = read(&bytes, "f.yaml") {
            proptest::prop_assert!(!problems.show(80, true).is_empty());
        }
    }

    #[test]
    fn no_yaml_like_text_makes_it_panic(text in "([ab]: |- |[0-9é]|\\n|  |\\t|\\[|\\]|\\{|\\}|,|'|\"|&a|\\*a|!x|#|\\|\\n|---\\n|<<: |\\r\\n){0,40}") {
        if let Err(problems) = read(text.as_bytes(), "f.yaml") {
            proptest::prop_assert!(!problems.show(40, false).is_empty());
        }
    }
}
