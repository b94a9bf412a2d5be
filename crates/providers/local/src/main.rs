//! The world as a program of its own: `strata-world IDLE_MS FOLDER`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use strata_provider_local::world;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (idle, folder) = (arguments.next(), arguments.next().map(PathBuf::from));
    let idle = idle.and_then(|idle| idle.to_str()?.parse().ok()).map(Duration::from_millis);
    let (Some(idle), Some(folder)) = (idle, folder) else {
        say("usage: strata-world IDLE_MS FOLDER");
        return ExitCode::from(64);
    };
    match world::serve(&folder, idle) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&world::told(&error));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the last words of a process that nobody watches")]
fn say(words: &str) {
    // There is nobody else to tell.
    let _ = writeln!(std::io::stderr(), "{words}");
}
