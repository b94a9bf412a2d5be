//! Keys that stand twice.

use cue_data::{Data, NodeId};
use rustc_hash::FxHashMap;
use strata_base::{Diagnostic, Span};

use crate::codes;
use crate::options::DuplicateKeys;

/// Refuses a document with a key that stands twice in one struct, if that is what the caller wants. All of them are
/// told.
pub(crate) fn check(data: Data, duplicate_keys: DuplicateKeys) -> Result<Data, Vec<Diagnostic>> {
    if duplicate_keys == DuplicateKeys::Keep {
        return Ok(data);
    }
    let mut problems = Vec::new();
    let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
    let ids = (0..).map(NodeId).take(data.len());
    for id in ids {
        let fields = data.fields(id);
        // To clear a map costs as much as it has room, so one that was needed for a long struct is not kept for short ones.
        if seen.capacity() > 4 * fields.len().max(16) {
            seen = FxHashMap::default();
        }
        seen.clear();
        for field in fields {
            if let Some(first) = seen.insert(&field.key, field.key_span) {
                let message = format!("duplicate key {:?}", field.key);
                problems.push(
                    Diagnostic::error(codes::DUPLICATE_KEY, message)
                        .at(field.key_span)
                        .also(first, "first used here")
                        .hint("remove one of the two"),
                );
            }
        }
    }
    if problems.is_empty() { Ok(data) } else { Err(problems) }
}
