//! The mistakes that the engine tells, each with a title and a text for `strata help`.

use strata_base::Code;

pub const APPROVAL_NEEDED: Code = Code("E2101");
pub const STALE: Code = Code("E2102");
pub const APPROVAL_EXPIRED: Code = Code("E2103");
pub const ALREADY_APPLIED: Code = Code("E2104");
pub const CHANGED_PLAN: Code = Code("E2105");
pub const LOCK_HELD: Code = Code("E2106");
pub const LOCK_LOST: Code = Code("E2107");
pub const PARTIAL: Code = Code("E2108");
pub const INTERRUPTED: Code = Code("E2109");
pub const NOTHING_TO_RESUME: Code = Code("E2110");
pub const NOT_ALLOWED: Code = Code("E2111");
pub const BAD_APPROVAL: Code = Code("E2112");
pub const NO_SIGNATURE: Code = Code("E2114");
pub const QUOTA: Code = Code("E2115");
pub const BAD_CHECKPOINT: Code = Code("E2116");
pub const STORE: Code = Code("E2201");
pub const NEWER_STORE: Code = Code("E2202");
pub const DAMAGED_STORE: Code = Code("E2203");
pub const SECRETS: Code = Code("E2204");
pub const NO_SUCH_RESOURCE: Code = Code("E2205");
pub const IN_THE_WAY: Code = Code("E2206");
pub const NO_LOCK: Code = Code("E2207");
pub const READ_ONLY_STORE: Code = Code("E2208");
pub const DRIVER: Code = Code("E3001");
pub const NO_PROVIDER: Code = Code("E3002");
pub const UNSURE: Code = Code("E3003");

/// Every code of this crate: its title and what `strata help CODE` tells.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        APPROVAL_NEEDED,
        "a plan needs an approval",
        "The tier of this plan is in mode `plan_and_approve`: somebody who holds the role `tier_approver` or `tier_admin`\n\
         there signs the hash of the plan with `strata approve HASH`. No call was made.",
    ),
    (
        STALE,
        "a plan no longer fits what is recorded",
        "A plan names what must still hold when it is applied: the serials of all records that it changes or reads, the\n\
         absence of what it creates, the versions of secrets. One of them is different now, so what was approved is not\n\
         what would be done. No call was made. Make a new plan.",
    ),
    (
        APPROVAL_EXPIRED,
        "an approval has expired",
        "The plan was approved, but the approval ended before it was applied. No call was made. Approve the plan again.",
    ),
    (
        ALREADY_APPLIED,
        "a plan has been applied already",
        "A plan is applied once. No call was made. Make a new plan to see what is left to do.",
    ),
    (
        CHANGED_PLAN,
        "a plan is not the one that its hash names",
        "The content of the plan file does not give the hash that stands in it: the file was edited or damaged after it was\n\
         made. No call was made. Make a new plan.",
    ),
    (
        LOCK_HELD,
        "somebody else holds the lease",
        "One process at a time changes a context. The message says who holds its lease, since when, and when it ends if he\n\
         does not renew it. Wait with `--lock-timeout 5m`. If the holder is gone and cannot come back, `strata lock break\n\
         CONTEXT` takes the lease away; what he had begun is then read back before anything else is done.",
    ),
    (
        LOCK_LOST,
        "the lease was lost while applying",
        "Somebody took the lease over, because it was not renewed in time or was broken by hand. Nothing of this process\n\
         enters the store any more. Calls that were in flight are found in the journal and read back by the new holder.",
    ),
    (
        PARTIAL,
        "a plan was applied in part",
        "Some steps failed; steps that depend on them were skipped. What succeeded is recorded and stays. Mend the cause\n\
         and go on with `strata apply --resume`, or make a new plan.",
    ),
    (
        INTERRUPTED,
        "applying was interrupted",
        "What was in flight was finished and recorded, nothing more was begun. Go on with `strata apply --resume`.",
    ),
    (
        NOTHING_TO_RESUME,
        "there is nothing to resume",
        "The last run of this context has ended well, or there was none.",
    ),
    (
        NOT_ALLOWED,
        "the principal may not do this",
        "Roles are granted to principals on a place and a tier; what no grant allows is denied. Viewers read, authors make\n\
         plans and apply approved ones, approvers approve, administrators do all of this.",
    ),
    (
        BAD_APPROVAL,
        "an approval is not valid",
        "Its signature does not fit what it says, or its key is not trusted for the principal that it names. Trusted keys\n\
         are kept outside of the store, so that nobody can approve by writing into it.",
    ),
    (
        BAD_CHECKPOINT,
        "a compaction is not vouched for",
        "The first entries of a log were dropped, and whoever did it signed what stands for them. That signature does not\n\
         fit, or its key is not trusted for the principal that it names. Trusted keys are kept outside of the store.",
    ),
    (
        NO_SIGNATURE,
        "a plan cannot be signed",
        "The key, or the agent that keeps it, gave no signature. The message says why. Nothing was recorded.",
    ),
    (
        QUOTA,
        "a quota has nothing left for a plan",
        "A namespace bounds what all applications of its environment use together. The plan kept to that when it was made,\n\
         but another application has taken a share since, or takes it at this moment. No call was made, and nothing of\n\
         the quota is held. Ask for less, or ask the tier that owns the namespace for more.",
    ),
    (
        STORE,
        "the store cannot be used",
        "The file system or the server of the store refused an operation. What had been committed before is safe; what was\n\
         in flight is in the journal and is read back by the next run.",
    ),
    (
        NEWER_STORE,
        "the store was written by a newer version",
        "This version cannot read the store and leaves it alone. Use the version that wrote it, or a later one.",
    ),
    (
        DAMAGED_STORE,
        "the store is damaged",
        "What is stored contradicts itself. Nothing was changed. `strata state verify` tells more; restore an export or a\n\
         backup.",
    ),
    (
        SECRETS,
        "a store of secrets cannot be used",
        "A secret is needed and its store cannot give or keep it. The message says why.",
    ),
    (NO_SUCH_RESOURCE, "no such resource is recorded", "`strata state list` lists the resources that are recorded."),
    (
        IN_THE_WAY,
        "something else is recorded there",
        "A resource is recorded at the address already. Choose another address, or forget the resource first.",
    ),
    (NO_LOCK, "nobody holds the lease", "There is no lease of this context to be broken."),
    (
        READ_ONLY_STORE,
        "the store can only be read",
        "The file of the store or its folder cannot be written by who asks, because of its permissions or because its file\n\
         system is mounted so. What only reads works there, and `strata plan` does without `--out`. Whatever is recorded\n\
         needs to be written: plans to be approved, leases, runs, reports of drift. Nothing was changed.",
    ),
    (
        DRIVER,
        "a provider refused a call",
        "The message is the provider's. Errors that may go away by themselves have been repeated before this is told.",
    ),
    (
        NO_PROVIDER,
        "a provider is not configured",
        "A resource belongs to a provider, an account or a region for which no driver is configured here.",
    ),
    (
        UNSURE,
        "the outcome of a call cannot be found out",
        "A call was made, its answer was lost, and the provider can neither recognise a repeated call nor list everything\n\
         that exists. Nothing is guessed: the call stays open in the journal. Look whether the object exists; then take it\n\
         over with `strata import ADDRESS OBJECT`, or say that it does not exist with `strata state forget ADDRESS`.",
    ),
];
