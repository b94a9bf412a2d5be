//! The groups of fields of an archive whose order may not matter.

use cue_eval::{Cancel, Limits};
use cue_txtar::Archive;
use serde::{Deserialize, Serialize};

use crate::archive::located;
use crate::directive::{Check, Directive};
use crate::path;
use crate::permute::{self, Group};
use crate::program::Packages;
use crate::text::line_of;

/// What an archive with such groups holds.
pub(crate) const MARK: &str = "@test(permute";

/// The answer for one group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The line of the archive at which it is first told.
    pub line: u32,
    pub path: String,
    /// Whether it was tried at all.
    pub is_reached: bool,
    /// What is wrong, if anything.
    pub problem: Option<String>,
}

impl Order {
    pub(crate) fn unasked(problem: &str) -> Order {
        Order { line: 0, path: String::new(), is_reached: false, problem: Some(problem.to_owned()) }
    }
}

/// Asks all groups of an archive.
pub(crate) fn ask(text: &str, limits: Limits, cancel: &Cancel) -> Vec<Order> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let archive = Archive::parse(text);
    let packages = match Packages::load(&archive) {
        Ok(packages) => packages,
        Err(problem) => return vec![Order::unasked(&problem)],
    };
    let mut groups: Vec<(u32, Group)> = Vec::new();
    for ((section, start), (assertion, _)) in located(&archive, &packages) {
        let Ok(directive) = Directive::parse(&assertion.body) else { continue };
        let (Check::Permute(count), true) = (&directive.check, directive.is_active()) else { continue };
        let line = line_of(text, archive.sections[section].start + start);
        let mut parent = assertion.path.clone();
        let name = if assertion.is_inside { None } else { parent.pop() };
        let known = groups.iter_mut().find(|(_, group)| group.parent == parent);
        match (known, name) {
            (Some((_, group)), Some(name)) if !group.names.is_empty() => group.names.push(name),
            (Some(_), _) => {}
            (None, name) => {
                groups.push((line, Group { parent, names: name.into_iter().collect(), count: *count }));
            }
        }
    }
    groups
        .into_iter()
        .map(|(line, group)| {
            let path = path::display(&group.parent);
            match permute::check(&packages, &group, limits, cancel) {
                Ok(orders) => Order { line, path, is_reached: orders > 1, problem: None },
                Err(problem) => Order { line, path, is_reached: true, problem: Some(problem) },
            }
        })
        .collect()
}
