//! Hunts for differences from another implementation: small random programs go to both, and what differs is made as
//! small as it can be.
//!
//! `hunt --oracle CUE [--seed N] [--count N]`. The same seed makes the same programs. Not run by tests: the other
//! implementation is no part of this repository.

mod grammar;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Parser;
use cue::{Cancel, Check, Config, Layout, Limits, MemoryFiles, OutputLimit, Workspace};

use crate::grammar::{Generator, Item};

/// Hold random programs against another implementation
#[derive(Parser, Debug)]
struct Arguments {
    /// The program that answers `PROGRAM eval FILE` and `PROGRAM export FILE`
    #[arg(long)]
    oracle: PathBuf,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 200)]
    count: u64,
}

/// What an implementation says of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Answer {
    valid: bool,
    /// The exported data; nothing where it is not concrete.
    data: Option<String>,
    /// The program did not end by itself.
    crashed: bool,
}

fn theirs(program: &Path, file: &Path) -> std::io::Result<Answer> {
    let run = |verb: &str| Command::new(program).arg(verb).arg(file).output();
    let vet = run("eval")?;
    // What does not even evaluate is not exported.
    let export = if vet.status.success() { run("export")? } else { vet.clone() };
    let crashed = [&vet, &export].iter().any(|output| !matches!(output.status.code(), Some(0 | 1)));
    let is_data = vet.status.success() && export.status.success();
    let data = is_data.then(|| String::from_utf8_lossy(&export.stdout).into_owned());
    Ok(Answer { valid: vet.status.success(), data, crashed })
}

fn ours(text: &str) -> Answer {
    let mut files = MemoryFiles::new();
    files.add("/hunt/in.cue", text);
    let mut workspace = Workspace::load(&["in.cue".to_owned()], &Config::new("/hunt"), &files);
    let unread = !workspace.diagnostics().is_empty();
    let (compiled, problems) = match workspace.package(0) {
        Some(package) if !unread => {
            let (compiled, problems) = workspace.compile();
            (Some((compiled, package)), problems)
        }
        _ => (None, Vec::new()),
    };
    let Some((compiled, package)) = compiled.filter(|_| problems.is_empty()) else {
        return Answer { valid: false, data: None, crashed: false };
    };
    // Enough for what a generator makes, and soon spent by what does not end.
    let limits = Limits { work: 20_000_000, ..Limits::default() };
    let mut evaluation = compiled.evaluate(limits, Cancel::new());
    let checked = evaluation.check(package, Check::Consistent);
    let crashed =
        checked.as_ref().is_err_and(|problems| problems.iter().any(|problem| problem.code == cue::codes::LIMIT));
    let mut data = String::new();
    let is_data = evaluation.write_json(package, &mut data, Layout::EXPORT, OutputLimit::default()).is_ok();
    Answer { valid: checked.is_ok(), data: (checked.is_ok() && is_data).then_some(data), crashed }
}

struct Hunt {
    arguments: Arguments,
    folder: tempfile::TempDir,
}

impl Hunt {
    /// What both say, where they do not say the same.
    fn difference(&self, items: &[Item]) -> std::io::Result<Option<(Answer, Answer)>> {
        let (theirs, ours) = self.both(items)?;
        Ok((theirs != ours && !theirs.crashed).then_some((theirs, ours)))
    }

    fn both(&self, items: &[Item]) -> std::io::Result<(Answer, Answer)> {
        let text = grammar::text(items);
        let file = self.folder.path().join("in.cue");
        std::fs::write(&file, &text)?;
        Ok((theirs(&self.arguments.oracle, &file)?, ours(&text)))
    }

    /// The program without all that the difference does not need.
    fn shrink(&self, mut items: Vec<Item>, expected: &(Answer, Answer)) -> std::io::Result<Vec<Item>> {
        let same = |found: &(Answer, Answer)| found.0.valid == expected.0.valid && found.1.valid == expected.1.valid;
        loop {
            let mut smaller = None;
            for candidate in grammar::smaller(&items) {
                if self.difference(&candidate)?.is_some_and(|found| same(&found)) {
                    smaller = Some(candidate);
                    break;
                }
            }
            match smaller {
                Some(found) => items = found,
                None => return Ok(items),
            }
        }
    }

    fn run(&self) -> std::io::Result<u64> {
        let (mut found, mut meant) = (0, 0);
        for number in 0..self.arguments.count {
            let seed = self.arguments.seed.wrapping_mul(1_000_003).wrapping_add(number);
            let items = Generator::new(seed).program();
            let difference = self.both(&items)?;
            meant += u64::from(difference.0.valid);
            if difference.0 == difference.1 || difference.0.crashed {
                continue;
            }
            let items = self.shrink(items, &difference)?;
            let (theirs, ours) = self.difference(&items)?.unwrap_or(difference);
            found += 1;
            print(&format!("--- {seed}\n{}theirs: {theirs:?}\nours:   {ours:?}\n", grammar::text(&items)));
        }
        print(&format!("{meant} of {} programs mean something", self.arguments.count));
        Ok(found)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let count = arguments.count;
    let hunted = tempfile::tempdir().and_then(|folder| Hunt { arguments, folder }.run());
    match hunted {
        Ok(0) => ExitCode::SUCCESS,
        Ok(found) => {
            print(&format!("{found} of {count} programs differ"));
            ExitCode::FAILURE
        }
        Err(error) => {
            print(&format!("cannot hunt: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the one place where this program prints")]
fn print(text: &str) {
    println!("{text}");
}
