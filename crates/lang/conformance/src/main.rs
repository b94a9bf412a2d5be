//! `cue-conformance FOLDER`: runs the inline tests and the scripts below a folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use cue_conformance::report::{Deviations, report};
use cue_conformance::script::Program;

/// Runs the inline tests and command scripts of CUE archives and counts what holds
#[derive(Parser, Debug)]
struct Arguments {
    /// The folder that holds the archives
    #[arg(required_unless_present = "alone")]
    folder: Option<PathBuf>,
    /// Print figures and failures as JSON
    #[arg(long)]
    json: bool,
    /// Print every failure, sorted
    #[arg(long)]
    list: bool,
    /// Run only archives whose path contains this
    #[arg(long, value_name = "NAME")]
    file: Option<String>,
    /// The program that runs `cue` commands as `PROGRAM cue …` [default: `strata` beside this program]
    #[arg(long, value_name = "PROGRAM")]
    strata: Option<PathBuf>,
    /// The document that lists what differs on purpose
    #[arg(long, value_name = "FILE", default_value = "docs/cue-deviations.md")]
    deviations: PathBuf,
    /// How many seconds one archive may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    deadline: u64,
    /// Answer for the one archive on the input
    #[arg(long, hide = true)]
    alone: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.folder {
        _ if arguments.alone => alone(),
        Some(folder) => run(&arguments, folder),
        None => Ok(String::new()),
    };
    match result {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            complain(&problem);
            ExitCode::FAILURE
        }
    }
}

fn alone() -> Result<String, String> {
    let text = std::io::read_to_string(std::io::stdin()).map_err(|error| format!("cannot read the input: {error}"))?;
    let result = cue_conformance::run_here("", &text);
    serde_json::to_string(&result).map_err(|error| error.to_string())
}

fn run(arguments: &Arguments, folder: &Path) -> Result<String, String> {
    let archives = cue_conformance::find(folder, arguments.file.as_deref())?;
    let scripts = cue_conformance::find_scripts(folder, arguments.file.as_deref())?;
    if archives.is_empty() && scripts.is_empty() {
        return Err(format!("no archive with inline tests and no script below {}", folder.display()));
    }
    let program = std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    let deadline = Duration::from_secs(arguments.deadline);
    // Without the document nothing is listed.
    let deviations = Deviations::parse(&std::fs::read_to_string(&arguments.deviations).unwrap_or_default());
    let strata = arguments.strata.clone().unwrap_or_else(|| program.with_file_name("strata"));
    let cue = Program { file: strata, words: vec!["cue".to_owned()] };
    let mut report = report(&cue_conformance::run(&archives, &program, deadline), &deviations);
    report.scripts = cue_conformance::run_scripts(&scripts, &cue, deadline);
    if arguments.json {
        return Ok(format!("{:#}\n", report.json()));
    }
    let list = if arguments.list { report.list() + "\n" } else { String::new() };
    Ok(list + &report.summary())
}

#[expect(clippy::print_stdout, reason = "the one place where this program prints")]
fn print(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "the one place where this program complains")]
fn complain(problem: &str) {
    eprintln!("cue-conformance: {problem}");
}
