//! Hunts for differences from another implementation: small random programs go to both, and what differs is made as
//! small as it can be.
//!
//! `hunt --oracle CUE --ours STRATA [--seed N] [--count N]`. The same seed makes the same programs. Not run by tests:
//! the other implementation is no part of this repository.

mod grammar;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Parser;

use crate::grammar::{Generator, Item};

/// Hold random programs against another implementation
#[derive(Parser, Debug)]
struct Arguments {
    /// The program that answers `PROGRAM eval FILE` and `PROGRAM export FILE`
    #[arg(long)]
    oracle: PathBuf,
    /// Our program, which answers `PROGRAM cue …`
    #[arg(long)]
    ours: PathBuf,
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

fn ask(program: &Path, first: &[&str], file: &Path) -> std::io::Result<Answer> {
    let run = |verb: &str| Command::new(program).args(first).arg(verb).arg(file).output();
    let (vet, export) = (run("eval")?, run("export")?);
    let crashed = [&vet, &export].iter().any(|output| !matches!(output.status.code(), Some(0 | 1)));
    let data = export.status.success().then(|| String::from_utf8_lossy(&export.stdout).into_owned());
    Ok(Answer { valid: vet.status.success(), data, crashed })
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
        let file = self.folder.path().join("in.cue");
        std::fs::write(&file, grammar::text(items))?;
        let theirs = ask(&self.arguments.oracle, &[], &file)?;
        let ours = ask(&self.arguments.ours, &["cue"], &file)?;
        Ok((theirs, ours))
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
