//! A graph of nodes to data: aliases become copies, merge keys become fields.

use std::borrow::Cow;

use cue_data::{Builder, Data};
use rustc_hash::FxHashMap;
use strata_base::{Code, Diagnostic, Span};

use super::compose::{Document, Id, Node, Tag};
use super::scalar::{self, Scalar};
use crate::codes;
use crate::options::ReadOptions;

/// Everything that is wrong is told, but for what exceeds a limit, after which there is no going on.
pub(super) fn expand(document: &Document<'_>, root: Id, options: &ReadOptions) -> Result<Data, Vec<Diagnostic>> {
    let expander = Expander { document, options, builder: Builder::new(), alias_nodes: 0, problems: Vec::new() };
    expander.run(root)
}

struct Expander<'a> {
    document: &'a Document<'a>,
    options: &'a ReadOptions,
    builder: Builder,
    /// How many nodes aliases have added.
    alias_nodes: usize,
    problems: Vec<Diagnostic>,
}

/// What is still to be done, last first.
enum Task<'a> {
    Emit { node: Id, in_alias: bool },
    Key { key: Cow<'a, str>, span: Span },
    End,
}

/// A field of a mapping, its merge keys resolved.
struct Entry<'a> {
    key: Cow<'a, str>,
    span: Span,
    value: Id,
    in_alias: bool,
}

/// The diagnostic that ends the reading.
struct Stop(Box<Diagnostic>);

impl<'a> Expander<'a> {
    fn run(mut self, root: Id) -> Result<Data, Vec<Diagnostic>> {
        let mut tasks = vec![Task::Emit { node: root, in_alias: false }];
        while let Some(task) = tasks.pop() {
            let done = match task {
                Task::Emit { node, in_alias } => self.emit(node, in_alias, &mut tasks),
                Task::Key { key, span } => {
                    self.builder.key(&key, span);
                    Ok(())
                }
                Task::End => {
                    self.builder.end(Span::NONE);
                    Ok(())
                }
            };
            if let Err(Stop(problem)) = done {
                self.problems.push(*problem);
                return Err(self.problems);
            }
        }
        if self.problems.is_empty() { Ok(self.builder.finish()) } else { Err(self.problems) }
    }

