//! What can be set, and which of several givers wins: option > `STRATA_*` > project file > user file > default.

mod file;
mod known;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use strata_base::{Diagnostic, Sources, Span, nearest};

use crate::args::{Format, Global, Verbosity};
use crate::codes;
use crate::color;
use crate::error::CommandError;
use crate::exit::Exit;

pub(crate) use known::{KNOWN, Known, Values};

/// Some hundred runs.
const COMPACT_AFTER: u64 = 1000;

/// Who gave a value; the first one wins.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Origin {
    Option(&'static str),
    Variable(String),
    /// `file:line:column`
    ProjectFile(String),
    UserFile(String),
    Default,
}

impl Origin {
    /// The kind of giver, for programs.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Origin::Option(_) => "option",
            Origin::Variable(_) => "variable",
            Origin::ProjectFile(_) => "project file",
            Origin::UserFile(_) => "user file",
            Origin::Default => "default",
        }
    }

    /// What exactly gave it: empty for a default.
    pub(crate) fn place(&self) -> &str {
        match self {
            Origin::Option(name) => name,
            Origin::Variable(text) | Origin::ProjectFile(text) | Origin::UserFile(text) => text,
            Origin::Default => "",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Given {
    pub(crate) value: String,
    pub(crate) origin: Origin,
    span: Span,
}

/// A settings file that was found: its text, and which of the two it is.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) origin: fn(String) -> Origin,
}

/// Everything from which settings come, read and not yet understood.
#[derive(Clone, Default, Debug)]
pub(crate) struct Givers {
    pub(crate) options: Vec<(&'static str, &'static str, String)>,
    /// By name of the setting.
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) files: Vec<File>,
}

/// The values of all settings, each with everyone who gave one, the winner first.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    given: BTreeMap<&'static str, Vec<Given>>,
    files: Vec<String>,
}

/// Reads the files and the environment and settles every value.
pub(crate) fn load(global: &Global) -> Result<Settings, CommandError> {
    let variables = KNOWN.iter().filter_map(|known| Some((known.key, std::env::var(known.variable()).ok()?)));
    settle(&Givers { options: options(global), variables: variables.collect(), files: file::find()? })
}

/// Variables of the environment that are nearly one of ours: nobody reads them.
pub(crate) fn misspelt() -> Vec<Diagnostic> {
    const PREFIX: &str = "STRATA_";
    const OTHERS: [&str; 3] = ["CACHE", "DATA", "PRINCIPAL"];
    let ours: Vec<String> = KNOWN.iter().map(|known| known.key.to_uppercase()).collect();
    let ours = || ours.iter().map(String::as_str).chain(OTHERS);
    let given = std::env::vars_os().filter_map(|(name, _)| Some(name.to_str()?.strip_prefix(PREFIX)?.to_owned()));
    let mut given: Vec<String> = given.filter(|name| ours().all(|own| own != name)).collect();
    given.sort();
    let near = given.iter().filter_map(|name| Some((name, nearest(name, ours())?)));
    let told = near.map(|(name, near)| {
        let message = format!("nobody reads the variable `{PREFIX}{name}`");
        Diagnostic::warning(codes::UNKNOWN_SETTING, message).hint(format!("did you mean `{PREFIX}{near}`?"))
    });
    told.collect()
}

impl Settings {
    /// What holds where files and environment are not to be trusted.
    pub(crate) fn defaults(global: &Global) -> Result<Settings, CommandError> {
        settle(&Givers { options: options(global), ..Givers::default() })
    }

    /// Everyone who gave a value, the winner first.
    pub(crate) fn given(&self, key: &str) -> &[Given] {
        self.given.get(key).map_or(&[], Vec::as_slice)
    }

    /// The files that were read.
    pub(crate) fn files(&self) -> &[String] {
        &self.files
    }

    pub(crate) fn output(&self) -> Format {
        self.value("output")
    }

    pub(crate) fn color(&self) -> color::Choice {
        self.value("color")
    }

    pub(crate) fn verbosity(&self) -> Verbosity {
        self.value("verbosity")
    }

    /// What the project is called, if somebody says so.
    pub(crate) fn project(&self) -> Option<&str> {
        self.given("project").first().map(|given| given.value.as_str())
    }

    /// How many entries a log may have more than there are resources before it is compacted; `None` for never.
    pub(crate) fn compact_after(&self) -> Option<u64> {
        match self.given("compact_after").first() {
            // What is no number is the word for none.
            Some(given) => given.value.parse().ok(),
            None => Some(COMPACT_AFTER),
        }
    }

