//! The one door to the terminal: data on standard output, words on standard error.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal, Write};

use serde::Serialize;
use serde_json::json;
use strata_base::{Diagnostic, Severity, Sources};
use strata_report::Style;

use crate::args::{Format, Verbosity};
use crate::codes;
use crate::color::{self, Surroundings};
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::settings::Settings;

/// How the answer is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// For people.
    Text,
    /// For people who read it on a page, such as that of a pull request.
    Markdown,
    /// One document.
    Document(Notation),
    /// What is found, by name; for people where nothing is found by a name.
    Names,
    /// One JSON event a line.
    Events,
}

/// How a document is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Notation {
    Json,
    Yaml,
}

pub(crate) struct Ui {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    mode: Mode,
    /// People want all columns that there are.
    wide: bool,
    verbosity: Verbosity,
    style: Style,
    /// Something stands on standard output already.
    begun: bool,
    /// How many lines of what is being done stand at the end of the terminal, to be drawn over.
    live: usize,
    /// A mistake stands on standard error already, so that an empty line must part the next one from it.
    told: bool,
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui").field("mode", &self.mode).field("verbosity", &self.verbosity).finish_non_exhaustive()
    }
}

impl Ui {
    /// The terminal as it is known before the settings are: a mistake in the arguments or the settings, too, is told in
    /// the form that was asked for, as far as the arguments can be understood.
    pub(crate) fn before_settings(arguments: &[OsString]) -> Ui {
        let given = |names: &[&str], value: &str| glimpse(arguments, names, value);
        let mode = if arguments.iter().any(|argument| argument == "--json") {
            Mode::Events
        } else if given(&["-o", "--output"], "json") {
            Mode::Document(Notation::Json)
        } else if given(&["-o", "--output"], "yaml") {
            Mode::Document(Notation::Yaml)
        } else {
            Mode::Text
        };
        let choice = match (given(&["--color"], "always"), given(&["--color"], "never")) {
            (_, true) => color::Choice::Never,
            (true, _) => color::Choice::Always,
            (false, false) => color::Choice::Auto,
        };
        let color = color::wanted(choice, Surroundings::of(on_terminal()));
        Ui {
            out: standard_output(),
            err: standard_error(),
            mode,
            wide: false,
            verbosity: Verbosity::Normal,
            style: Style { color, ..Style::default() },
            begun: false,
            live: 0,
            told: false,
        }
    }

    pub(crate) fn configure(&mut self, settings: &Settings, events: bool) {
        self.mode = match settings.output() {
            _ if events => Mode::Events,
            Format::Json => Mode::Document(Notation::Json),
            Format::Yaml => Mode::Document(Notation::Yaml),
            Format::Name => Mode::Names,
            Format::Markdown => Mode::Markdown,
            Format::Table | Format::Wide => Mode::Text,
        };
        self.wide = settings.output() == Format::Wide;
        self.verbosity = settings.verbosity();
        self.style.color = color::wanted(settings.color(), Surroundings::of(on_terminal()));
    }

    /// Whether a table is to have all columns that there are.
    pub(crate) fn is_wide(&self) -> bool {
        self.wide
    }

    /// Data that has a form of its own, such as a script; a line end is not added.
    pub(crate) fn data(&mut self, text: &str) -> Result<(), CommandError> {
        match self.mode {
            Mode::Events => self.event("data", "info", "", &json!({ "data": text })),
            Mode::Text | Mode::Markdown | Mode::Document(_) | Mode::Names => self.write(text),
        }
    }

