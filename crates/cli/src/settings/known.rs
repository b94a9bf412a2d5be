//! The table of all settings. A new setting is a row here and a method of [`Settings`](super::Settings).

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) key: &'static str,
    pub(crate) about: &'static str,
    pub(crate) values: &'static [&'static str],
    pub(crate) default: &'static str,
    pub(crate) options: &'static str,
}

pub(crate) const KNOWN: &[Known] = &[
    Known {
        key: "color",
        about: "when to use colour; never where NO_COLOR is set",
        values: &["auto", "always", "never"],
        default: "auto",
        options: "--color",
    },
    Known {
        key: "output",
        about: "how data is printed",
        values: &["table", "json"],
        default: "table",
        options: "-o, --output",
    },
    Known {
        key: "verbosity",
        about: "how much is said on standard error",
        values: &["quiet", "normal", "verbose"],
        default: "normal",
        options: "-q, --quiet; -v, --verbose",
    },
];

impl Known {
    /// The variable of the environment that gives it.
    pub(crate) fn variable(&self) -> String {
        variable(self.key)
    }
}

pub(crate) fn variable(key: &str) -> String {
    format!("STRATA_{}", key.to_uppercase())
}
