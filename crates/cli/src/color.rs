//! Whether there is colour.

use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Choice {
    Auto,
    Always,
    Never,
}

/// What the environment says of colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings {
    pub(crate) terminal: bool,
    /// `NO_COLOR` is set and not empty.
    pub(crate) no_color: bool,
    /// `FORCE_COLOR` or `CLICOLOR_FORCE` is set and neither empty nor `0`.
    pub(crate) forced: bool,
    /// `TERM` is `dumb`.
    pub(crate) dumb: bool,
}

impl Surroundings {
    pub(crate) fn of(terminal: bool) -> Surroundings {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Surroundings {
            terminal,
            no_color: set("NO_COLOR").is_some(),
            forced: ["FORCE_COLOR", "CLICOLOR_FORCE"].iter().any(|name| set(name).is_some_and(|value| value != "0")),
            dumb: set("TERM").is_some_and(|value| value == "dumb"),
        }
    }
}

/// `NO_COLOR` beats everything, the option too: who sets it wants none, whatever a script says.
pub(crate) fn wanted(choice: Choice, around: Surroundings) -> bool {
    match choice {
        _ if around.no_color => false,
        Choice::Always => true,
        Choice::Never => false,
        Choice::Auto => around.forced || (around.terminal && !around.dumb),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPE: Surroundings = Surroundings { terminal: false, no_color: false, forced: false, dumb: false };
    const TERMINAL: Surroundings = Surroundings { terminal: true, ..PIPE };

    #[test]
    fn colour_needs_a_terminal_or_a_wish() {
        assert!(wanted(Choice::Auto, TERMINAL));
        assert!(!wanted(Choice::Auto, PIPE));
        assert!(!wanted(Choice::Auto, Surroundings { dumb: true, ..TERMINAL }));
        assert!(wanted(Choice::Auto, Surroundings { forced: true, ..PIPE }));
        assert!(wanted(Choice::Always, PIPE));
        assert!(!wanted(Choice::Never, TERMINAL));
    }

    #[test]
    fn no_color_beats_everything() {
        for choice in [Choice::Auto, Choice::Always, Choice::Never] {
            assert!(!wanted(choice, Surroundings { no_color: true, forced: true, ..TERMINAL }), "{choice:?}");
        }
    }
}