    /// Data that need not be text, piece by piece.
    pub(crate) fn bytes<'a>(&mut self, mut pieces: impl Iterator<Item = &'a [u8]>) -> Result<(), CommandError> {
        match self.mode {
            Mode::Events => {
                let all: Vec<u8> = pieces.flatten().copied().collect();
                self.data(&String::from_utf8_lossy(&all))
            }
            Mode::Text | Mode::Markdown | Mode::Document(_) | Mode::Names => {
                self.begun = true;
                pieces.try_for_each(|piece| self.out.write_all(piece)).map_err(|error| unwritable(&error))
            }
        }
    }

    /// An answer: a text for people, a JSON document or event for programs.
    pub(crate) fn answer<T: Serialize>(
        &mut self,
        value: &T,
        people: impl FnOnce(&T) -> String,
    ) -> Result<(), CommandError> {
        match self.mode {
            Mode::Text | Mode::Names => self.write(&people(value)),
            Mode::Markdown => self.write(&fenced("text", &people(value))),
            Mode::Document(_) => self.write_document(value),
            Mode::Events => self.event("answer", "info", "", &json!({ "answer": value })),
        }
    }

    /// An answer that is a list of what has a name of its own.
    pub(crate) fn list<T: Serialize>(
        &mut self,
        value: &T,
        names: impl FnOnce(&T) -> Vec<String>,
        people: impl FnOnce(&T) -> String,
    ) -> Result<(), CommandError> {
        match self.mode {
            Mode::Names => self.write(&names(value).into_iter().map(|name| name + "\n").collect::<String>()),
            _ => self.answer(value, people),
        }
    }

    /// The same with a page of its own.
    pub(crate) fn page<T: Serialize>(
        &mut self,
        value: &T,
        names: impl FnOnce(&T) -> Vec<String>,
        people: impl FnOnce(&T) -> String,
        page: impl FnOnce(&T) -> String,
    ) -> Result<(), CommandError> {
        if self.mode == Mode::Markdown { self.write(&page(value)) } else { self.list(value, names, people) }
    }

    /// Words for people who want to know what goes on.
    pub(crate) fn say(&mut self, words: &str) {
        self.words(Verbosity::Normal, words);
    }

    /// Words that are true under a condition: that a list is empty, where a person would see nothing at all.
    pub(crate) fn say_if(&mut self, holds: bool, words: &str) {
        if holds {
            self.say(words);
        }
    }

    /// Words for people who want to know more than that.
    pub(crate) fn detail(&mut self, words: &str) {
        self.words(Verbosity::Verbose, words);
    }

    /// What the engine does, told while it is done; only where events are asked for.
    pub(crate) fn progress<T: Serialize>(&mut self, event: &T) -> Result<(), CommandError> {
        if self.mode != Mode::Events {
            return Ok(());
        }
        let mut event = json!(event);
        let kind = event.as_object_mut().and_then(|event| event.shift_remove("type")).unwrap_or_default();
        self.event(kind.as_str().unwrap_or("progress"), "info", "", &event)
    }

    /// How it stands, where events are asked for and none happened for a while.
    pub(crate) fn heartbeat<T: Serialize>(&mut self, standing: &T) -> Result<(), CommandError> {
        if self.mode == Mode::Events { self.event("heartbeat", "info", "", &json!(standing)) } else { Ok(()) }
    }

    /// Asks for a plain `yes`. Where nobody can answer, says how to do without.
    pub(crate) fn confirm(&mut self, question: &str) -> Result<(), CommandError> {
        let refusal = |message: &str, hint: &str| {
            CommandError::plain(Exit::Error, Diagnostic::error(codes::NOT_CONFIRMED, message).hint(hint))
        };
        if !std::io::stdin().is_terminal() {
            let message = "nobody is there to confirm this";
            return Err(refusal(message, "confirm it beforehand: --auto-approve"));
        }
        let _ = write!(self.err, "{question} Only `yes` will be accepted: ");
        let _ = self.err.flush();
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        if read.is_ok() && answer.trim() == "yes" {
            return Ok(());
        }
        if !answer.ends_with('\n') {
            let _ = writeln!(self.err);
        }
        Err(refusal("this was not confirmed", "nothing was changed"))
    }

    /// Whether somebody watches what is being done: words go to a terminal that can draw over itself.
    pub(crate) fn is_watched(&self) -> bool {
        self.verbosity > Verbosity::Quiet && on_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Draws lines over those that were drawn before; no line is longer than the terminal is wide.
    pub(crate) fn draw(&mut self, lines: &[String]) {
        self.erase();
        let width = width();
        for line in lines {
            let shown: String = line.chars().take(width.saturating_sub(1)).collect();
            let _ = writeln!(self.err, "{shown}");
        }
        self.live = lines.len();
        let _ = self.err.flush();
    }

    /// Takes away what was drawn, so that words can stand there.
    fn erase(&mut self) {
        let lines = std::mem::take(&mut self.live);
        if lines > 0 {
            let _ = write!(self.err, "\x1b[{lines}A\x1b[J");
        }
    }

    fn words(&mut self, least: Verbosity, words: &str) {
        if self.verbosity >= least {
            self.erase();
            // Who closed standard error does not want words.
            let _ = writeln!(self.err, "{words}");
        }
    }

    /// Tells mistakes, in the order in which they are given.
    pub(crate) fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &Sources) -> Result<(), CommandError> {
        let style = self.style;
        self.each(diagnostics, sources, |ui, told| ui.tell(&strata_report::human(told, sources, style)))
    }

    /// Tells mistakes as the CUE tools do: the message, and below it each place.
    pub(crate) fn positions(&mut self, diagnostics: &[Diagnostic], sources: &Sources) -> Result<(), CommandError> {
        self.each(diagnostics, sources, |ui, told| {
            let _ = writeln!(ui.err, "{}", strata_report::positions(told, sources));
        })
    }

    fn each(
        &mut self,
        diagnostics: &[Diagnostic],
        sources: &Sources,
        people: impl Fn(&mut Ui, &Diagnostic),
    ) -> Result<(), CommandError> {
        for diagnostic in diagnostics {
            if self.verbosity == Verbosity::Quiet && diagnostic.severity != Severity::Error {
                continue;
            }
            if self.mode == Mode::Events {
                let item = strata_report::json(diagnostic, sources);
                self.event("diagnostic", item.severity, item.summary, &json!({ "diagnostic": item }))?;
            }
            people(self, diagnostic);
        }
        Ok(())
    }

    fn tell(&mut self, text: &str) {
        self.erase();
        let gap = if std::mem::replace(&mut self.told, true) { "\n" } else { "" };
        let _ = writeln!(self.err, "{gap}{text}");
    }

    /// Tells how it ended. A mistake is also data where data is JSON: a program reads only standard output.
    pub(crate) fn finish(&mut self, outcome: &Outcome) -> Exit {
        let exit = match outcome {
            Ok(exit) => *exit,
            Err(error) => error.exit,
        };
        let told = match outcome {
            Ok(_) => Ok(()),
            Err(error) => self.diagnostics(&error.diagnostics, &error.sources).and_then(|()| self.report(error)),
        };
        let ended = match self.mode {
            Mode::Events => told.and_then(|()| self.event("exit", "info", "", &json!({ "exit": exit.brief() }))),
            Mode::Text | Mode::Markdown | Mode::Document(_) | Mode::Names => told,
        };
        match ended.and_then(|()| self.flush()) {
            Ok(()) => exit,
            Err(unwritable) => {
                for diagnostic in &unwritable.diagnostics {
                    self.tell(&strata_report::human(diagnostic, &unwritable.sources, self.style));
                }
                // What went wrong first is what counts.
                if exit == Exit::Done { unwritable.exit } else { exit }
            }
        }
    }

    fn report(&mut self, error: &CommandError) -> Result<(), CommandError> {
        if matches!(self.mode, Mode::Document(_)) && !self.begun {
            let mut report = json!(strata_report::document(&error.diagnostics, &error.sources));
            report["exit"] = json!(error.exit.brief());
            self.write_document(&report)?;
        }
        if let Some(summary) = strata_report::summary(&error.diagnostics).filter(|_| error.diagnostics.len() > 1) {
            self.say(&format!("\n{summary}"));
        }
        Ok(())
    }

    /// The first event says which version of the events this is.
    fn event(&mut self, kind: &str, level: &str, message: &str, more: &serde_json::Value) -> Result<(), CommandError> {
        if !self.begun {
            self.write(&format!("{}\n", json!({ "@level": "info", "@message": "", "type": "version", "ui": "1.0" })))?;
        }
        let mut event = json!({ "@level": level, "@message": message, "type": kind });
        if let (Some(event), Some(more)) = (event.as_object_mut(), more.as_object()) {
            event.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        self.write(&format!("{event}\n"))?;
        self.flush()
    }

    fn write_document<T: Serialize>(&mut self, value: &T) -> Result<(), CommandError> {
        let json = serde_json::to_string_pretty(value).map_err(|error| unwritable(&error.into()))?;
        let text = if self.mode == Mode::Document(Notation::Yaml) { yaml(&json)? } else { json + "\n" };
        self.write(&text)
    }

    fn write(&mut self, text: &str) -> Result<(), CommandError> {
        self.begun = true;
        self.out.write_all(text.as_bytes()).map_err(|error| unwritable(&error))
    }

    fn flush(&mut self) -> Result<(), CommandError> {
        self.out.flush().map_err(|error| unwritable(&error))
    }
}

