//! What is done besides, once what was asked for is done: a store that only ever grows would slow down in the end.

use strata_engine::Authority;
use strata_model::Context;
use strata_ports::Store;
use strata_ports::compaction::is_overgrown;

use super::{EngineArgs, Places, Project, signing};
use crate::App;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

/// How many plans and reports of drift stay of each context. By hand fewer can be asked for.
const KEPT: u32 = 100;

impl Project {
    /// Compacts the logs of contexts that are longer than is good. Only where the store is one's own: where others have a
    /// say, an administrator does it, with his own key. Nothing that was asked for depends on it, so a failure is only told.
    pub(crate) fn tidy(&self, ui: &mut Ui, app: &App, args: &EngineArgs, contexts: &[Context]) {
        let (Some(most), Some(_)) = (app.settings.compact_after(), &self.authority.owner) else { return };
        for context in contexts {
            match self.compact(ui, app, args, context, most) {
                Ok(None) => {}
                Ok(Some(through)) => ui.detail(&format!("{context}: entries 1 to {through} compacted")),
                // Whoever is at work there does it when he is done.
                Err(error) if error.exit == Exit::LockHeld => {}
                Err(error) => {
                    let why = error.diagnostics.first().map_or("", |told| &told.message);
                    ui.say(&format!("warning: the log of {context} cannot be compacted: {why}"));
                }
            }
        }
    }

    fn compact(
        &self,
        ui: &mut Ui,
        app: &App,
        args: &EngineArgs,
        context: &Context,
        most: u64,
    ) -> Result<Option<u64>, CommandError> {
        let failed = |error: strata_ports::StoreError| super::told(error.into());
        if self.interrupt.is_raised() || !is_overgrown(&*self.store, context, most).map_err(failed)? {
            return Ok(None);
        }
        let key = signing::own(&Places::of(app)?.own_key)?;
        let authority = Authority::own(self.principal().clone(), Some(key.public()));
        let done = self.engine(ui, args, |engine| engine.compact(context, &authority, &*key, KEPT))?;
        let Some(checkpoint) = done else { return Ok(None) };
        self.store.shrink().map_err(failed)?;
        Ok(Some(checkpoint.through.sequence))
    }
}
