//! What is recorded, as people name it: told to who may see it, and not found where nothing is.

use strata_base::{Diagnostic, nearest};
use strata_engine::{Standing, Verb, standings};
use strata_model::{Address, Context, Resource};
use strata_ports::{Reads, StoreError, at_one_moment};

use super::{Project, told};
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

impl Project {
    /// The contexts that are meant. One that is named must be recorded, and whoever names it must be allowed to see it; of
    /// all, those that he may not see are left out.
    pub(crate) fn contexts(&self, only: Option<&Context>) -> Result<Vec<Context>, CommandError> {
        if let Some(only) = only {
            self.permit(Verb::View, only, None)?;
        }
        let all = self.store.contexts().map_err(failed)?;
        let may_see = |context: &Context| self.permit(Verb::View, context, None).is_ok();
        let seen: Vec<Context> = all.into_iter().filter(may_see).collect();
        match only {
            None => Ok(seen),
            Some(only) if seen.contains(only) => Ok(vec![only.clone()]),
            Some(only) => {
                let known: Vec<String> = seen.iter().map(|context| context.short().to_owned()).collect();
                Err(nothing(only.short(), &known))
            }
        }
    }

    /// All resources that may be seen.
    pub(crate) fn resources(&self) -> Result<Vec<Resource>, CommandError> {
        let all = at_one_moment(&*self.store, |moment| {
            let lists = moment.contexts()?.into_iter().map(|context| moment.resources(&context));
            Ok(lists.collect::<Result<Vec<_>, _>>()?.concat())
        });
        let may_see = |resource: &Resource| {
            let Resource { address, tier, .. } = resource;
            self.permit(Verb::View, &address.context(), Some(*tier)).is_ok()
        };
        Ok(all.map_err(failed)?.into_iter().filter(may_see).collect())
    }

    /// In which state a resource is, and its record if it has one. Nothing if nothing is known of it.
    pub(crate) fn known(&self, address: &Address) -> Result<Option<(Standing, Option<Resource>)>, CommandError> {
        let found = at_one_moment(&*self.store, |moment| {
            let all = standings(moment, &address.context())?;
            let standing = all.into_iter().find(|standing| standing.address == *address);
            standing.map(|standing| Ok((standing, moment.resource(address)?))).transpose()
        });
        found.map_err(failed)
    }
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

fn failed(error: StoreError) -> CommandError {
    told(error.into())
}
