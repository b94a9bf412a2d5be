//! What the world knows: its objects, and how they are found. Changes only by [`Event`]s, so that a file of them is
//! all that lasts.
//!
//! Invariant: no clock and no file; the time is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use strata_model::digest::hex;
use strata_model::{Digest, Map, ObjectId, Timestamp, Token, TypeName, Value};

use crate::catalogue::{self, Type};
use crate::protocol::{Object, Place};
use crate::settings::Settings;

/// The version of the events below. A file of a greater one is refused.
pub(super) const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
pub(super) enum Event {
    Begin {
        format: u32,
    },
    Settings(Box<Settings>),
    /// An object is made or changed: all of it, as it is from now on.
    Put(Box<Object>),
    Gone {
        object: ObjectId,
    },
    /// An object that is gone, where the file begins after its end: neither its id nor its token is used again.
    Spent {
        object: ObjectId,
        token: Option<Token>,
    },
    /// What an object was when it was deleted with a snapshot.
    Snapshot(Box<Object>),
}

#[derive(Default)]
pub(super) struct State {
    pub(super) settings: Arc<Settings>,
    objects: BTreeMap<ObjectId, Object>,
    snapshots: Vec<Object>,
    tokens: FxHashMap<Token, ObjectId>,
    /// All ids that were ever given.
    ids: FxHashSet<ObjectId>,
    names: FxHashMap<(TypeName, Place, Arc<str>), ObjectId>,
    counts: FxHashMap<(TypeName, Place), u64>,
    /// Who names whom: an object, and one that names it.
    users: BTreeSet<(ObjectId, ObjectId)>,
    due: BTreeSet<(Timestamp, ObjectId)>,
    /// Objects that have just changed, for those who are told late. Not written down: after a restart all is known.
    shadows: BTreeMap<ObjectId, Shadow>,
    events: u64,
    /// Events that are not yet in the file.
    pending: Vec<u8>,
}

struct Shadow {
    until: Timestamp,
    /// What is seen instead; `None` where there was nothing.
    was: Option<Object>,
}

impl State {
    /// Changes the state, and remembers to write it down.
    pub(super) fn write(&mut self, event: Event, now: Timestamp) {
        self.keep_shadow(&event, now);
        if serde_json::to_writer(&mut self.pending, &event).is_err() {
            unreachable!("events are plain data, and a buffer in memory takes them all");
        }
        self.pending.push(b'\n');
        self.apply(event);
    }

