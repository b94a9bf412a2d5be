//! Secrets belong to places: a store whose name is a place, such as `acme/prod/-`, serves only what is there or below it, and
//! `acme/prod/-@1` only what is in tier 1 of it.

use cue_data::Event;
use strata_base::Diagnostic;
use strata_model::{Context, SecretRef, Tier, Unit};

use crate::codes;
use crate::declare::Declared;

/// Whom a store serves; `None` where that is everybody.
fn scope(store: &str) -> Option<(Context, Option<Tier>)> {
    let (place, tier) = match store.rsplit_once('@') {
        Some((place, tier)) => (place, Some(tier.parse().ok()?)),
        None => (store, None),
    };
    Some((place.parse().ok().filter(|_| place.contains('/'))?, tier))
}

fn serves(scope: &(Context, Option<Tier>), unit: &Unit) -> bool {
    let (place, tier) = scope;
    let is_there = place.org() == unit.context.org() && place.env() == unit.context.env();
    let is_there = is_there && (place.app().is_none() || place.app() == unit.context.app());
    is_there && tier.is_none_or(|tier| tier == unit.tier)
}

/// Refuses references to secrets of other places.
pub(crate) fn hold(declared: &[Declared<'_>]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for one in declared {
        let spec = &one.declaration.spec;
        for step in spec.events(spec.root()).filter(|step| matches!(step.event, Event::BeginStruct)) {
            let body = spec.get(step.node, "$secret");
            let store = body.and_then(|body| spec.get(body, "store")).and_then(|id| spec.as_str(id));
            if store == Some(SecretRef::SINK) {
                let message = format!(
                    "`{}` may not use the store `{}`, which runs keep for themselves",
                    one.unit.name,
                    SecretRef::SINK
                );
                let hint = "refer to what tells the secret, as in `${db.url}`";
                problems.push(Diagnostic::error(codes::OTHERS_SECRET, message).at(step.span).hint(hint));
                continue;
            }
            let Some(scope) = store.and_then(scope).filter(|scope| !serves(scope, one.unit)) else { continue };
            let (place, tier) = &scope;
            let whom = tier.map_or_else(|| place.to_string(), |tier| format!("tier {tier} of {place}"));
            let message = format!("`{}` may not use a secret that belongs to {whom}", one.unit.name);
            let hint = "a store that is called like a place serves that place alone: keep it in another one, with `strata secret set`";
            problems.push(Diagnostic::error(codes::OTHERS_SECRET, message).at(step.span).hint(hint));
        }
    }
    problems
}
