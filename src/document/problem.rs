//! What is wrong with a document: every problem with its place and its way out.

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::{Serialize, Serializer};

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its stable code.
    pub code: ProblemCode,
    /// The line, 1-based.
    pub line: usize,
    /// The column in characters, 1-based.
    pub column: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// The way out: what to write instead.
    pub help: String,
    /// The bytes of the document that it is about.
    #[serde(skip)]
    pub span: Range<usize>,
}

macro_rules! problem_codes {
    ($($variant:ident $word:literal $meaning:literal)*) => {
        /// The stable codes of problems.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {
            $(#[doc = $meaning] $variant,)*
        }

        impl ProblemCode {
            /// Every code, in the order of the alphabet of their words.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as users see it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What it means, and where to go from there.
            pub fn story(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!(
                        $meaning,
                        " hotfix policy lint shows its line and the way out. A policy with a problem decides nothing, unless it is only unmeetable."
                    ),)*
                }
            }
        }
    };
}

problem_codes! {
    BadName "bad-name" "A name that is not spelled as names must be."
    BadPattern "bad-pattern" "A glob, a regular expression, a branch name or a placeholder that can't be used."
    DuplicateKey "duplicate-key" "A key that stands twice in one map."
    Empty "empty" "A document, a list or a text that must hold something."
    Loosens "loosens" "A change of the policy that it extends which makes a hotfix easier."
    MissingKey "missing-key" "A key that must be there."
    NotText "not-text" "Bytes that are no readable text."
    OutsideType "outside-type" "A value that its fact can't have."
    TooLarge "too-large" "A document that is too long, too deep or has too many values; a number that is too large."
    UnknownFact "unknown-fact" "A condition on a fact that the policy does not declare."
    UnknownFormat "unknown-format" "A format version that this program does not read."
    UnknownKey "unknown-key" "A key that means nothing here."
    UnknownRole "unknown-role" "A role that the policy does not declare."
    UnknownValue "unknown-value" "A value that is none of those allowed."
    Unmeetable "unmeetable" "A demand that the people whom the policy lists can never meet."
    Unreachable "unreachable" "A rule or a condition that can never make a difference."
    UnsupportedYaml "unsupported-yaml" "A part of YAML that hides what is meant: anchors, aliases, tags, merge keys, several documents."
    WrongType "wrong-type" "A text where a list is wanted, and the like."
    YamlSyntax "yaml-syntax" "Text that is not YAML."
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

impl Serialize for ProblemCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl Problem {
    /// A problem at some bytes of `source`; bytes outside of it are moved to its end.
    pub fn new(
        source: &str,
        span: Range<usize>,
        code: ProblemCode,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let start = source.floor_char_boundary(span.start.min(source.len()));
        let end = source.ceil_char_boundary(span.end.clamp(start, source.len()));
        let before = &source[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Self { code, line, column, message: message.into(), help: help.into(), span: start..end }
    }
}

/// Every problem of one document, and the document, so that they can be shown in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The document's name, as a person would find it.
    pub file: String,
    /// Its text; bytes that are not UTF-8 are replaced.
    pub source: String,
    /// The problems, in the order of the document; at least one.
    pub list: Vec<Problem>,
}

/// How many problems are drawn; more would scroll the first away.
const SHOWN: usize = 50;

impl Problems {
    /// The problems in the order of the document.
    pub fn new(file: impl Into<String>, source: impl Into<String>, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| (problem.span.start, problem.span.end));
        list.dedup();
        Self { file: file.into(), source: source.into(), list }
    }

    /// The problems drawn into their lines: file, line, column, caret, reason, way out; `width` in columns.
    pub fn show(&self, width: usize, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.term_width(width).decor_style(DecorStyle::Ascii);
        let mut shown: Vec<String> =
            self.list.iter().take(SHOWN).map(|problem| self.draw(problem, &renderer)).collect();
        if let Some(more) = self.list.len().checked_sub(SHOWN + 1) {
            shown.push(format!("… and {} more", more + 1));
        }
        shown.join("\n\n")
    }

    fn draw(&self, problem: &Problem, renderer: &Renderer) -> String {
        // Only the lines that are drawn are handed over: the renderer would search the whole text for each problem.
        let start = self.source[..problem.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.source[problem.span.start..].find('\n').map_or(self.source.len(), |at| problem.span.start + at);
        let line = self.source[start..end].trim_end_matches('\r');
        let caret =
            problem.span.start - start..problem.span.end.min(start + line.len()).max(problem.span.start) - start;
        let caret = caret.start.min(line.len())..caret.end.min(line.len());
        let snippet = Snippet::source(line)
            .path(self.file.as_str())
            .line_start(problem.line)
            .annotation(AnnotationKind::Primary.span(caret));
        let group = Level::ERROR
            .primary_title(problem.message.as_str())
            .id(problem.code.word())
            .element(snippet)
            .element(Level::HELP.message(problem.help.as_str()));
        renderer.render(&[group])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.show(100, false))
    }
}

impl std::error::Error for Problems {}
