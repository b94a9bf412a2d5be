//! What tiers record for each other, in the words of documents: what they demand, quotas and what is used of them.

use strata_model::Value;
use strata_model::quota::{Amounts, shares_of};
use strata_model::unit::is_of_tiers;

/// The value of an output; that of a user as it is.
pub(crate) fn output(name: &str, value: &Value) -> String {
    let words = is_of_tiers(name).then(|| name.split_once('.')).flatten().and_then(|(_, what)| match what {
        "constraints" => constraints(value),
        "names" => names(value),
        _ => shares(value),
    });
    words.unwrap_or_else(|| value.to_string())
}

/// `memory <= 4Gi, replicas in [1, 3]`
fn constraints(value: &Value) -> Option<String> {
    let Value::List(entries) = value else { return None };
    let one = |entry: &Value| -> Option<String> {
        let Value::Map(entry) = entry else { return None };
        let text = |key: &str| entry.get(key)?.as_str();
        let value = match entry.get("value")? {
            Value::List(amounts) => {
                format!("[{}]", amounts.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?.join(", "))
            }
            amount => amount.as_str()?.to_owned(),
        };
        Some(format!("{} {} {value}", text("field")?, text("operator")?))
    };
    Some(entries.iter().map(one).collect::<Option<Vec<_>>>()?.join(", "))
}

/// `space` is blue
fn names(value: &Value) -> Option<String> {
    let Value::Map(names) = value else { return None };
    let one = |(output, unit): (&_, &Value)| Some(format!("`{output}` is {}", unit.as_str()?));
    Some(names.iter().map(one).collect::<Option<Vec<_>>>()?.join(", "))
}

/// `blue: cpu 1500m, pods 3; green: …`
fn shares(value: &Value) -> Option<String> {
    let Value::Map(written) = value else { return None };
    let shares = shares_of(value);
    // What is not understood is not left out.
    let is_whole = |(name, amounts): (_, &Amounts)| matches!(written.get(name), Some(Value::Map(all)) if all.len() == amounts.len());
    if !shares.iter().all(is_whole) {
        return None;
    }
    let amounts = |amounts: &Amounts| {
        amounts.iter().map(|(field, amount)| format!("{field} {amount}")).collect::<Vec<_>>().join(", ")
    };
    let one = |(name, own): (_, &Amounts)| format!("{name}: {}", amounts(own));
    Some(shares.iter().map(one).collect::<Vec<_>>().join("; "))
}
