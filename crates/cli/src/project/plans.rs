//! Plans that are named: by the file that `strata plan --out` wrote, or by their hash, of which a few digits are enough.

use std::io::Read as _;
use std::path::Path;

use strata_base::Diagnostic;
use strata_engine::check_hash;
use strata_model::plan::FORMAT;
use strata_model::{Digest, Plan, PlanSet};
use strata_ports::{Reads, StoreError};

use super::{Project, text, told};
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

/// With fewer digits than these a word is a word.
const FEW: usize = 6;
const PREFIX: &str = "sha256:";

/// The plans that are named so; `None` if that is the name of something else.
pub(crate) fn named(project: &Project, name: &str) -> Result<Option<PlanSet>, CommandError> {
    let path = Path::new(name);
    if path.exists() {
        return is_plan(path).then(|| kept(path)).transpose();
    }
    let Some(digits) = digits(name) else { return Ok(None) };
    let found = recorded(project, digits).map_err(|error| told(error.into()))?;
    match &found[..] {
        [plan] => Ok(Some(PlanSet { format: FORMAT, plans: vec![plan.clone()] })),
        [] => Err(not_recorded(format!("no plan {name} is recorded"))),
        several => {
            let hashes: Vec<String> = several.iter().map(|plan| plan.hash.to_string()).collect();
            Err(not_recorded(format!("several plans begin with {name}: {}", hashes.join(", "))))
        }
    }
}

fn not_recorded(message: String) -> CommandError {
    let hint = "`strata history CONTEXT` lists plans; `strata plan --out FILE` records one";
    CommandError::plain(Exit::NotFound, Diagnostic::error(codes::NOT_RECORDED, message).hint(hint))
}

/// The digits of a hash or of its beginning.
fn digits(name: &str) -> Option<&str> {
    let digits = name.strip_prefix(PREFIX).unwrap_or(name).trim_end_matches('…');
    let is_hash = digits.len() >= FEW && digits.len() <= 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(digits)
}

fn recorded(project: &Project, digits: &str) -> Result<Vec<Plan>, StoreError> {
    if let Ok(hash) = format!("{PREFIX}{digits}").parse::<Digest>() {
        return Ok(project.store.plan(&hash)?.into_iter().map(|record| record.plan).collect());
    }
    let beginning = format!("{PREFIX}{}", digits.to_ascii_lowercase());
    let mut found = Vec::new();
    for context in project.store.contexts()? {
        let plans = project.store.plans(&context, usize::MAX)?.into_iter().map(|record| record.plan);
        found.extend(plans.filter(|plan| plan.hash.to_string().starts_with(&beginning)));
    }
    Ok(found)
}

/// Whether a file was written by `strata plan --out`: no document is one object on one line that begins so.
fn is_plan(path: &Path) -> bool {
    const BEGINNING: &[u8] = b"{\"format\":";
    let mut beginning = [0; BEGINNING.len()];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut beginning));
    read.is_ok() && beginning == *BEGINNING
}

/// A plan from a file.
fn kept(path: &Path) -> Result<PlanSet, CommandError> {
    let text = text(path)?;
    let wrong = |message: String| CommandError::plain(Exit::Validation, Diagnostic::error(codes::PLAN_FILE, message));
    let set: PlanSet = serde_json::from_str(&text)
        .map_err(|error| wrong(format!("`{}` is not a plan that was kept: {error}", path.display())))?;
    if set.format != FORMAT {
        return Err(wrong(format!("`{}` has format {}, this version reads {FORMAT}", path.display(), set.format)));
    }
    // Also who only looks at it may approve what he saw.
    set.plans.iter().try_for_each(check_hash).map_err(told)?;
    Ok(set)
}
