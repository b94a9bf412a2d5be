//! What is recorded, by the names that people give it.

use strata_base::{Diagnostic, nearest};
use strata_model::{Context, Resource};
use strata_ports::{Store, StoreError};

use super::told;
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

/// The contexts that are meant: the one that is named, which must be there, or all.
pub(crate) fn contexts(store: &dyn Store, only: Option<&Context>) -> Result<Vec<Context>, CommandError> {
    let all = store.contexts().map_err(failed)?;
    let Some(only) = only else { return Ok(all) };
    if all.contains(only) {
        return Ok(vec![only.clone()]);
    }
    let names: Vec<String> = all.iter().map(short).collect();
    Err(nothing(&short(only), &names))
}

/// All resources of contexts that may be seen.
pub(crate) fn resources(store: &dyn Store, may: impl Fn(&Resource) -> bool) -> Result<Vec<Resource>, CommandError> {
    let lists = store.contexts().map_err(failed)?.into_iter().map(|context| store.resources(&context));
    let all = lists.collect::<Result<Vec<_>, _>>().map_err(failed)?.concat();
    Ok(all.into_iter().filter(may).collect())
}

/// Whether a resource goes by a name: its address, what `strata status` calls it, or its unit.
pub(crate) fn is_called(resource: &Resource, name: &str) -> bool {
    let address = &resource.address;
    address.as_str() == name || address.local() == name || address.unit() == name
}

/// The names that a resource goes by.
pub(crate) fn names<'r>(resources: impl IntoIterator<Item = &'r Resource>) -> Vec<String> {
    let of = |resource: &Resource| {
        let address = &resource.address;
        [address.to_string(), address.local().to_owned(), address.unit().into_owned()]
    };
    resources.into_iter().flat_map(of).collect()
}

/// Nothing is recorded under a name, which may have been meant as one of those that are known.
pub(crate) fn nothing(name: &str, known: &[String]) -> CommandError {
    let problem = Diagnostic::error(codes::NOT_RECORDED, format!("nothing is recorded as `{name}`"));
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`strata status` lists what is recorded".to_owned(),
    };
    CommandError::plain(Exit::NotFound, problem.hint(hint))
}

/// `acme/prod` where there is no application.
fn short(context: &Context) -> String {
    let text = context.to_string();
    text.strip_suffix("/-").map_or_else(|| text.clone(), str::to_owned)
}

fn failed(error: StoreError) -> CommandError {
    told(error.into())
}
