//! The attributes of fields by the places of their values, since a session keeps places and no attributes.

use std::collections::BTreeMap;

use cue_syntax::ast::{DeclKind, File};
use strata_base::Span;

use crate::extract;

/// The attributes of all fields of a program's files, those of tests left out.
#[derive(Debug, Default)]
pub(crate) struct Attributes<'a> {
    by_value: BTreeMap<Span, Vec<(&'a str, &'a str)>>,
}

impl<'a> Attributes<'a> {
    pub(crate) fn of_files(files: impl IntoIterator<Item = &'a File>) -> Attributes<'a> {
        let mut by_value: BTreeMap<Span, Vec<(&str, &str)>> = BTreeMap::new();
        for file in files {
            for &decl in &file.decl_kinds {
                let DeclKind::Field(field) = decl else { continue };
                let attributes: Vec<(&str, &str)> = file
                    .attr_list(field.attributes)
                    .iter()
                    .map(|attribute| (&**file.text(attribute.name), &**file.text(attribute.body)))
                    .filter(|(name, _)| *name != extract::NAME)
                    .collect();
                if !attributes.is_empty() {
                    by_value.entry(file.expr_span(field.value)).or_default().extend(attributes);
                }
            }
        }
        Attributes { by_value }
    }

    /// The attributes of the fields whose values stand at these places, as they are written.
    pub(crate) fn of(&self, places: &[Span]) -> Vec<String> {
        let found = places.iter().filter_map(|place| self.by_value.get(place)).flatten();
        found.map(|(name, body)| format!("@{name}({body})")).collect()
    }
}
