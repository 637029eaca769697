//! The forms in which a command answers.

use clap::ValueEnum;

use crate::failure::{ExitCode, Failure};
use crate::render::checks::Form;
use crate::render::{self, Page, Report};

/// The columns of a page that no terminal bounds.
pub(super) const WIDTH_WITHOUT_TERMINAL: usize = 100;

/// How a command answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One versioned object.
    Json,
    /// A page to paste into a chat or a ticket.
    Markdown,
    /// A page for a wiki: one file that needs nothing else.
    Html,
    /// Rows for a spreadsheet.
    Csv,
    /// Annotations of a GitHub workflow.
    Github,
    /// A code quality report for GitLab.
    Gitlab,
    /// A test report as XML.
    Junit,
}

impl Format {
    /// Whether a command answers so: each does as text and as JSON, and some are made to be handed on.
    pub fn is_of(self, command: &str) -> bool {
        match self {
            Self::Text | Self::Json => true,
            Self::Markdown | Self::Html => ["show", "report"].contains(&command),
            Self::Csv => command == "report",
            Self::Github | Self::Gitlab | Self::Junit => command == "gate",
        }
    }

    /// The form of what CI shows beside the code, which only `gate` has.
    pub fn of_checks(self) -> Option<Form> {
        match self {
            Self::Github => Some(Form::Github),
            Self::Gitlab => Some(Form::Gitlab),
            Self::Junit => Some(Form::Junit),
            Self::Text | Self::Json | Self::Markdown | Self::Html | Self::Csv => None,
        }
    }
}

/// An answer in a form, without a terminal. Exit 2 where the command has no such form.
pub(super) fn written<R: Report>(format: Format, command: &str, exit: ExitCode, report: &R) -> Result<String, Failure> {
    let text = match format {
        Format::Json => return render::json(command, exit, report),
        Format::Text => {
            let mut page = Page::new(WIDTH_WITHOUT_TERMINAL, false);
            report.text(&mut page);
            Some(page.finish())
        }
        Format::Markdown => report.document().map(|document| document.markdown()),
        Format::Html => report.html(),
        Format::Csv => report.csv(),
        Format::Github | Format::Gitlab | Format::Junit => {
            format.of_checks().zip(report.checks()).map(|(form, checks)| form.of(&checks)).transpose()?
        }
    };
    text.ok_or_else(|| no_page(command))
}

/// A failure in a form, without a terminal.
pub(super) fn failed(format: Format, command: &str, failure: &Failure) -> String {
    match format.of_checks() {
        Some(form) => form.of_failure(command, failure),
        None if format == Format::Json => render::failure_json(command, failure),
        None => {
            let mut page = Page::new(WIDTH_WITHOUT_TERMINAL, false);
            render::failure_text(&mut page, failure);
            page.finish()
        }
    }
}

/// The failure of a command that does not answer in the format that was asked for.
pub fn no_page(command: &str) -> Failure {
    let formats: Vec<String> = Format::value_variants()
        .iter()
        .filter(|format| format.is_of(command))
        .map(|format| format!("{format:?}").to_lowercase())
        .collect();
    Failure::usage(format!("{command} answers only as {}", formats.join(", ")))
        .hint("hotfix show INCIDENT --format html    # or markdown: a page of one incident; hotfix report --format csv")
}
