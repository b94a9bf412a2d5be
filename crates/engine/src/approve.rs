//! Who may do what, and whether a plan may be applied.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use strata_model::{Action, Address, Approval, Context, Grant, Plan, Principal, Record, Role, Tier, Timestamp};
use strata_ports::{ExpectHead, Moment, Reads, StoreError, Write, at_one_moment};

use crate::failure::{Failure, FailureKind};
use crate::fate::{applied, check_hash, is_over, short};
use crate::keys::{PublicKey, Signer, sign};
use crate::{Engine, codes};

/// Whether plans of a tier wait for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// So many principals must approve.
    PlanAndApprove {
        quorum: usize,
    },
    AutoApply,
}

/// What is trusted, kept outside of the store.
#[derive(Clone, Debug)]
pub struct Authority {
    pub modes: BTreeMap<Tier, Mode>,
    pub grants: Vec<Grant>,
    pub keys: BTreeMap<Principal, Vec<PublicKey>>,
    /// Whoever owns a local store is its administrator and approves for himself there.
    pub owner: Option<Principal>,
}

/// What somebody wants to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    View,
    Plan,
    Apply,
    Approve,
    /// Break leases, change state by hand.
    Administer,
}

impl Verb {
    pub const ALL: [Verb; 5] = [Verb::View, Verb::Plan, Verb::Apply, Verb::Approve, Verb::Administer];

    pub fn name(self) -> &'static str {
        match self {
            Verb::View => "view",
            Verb::Plan => "plan",
            Verb::Apply => "apply",
            Verb::Approve => "approve",
            Verb::Administer => "administer",
        }
    }
}

/// What a role allows on its tier. The one table.
fn allows(role: Role, verb: Verb) -> bool {
    match role {
        Role::Admin => true,
        Role::Author => matches!(verb, Verb::View | Verb::Plan | Verb::Apply),
        Role::Approver => matches!(verb, Verb::View | Verb::Approve),
        Role::Viewer => verb == Verb::View,
    }
}

impl Authority {
    /// A store of one's own: nothing waits for anybody but what a document says shall wait, and that one approves oneself.
    pub fn own(principal: Principal, key: Option<PublicKey>) -> Authority {
        let modes = Tier::ALL.map(|tier| (tier, Mode::AutoApply)).into();
        let keys = key.map(|key| (principal.clone(), vec![key])).into_iter().collect();
        Authority { modes, grants: Vec::new(), keys, owner: Some(principal) }
    }

    /// Denied unless a grant allows it.
    pub fn may(&self, principal: &Principal, verb: Verb, context: &Context, tier: Tier) -> bool {
        self.owner.as_ref() == Some(principal)
            || self.grants.iter().any(|grant| {
                grant.principal == *principal
                    && grant.tier == tier
                    && grant.place.covers(context)
                    && allows(grant.role, verb)
            })
    }

    pub fn permit(&self, principal: &Principal, verb: Verb, context: &Context, tier: Tier) -> Result<(), Failure> {
        if self.may(principal, verb, context, tier) {
            return Ok(());
        }
        let message = format!("{principal} may not {} {context} tier {tier}", verb.name());
        Err(Failure::new(FailureKind::NotAllowed, codes::NOT_ALLOWED, message)
            .hint("who has which role where says `trust.toml`; who you are says STRATA_PRINCIPAL, else your login"))
    }

    /// Whether a plan waits for somebody: where the tier does, or the document says so. A document can ask for an approval
    /// and cannot do without one.
    fn mode(&self, plan: &Plan) -> Mode {
        // A tier that nobody has spoken of waits for an approval.
        match self.modes.get(&plan.partition.tier) {
            Some(Mode::AutoApply) if !plan.gated => Mode::AutoApply,
            Some(Mode::AutoApply) | None => Mode::PlanAndApprove { quorum: 1 },
            Some(mode) => *mode,
        }
    }

    /// Whether the one who acts may apply a plan now.
    pub(crate) fn permit_apply(&self, engine: &Engine<'_>, plan: &Plan) -> Result<(), Failure> {
        let partition = &plan.partition;
        self.permit(&engine.who.principal, Verb::Apply, &partition.context, partition.tier)?;
        let Mode::PlanAndApprove { quorum } = self.mode(plan) else { return Ok(()) };
        let approvals = engine.store.approvals(&plan.hash)?;
        let now = engine.clock.now();
        let (mut valid, mut expired, mut wrong) = (Vec::new(), None, None);
        for approval in &approvals {
            match self.check(approval, plan) {
                Err(error) => wrong = Some(error),
                Ok(()) if approval.expires <= now => expired = Some(approval.expires),
                Ok(()) if !valid.contains(&&approval.principal) => valid.push(&approval.principal),
                Ok(()) => {}
            }
        }
        if valid.len() >= quorum {
            return Ok(());
        }
        let hash = short(&plan.hash);
        if let (true, Some(at)) = (valid.is_empty(), expired) {
            let message = format!("the approval of plan {hash} expired at {at}");
            return Err(Failure::new(FailureKind::ApprovalNeeded, codes::APPROVAL_EXPIRED, message)
                .hint(format!("approve it again: strata approve {}", plan.hash)));
        }
        if let (true, Some(error)) = (valid.is_empty(), wrong) {
            return Err(error);
        }
        let message = format!("plan {hash} of {partition} has {} of {quorum} approvals", valid.len());
        let needed = Failure::new(FailureKind::ApprovalNeeded, codes::APPROVAL_NEEDED, message)
            .hint(format!("have it approved: strata approve {}", plan.hash));
        Err(match approved_instead(engine, plan)? {
            Some(other) => needed.hint(other),
            None => needed,
        })
    }

