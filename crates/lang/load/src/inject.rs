//! Values from outside into the fields that ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_base::Diagnostic;

use crate::codes;
use crate::loader::Loader;
use crate::tags::{self, Injection, Literal, Tag, Variable};

/// A tag and where it was found.
struct Found {
    root: usize,
    file: usize,
    tag: Tag,
    is_injected: bool,
}

impl Loader<'_> {
    /// Gives fields their values from outside. Only what was asked for by name has tags, not what it imports.
    pub(crate) fn inject_tags(&mut self) {
        let mut found = self.find_tags();
        for given in &self.config.tags {
            self.inject_given(given, &mut found);
        }
        if let Some(variables) = &self.config.variables {
            self.inject_variables(variables, &found);
        }
    }

    fn find_tags(&mut self) -> Vec<Found> {
        let mut found = Vec::new();
        let roots: BTreeSet<usize> = self.loaded.roots.iter().copied().collect();
        for root in roots {
            let instance = &mut self.loaded.instances[root];
            for (file, source) in instance.files.iter().enumerate() {
                let tags = tags::find(&source.syntax, &mut instance.diagnostics);
                found.extend(tags.into_iter().map(|tag| Found { root, file, tag, is_injected: false }));
            }
        }
        found
    }

    /// `name=value`, or a shorthand.
    fn inject_given(&mut self, given: &str, found: &mut [Found]) {
        let mut is_used = self.used_tags.contains(given);
        let (name, value) = match given.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (given, None),
        };
        for found in found {
            let value = match value {
                Some(value) if found.tag.name == name => value,
                None if found.tag.shorthands.iter().any(|short| short == name) => name,
                _ => continue,
            };
            is_used = true;
            match found.tag.literal(value) {
                Ok(literal) => {
                    found.is_injected = true;
                    self.inject(found, value, &literal);
                }
                Err(message) => self.refuse(message),
            }
        }
        if !is_used {
            self.refuse(match value {
                Some(_) => format!("no tag for {name:?}"),
                None => format!("tag {name:?} not used in any file"),
            });
        }
    }

    /// What was not given and may come from a variable.
    fn inject_variables(&mut self, variables: &BTreeMap<String, Variable>, found: &[Found]) {
        for found in found.iter().filter(|found| !found.is_injected) {
            let Some(name) = &found.tag.variable else { continue };
            match variables.get(name) {
                Some(Variable::String(text)) => self.inject(found, text, &Literal::String(text.clone())),
                Some(Variable::Number(text)) => match tags::number(text) {
                    Some(literal) => self.inject(found, text, &literal),
                    None => self.refuse(format!("tag variable '{name}' is no number: {text:?}")),
                },
                None => self.refuse(format!("tag variable '{name}' not found")),
            }
        }
    }

    fn inject(&mut self, found: &Found, text: &str, literal: &Literal) {
        let Found { root, file, tag, .. } = found;
        let instance = &mut self.loaded.instances[*root];
        let syntax = Arc::make_mut(&mut instance.files[*file].syntax);
        let value = tags::inject(syntax, tag.field, &tag.name, text, literal, self.reader.sources);
        instance.injections.push(Injection { tag: tag.name.clone(), file: *file, field: tag.field, value });
    }

    fn refuse(&mut self, message: String) {
        self.loaded.diagnostics.push(Diagnostic::error(codes::TAG, message));
    }
}
