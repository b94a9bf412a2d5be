//! Prints how long each step of an export takes inside of one process, as `scripts/bench lang` shows: for inputs that take
//! less time than a process takes to start. `parse` is a part of `load`, told alone as well.
//!
//! `measure ROUNDS FILE…` prints for each file the least time of so many rounds. It is the least and not the median,
//! since what disturbs a measurement only ever adds to it.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads files and the clock, and prints what it finds"
)]

use std::time::{Duration, Instant};

use cue::{Cancel, Config, Layout, Limits, MemoryFiles, OutputLimit, Workspace};

/// That of the command, so that what is measured is what is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is timed, in the order in which it happens.
const STEPS: [&str; 5] = ["load", "compile", "evaluate", "export", "drop"];

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().and_then(|text| text.parse().ok()).ok_or("how many rounds?")?;
    for path in arguments {
        let text = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
        let name = path.rsplit('/').next().unwrap_or(&path).trim_end_matches(".cue");
        let mut best = [Duration::MAX; STEPS.len()];
        let (mut whole, mut parsing) = (Duration::MAX, Duration::MAX);
        for _ in 0..rounds {
            parsing = parsing.min(parse(&text)?);
            let times = export(&text)?;
            whole = whole.min(times.iter().sum());
            for (best, time) in best.iter_mut().zip(times) {
                *best = (*best).min(time);
            }
        }
        tell(&format!("lang/{name}/parse"), parsing);
        for (step, time) in STEPS.iter().zip(best) {
            tell(&format!("lang/{name}/{step}"), time);
        }
        tell(&format!("lang/{name}/inside"), whole);
    }
    Ok(())
}

fn tell(name: &str, time: Duration) {
    println!("{name} {} us", time.as_micros());
}

/// How long it takes from the text to its tree.
fn parse(text: &[u8]) -> Result<Duration, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let begun = Instant::now();
    let parsed = cue_syntax::parse(strata_base::FileId(0), text, &cue_syntax::ParseOptions::default());
    let taken = begun.elapsed();
    if parsed.has_errors() { Err("it cannot be parsed".to_owned()) } else { Ok(taken) }
}

/// How long each step took.
fn export(text: &[u8]) -> Result<[Duration; STEPS.len()], String> {
    let mut files = MemoryFiles::new();
    files.add("/in.cue", text);
    let begun = Instant::now();
    let mut workspace = Workspace::load(&["in.cue".to_owned()], &Config::new("/"), &files);
    let package = workspace.package(0).ok_or("nothing was loaded")?;
    let loaded = Instant::now();
    let (compiled, _) = workspace.compile();
    let lowered = Instant::now();
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    evaluation.value(package).map_err(|problems| problems[0].message.clone())?;
    let evaluated = Instant::now();
    let mut json = String::new();
    // What is not concrete is told instead of written; that takes its time too.
    let _ = evaluation.write_json(package, &mut json, Layout::EXPORT, OutputLimit::default());
    let exported = Instant::now();
    drop((evaluation, compiled, workspace));
    let dropped = Instant::now();
    Ok([loaded - begun, lowered - loaded, evaluated - lowered, exported - evaluated, dropped - exported])
}
