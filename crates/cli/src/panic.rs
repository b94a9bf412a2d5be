//! What is said when the program itself is wrong.
//!
//! The text of a panic may hold anything that the program was working on, secrets too. So it is never printed: the report
//! has the place in our source, which is what leads to the defect, and nothing else.

use std::io::Write;
use std::panic::PanicHookInfo;

use strata_base::{Diagnostic, Sources};
use strata_report::Style;

use crate::codes;

pub(crate) fn install() {
    std::panic::set_hook(Box::new(|info| {
        // Nothing is left to be done where even this cannot be written.
        let _ = writeln!(crate::ui::standard_error(), "{}", report(info));
    }));
}

/// The report of a panic, for people.
pub fn report(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), |at| place(at.file(), at.line()));
    let defect = Diagnostic::error(codes::DEFECT, format!("strata stopped at {place} because of a defect of its own"))
        .hint(format!("please report this line and the version, {}", env!("CARGO_PKG_VERSION")))
        .hint("what was made durable before stays so; the command may be given again");
    strata_report::human(&defect, &Sources::new(), Style::default())
}

/// Only the part of a path that is the same on every machine.
fn place(file: &str, line: u32) -> String {
    let file = file.replace('\\', "/");
    let known = ["/registry/src/", "/library/"].iter().find_map(|mark| {
        let (_, rest) = file.split_once(mark)?;
        Some(rest.split_once('/').map_or(rest, |(_, rest)| rest).to_owned())
    });
    let relative = if file.starts_with('/') { file.rsplit('/').next().unwrap_or_default().to_owned() } else { file };
    format!("{}:{line}", known.unwrap_or(relative))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_place_names_no_folder_of_this_machine() {
        assert_eq!(place("crates/decide/src/plan.rs", 7), "crates/decide/src/plan.rs:7");
        assert_eq!(place("/home/ann/.cargo/registry/src/index-1a2b/toml-1.0.0/src/de.rs", 7), "toml-1.0.0/src/de.rs:7");
        assert_eq!(place("/home/ann/strata/crates/cli/src/ui.rs", 7), "ui.rs:7");
    }
}
