//! The mistakes that planning tells, each with a title and a text for `strata help`.

use strata_base::Code;

pub const CYCLE: Code = Code("E2001");
pub const DANGLING: Code = Code("E2002");
pub const UPWARD: Code = Code("E2003");
pub const PROTECTED: Code = Code("E2004");
pub const NEEDED: Code = Code("E2005");
pub const UNKNOWN_TYPE: Code = Code("E2006");
pub const CLEAR_SECRET: Code = Code("E2007");
pub const OUT_OF_SCOPE: Code = Code("E2008");
pub const BAD_MOVE: Code = Code("E2009");
pub const NO_SUCH_TARGET: Code = Code("E2010");
pub const CROSSED_PLANS: Code = Code("E2011");
pub const NO_SUCH_SECRET: Code = Code("E2012");
pub const NO_SUCH_ATTRIBUTE: Code = Code("E2013");
pub const BAD_EXPRESSION: Code = Code("E2014");
pub const REFUSED_VALUE: Code = Code("E2015");
pub const MANAGED: Code = Code("E2016");
pub const NOTHING_TO_READ: Code = Code("E2017");
pub const OTHER_TIER: Code = Code("E2018");
pub const BROKEN_PLAN: Code = Code("E2020");

/// Every code of this crate: its title and what `strata help CODE` tells.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        CYCLE,
        "The resources depend on each other in a circle",
        "Each resource of the circle would have to stand before the next one can be made. The message lists the \
         circle in order. Take out one of its references or dependencies. A dependency that is only a wish can be \
         made soft, it then gives way.",
    ),
    (
        DANGLING,
        "A resource depends on one that does not exist",
        "A reference or a hard dependency names an address that is neither in the document nor recorded in state, or \
         that this very plan deletes. Correct the address, keep the resource, or make the dependency soft.",
    ),
    (
        UPWARD,
        "A resource depends on one of a later tier",
        "Context flows downwards only: a resource of tier 1 or 2 cannot depend on one of a later tier, because tiers \
         are applied in order and belong to different people. Move one of the two, or turn the dependency round.",
    ),
    (
        PROTECTED,
        "A protected resource would be deleted or replaced",
        "The resource is marked with `protect: true`, so that no plan deletes or replaces it by accident. To do it \
         nevertheless, apply a document without the mark first, or allow it for this plan by naming its address with \
         `--allow-protected`.",
    ),
    (
        NEEDED,
        "A resource would be deleted while others need it",
        "Resources that the plan leaves alone have a hard dependency on the one that would be deleted. Delete them \
         first, or in the same plan, or take their dependency away. Soft dependencies only give a warning.",
    ),
    (
        UNKNOWN_TYPE,
        "No provider knows this type of resource",
        "Either no provider of that name is configured, or it has no such type. The message suggests the \
         nearest type where there is one; `strata local types` lists those of the simulated cloud.",
    ),
    (
        CLEAR_SECRET,
        "A secret stands in clear text where it would be kept",
        "The field is sensitive. Plans and state hold no secret, so its value must be a reference: keep the text with \
         `strata secret set STORE:KEY` and write `{\"$secret\": {\"store\": …, \"key\": …}}` in its place.",
    ),
    (
        OUT_OF_SCOPE,
        "A node stands outside of what its document names",
        "A document is authoritative for exactly the contexts and tiers that it names. List the partition of the node, \
         or move the node to the document that owns it.",
    ),
    (
        BAD_MOVE,
        "A move cannot be made",
        "A `moved` entry renames a recorded resource. Its target must be in the document, its source must not, no two \
         moves may share an address, and nothing else may be recorded at the target. Of some types a provider cannot change \
         whose they are: volumes, networks and made-up secrets of Docker keep the names that they were made with.",
    ),
    (
        NO_SUCH_TARGET,
        "No resource has the address that was asked for",
        "The address given with `--target`, `--exclude` or `--replace` is neither in the document nor in the state of \
         the partitions that it names.",
    ),
    (
        CROSSED_PLANS,
        "Plans of different partitions wait for each other",
        "One plan must come first because the other uses what it makes, and last because it deletes what the other \
         still uses. Make the change in two steps: first what is new, with `strata plan --target ADDRESS --out FILE` and \
         `strata apply FILE`, then all of it.",
    ),
    (
        NO_SUCH_SECRET,
        "A secret does not exist",
        "A document refers to a secret that its store does not have. It is told before the first call. Set it with \
         `strata secret set`.",
    ),
    (
        NO_SUCH_ATTRIBUTE,
        "A resource has no such attribute",
        "A reference names an attribute that the recorded resource, or the output that its context publishes, does not \
         have. Correct the name; `strata show ADDRESS` lists the attributes.",
    ),
    (
        BAD_EXPRESSION,
        "A later value cannot be computed",
        "`$join` makes text of text, numbers and truth values only; functions take what their name says. The message \
         names the field and what is wrong.",
    ),
    (
        REFUSED_VALUE,
        "A value is refused before any call is made",
        "The value is known and breaks a check of its node, or a rule of its provider. The message names the field.",
    ),
    (
        MANAGED,
        "A node that would only be read is managed",
        "The document says `read` of a node whose object was made or imported here. Reading it only would leave nobody to \
         change or delete it. Let go of it first with `strata state forget ADDRESS`.",
    ),
    (
        NOTHING_TO_READ,
        "What a node reads is not there",
        "The object that the node reads belongs to somebody else and has gone. Name another one, or take the node out.",
    ),
    (
        OTHER_TIER,
        "A resource belongs to another tier",
        "Tiers part state and authority: what is recorded in one tier is not changed from another, whatever a document \
         calls it. Give the node another name.",
    ),
    (
        BROKEN_PLAN,
        "A plan breaks a rule that holds for every plan",
        "Before a plan is shown or applied it is held against rules that share no code with the planner. This plan \
         breaks one of them: it was damaged, or written by a faulty version. Nothing was called. Make a new plan; if \
         that breaks the rule too, report it with the document.",
    ),
];
