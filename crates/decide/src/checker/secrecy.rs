//! Rules about values: nothing sensitive in clear, nothing known that is not said.

use strata_model::{Plan, Schemas, Value};

use super::{Findings, Rule};

pub(super) fn check(plan: &Plan, schemas: &dyn Schemas, found: &mut Findings) {
    for action in &plan.actions {
        let schema = schemas.schema(&action.provider, &action.kind);
        for change in &action.changes {
            let clear = |side: &Option<Value>| side.as_ref().is_some_and(holds_text);
            let hidden = change.sensitive || schema.is_some_and(|schema| schema.is_sensitive(&change.path));
            if hidden && (clear(&change.old) || clear(&change.new)) {
                found.tell(Rule::Secrecy, format!("`{}` of {} is told in clear", change.path, action.address));
            }
        }
        let Some(desired) = &action.desired else { continue };
        desired.properties.each_leaf(&mut |path, leaf| {
            if holds_text(leaf) && schema.is_some_and(|schema| schema.is_sensitive(path)) {
                found.tell(Rule::Secrecy, format!("`{path}` of {} is kept in clear", action.address));
            }
            // What is said is known as it is said; what is computed is known or not.
            let known = desired.known().at(path);
            if !matches!(leaf, Value::Later(_)) && known != Some(leaf) {
                found.tell(Rule::Knowledge, format!("`{path}` of {} is not what it says", action.address));
            }
            if let Value::Later(later) = leaf
                && later.is_sensitive()
                && known.is_some_and(holds_text)
            {
                found.tell(Rule::Secrecy, format!("`{path}` of {} is computed in clear", action.address));
            }
        });
    }
}

fn holds_text(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_))
}
