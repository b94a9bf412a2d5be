//! How much an evaluation may take.

use std::time::Duration;

use cue::{Cancel, Limits, OutputLimit};

/// How much an evaluation may take
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Limits")]
pub(super) struct Bounds {
    /// Bound the evaluation: NAME is steps, values, depth, text, list, digits, alternatives or output (can be repeated)
    #[arg(long, value_name = "NAME=NUMBER")]
    limit: Vec<Bound>,

    /// End the evaluation after so many seconds
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
}

/// One bound as it was given.
#[derive(Clone, Copy, Debug)]
struct Bound {
    name: Name,
    number: u64,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Name {
    Steps,
    Values,
    Depth,
    Text,
    List,
    Digits,
    Alternatives,
    Output,
}

impl std::str::FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Bound, String> {
        let (name, number) = text.split_once('=').ok_or("write NAME=NUMBER, such as steps=1000000")?;
        let name = <Name as clap::ValueEnum>::from_str(name, false)
            .map_err(|_| "the limits are steps, values, depth, text, list, digits, alternatives and output")?;
        let number = number.replace('_', "").parse().map_err(|_| format!("`{number}` is not a number"))?;
        Ok(Bound { name, number })
    }
}

impl Bounds {
    pub(super) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
        let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
        for &Bound { name, number } in &self.limit {
            match name {
                Name::Steps => limits.work = number,
                Name::Values => limits.vertices = number,
                Name::Depth => limits.depth = count(number),
                Name::Text => limits.string_bytes = size(number),
                Name::List => limits.list_length = size(number),
                Name::Digits => limits.digits = count(number),
                Name::Alternatives => limits.disjuncts = size(number),
                Name::Output => limits.output_bytes = size(number),
            }
        }
        limits
    }

    pub(super) fn output(&self) -> OutputLimit {
        OutputLimit(self.limits().output_bytes as u64)
    }

    /// What ends an evaluation once its time is over.
    pub(super) fn cancel(&self) -> Cancel {
        let cancel = Cancel::new();
        if let Some(seconds) = self.timeout {
            let late = cancel.clone();
            // Nobody waits for it: it ends with the process.
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_secs(seconds.into()));
                late.cancel();
            });
        }
        cancel
    }
}
