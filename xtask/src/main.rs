//! `cargo xtask check` and `cargo xtask generate`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask check | generate

check     borders between crates, manifests, bans, long files, generated parts of documents
generate  brings the generated parts of documents up to date";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["check"] => report(check(&root)),
        ["generate"] => report(xtask::generate(&root).map(|()| Vec::new())),
        _ => {
            tell(USAGE);
            ExitCode::from(64)
        }
    }
}

fn check(root: &Path) -> Result<Vec<String>, String> {
    let mut problems = xtask::check(root)?;
    problems.extend(xtask::outdated(root)?);
    let planned = xtask::planned(root)?;
    if !planned.is_empty() {
        tell(&format!("in the table of borders and not there yet: {}", planned.join(", ")));
    }
    Ok(problems)
}

fn report(problems: Result<Vec<String>, String>) -> ExitCode {
    let problems = problems.unwrap_or_else(|error| vec![error]);
    for problem in &problems {
        tell(&format!("error: {problem}"));
    }
    if problems.is_empty() {
        tell("the workspace is as it should be");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

#[expect(clippy::disallowed_methods, reason = "not the product; it has its own words")]
fn tell(words: &str) {
    // Who closed standard error does not want words.
    let _ = writeln!(std::io::stderr(), "{words}");
}
