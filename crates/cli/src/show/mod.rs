//! How nouns of the engine look on a terminal.

pub(crate) mod difference;
pub(crate) mod expression;
pub(crate) mod fidelity;
pub(crate) mod markdown;
pub(crate) mod plan;
pub(crate) mod record;

use strata_model::Resource;

pub(crate) fn resource(resource: &Resource) -> String {
    let mut out = format!(
        "{}\n  type      {}\n  provider  {}\n  tier      {}\n  status    {}\n  object    {}\n  updated   {}\n",
        resource.address,
        resource.kind,
        resource.provider,
        resource.tier,
        resource.status.name(),
        resource.object,
        resource.updated
    );
    for need in &resource.depends_on {
        out += &format!("  needs     {}\n", need.on);
    }
    resource.observed.each_leaf(&mut |path, leaf| {
        let shown = if leaf.is_plain() { leaf.to_string() } else { "(sensitive)".to_owned() };
        out += &format!("    {path} = {shown}\n");
    });
    out
}
