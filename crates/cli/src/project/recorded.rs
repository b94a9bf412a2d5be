//! What is recorded, as people name it: told to who may see it, and not found where nothing is.

use strata_base::nearest;
use strata_engine::{Standing, Verb, standings};
use strata_model::{Address, Context, Resource};
use strata_ports::{Reads, StoreError, at_one_moment};

use super::names::{self, Unnamed};
use super::{Project, told};
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

const LISTED: &str = "`strata status` lists what is recorded";

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
                let known: Vec<&str> = seen.iter().map(Context::short).collect();
                let near = nearest(only.short(), known).map(str::to_owned);
                Err(unnamed(only.short(), Unnamed::Nothing(near)))
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

    /// The one resource that goes by a name: of those that are recorded, else of those that a run has told of.
    pub(crate) fn called(&self, name: &str) -> Result<Address, CommandError> {
        // Whoever says the whole address is told whether he may see what it stands for.
        if let Ok(address) = name.parse::<Address>() {
            if self.known(&address)?.is_none() {
                self.permit(Verb::View, &address.context(), None)?;
                return Err(self.nothing_called(name)?);
            }
            return Ok(address);
        }
        let recorded = self.resources()?;
        let told = match names::called(name, recorded.iter().map(|resource| &resource.address)) {
            Err(Unnamed::Nothing(_)) => self.told_of()?,
            found => return found.map_err(|why| unnamed(name, why)),
        };
        names::called(name, &told).map_err(|why| unnamed(name, why))
    }

    /// Nothing is recorded under a name; a resource that is may have been meant.
    pub(crate) fn nothing_called(&self, name: &str) -> Result<CommandError, CommandError> {
        let known = self.told_of()?;
        Ok(match names::called(name, &known) {
            Err(why) => unnamed(name, why),
            Ok(_) => unnamed(name, Unnamed::Nothing(None)),
        })
    }

    /// The addresses of all that is known and may be seen, of what is not made yet or is gone too.
    fn told_of(&self) -> Result<Vec<Address>, CommandError> {
        let contexts = self.contexts(None)?;
        let all = at_one_moment(&*self.store, |moment| {
            let lists = contexts.iter().map(|context| standings(moment, context));
            Ok(lists.collect::<Result<Vec<_>, _>>()?.concat())
        });
        let may_see = |found: &Standing| self.permit(Verb::View, &found.address.context(), Some(found.tier)).is_ok();
        Ok(all.map_err(failed)?.into_iter().filter(may_see).map(|found| found.address).collect())
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

/// Nothing is recorded under a name.
fn unnamed(name: &str, why: Unnamed) -> CommandError {
    let message = format!("nothing is recorded as `{name}`");
    CommandError::plain(Exit::NotFound, why.problem(codes::NOT_RECORDED, name, &message, LISTED))
}

fn failed(error: StoreError) -> CommandError {
    told(error.into())
}
