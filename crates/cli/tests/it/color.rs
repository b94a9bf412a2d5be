//! Colour on a terminal only, and never under NO_COLOR.

use std::process::Command;

use strata_fixtures::on_terminal;

/// A command that tells a mistake, in an environment that says nothing but this.
fn mistake(environment: &[(&str, &str)], more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
    command.args(["help", "quantum"]).args(more).env_clear().envs(environment.iter().copied());
    command
}

fn is_coloured_on_a_terminal(environment: &[(&str, &str)], more: &[&str]) -> bool {
    let (text, status) = on_terminal(mistake(environment, more)).unwrap();
    assert_eq!(status.code(), Some(10), "{text}");
    assert!(text.contains("quantum"), "{text}");
    text.contains('\u{1b}')
}

#[test]
fn a_terminal_has_colour_unless_somebody_objects() {
    assert!(is_coloured_on_a_terminal(&[], &[]));
    assert!(is_coloured_on_a_terminal(&[("NO_COLOR", "")], &[]));
    assert!(!is_coloured_on_a_terminal(&[("NO_COLOR", "1")], &[]));
    assert!(!is_coloured_on_a_terminal(&[("NO_COLOR", "1")], &["--color", "always"]));
    assert!(!is_coloured_on_a_terminal(&[("TERM", "dumb")], &[]));
    assert!(!is_coloured_on_a_terminal(&[("STRATA_COLOR", "never")], &[]));
    assert!(!is_coloured_on_a_terminal(&[], &["--color", "never"]));
}

/// The command line itself is not understood, so there are no settings yet.
#[test]
fn a_mistake_in_the_arguments_is_coloured_as_they_say() {
    let is_coloured = |color: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
        command.args(["confg", color]).env_clear();
        on_terminal(command).unwrap().0.contains('\u{1b}')
    };
    assert!(is_coloured("--color=auto"));
    assert!(!is_coloured("--color=never"));
}

#[test]
fn a_pipe_has_colour_only_where_it_is_asked_for() {
    let is_coloured = |environment: &[(&str, &str)], more: &[&str]| {
        let output = mistake(environment, more).output().unwrap();
        assert_eq!(output.status.code(), Some(10));
        output.stderr.contains(&0x1b)
    };
    assert!(!is_coloured(&[], &[]));
    assert!(is_coloured(&[], &["--color", "always"]));
    assert!(is_coloured(&[("FORCE_COLOR", "1")], &[]));
    assert!(!is_coloured(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], &[]));
}
