//! How nouns of the engine look on a terminal.

pub(crate) mod difference;
pub(crate) mod expression;
pub(crate) mod fidelity;
pub(crate) mod markdown;
pub(crate) mod plan;
pub(crate) mod record;
pub(crate) mod tiers;

use strata_engine::Standing;
use strata_model::Resource;

/// A record, and why its resource failed, if it did.
pub(crate) fn resource(resource: &Resource, why: Option<&str>) -> String {
    let mut out = format!(
        "{}\n  type      {}\n  provider  {}\n  tier      {}\n  status    {}\n",
        resource.address,
        resource.kind,
        resource.provider,
        resource.tier,
        resource.status.name(),
    );
    out += &because(why);
    out += &format!("  object    {}\n  updated   {}\n", resource.object, resource.updated);
    for need in &resource.depends_on {
        out += &format!("  needs     {}\n", need.on);
    }
    resource.observed.each_leaf(&mut |path, leaf| {
        let shown = if leaf.is_plain() { leaf.to_string() } else { "(sensitive)".to_owned() };
        out += &format!("    {path} = {shown}\n");
    });
    out
}

/// A resource of which nothing is recorded yet, or any more.
pub(crate) fn standing(standing: &Standing) -> String {
    let Standing { address, kind, tier, status, .. } = standing;
    format!("{address}\n  type      {kind}\n  tier      {tier}\n  status    {}\n", status.name())
        + &because(standing.why.as_deref())
}

fn because(why: Option<&str>) -> String {
    why.map_or_else(String::new, |why| format!("  because   {}\n", why.trim_end().replace('\n', "\n            ")))
}
