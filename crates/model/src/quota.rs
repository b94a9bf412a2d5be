//! Quotas between contexts: an upper tier publishes what its namespaces allow in all, each application publishes what it
//! uses of them. Amounts are in the smallest unit of their dimension.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Context;
use crate::tier::Tier;
use crate::value::{Map, Value};

/// Amounts by dimension.
pub type Amounts = BTreeMap<Arc<str>, i128>;

/// Amounts by namespace.
pub type Shares = BTreeMap<Arc<str>, Amounts>;

/// The output under which a tier publishes its namespaces.
pub fn namespaces_output(tier: Tier) -> Arc<str> {
    format!("tier{tier}.namespaces").into()
}

/// The output under which a tier publishes which of its outputs stand for which of its namespaces, by their names.
pub fn names_output(tier: Tier) -> Arc<str> {
    format!("tier{tier}.names").into()
}

/// The output under which an application publishes what it uses.
pub fn usage_output() -> Arc<str> {
    format!("tier{}.usage", Tier::Application).into()
}

/// Shares as they are published.
pub fn value_of(shares: &Shares) -> Value {
    let amount = |amount: &i128| Value::from(i64::try_from(*amount).unwrap_or(i64::MAX));
    let amounts =
        |amounts: &Amounts| -> Map { amounts.iter().map(|(name, one)| (name.clone(), amount(one))).collect() };
    Value::Map(shares.iter().map(|(name, one)| (name.clone(), Value::Map(amounts(one)))).collect())
}

/// Shares as they were published; nothing of what is none.
pub fn shares_of(value: &Value) -> Shares {
    let Value::Map(namespaces) = value else { return Shares::new() };
    let amounts = |value: &Value| match value {
        Value::Map(amounts) => {
            amounts.iter().filter_map(|(name, amount)| Some((name.clone(), amount.as_i64()?.into()))).collect()
        }
        _ => Amounts::new(),
    };
    namespaces.iter().map(|(name, value)| (name.clone(), amounts(value))).collect()
}

/// Whether a context is one of the applications of an environment.
pub fn is_below(environment: &Context, context: &Context) -> bool {
    context.app().is_some() && environment.org() == context.org() && environment.env() == context.env()
}
