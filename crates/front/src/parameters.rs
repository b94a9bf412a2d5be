//! Parameters: values that are given to a document from outside, by dotted names.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::{Builder, Data, Node, NodeId};
use strata_base::{Diagnostic, Span, nearest};

use crate::codes;

/// All that was given. Objects merge key by key; everything else is one value.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    entries: BTreeMap<Arc<str>, Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Value(Given),
    Object(BTreeMap<Arc<str>, Entry>),
}

/// One value, with the place where somebody gave it, and the places of those that it hides.
#[derive(Clone, Debug)]
pub struct Given {
    pub data: Arc<Data>,
    pub node: NodeId,
    pub hides: Vec<Span>,
}

impl Given {
    pub fn span(&self) -> Span {
        self.data.span(self.node)
    }
}

impl Parameters {
    /// Adds what a file gives. Files are equals: two that give one parameter different values are told, both.
    pub fn unify(&mut self, file: &Arc<Data>, problems: &mut Vec<Diagnostic>) {
        if !matches!(file.node(file.root()), Node::Struct(_)) {
            let message = "a file of parameters must hold an object";
            problems.push(Diagnostic::error(codes::PARAMETER, message).at(file.span(file.root())));
            return;
        }
        merge(&mut self.entries, file, file.root(), "", &mut |name, old, new| {
            if old.data.compare(old.node, &new.data, new.node).is_ne() {
                let message = format!("the parameter `{name}` is given two values");
                let conflict = Diagnostic::error(codes::PARAMETER, message).at(new.span());
                problems.push(conflict.also(old.span(), "and another one here"));
            }
        });
    }

    /// Gives one parameter a value that beats those of files, and of earlier calls.
    pub fn set(&mut self, name: &str, value: &Arc<Data>, problems: &mut Vec<Diagnostic>) {
        if name.split('.').any(str::is_empty) {
            let message = format!("`{name}` is not the name of a parameter, such as `app.image`");
            problems.push(Diagnostic::error(codes::PARAMETER, message));
        } else {
            put(&mut self.entries, name, value);
        }
    }

    /// The value of a parameter. One of which only parts were given is an object of them.
    pub fn get(&self, name: &str) -> Option<Given> {
        let (mut entries, mut rest) = (&self.entries, name);
        loop {
            let (first, below) = rest.split_once('.').map_or((rest, None), |(first, below)| (first, Some(below)));
            match (entries.get(first)?, below) {
                (Entry::Object(inner), Some(below)) => (entries, rest) = (inner, below),
                (Entry::Value(_), Some(_)) => return None,
                (Entry::Value(given), None) => return Some(given.clone()),
                (Entry::Object(inner), None) => return Some(gathered(inner)),
            }
        }
    }

    /// All of them as one object.
    pub fn data(&self) -> Data {
        let mut builder = Builder::new();
        write(&self.entries, &mut builder);
        builder.finish()
    }

    /// The dotted names of all values.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        each(&self.entries, "", &mut |name, _| names.push(name.to_owned()));
        names
    }

    /// The place of each value whose name `used` does not know, neither it nor what it is a part of.
    pub fn unused(&self, used: &dyn Fn(&str) -> bool) -> Vec<(String, Span)> {
        let mut unused = Vec::new();
        each(&self.entries, "", &mut |name, given| {
            let mut ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
            if !ends.any(|end| used(&name[..end])) {
                unused.push((name.to_owned(), given.span()));
            }
        });
        unused
    }

    /// What to say of a parameter that nobody gave.
    pub fn missing(&self, name: &str, span: Span) -> Diagnostic {
        let problem = Diagnostic::error(codes::PARAMETER, format!("the parameter `{name}` is not given")).at(span);
        let names = self.names();
        match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean `{near}`, which is given?")),
            None => problem.hint(format!("give it: --set {name}=…, or `{name}` in a file behind -f")),
        }
    }
}

impl Entry {
    fn spans(&self) -> Vec<Span> {
        match self {
            Entry::Value(given) => [given.span()].into_iter().chain(given.hides.iter().copied()).collect(),
            Entry::Object(inner) => inner.values().flat_map(Entry::spans).collect(),
        }
    }
}

/// The depth of documents is limited, so these walks may recurse.
fn merge(
    into: &mut BTreeMap<Arc<str>, Entry>,
    data: &Arc<Data>,
    node: NodeId,
    above: &str,
    conflict: &mut dyn FnMut(&str, &Given, &Given),
) {
    for field in data.fields(node) {
        let name = if above.is_empty() { field.key.to_string() } else { format!("{above}.{}", field.key) };
        let is_object = matches!(data.node(field.value), Node::Struct(_));
        let given = || Given { data: data.clone(), node: field.value, hides: Vec::new() };
        match into.get_mut(&field.key) {
            None if is_object => {
                let mut inner = BTreeMap::new();
                merge(&mut inner, data, field.value, &name, conflict);
                into.insert(field.key.clone(), Entry::Object(inner));
            }
            None => _ = into.insert(field.key.clone(), Entry::Value(given())),
            Some(Entry::Object(inner)) if is_object => merge(inner, data, field.value, &name, conflict),
            Some(Entry::Object(inner)) => conflict(&name, &gathered(inner), &given()),
            Some(Entry::Value(old)) => conflict(&name, old, &given()),
        }
    }
}

fn put(entries: &mut BTreeMap<Arc<str>, Entry>, name: &str, value: &Arc<Data>) {
    let Some((first, rest)) = name.split_once('.') else {
        let hides = entries.get(name).map_or_else(Vec::new, Entry::spans);
        entries.insert(name.into(), Entry::Value(Given { data: value.clone(), node: value.root(), hides }));
        return;
    };
    let entry = entries.entry(first.into()).or_insert_with(|| Entry::Object(BTreeMap::new()));
    if let Entry::Value(_) = entry {
        *entry = Entry::Object(BTreeMap::new());
    }
    if let Entry::Object(inner) = entry {
        put(inner, rest, value);
    }
}

fn each(entries: &BTreeMap<Arc<str>, Entry>, above: &str, visit: &mut dyn FnMut(&str, &Given)) {
    for (key, entry) in entries {
        let name = if above.is_empty() { key.to_string() } else { format!("{above}.{key}") };
        match entry {
            Entry::Value(given) => visit(&name, given),
            Entry::Object(inner) => each(inner, &name, visit),
        }
    }
}

fn gathered(entries: &BTreeMap<Arc<str>, Entry>) -> Given {
    let mut builder = Builder::new();
    write(entries, &mut builder);
    let data = Arc::new(builder.finish());
    Given { node: data.root(), data, hides: Vec::new() }
}

fn write(entries: &BTreeMap<Arc<str>, Entry>, builder: &mut Builder) {
    builder.begin_struct(Span::NONE);
    for (key, entry) in entries {
        builder.key(key, Span::NONE);
        match entry {
            Entry::Value(given) => _ = builder.copy(&given.data, given.node),
            Entry::Object(inner) => write(inner, builder),
        }
    }
    builder.end(Span::NONE);
}
