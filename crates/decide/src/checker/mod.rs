//! Holds plan sets against rules. Written apart from the planner and without looking at how it decides: each rule says
//! what must be true of every plan, whoever made it.

mod order;
mod rules;
mod secrecy;

use std::collections::BTreeSet;
use std::fmt;

use rustc_hash::FxHashMap;
use strata_model::{Address, Plan, PlanSet, Resource, Schemas};

use crate::input::State;

/// What must hold for every plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// The hash of a plan is the hash of its content.
    Hash,
    /// Each address is acted on once, in the partition that it belongs to.
    Scope,
    /// Each action has exactly the steps that it needs, each step an action, and steps point backwards only.
    Steps,
    /// An action expects what is recorded.
    Expectation,
    /// What is protected is neither deleted nor replaced unless that was allowed.
    Protection,
    /// Nothing is deleted while something recorded still needs it.
    Deletion,
    /// Nothing is made before what it needs.
    Dependency,
    /// A field that cannot change in place changes only by a replacement.
    Immutability,
    /// Nothing of a sensitive field is in clear.
    Secrecy,
    /// What is known of a property is what the property says.
    Knowledge,
}

impl Rule {
    pub const ALL: [Rule; 10] = [
        Rule::Hash,
        Rule::Scope,
        Rule::Steps,
        Rule::Expectation,
        Rule::Protection,
        Rule::Deletion,
        Rule::Dependency,
        Rule::Immutability,
        Rule::Secrecy,
        Rule::Knowledge,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Rule::Hash => "hash",
            Rule::Scope => "scope",
            Rule::Steps => "steps",
            Rule::Expectation => "expectation",
            Rule::Protection => "protection",
            Rule::Deletion => "deletion",
            Rule::Dependency => "dependency",
            Rule::Immutability => "immutability",
            Rule::Secrecy => "secrecy",
            Rule::Knowledge => "knowledge",
        }
    }
}

/// A rule that a plan breaks. The message holds no value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Violation {
    pub rule: Rule,
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule `{}`: {}", self.rule.name(), self.message)
    }
}

/// How far an earlier run has come with a plan, by its steps.
#[derive(Clone, Default, Debug)]
pub struct Progress {
    pub done: BTreeSet<usize>,
    /// What they made is recorded, and they are to be done again.
    pub again: BTreeSet<usize>,
}

/// Every rule that a plan set breaks; none if it may be shown and applied.
pub fn check(set: &PlanSet, state: &State, schemas: &dyn Schemas) -> Vec<Violation> {
    check_all(&set.plans, &Progress::default(), state, schemas)
}

/// Every rule that the rest of a plan breaks.
pub fn check_rest(plan: &Plan, so_far: &Progress, state: &State, schemas: &dyn Schemas) -> Vec<Violation> {
    check_all(std::slice::from_ref(plan), so_far, state, schemas)
}

fn check_all(plans: &[Plan], so_far: &Progress, state: &State, schemas: &dyn Schemas) -> Vec<Violation> {
    let mut found = Findings::default();
    for plan in plans {
        let sound = rules::check(plan, so_far, state, schemas, &mut found);
        // The order of steps means something only where they are what they should be.
        if sound {
            secrecy::check(plan, schemas, &mut found);
        }
    }
    if found.0.is_empty() {
        order::check(plans, &so_far.done, state, &mut found);
    }
    found.0.sort();
    found.0
}

#[derive(Default)]
struct Findings(Vec<Violation>);

impl Findings {
    fn tell(&mut self, rule: Rule, message: String) {
        self.0.push(Violation { rule, message });
    }
}

/// What is recorded at the address that an action takes up.
fn recorded<'a>(plan: &'a Plan, action: usize, state: &'a State) -> Option<&'a Resource> {
    let action = &plan.actions[action];
    state.resources.get(action.moved_from.as_ref().unwrap_or(&action.address))
}

/// Where something of an address is.
type Places<'a> = FxHashMap<&'a Address, usize>;