/// The same document in YAML.
fn yaml(json: &str) -> Result<String, CommandError> {
    let broken = |why: String| unwritable(&std::io::Error::other(why));
    let file = Sources::new().add("", json);
    let data = cue_encode::json::read(file, json, &cue_encode::ReadOptions::default());
    let data = data.map_err(|problems| broken(problems.first().map_or_else(String::new, |it| it.message.clone())))?;
    cue_encode::yaml::to_string(&data, data.root(), cue_encode::Limit::default())
        .map_err(|error| broken(error.to_string()))
}

/// A block of text on a page. The fence is longer than any that stands in the text.
pub(crate) fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// Whether an option seems to be given that value, in arguments that may not be understood as a whole.
fn glimpse(arguments: &[OsString], names: &[&str], value: &str) -> bool {
    let joined = |argument: &OsString| {
        let rest = names.iter().find_map(|name| argument.to_str()?.strip_prefix(name));
        rest.is_some_and(|rest| rest.strip_prefix('=').unwrap_or(rest) == value)
    };
    let parted = |pair: &[OsString]| names.iter().any(|name| pair[0] == *name) && pair[1] == value;
    arguments.iter().any(joined) || arguments.windows(2).any(parted)
}

fn unwritable(error: &std::io::Error) -> CommandError {
    if error.kind() == ErrorKind::BrokenPipe {
        return CommandError::new(Exit::BrokenPipe, Vec::new(), Sources::new());
    }
    let message = format!("cannot write to standard output: {error}");
    CommandError::plain(Exit::Error, Diagnostic::error(codes::WRITE, message))
}

#[expect(clippy::disallowed_methods, reason = "the door itself")]
fn standard_output() -> Box<dyn Write> {
    Box::new(std::io::BufWriter::new(std::io::stdout()))
}

/// Whether words are read on a terminal. Data is never coloured, so standard output does not matter.
#[expect(clippy::disallowed_methods, reason = "only looked at")]
fn on_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// How many columns the terminal has.
#[expect(clippy::disallowed_methods, reason = "only looked at")]
fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok();
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(80)
}

#[expect(clippy::disallowed_methods, reason = "the door itself, and that of the panic report")]
pub(crate) fn standard_error() -> Box<dyn Write> {
    Box::new(std::io::stderr())
}
