//! The table of all settings. A new setting is a row here and a method of [`Settings`](super::Settings).

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) key: &'static str,
    pub(crate) about: &'static str,
    pub(crate) values: Values,
    /// None where something else is looked at if nobody gives a value.
    pub(crate) default: Option<&'static str>,
    /// The options that give it; empty where there are none.
    pub(crate) options: &'static str,
}

/// What a setting can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Values {
    OneOf(&'static [&'static str]),
    /// The name of a folder: letters, digits, `-`, `_` and `.`, of which the first is no `.`.
    Name,
    /// The path of a file.
    Path,
    /// A number, or [`NEVER`].
    Count,
}

/// What is said in the place of a number where there is no bound.
pub(crate) const NEVER: &str = "never";

impl Values {
    pub(crate) fn allow(self, value: &str) -> bool {
        match self {
            Values::OneOf(words) => words.contains(&value),
            Values::Path => !value.is_empty(),
            Values::Count => value == NEVER || value.parse::<u64>().is_ok(),
            Values::Name => {
                let kept = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
                !value.is_empty() && value.len() <= 100 && !value.starts_with('.') && value.chars().all(kept)
            }
        }
    }

    /// What can be given, for people.
    pub(crate) fn told(self) -> String {
        match self {
            Values::OneOf(words) => words.join(", "),
            Values::Path => "the path of a file".to_owned(),
            Values::Count => format!("a number, or {NEVER}"),
            Values::Name => "a name of letters, digits, `-`, `_` and `.`".to_owned(),
        }
    }
}

pub(crate) const KNOWN: &[Known] = &[
    Known {
        key: "color",
        about: "when to use colour; never where NO_COLOR is set",
        values: Values::OneOf(&["auto", "always", "never"]),
        default: Some("auto"),
        options: "--color",
    },
    Known {
        key: "compact_after",
        about: "how many entries a log may have more than its context has resources before a run compacts it; else 1000",
        values: Values::Count,
        default: None,
        options: "",
    },
    Known {
        key: "document",
        about: "the document of commands that are given none; in a project file relative to that file",
        values: Values::Path,
        default: None,
        options: "",
    },
    Known {
        key: "output",
        about: "how data is printed",
        values: Values::OneOf(&["table", "wide", "json", "yaml", "name", "markdown"]),
        default: Some("table"),
        options: "-o, --output",
    },
    Known {
        key: "project",
        about: "what the project is called; its store has that name, and stays when the folder moves",
        values: Values::Name,
        default: None,
        options: "",
    },
    Known {
        key: "verbosity",
        about: "how much is said on standard error",
        values: Values::OneOf(&["quiet", "normal", "verbose"]),
        default: Some("normal"),
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
