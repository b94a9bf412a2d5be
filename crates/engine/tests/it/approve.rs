//! Who may do what.

use std::time::Duration;

use strata_engine::{Authority, FailureKind, Mode, Signer, SigningKey, Verb};
use strata_model::digest::hex;
use strata_model::{Grant, Plan, Principal, Role, Tier};

use crate::world::{Project, document, told};

fn grant(who: &str, role: Role, place: &str, tier: Tier) -> Grant {
    Grant { principal: Principal(who.into()), role, place: place.parse().unwrap(), tier }
}

/// Ada writes, Bob and Cid approve; nobody owns the store.
fn team(quorum: usize) -> (Project, Plan) {
    let mut project = Project::new();
    let key = |seed| SigningKey::from_seed([seed; 32]).public();
    project.authority = Authority {
        modes: [(Tier::Application, Mode::PlanAndApprove { quorum })].into(),
        grants: vec![
            grant("ada", Role::Author, "acme/prod/*", Tier::Application),
            grant("bob", Role::Approver, "acme/prod/*", Tier::Application),
            grant("cid", Role::Approver, "acme/*/*", Tier::Application),
            grant("eve", Role::Approver, "acme/stage/*", Tier::Application),
        ],
        keys: [("bob", 1), ("cid", 2), ("eve", 3)].map(|(who, seed)| (Principal(who.into()), vec![key(seed)])).into(),
        owner: None,
    };
    let plan = project.plan(&document("a: {type: test.server}")).plans.remove(0);
    (project, plan)
}

fn apply(project: &Project, plan: &Plan) -> Result<(), String> {
    project
        .as_user("ada", |engine| engine.apply(plan, &project.authority))
        .map(|_| ())
        .map_err(|failure| told(&failure))
}

fn approve(project: &Project, plan: &Plan, who: &str, seed: u8) -> Result<(), String> {
    let key = SigningKey::from_seed([seed; 32]);
    let approved =
        project.as_user(who, |engine| engine.approve(plan, &project.authority, &key, Duration::from_secs(3600)));
    approved.map(|_| ()).map_err(|failure| told(&failure))
}

#[test]
fn p3_50_an_unapproved_plan_makes_no_call() {
    let (project, plan) = team(1);
    let refused = apply(&project, &plan).unwrap_err();
    assert!(refused.starts_with("E2101") && refused.ends_with("has 0 of 1 approvals"), "{refused}");
    assert_eq!(project.cloud.calls(), [""; 0]);
    approve(&project, &plan, "bob", 1).unwrap();
    apply(&project, &plan).unwrap();
    assert_eq!(project.cloud.calls(), ["create a"]);
    assert!(apply(&project, &plan).unwrap_err().starts_with("E2104"));
}

#[test]
fn a_quorum_counts_principals_and_not_signatures() {
    let (project, plan) = team(2);
    approve(&project, &plan, "bob", 1).unwrap();
    approve(&project, &plan, "bob", 1).unwrap();
    assert!(apply(&project, &plan).unwrap_err().ends_with("has 1 of 2 approvals"));
    approve(&project, &plan, "cid", 2).unwrap();
    apply(&project, &plan).unwrap();
}

#[test]
fn approvals_expire() {
    let (project, plan) = team(1);
    approve(&project, &plan, "bob", 1).unwrap();
    project.wait(3601);
    assert!(apply(&project, &plan).unwrap_err().starts_with("E2103"));
    assert_eq!(project.cloud.calls(), [""; 0]);
}

#[test]
fn only_a_trusted_key_of_somebody_who_may_counts() {
    let (project, plan) = team(1);
    assert!(approve(&project, &plan, "eve", 3).unwrap_err().starts_with("E2111"), "another place");
    assert!(approve(&project, &plan, "ada", 1).unwrap_err().starts_with("E2111"), "an author approves nothing");
    assert!(approve(&project, &plan, "bob", 9).unwrap_err().starts_with("E2112"), "an unknown key");
    // Written into the store past the engine, it still counts for nothing.
    let (forger, bob) = (SigningKey::from_seed([9; 32]), SigningKey::from_seed([1; 32]));
    let mut forged = {
        let (other, plan) = team(1);
        let key = SigningKey::from_seed([1; 32]);
        other.as_user("bob", |engine| engine.approve(&plan, &other.authority, &key, Duration::from_secs(60))).unwrap()
    };
    forged.expires = forged.expires.plus(Duration::from_secs(1_000_000));
    forged.key = forger.public().to_string().into();
    forged.signature = hex(&forger.sign(forged.statement().as_bytes()).unwrap()).into();
    put(&project, &plan, forged.clone());
    assert!(apply(&project, &plan).unwrap_err().starts_with("E2112"));
    forged.key = bob.public().to_string().into();
    put(&project, &plan, forged);
    assert!(apply(&project, &plan).unwrap_err().starts_with("E2112"));
    assert_eq!(project.cloud.calls(), [""; 0]);
}

fn put(project: &Project, plan: &Plan, approval: strata_model::Approval) {
    use strata_ports::Store;
    let stamp = strata_ports::suite::store::sample::stamp(1);
    let context = &plan.partition.context;
    let records = [strata_model::Record::Approval(approval)];
    let expect = strata_ports::ExpectHead::Any;
    project
        .store
        .commit(strata_ports::Write { context, expect, fence: None, stamp: &stamp, records: &records })
        .unwrap();
}

#[test]
fn p3_54_auto_apply_runs_unattended() {
    let (mut project, plan) = team(1);
    project.authority.modes.insert(Tier::Application, Mode::AutoApply);
    apply(&project, &plan).unwrap();
}

/// Every role, on its tier and on another, in its place and elsewhere, for every verb.
#[test]
fn p3_47_roles_allow_what_the_table_says_and_nothing_else() {
    let mut table = String::new();
    for role in Role::ALL {
        let authority = Authority {
            modes: Default::default(),
            grants: vec![grant("x", role, "acme/prod/*", Tier::Shared)],
            keys: Default::default(),
            owner: None,
        };
        for verb in Verb::ALL {
            let allowed: Vec<String> = ["acme/prod", "acme/prod/api", "acme/stage/api"]
                .iter()
                .flat_map(|place| Tier::ALL.map(|tier| (*place, tier)))
                .filter(|(place, tier)| authority.may(&Principal("x".into()), verb, &place.parse().unwrap(), *tier))
                .map(|(place, tier)| format!("{place}:{tier}"))
                .collect();
            table += &format!("{} {}: {}\n", role.name(), verb.name(), allowed.join(" "));
        }
        assert!(!authority.may(&Principal("y".into()), Verb::View, &"acme/prod".parse().unwrap(), Tier::Shared));
    }
    let here = "acme/prod:2 acme/prod/api:2";
    assert_eq!(
        table,
        format!(
            "tier_viewer view: {here}\ntier_viewer plan: \ntier_viewer apply: \ntier_viewer approve: \ntier_viewer administer: \n\
             tier_author view: {here}\ntier_author plan: {here}\ntier_author apply: {here}\ntier_author approve: \ntier_author administer: \n\
             tier_approver view: {here}\ntier_approver plan: \ntier_approver apply: \ntier_approver approve: {here}\ntier_approver administer: \n\
             tier_admin view: {here}\ntier_admin plan: {here}\ntier_admin apply: {here}\ntier_admin approve: {here}\ntier_admin administer: {here}\n"
        )
    );
    let (project, plan) = team(1);
    let refused = project.as_user("bob", |engine| engine.apply(&plan, &project.authority)).unwrap_err();
    assert_eq!(refused.kind, FailureKind::NotAllowed, "an approver does not apply");
}
