//! The proof that what this crate looks for would be found: each defect is planted in what is tortured, and the case that is
//! aimed at it must show the invariant that it breaks; the same case without the defect must show nothing.

use std::io;
use std::path::Path;

use strata_defects::Defect;

use crate::case::{Aim, How, aim};
use crate::power;
use crate::run::Grounds;

/// What came of one defect.
#[derive(Debug)]
pub struct Verdict {
    pub defect: Defect,
    /// The invariant that it must break.
    pub breaks: &'static str,
    pub with: Vec<String>,
    pub without: Vec<String>,
}

impl Verdict {
    /// What shows the defect, among all that goes wrong because of it.
    pub fn shown(&self) -> Option<&String> {
        self.with.iter().find(|problem| problem.starts_with(self.breaks))
    }

    pub fn is_good(&self) -> bool {
        self.shown().is_some() && self.without.is_empty()
    }
}

/// Plants a defect; `None` for one on which no command depends.
pub fn try_defect(grounds: &Grounds, folder: &Path, defect: Defect) -> io::Result<Option<Verdict>> {
    let Some(Aim { breaks, how }) = aim(defect) else { return Ok(None) };
    let folder = folder.join(defect.name());
    std::fs::create_dir_all(&folder)?;
    let play = |planted: Option<&'static str>| -> io::Result<Vec<String>> {
        let place = folder.join(if planted.is_some() { "with" } else { "without" });
        match &how {
            How::Case(case) => Ok(grounds.run(case, &place, planted)?.problems),
            How::PowerCut(way) => {
                std::fs::create_dir_all(&place)?;
                Ok(power::record(grounds, *way, &place, planted)?.cut(grounds, &place, 0, 0)?.problems)
            }
        }
    };
    Ok(Some(Verdict { defect, breaks, with: play(Some(defect.name()))?, without: play(None)? }))
}