    /// Whether somebody has signed a statement with a key that is trusted for him.
    pub(crate) fn signed(&self, principal: &Principal, key: &str, statement: &str, signature: &str) -> bool {
        let key: Option<PublicKey> = key.parse().ok();
        let trusted = key.filter(|key| self.keys.get(principal).is_some_and(|keys| keys.contains(key)));
        trusted.is_some_and(|key| key.verifies(statement, signature))
    }

    /// Whether an approval is by somebody who may give it, of this very plan.
    fn check(&self, approval: &Approval, plan: &Plan) -> Result<(), Failure> {
        let partition = &plan.partition;
        let fits =
            approval.plan == plan.hash && approval.context == partition.context && approval.tier == partition.tier;
        let signed = self.signed(&approval.principal, &approval.key, &approval.statement(), &approval.signature);
        if !fits || !signed {
            let message = format!("an approval of plan {} by {} is not valid", short(&plan.hash), approval.principal);
            let hint = format!("its key is `{}`; whose keys count says `trust.toml`", approval.key);
            return Err(Failure::new(FailureKind::ApprovalNeeded, codes::BAD_APPROVAL, message).hint(hint));
        }
        self.permit(&approval.principal, Verb::Approve, &partition.context, partition.tier)
    }
}

/// How far back a plan is looked for that was approved in the place of another.
const LOOK_BACK: usize = 20;
/// So many differences are named.
const NAMED: usize = 3;

/// Whoever has his plan approved and then makes another one is told in what they differ.
fn approved_instead(engine: &Engine<'_>, plan: &Plan) -> Result<Option<String>, Failure> {
    let context = &plan.partition.context;
    let open = |moment: Moment<'_>| -> Result<Option<Plan>, StoreError> {
        let runs = moment.runs(context, usize::MAX)?;
        for other in moment.plans(context, LOOK_BACK)?.into_iter().map(|record| record.plan) {
            let is_another = other.partition == plan.partition && other.hash != plan.hash;
            let is_open = is_another && !runs.iter().any(|run| run.plan == other.hash);
            if is_open && !moment.approvals(&other.hash)?.is_empty() {
                return Ok(Some(other));
            }
        }
        Ok(None)
    };
    let other = at_one_moment(engine.store, open)?;
    Ok(other.map(|other| {
        let (hash, differing) = (short(&other.hash), differences(&other, plan));
        format!("plan {hash} was approved; this one differs from it in {differing}")
    }))
}

fn differences(one: &Plan, other: &Plan) -> String {
    let in_both = |plan: &Plan, action: &Action| plan.actions.iter().any(|known| does_the_same(known, action));
    let gone = one.actions.iter().filter(|action| !in_both(other, action));
    let come = other.actions.iter().filter(|action| !in_both(one, action));
    let addresses: BTreeSet<&Address> = gone.chain(come).map(|action| &action.address).collect();
    let mut named: Vec<String> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
    match addresses.len() {
        0 => "its outputs or its conditions".to_owned(),
        all if all > NAMED => {
            named.push(format!("{} more", all - NAMED));
            named.join(", ")
        }
        _ => named.join(", "),
    }
}

/// What a hash covers of an action.
fn does_the_same(one: &Action, other: &Action) -> bool {
    let seen = |action: &Action| {
        let Action { address, action, kind, provider, expect, reads, secrets, desired, .. } = action.clone();
        (address, action, kind, provider, expect, reads, secrets, desired)
    };
    one.address == other.address && seen(one) == seen(other)
}

impl Engine<'_> {
    /// Signs a plan and records the approval.
    pub fn approve(
        &self,
        plan: &Plan,
        authority: &Authority,
        key: &dyn Signer,
        valid: Duration,
    ) -> Result<Approval, Failure> {
        let partition = &plan.partition;
        check_hash(plan)?;
        if let Some(run) = is_over(self, plan)? {
            return Err(applied(plan, &run));
        }
        authority.permit(&self.who.principal, Verb::Approve, &partition.context, partition.tier)?;
        let at: Timestamp = self.clock.now();
        let mut approval = Approval {
            plan: plan.hash,
            context: partition.context.clone(),
            tier: partition.tier,
            principal: self.who.principal.clone(),
            at,
            expires: at.plus(valid),
            key: key.public().to_string().into(),
            signature: "".into(),
        };
        approval.signature = sign(key, &approval.statement())?;
        authority.check(&approval, plan)?;
        self.store.commit(Write {
            context: &partition.context,
            expect: ExpectHead::Any,
            fence: None,
            stamp: &self.stamp(),
            records: &[Record::Approval(approval.clone())],
        })?;
        Ok(approval)
    }
}