    /// How many there have been, those that are not yet in the file among them.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    /// What is still to be written to the file.
    pub(super) fn take_pending(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pending)
    }

    pub(super) fn apply(&mut self, event: Event) {
        self.events += 1;
        match event {
            Event::Begin { .. } => {}
            Event::Settings(settings) => self.settings = settings.into(),
            Event::Put(object) => self.put(*object),
            Event::Gone { object } => {
                self.take(&object);
            }
            Event::Spent { object, token } => self.spend(&object, token),
            Event::Snapshot(object) => self.snapshots.push(*object),
        }
    }

    fn put(&mut self, object: Object) {
        self.take(&object.id);
        self.spend(&object.id, object.token.clone());
        for due in &object.due {
            self.due.insert((due.at, object.id.clone()));
        }
        for target in targets(&object) {
            self.users.insert((target, object.id.clone()));
        }
        if let Some(name) = unique_name(&object) {
            self.names.insert(name, object.id.clone());
        }
        *self.counts.entry((object.kind.clone(), object.place.clone())).or_default() += 1;
        self.objects.insert(object.id.clone(), object);
    }

    fn take(&mut self, id: &ObjectId) -> Option<Object> {
        let object = self.objects.remove(id)?;
        for due in &object.due {
            self.due.remove(&(due.at, id.clone()));
        }
        for target in targets(&object) {
            self.users.remove(&(target, id.clone()));
        }
        if let Some(name) = unique_name(&object).filter(|name| self.names.get(name) == Some(id)) {
            self.names.remove(&name);
        }
        if let Some(count) = self.counts.get_mut(&(object.kind.clone(), object.place.clone())) {
            *count -= 1;
        }
        Some(object)
    }

    fn spend(&mut self, object: &ObjectId, token: Option<Token>) {
        self.ids.insert(object.clone());
        if let Some(token) = token {
            self.tokens.insert(token, object.clone());
        }
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    /// As it is, whoever has been told.
    pub(super) fn object(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    /// As those see it who look now.
    pub(super) fn seen(&self, id: &ObjectId, now: Timestamp) -> Option<&Object> {
        match self.shadows.get(id).filter(|shadow| shadow.until > now) {
            Some(shadow) => shadow.was.as_ref(),
            None => self.objects.get(id),
        }
    }

    /// All that those see who look now, in no order.
    pub(super) fn all_seen(&self, now: Timestamp) -> impl Iterator<Item = &Object> {
        let as_they_are = self.objects.values().filter(|object| !self.shadows.contains_key(&object.id));
        as_they_are.chain(self.shadows.keys().filter_map(move |id| self.seen(id, now)))
    }

    /// The object that a create with this token has made, be it gone.
    pub(super) fn made_by(&self, token: &Token) -> Option<&ObjectId> {
        self.tokens.get(token)
    }

    /// Another object that has the name that this one would have.
    pub(super) fn namesake(&self, object: &Object) -> Option<&ObjectId> {
        self.names.get(&unique_name(object)?).filter(|other| **other != object.id)
    }

    pub(super) fn count(&self, kind: &TypeName, place: &Place) -> u64 {
        self.counts.get(&(kind.clone(), place.clone())).copied().unwrap_or(0)
    }

    /// Some object that names this one.
    pub(super) fn user_of(&self, id: &ObjectId) -> Option<&ObjectId> {
        let first = (id.clone(), ObjectId("".into()));
        self.users.range(first..).next().filter(|(target, _)| target == id).map(|(_, user)| user)
    }

    /// An id that was never given. The same history gives the same ids.
    pub(super) fn fresh_id(&self, kind: &str, prefix: &str, address: &str) -> ObjectId {
        let id = |count: u32| {
            let digest = Digest::of_parts(&[b"id", kind.as_bytes(), address.as_bytes(), &count.to_be_bytes()]);
            ObjectId(format!("{prefix}-{}", hex(&digest.0[..6])).into())
        };
        let mut fresh = (0..).map(id).filter(|id| !self.ids.contains(id));
        fresh.next().unwrap_or_else(|| unreachable!("four thousand million objects of one address"))
    }

    /// The first thing that should have happened by itself by now.
    pub(super) fn overdue(&self, now: Timestamp) -> Option<&ObjectId> {
        self.due.first().filter(|(at, _)| *at <= now).map(|(_, id)| id)
    }

    fn keep_shadow(&mut self, event: &Event, now: Timestamp) {
        if self.settings.lag_ms == 0 && self.shadows.is_empty() {
            return;
        }
        self.shadows.retain(|_, shadow| shadow.until > now);
        let id = match event {
            Event::Put(object) => &object.id,
            Event::Gone { object } => object,
            _ => return,
        };
        if self.settings.lag_ms > 0 {
            let until = now.plus(std::time::Duration::from_millis(self.settings.lag_ms));
            let was = self.objects.get(id);
            self.shadows
                .entry(id.clone())
                .and_modify(|shadow| shadow.until = until)
                .or_insert_with(|| Shadow { until, was: was.cloned() });
        }
    }

    /// Whether most of what the file tells has been overtaken.
    pub(super) fn is_mostly_past(&self) -> bool {
        self.events > 10_000 && self.events / 4 > (self.ids.len() + self.snapshots.len()) as u64
    }

    /// The events that lead from nothing to here.
    pub(super) fn retold(&self) -> Vec<Event> {
        let mut by_id: BTreeMap<&ObjectId, &Token> = BTreeMap::new();
        #[expect(clippy::iter_over_hash_type, reason = "the order ends in a sorted map")]
        for (token, id) in &self.tokens {
            by_id.insert(id, token);
        }
        let gone: BTreeSet<&ObjectId> = self.ids.iter().filter(|id| !self.objects.contains_key(*id)).collect();
        let spent = |id: &ObjectId| Event::Spent { object: id.clone(), token: by_id.get(id).map(|&t| t.clone()) };
        let mut events =
            vec![Event::Begin { format: FORMAT }, Event::Settings(Box::new(Settings::clone(&self.settings)))];
        events.extend(gone.into_iter().map(spent));
        events.extend(self.objects.values().cloned().map(|object| Event::Put(Box::new(object))));
        events.extend(self.snapshots.iter().cloned().map(|object| Event::Snapshot(Box::new(object))));
        events
    }
}

/// The type of an object; those that are in the file had one when they were made.
pub(super) fn type_of(object: &Object) -> Option<&'static Type> {
    catalogue::lookup(&object.kind)
}

/// The attributes of an object; they are always a map.
pub(super) fn attributes(object: &Object) -> &Map {
    static NONE: Map = Map::new();
    object.attributes.as_map().unwrap_or(&NONE)
}

fn targets(object: &Object) -> Vec<ObjectId> {
    let Some(kind) = type_of(object) else { return Vec::new() };
    kind.references(attributes(object)).map(|(_, id)| ObjectId(id.into())).collect()
}

fn unique_name(object: &Object) -> Option<(TypeName, Place, Arc<str>)> {
    if !type_of(object)?.data.unique {
        return None;
    }
    match attributes(object).get("name") {
        Some(Value::String(name)) => Some((object.kind.clone(), object.place.clone(), name.clone())),
        _ => None,
    }
}