    /// The document of commands that are given none.
    pub(crate) fn document(&self) -> Option<PathBuf> {
        let given = self.given("document").first()?;
        let path = Path::new(&given.value);
        Some(match &given.origin {
            Origin::ProjectFile(place) | Origin::UserFile(place) => {
                // `folder/strata.toml:1:12`
                let file = place.rsplitn(3, ':').last().unwrap_or_default();
                Path::new(file).parent().map_or_else(|| path.to_owned(), |folder| folder.join(path))
            }
            _ => path.to_owned(),
        })
    }

    fn value<T: ValueEnum>(&self, key: &str) -> T {
        let word = self.given(key).first().map_or("", |given| &given.value);
        T::from_str(word, false)
            .unwrap_or_else(|_| unreachable!("`{key}` was settled as `{word}`, which is not in its table"))
    }
}

fn options(global: &Global) -> Vec<(&'static str, &'static str, String)> {
    let word = |value: Option<clap::builder::PossibleValue>| value.map(|value| value.get_name().to_owned());
    let verbosity = [(global.verbose, "--verbose", "verbose"), (global.quiet, "--quiet", "quiet")];
    let output = word(global.output.and_then(|format| format.to_possible_value()));
    let color = word(global.color.and_then(|choice| choice.to_possible_value()));
    let verbosity = verbosity.into_iter().find(|&(given, ..)| given);
    output
        .map(|value| ("output", "--output", value))
        .into_iter()
        .chain(color.map(|value| ("color", "--color", value)))
        .chain(verbosity.map(|(_, name, value)| ("verbosity", name, value.to_owned())))
        .collect()
}

/// Puts everything that was given into the order of who wins. All mistakes at once.
pub(crate) fn settle(givers: &Givers) -> Result<Settings, CommandError> {
    let mut sources = Sources::new();
    let mut mistakes = Vec::new();
    let mut all: Vec<(&str, Given)> = Vec::new();
    for (key, option, value) in &givers.options {
        all.push((key, Given { value: value.clone(), origin: Origin::Option(option), span: Span::NONE }));
    }
    for (key, value) in &givers.variables {
        let origin = Origin::Variable(known::variable(key));
        all.push((key, Given { value: value.clone(), origin, span: Span::NONE }));
    }
    for file in &givers.files {
        let id = sources.add(&*file.name, &*file.text);
        match file::entries(id, &file.text) {
            Ok(entries) => all.extend(entries.into_iter().filter_map(|entry| {
                let Some(known) = KNOWN.iter().find(|known| known.key == entry.key) else {
                    mistakes.push(unknown(&entry));
                    return None;
                };
                let origin = (file.origin)(sources.position(entry.key_span));
                let given = Given { value: entry.value, origin, span: entry.value_span };
                // Of words and numbers the table tells it.
                if !entry.is_text && matches!(known.values, Values::Name | Values::Path) {
                    mistakes.push(wrong(known, &given));
                    return None;
                }
                Some((known.key, given))
            })),
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    let mut given = BTreeMap::new();
    for known in KNOWN {
        let of_this = all.iter().filter(|(key, _)| *key == known.key).map(|(_, given)| given.clone());
        let mut values: Vec<Given> = of_this.collect();
        mistakes
            .extend(values.iter().filter(|given| !known.values.allow(&given.value)).map(|given| wrong(known, given)));
        let default = known.default.map(|value| (value.to_owned(), Origin::Default));
        values.extend(default.map(|(value, origin)| Given { value, origin, span: Span::NONE }));
        values.sort_by(|a, b| a.origin.cmp(&b.origin));
        given.insert(known.key, values);
    }
    if mistakes.is_empty() {
        return Ok(Settings { given, files: givers.files.iter().map(|file| file.name.clone()).collect() });
    }
    strata_base::diagnostic::sort(&mut mistakes);
    Err(CommandError::new(Exit::Validation, mistakes, sources))
}

fn unknown(entry: &file::Entry) -> Diagnostic {
    let mistake = Diagnostic::error(codes::UNKNOWN_SETTING, format!("there is no setting `{}`", entry.key));
    let mistake = mistake.at(entry.key_span);
    match nearest(&entry.key, KNOWN.iter().map(|known| known.key)) {
        Some(key) => mistake.hint(format!("did you mean `{key}`?")),
        None => mistake.hint("`strata help settings` lists what can be set"),
    }
}

fn wrong(known: &Known, given: &Given) -> Diagnostic {
    let by = match &given.origin {
        Origin::Variable(name) => format!(" by the variable {name}"),
        _ => String::new(),
    };
    let message = format!("`{}` is set{by} to `{}`, which is none of its values", known.key, given.value);
    let mistake = Diagnostic::error(codes::SETTING_VALUE, message).at(given.span);
    mistake.hint(match known.values {
        Values::OneOf(_) => format!("one of {}", known.values.told()),
        Values::Name | Values::Path | Values::Count => known.values.told(),
    })
}

#[cfg(test)]
mod tests;
