//! A command line that is not understood, told in the one shape of all mistakes.

use std::error::Error as _;
use std::ffi::OsString;
use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use strata_base::{Diagnostic, nearest};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;
use crate::{codes, commands};

/// Prints help and version where they were asked for, and a mistake otherwise.
pub(crate) fn tell(error: &clap::Error, arguments: &[OsString], ui: &mut Ui) -> Exit {
    let outcome = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ui.data(&error.render().to_string()).map(|()| Exit::Done),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            ui.say(error.render().to_string().trim_end());
            return Exit::Usage;
        }
        _ => Err(CommandError::plain(Exit::Usage, diagnostic(error, arguments))),
    };
    ui.finish(&outcome)
}

fn diagnostic(error: &clap::Error, arguments: &[OsString]) -> Diagnostic {
    let text = |kind| words(error, kind).join(", ");
    let message = match error.kind() {
        ErrorKind::InvalidSubcommand => format!("there is no command `{}`", text(ContextKind::InvalidSubcommand)),
        ErrorKind::UnknownArgument => match text(ContextKind::InvalidArg) {
            option if option.starts_with('-') => format!("there is no option `{option}` here"),
            word => format!("`{word}` is one word too many"),
        },
        ErrorKind::InvalidValue if !text(ContextKind::InvalidValue).is_empty() => {
            format!("`{}` is not a value of `{}`", text(ContextKind::InvalidValue), text(ContextKind::InvalidArg))
        }
        ErrorKind::ValueValidation => format!("`{}`: {}", text(ContextKind::InvalidArg), refusal(error)),
        ErrorKind::InvalidValue => format!("`{}` needs a value", text(ContextKind::InvalidArg)),
        ErrorKind::MissingRequiredArgument => match &words(error, ContextKind::InvalidArg)[..] {
            [only] => format!("`{only}` is missing"),
            several => format!("`{}` are missing", several.join("` and `")),
        },
        ErrorKind::MissingSubcommand => "a command is missing".to_owned(),
        ErrorKind::ArgumentConflict => {
            format!("`{}` cannot be used with `{}`", text(ContextKind::InvalidArg), text(ContextKind::PriorArg))
        }
        _ => plain(error),
    };
    let mut diagnostic = Diagnostic::error(codes::USAGE, message);
    for (given, suggested) in [
        (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        (ContextKind::InvalidValue, ContextKind::SuggestedValue),
    ] {
        // Of several suggestions the first is not always the one that a slip of the finger came from.
        let suggestions = words(error, suggested);
        let near = nearest(&text(given), suggestions.iter().map(String::as_str)).map(str::to_owned);
        if let Some(near) = near.or_else(|| suggestions.first().cloned()) {
            diagnostic = diagnostic.hint(format!("did you mean `{near}`?"));
        }
    }
    match text(ContextKind::ValidValue) {
        values if values.is_empty() => diagnostic.hint(format!("see `{}`", help_line(error, arguments))),
        values => diagnostic.hint(format!("one of {values}")),
    }
}

/// What clap itself says, on one line and without what we add.
fn plain(error: &clap::Error) -> String {
    let rendered = error.render().to_string();
    let first = rendered.split("\n\n").next().unwrap_or_default();
    first.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why a value is refused, in the words of whoever reads it.
fn refusal(error: &clap::Error) -> String {
    let value = || words(error, ContextKind::InvalidValue).join(", ");
    match error.source() {
        Some(why) if why.is::<ParseIntError>() => format!("`{}` is not a number that it can be", value()),
        Some(why) => why.to_string(),
        None => format!("`{}` is not a value of it", value()),
    }
}

/// The command that tells about the one that was meant: clap says it in its usage, where it says one.
fn help_line(error: &clap::Error, arguments: &[OsString]) -> String {
    match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => {
            let usage = usage.to_string();
            commands::help_line(usage.split_whitespace().skip_while(|word| *word != "strata").skip(1))
        }
        _ => commands::help_line(arguments.iter().skip(1).filter_map(|word| word.to_str())),
    }
}

fn words(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(word)) => vec![word.clone()],
        Some(ContextValue::Strings(words)) => words.clone(),
        _ => Vec::new(),
    }
}