    fn emit(&mut self, node: Id, in_alias: bool, tasks: &mut Vec<Task<'a>>) -> Result<(), Stop> {
        let target = self.document.target(node);
        let in_alias = in_alias || target != node;
        if in_alias {
            self.count_alias_node(node)?;
        }
        match self.document.node(target) {
            Node::Scalar { text, is_plain, tag } => self.scalar(text, *is_plain, tag, self.document.span(target)),
            Node::List(children) => {
                self.check_depth(node)?;
                self.builder.begin_list(self.document.span(node));
                tasks.push(Task::End);
                let elements = self.document.children(*children).iter().rev();
                tasks.extend(elements.map(|&node| Task::Emit { node, in_alias }));
            }
            Node::Mapping(_) => {
                self.check_depth(node)?;
                let entries = self.entries(target, in_alias)?;
                self.builder.begin_struct(self.document.span(node));
                tasks.push(Task::End);
                for entry in entries.into_iter().rev() {
                    tasks.push(Task::Emit { node: entry.value, in_alias: entry.in_alias });
                    tasks.push(Task::Key { key: entry.key, span: entry.span });
                }
            }
            // A broken alias, of which was told; see `Document::target`.
            Node::Alias(_) => _ = self.builder.null(self.document.span(node)),
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, is_plain: bool, tag: &Tag, span: Span) {
        match scalar::resolve(text, is_plain, tag) {
            Ok(Scalar::Null) => _ = self.builder.null(span),
            Ok(Scalar::Bool(value)) => _ = self.builder.bool(value, span),
            Ok(Scalar::Number(number)) => _ = self.builder.number(number, span),
            Ok(Scalar::String(text)) => _ = self.builder.string(text, span),
            Ok(Scalar::Bytes(bytes)) => _ = self.builder.bytes(bytes, span),
            Err(message) => {
                self.problem(codes::BAD_VALUE, message, span);
                self.builder.null(span);
            }
        }
    }

    /// The fields of a mapping. A key of its own beats a merged one wherever it stands; of several merged mappings
    /// the first wins.
    fn entries(&mut self, mapping: Id, in_alias: bool) -> Result<Vec<Entry<'a>>, Stop> {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        // Where each key stands in `entries`, and whether it is the mapping's own. Kept only once something is merged.
        let mut places: Option<FxHashMap<Cow<'a, str>, (usize, bool)>> = None;
        // Mappings that are being gone through: what is left of each, whether it is being merged, and through an
        // alias.
        let document = self.document;
        let mut open = vec![(document.pairs(mapping), false, in_alias)];
        while let Some((pairs, is_merged, in_alias)) = open.last_mut() {
            let (is_merged, in_alias) = (*is_merged, *in_alias);
            let Some((pair, rest)) = pairs.split_first_chunk::<2>() else {
                open.pop();
                continue;
            };
            *pairs = rest;
            let [key, value] = *pair;
            if is_merged && in_alias {
                self.count_alias_node(key)?;
            }
            if self.is_merge_key(key) {
                places.get_or_insert_with(|| {
                    entries.iter().enumerate().map(|(at, entry)| (entry.key.clone(), (at, true))).collect()
                });
                let merged = self.merged(value, in_alias)?;
                open.extend(merged.into_iter().map(|(mapping, in_alias)| (document.pairs(mapping), true, in_alias)));
                continue;
            }
            let entry = Entry { key: self.label(key), span: self.document.span(key), value, in_alias };
            if let Some(places) = &mut places {
                match places.get_mut(&entry.key) {
                    Some((_, is_own)) if *is_own && is_merged => continue,
                    Some((at, is_own)) if is_merged || !*is_own => {
                        *is_own |= !is_merged;
                        entries[*at].value = entry.value;
                        entries[*at].in_alias = entry.in_alias;
                        continue;
                    }
                    // A key of its own twice is told twice, as where nothing is merged.
                    Some(_) => {}
                    None => _ = places.insert(entry.key.clone(), (entries.len(), !is_merged)),
                }
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    /// The mappings that the value of a merge key names, in such an order that the first is gone through last and so
    /// wins.
    fn merged(&mut self, value: Id, in_alias: bool) -> Result<Vec<(Id, bool)>, Stop> {
        let mut mappings = Vec::new();
        let mut open = vec![(value, in_alias)];
        while let Some((node, in_alias)) = open.pop() {
            let target = self.document.target(node);
            let in_alias = in_alias || target != node;
            if in_alias {
                self.count_alias_node(node)?;
            }
            match self.document.node(target) {
                Node::Mapping(_) => mappings.push((target, in_alias)),
                Node::List(children) => {
                    open.extend(self.document.children(*children).iter().rev().map(|&node| (node, in_alias)));
                }
                Node::Scalar { .. } | Node::Alias(_) => {
                    let message = "map merge requires map or sequence of maps as the value".to_owned();
                    self.problem(codes::BAD_MERGE, message, self.document.span(node));
                }
            }
        }
        Ok(mappings)
    }

    fn is_merge_key(&self, key: Id) -> bool {
        match self.document.node(key) {
            Node::Scalar { text, is_plain, tag: Tag::None } => *is_plain && &**text == "<<",
            Node::Scalar { text, tag: Tag::Core(name), .. } => &**name == "merge" && &**text == "<<",
            _ => false,
        }
    }

    /// The name that a key makes; some name if it makes none, so that what is wrong with its value is told too.
    fn label(&mut self, key: Id) -> Cow<'a, str> {
        let document = self.document;
        let label = match document.node(document.target(key)) {
            Node::Scalar { text, is_plain, tag } => scalar::label(text, *is_plain, tag),
            Node::List(_) => Err("invalid map key: !!seq".to_owned()),
            Node::Mapping(_) => Err("invalid map key: !!map".to_owned()),
            // A broken alias, of which was told.
            Node::Alias(_) => Ok("".into()),
        };
        match label {
            Ok(label) => label,
            Err(message) => {
                self.problem(codes::BAD_KEY, message, self.document.span(key));
                "".into()
            }
        }
    }

    fn problem(&mut self, code: Code, message: String, span: Span) {
        self.problems.push(Diagnostic::error(code, message).at(span));
    }

    fn count_alias_node(&mut self, node: Id) -> Result<(), Stop> {
        self.alias_nodes += 1;
        let limit = self.options.max_alias_nodes;
        if self.alias_nodes <= limit {
            return Ok(());
        }
        let message = format!("aliases expand to more than {limit} nodes");
        Err(Stop(Box::new(Diagnostic::error(codes::TOO_MANY_ALIASES, message).at(self.document.span(node)))))
    }

    fn check_depth(&self, node: Id) -> Result<(), Stop> {
        let limit = self.options.max_depth;
        if self.builder.depth() < limit {
            return Ok(());
        }
        let message = format!("document nested more than {limit} levels deep");
        Err(Stop(Box::new(Diagnostic::error(codes::TOO_DEEP, message).at(self.document.span(node)))))
    }
}
