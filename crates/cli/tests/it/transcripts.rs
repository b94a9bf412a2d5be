//! The transcripts in `tests/` at the root of the workspace, and the first look in the README.

use std::path::Path;

use strata_fixtures::{Terminal, compare, transcripts};

const STRATA: &str = env!("CARGO_BIN_EXE_strata");
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn terminal() -> Terminal {
    Terminal::new("strata", STRATA)
}

fn scratch(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn cli() {
    let terminal = terminal().show_as(env!("CARGO_PKG_VERSION"), "[VERSION]");
    transcripts(&format!("{ROOT}/tests/cli"), &scratch("cli"), &terminal);
}

#[test]
fn cue() {
    transcripts(&format!("{ROOT}/tests/cue"), &scratch("cue"), &terminal());
}

#[test]
fn engine() {
    transcripts(&format!("{ROOT}/tests/engine"), &scratch("engine"), &terminal());
}

#[test]
fn contracts() {
    transcripts(&format!("{ROOT}/tests/contracts"), &scratch("contracts"), &terminal());
}

#[test]
fn tiers() {
    transcripts(&format!("{ROOT}/tests/tiers"), &scratch("tiers"), &terminal());
}

/// Of each wrong input it is told where it stands and what to do about it, if the message itself does not say what belongs
/// there.
#[test]
fn every_wrong_input_is_told_with_a_remedy() {
    const SAYS_WHAT_BELONGS_THERE: [&str; 6] =
        ["must be ", " needs `", " is none of ", " is not a time such as ", " is demanded", " allowed"];
    let mut told = 0;
    for name in ["fields", "habits", "references", "tiers", "uses", "values", "yaml"] {
        let text = std::fs::read_to_string(format!("{ROOT}/tests/tiers/wrong-{name}.txtar")).unwrap();
        for error in text.match_indices("\n! error[").map(|(at, _)| &text[at + 1..]) {
            let end = ["\n!\n", "\n[exit"].iter().filter_map(|end| error.find(end)).min().expect("an end");
            let error = &error[..end];
            let says =
                error.lines().next().is_some_and(|line| SAYS_WHAT_BELONGS_THERE.iter().any(|says| line.contains(says)));
            assert!(says || error.contains("\n! help: "), "no remedy: {error}");
            assert!(error.contains("--> "), "no place: {error}");
            told += 1;
        }
    }
    assert!(told >= 90, "{told} errors");
}

/// What stands between ```` ```console ```` and its end is what a terminal shows.
#[test]
fn the_first_look_of_the_readme_is_real() {
    let path = Path::new(ROOT).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (mut actual, mut rest, mut blocks) = (String::new(), readme.as_str(), 0);
    while let Some((before, opened)) = rest.split_once("```console\n") {
        let (transcript, after) = opened.split_once("```\n").expect("a console block without an end");
        let replayed = terminal().at_home(scratch("readme")).replay(transcript, Path::new(ROOT)).unwrap();
        actual += &format!("{before}```console\n{replayed}```\n");
        (rest, blocks) = (after, blocks + 1);
    }
    assert!(blocks > 0, "the README has no console block");
    if let Err(diff) = compare(&path, &readme, &(actual + rest)) {
        panic!("{diff}\nRun the same test with STRATA_UPDATE=1 and read the diff.");
    }
}
