//! What is there: what the store says and what the simulated cloud has, read each by its own way.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value as Json, json};
use strata_model::{Address, Context, Entry, Head, ObjectId, Record, Resource};
use strata_ports::{Reads, Store};
use strata_provider_local::Object;
use strata_store_sqlite::SqliteStore;

use crate::rig::Rig;

/// Store and cloud as they are now.
#[derive(Debug, Default)]
pub struct View {
    pub project: String,
    /// All that was ever written, by context; of a log that was compacted what was seen before, see [`View::remember`].
    pub logs: BTreeMap<Context, Vec<Entry>>,
    /// What stands for entries that are gone, by the entry that says so.
    pub kept: BTreeMap<(Context, u64), Vec<Record>>,
    pub heads: BTreeMap<Context, Head>,
    pub resources: BTreeMap<Address, Resource>,
    pub outputs: Vec<Json>,
    /// Those outputs whose values are in the sink.
    pub sensitive: Vec<(Context, String)>,
    pub objects: BTreeMap<ObjectId, Object>,
    /// What the store finds wrong with itself.
    pub problems: Vec<String>,
}

impl View {
    /// The cloud is looked at first: what it has by then must be known to a store that is read later.
    pub fn of(rig: &Rig) -> io::Result<View> {
        let objects = rig.objects()?;
        let mut view = View {
            objects: objects.into_iter().map(|object| (object.id.clone(), object)).collect(),
            ..View::default()
        };
        match view.read(rig) {
            Ok(()) => {}
            Err(error) => view.problems.push(format!("I3: the store cannot be read: {error}")),
        }
        Ok(view)
    }

    fn read(&mut self, rig: &Rig) -> Result<(), strata_ports::StoreError> {
        let Some(store) = SqliteStore::open_existing(&rig.store())? else { return Ok(()) };
        self.problems = store.verify()?.into_iter().map(|problem| format!("I3: {problem}")).collect();
        self.project = store.project()?.to_string();
        for context in store.contexts()? {
            self.heads.insert(context.clone(), store.head(&context)?);
            for resource in store.resources(&context)? {
                self.resources.insert(resource.address.clone(), resource);
            }
            for output in store.outputs(&context)? {
                if output.sensitive {
                    self.sensitive.push((context.clone(), output.name.to_string()));
                }
                self.outputs.push(json!([context, output.name, output.value, output.sensitive]));
            }
            let log = store.entries(&context, 0, usize::MAX)?;
            if let Some(first) = log.first().filter(|first| first.head.sequence > 1) {
                self.kept.insert((context.clone(), first.head.sequence), store.kept(&context)?);
            }
            self.logs.insert(context.clone(), log);
        }
        Ok(())
    }

    /// Takes up from an earlier view what has been compacted since.
    pub fn remember(mut self, earlier: &View) -> View {
        for (context, log) in &mut self.logs {
            let Some(first) = log.first().map(|first| first.head.sequence) else { continue };
            let known = earlier.logs.get(context).into_iter().flatten();
            let gone: Vec<Entry> = known.take_while(|entry| entry.head.sequence < first).cloned().collect();
            log.splice(0..0, gone);
        }
        for (at, kept) in &earlier.kept {
            self.kept.entry(at.clone()).or_insert_with(|| kept.clone());
        }
        self
    }

    /// What must be the same however often a run was interrupted: what was chosen by chance and by the clock is left out.
    pub fn end(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.resources.values().map(|resource| line(resource, &self.project)).collect();
        lines.extend(self.outputs.iter().map(Json::to_string));
        lines.extend(self.objects.values().map(|object| {
            let owner = object.mark.as_ref().map(|mark| &mark.address);
            json!([object.id, object.kind, object.place, owner, object.attributes]).to_string()
        }));
        lines
    }
}

fn line(resource: &Resource, project: &str) -> String {
    let mut json = json!(resource);
    if let Some(fields) = json.as_object_mut() {
        for by_chance in ["serial", "updated", "secrets", "inputs"] {
            fields.remove(by_chance);
        }
    }
    json.to_string().replace(project, "PROJECT")
}
