//! Syntax and meaning that a file switches on by `@experiment(…)`.

/// A language version, as in `v0.18.0`.
pub type Version = (u32, u32, u32);

/// The version of the language that this crate reads. A file without a version is taken to be of this one.
pub const LATEST: Version = (0, 18, 0);

/// What a file has switched on, by name or by its language version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Experiments {
    /// `==` on structs and lists, and as a bound.
    pub struct_comparison: bool,
    /// `x...`
    pub explicit_open: bool,
    /// `a~X: …` instead of `X=a: …`, and `self`.
    pub alias_v2: bool,
    /// `try`, `else`, `otherwise` and `x?`.
    pub try_clause: bool,
    /// `&&` and `||` leave their right operand alone where the left one decides.
    pub short_circuit: bool,
}

struct Stage {
    name: &'static str,
    preview: Version,
    stable: Option<Version>,
    switch: Option<fn(&mut Experiments) -> &mut bool>,
}

/// `testing` and `accepted_` are names that the language keeps for its own tests.
const STAGES: &[Stage] = &[
    Stage { name: "testing", preview: (0, 13, 0), stable: None, switch: None },
    Stage { name: "accepted_", preview: (0, 13, 0), stable: Some((0, 15, 0)), switch: None },
    Stage {
        name: "structcmp",
        preview: (0, 14, 0),
        stable: Some((0, 15, 0)),
        switch: Some(|e| &mut e.struct_comparison),
    },
    Stage { name: "explicitopen", preview: (0, 15, 0), stable: None, switch: Some(|e| &mut e.explicit_open) },
    Stage { name: "aliasv2", preview: (0, 15, 0), stable: None, switch: Some(|e| &mut e.alias_v2) },
    Stage { name: "try", preview: (0, 16, 0), stable: None, switch: Some(|e| &mut e.try_clause) },
    Stage { name: "shortcircuit", preview: (0, 17, 0), stable: None, switch: Some(|e| &mut e.short_circuit) },
];

impl Experiments {
    /// What is switched on in a file of a version that names nothing.
    pub fn stable(version: Version) -> Experiments {
        let mut experiments = Experiments::default();
        for stage in STAGES {
            if let Some(switch) = stage.switch
                && stage.stable.is_some_and(|stable| version >= stable)
            {
                *switch(&mut experiments) = true;
            }
        }
        experiments
    }

    /// Switches one on by name, or says why it cannot be.
    pub fn enable(&mut self, name: &str, version: Version) -> Result<(), String> {
        let Some(stage) = STAGES.iter().find(|stage| stage.name == name) else {
            return Err(format!("unknown experiment \"{name}\""));
        };
        if version < stage.preview {
            let (major, minor, patch) = stage.preview;
            return Err(format!("cannot set experiment \"{name}\" before version v{major}.{minor}.{patch}"));
        }
        if let Some(switch) = stage.switch {
            *switch(self) = true;
        }
        Ok(())
    }
}
