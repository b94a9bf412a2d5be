//! Quotas between contexts: an upper tier publishes what its namespaces allow in all, each application publishes what it
//! uses of them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::address::Context;
use crate::measure::Measure;
use crate::tier::Tier;
use crate::value::{Map, Value};

/// So much of something, in the smallest unit of its measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amount {
    pub number: i128,
    pub measure: Measure,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.measure.show(self.number))
    }
}

/// Amounts by dimension.
pub type Amounts = BTreeMap<Arc<str>, Amount>;

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

/// Shares as they are published: a plain number of things, or `{bytes: 1024}` and its kin.
pub fn value_of(shares: &Shares) -> Value {
    let amount = |Amount { number, measure }: &Amount| {
        let number = Value::from(i64::try_from(*number).unwrap_or(i64::MAX));
        match measure {
            Measure::Count => number,
            measure => [(measure.name(), number)].into_iter().collect(),
        }
    };
    let amounts =
        |amounts: &Amounts| -> Map { amounts.iter().map(|(name, one)| (name.clone(), amount(one))).collect() };
    Value::Map(shares.iter().map(|(name, one)| (name.clone(), Value::Map(amounts(one)))).collect())
}

/// Shares as they were published; nothing of what is none.
pub fn shares_of(value: &Value) -> Shares {
    let Value::Map(namespaces) = value else { return Shares::new() };
    let amount = |value: &Value| match value {
        Value::Map(measured) => {
            let (measure, number) = measured.first_key_value()?;
            Some(Amount { number: number.as_i64()?.into(), measure: Measure::named(measure)? })
        }
        number => Some(Amount { number: number.as_i64()?.into(), measure: Measure::Count }),
    };
    let amounts = |value: &Value| match value {
        Value::Map(amounts) => amounts.iter().filter_map(|(name, one)| Some((name.clone(), amount(one)?))).collect(),
        _ => Amounts::new(),
    };
    namespaces.iter().map(|(name, value)| (name.clone(), amounts(value))).collect()
}

/// Whether a context is one of the applications of an environment.
pub fn is_below(environment: &Context, context: &Context) -> bool {
    context.app().is_some() && environment.org() == context.org() && environment.env() == context.env()
}
