//! What happens behind the back of those who manage objects.

use std::time::Duration;

use strata_model::{ObjectId, Path, Segment, Timestamp, TypeName, Value};

use super::state::{Event, State, attributes};
use crate::catalogue::{self, Facts};
use crate::protocol::{Due, Meddle, Object, Place};

/// Lets everything happen that should have happened by now.
pub(super) fn settle(state: &mut State, now: Timestamp) {
    while let Some(object) = state.overdue(now).and_then(|id| state.object(id)).cloned() {
        let (mut due, rest): (Vec<Due>, Vec<Due>) = object.due.iter().cloned().partition(|due| due.at <= now);
        due.sort_by_key(|due| due.at);
        let mut id = object.id.clone();
        state.write(Event::Put(Box::new(Object { due: rest, ..object })), now);
        for due in due {
            // What cannot happen any more, because of what has happened before, does not.
            id = change(state, &id, &due.change, now).unwrap_or(id);
        }
    }
}

/// Has something happen to an object: at once, or later.
pub(super) fn meddle(
    state: &mut State,
    id: &ObjectId,
    after_ms: Option<u64>,
    what: &Meddle,
    now: Timestamp,
) -> Result<ObjectId, String> {
    let Some(after_ms) = after_ms else { return change(state, id, what, now) };
    let mut object = found(state, id)?;
    object.due.push(Due { at: now.plus(Duration::from_millis(after_ms)), change: what.clone() });
    state.write(Event::Put(Box::new(object)), now);
    Ok(id.clone())
}

/// Tells the id of the object, which a replacement changes.
fn change(state: &mut State, id: &ObjectId, what: &Meddle, now: Timestamp) -> Result<ObjectId, String> {
    let mut object = found(state, id)?;
    match what {
        Meddle::Set { path, value } => set(&mut object.attributes, path, Some(value.clone()))?,
        Meddle::Unset { path } => set(&mut object.attributes, path, None)?,
        Meddle::Mark(mark) => object.mark.clone_from(mark),
        Meddle::Health(condition) => object.condition = Some(condition.clone()),
        Meddle::Delete => {
            state.write(Event::Gone { object: id.clone() }, now);
            return Ok(id.clone());
        }
        Meddle::Replace => {
            state.write(Event::Gone { object: id.clone() }, now);
            object = again(state, &object);
        }
    }
    let id = object.id.clone();
    state.write(Event::Put(Box::new(object)), now);
    Ok(id)
}

/// Makes an object that nobody manages.
pub(super) fn make(
    state: &mut State,
    place: &Place,
    kind: &TypeName,
    properties: &Value,
    now: Timestamp,
) -> Result<ObjectId, String> {
    let offered = catalogue::lookup(kind).ok_or_else(|| format!("{} is not offered", catalogue::unknown(kind)))?;
    let problems = offered.check(properties);
    if !problems.is_empty() {
        return Err(catalogue::told(&problems));
    }
    let id = state.fresh_id(kind, &offered.data.prefix, "");
    let mut all = properties.as_map().cloned().unwrap_or_default();
    offered.fill(&mut all);
    let facts = Facts { id: &id.0, kind, account: &place.account, region: &place.region, revision: 1 };
    offered.compute(&mut all, &facts);
    let object = Object {
        id: id.clone(),
        kind: kind.clone(),
        place: place.clone(),
        mark: None,
        token: None,
        attributes: Value::Map(all),
        revision: 1,
        condition: None,
        due: Vec::new(),
    };
    if let Some(other) = state.namesake(&object) {
        return Err(format!("{other} has that name"));
    }
    state.write(Event::Put(Box::new(object)), now);
    Ok(id)
}

/// The same, made by somebody else: of its own id, with no mark.
fn again(state: &State, object: &Object) -> Object {
    let mut attributes = attributes(object).clone();
    let Some(offered) = catalogue::lookup(&object.kind) else { return object.clone() };
    let id = state.fresh_id(&object.kind, &offered.data.prefix, "");
    let (account, region) = (&object.place.account, &object.place.region);
    offered.drop_outputs(&mut attributes, &object.id.0);
    offered.compute(&mut attributes, &Facts { id: &id.0, kind: &object.kind, account, region, revision: 1 });
    Object { id, mark: None, token: None, attributes: Value::Map(attributes), revision: 1, ..object.clone() }
}

fn found(state: &State, id: &ObjectId) -> Result<Object, String> {
    state.object(id).cloned().ok_or_else(|| format!("there is no object {id}"))
}

/// Sets or removes what is at a path. Maps on the way are made, lists are not.
fn set(root: &mut Value, path: &Path, value: Option<Value>) -> Result<(), String> {
    let Some((last, way)) = path.segments().split_last() else {
        return Err("a path to an attribute is needed".to_owned());
    };
    let wrong = || format!("`{path}` does not lead anywhere");
    let mut at = root;
    for segment in way {
        at = match (at, segment) {
            (Value::Map(map), Segment::Key(key)) => map.entry(key.clone()).or_insert_with(Value::map),
            (Value::List(items), Segment::Index(index)) => items.get_mut(*index as usize).ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
    }
    match (at, last, value) {
        (Value::Map(map), Segment::Key(key), Some(value)) => drop(map.insert(key.clone(), value)),
        (Value::Map(map), Segment::Key(key), None) => drop(map.remove(key).ok_or_else(wrong)?),
        (Value::List(items), Segment::Index(index), Some(value)) => {
            *items.get_mut(*index as usize).ok_or_else(wrong)? = value;
        }
        (Value::List(items), Segment::Index(index), None) if (*index as usize) < items.len() => {
            items.remove(*index as usize);
        }
        _ => return Err(wrong()),
    }
    Ok(())
}
