//! `strata help`

use serde::Serialize;
use strata_base::{Diagnostic, nearest};

use crate::codes::{self, Entry};
use crate::columns::columns;
use crate::error::{CommandError, Outcome};
use crate::exit::{self, Exit};
use crate::settings::KNOWN;
use crate::ui::Ui;

/// Explain a command, the code of an error, or a topic
///
/// Topics: `codes` lists the codes of all errors, `exit-codes` tells how a command can end, `settings` lists what can be
/// set in files and in the environment.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A command such as `config view`, a code such as E0006, or a topic
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

const TOPICS: [&str; 3] = ["codes", "exit-codes", "settings"];

#[derive(Serialize, Debug)]
struct Explanation {
    code: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

#[derive(Serialize, Debug)]
struct Setting {
    key: &'static str,
    about: &'static str,
    values: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'static str>,
    options: &'static str,
    variable: String,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    if let [word] = words.as_slice()
        && let Some(entry) = codes::explain(word)
    {
        ui.answer(&explanation(entry, true), long)?;
        return Ok(Exit::Done);
    }
    match words.as_slice() {
        ["codes"] => ui.answer(&all_codes(), |all| columns(&short(all)))?,
        ["exit-codes"] => ui.answer(&Exit::ALL.map(Exit::row), |_| exit::table())?,
        ["settings"] => ui.answer(&settings(), |all| all.iter().map(setting).collect())?,
        words => ui.data(&command(words)?)?,
    }
    Ok(Exit::Done)
}

fn all_codes() -> Vec<Explanation> {
    codes::entries().into_iter().map(|entry| explanation(entry, false)).collect()
}

/// The text is laid out anew: in the source its lines end where the source needs it.
fn explanation((code, title, text): Entry, with_text: bool) -> Explanation {
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let text = with_text.then(|| paragraphs.collect::<Vec<_>>().join("\n\n"));
    Explanation { code: code.0, title, text }
}

fn short(all: &[Explanation]) -> Vec<[&str; 2]> {
    all.iter().map(|explanation| [explanation.code, explanation.title]).collect()
}

fn long(explanation: &Explanation) -> String {
    let text = explanation.text.as_deref().unwrap_or_default();
    let paragraphs: Vec<String> = text.split("\n\n").map(filled).collect();
    format!("{}: {}\n\n{}\n", explanation.code, explanation.title, paragraphs.join("\n\n"))
}

/// A paragraph in lines of at most 80 columns.
fn filled(paragraph: &str) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for word in paragraph.split(' ') {
        let width = word.chars().count();
        let fits = column + 1 + width <= 80;
        match (column, fits) {
            (0, _) => {}
            (_, true) => text.push(' '),
            (_, false) => text.push('\n'),
        }
        column = if column > 0 && fits { column + 1 + width } else { width };
        text += word;
    }
    text
}

fn settings() -> Vec<Setting> {
    let row = |known: &crate::settings::Known| Setting {
        key: known.key,
        about: known.about,
        values: known.values.told(),
        default: known.default,
        options: known.options,
        variable: known.variable(),
    };
    KNOWN.iter().map(row).collect()
}

fn setting(setting: &Setting) -> String {
    let default = setting.default.map_or_else(String::new, |default| format!("; default: {default}"));
    let options = if setting.options.is_empty() { String::new() } else { format!("options: {}; ", setting.options) };
    let Setting { key, about, values, variable, .. } = setting;
    format!("{key}: {about}\n    values: {values}{default}\n    {options}variable: {variable}\n")
}

/// The help of a command, named by its words; of the whole for none.
fn command(words: &[&str]) -> Result<String, CommandError> {
    let mut command = super::line();
    command.build();
    for (at, word) in words.iter().enumerate() {
        let Some(inner) = command.find_subcommand(word).cloned() else { return Err(unknown(words, at, &command)) };
        command = inner;
    }
    Ok(command.render_long_help().to_string())
}

fn unknown(words: &[&str], at: usize, within: &clap::Command) -> CommandError {
    let mistake = Diagnostic::error(codes::NO_TOPIC, format!("there is no help on `{}`", words[..=at].join(" ")));
    let commands = within.get_subcommands().map(clap::Command::get_name);
    let all = codes::entries();
    let others = TOPICS.into_iter().chain(all.iter().map(|(code, ..)| code.0)).filter(|_| at == 0);
    let mistake = match nearest(words[at], commands.chain(others)) {
        Some(known) => mistake.hint(format!("did you mean `{}`?", [&words[..at], &[known]].concat().join(" "))),
        None => mistake.hint("`strata --help` lists the commands, `strata help codes` the codes of errors"),
    };
    CommandError::plain(Exit::NotFound, mistake)
}
