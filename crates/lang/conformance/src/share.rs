//! Values that should be one and the same, not merely equal: what `shareID` asserts.

use std::collections::BTreeMap;

use cue_syntax::ast::{AttrList, DeclKind, Expr, Label};

use crate::archive::Answer;
use crate::directive::{Check, Directive};
use crate::expect::Expected;
use crate::extract::{self, Assertion};
use crate::finding::{Finding, Tier};
use crate::path::{self, Step};
use crate::view::{Found, View};

/// Paths by the name that they share.
#[derive(Debug, Default)]
pub(crate) struct Groups(BTreeMap<String, Group>);

#[derive(Debug, Default)]
struct Group {
    line: u32,
    paths: Vec<Vec<Step>>,
}

impl Groups {
    /// Notes what an assertion says of sharing, itself or inside of its expected value.
    pub(crate) fn add(&mut self, assertion: &Assertion, directive: &Directive, line: u32) {
        match &directive.check {
            Check::ShareId(name) => self.note(name, assertion.path.clone(), &directive.at, line),
            Check::Equal(text) if !directive.is_todo => {
                let Ok(expected) = Expected::parse(text) else { return };
                let base: Vec<Step> = assertion.path.iter().chain(&directive.at).cloned().collect();
                self.add_expected(&expected, &base, line);
            }
            _ => {}
        }
    }

    fn add_expected(&mut self, expected: &Expected, base: &[Step], line: u32) {
        let file = &expected.file;
        match file.expr(expected.root) {
            Expr::Struct(decls) => {
                for &decl in file.decl_list(decls) {
                    let DeclKind::Field(field) = file.decl(decl) else { continue };
                    let step = match field.label {
                        Label::Ident(text) => Step::of_assertion(file.text(text)),
                        Label::String { value, .. } => Step::Text(file.text(value).to_string()),
                        _ => continue,
                    };
                    let path: Vec<Step> = base.iter().cloned().chain([step]).collect();
                    self.add_attributes(expected, field.attributes, &path, line);
                }
            }
            Expr::List(elements) => {
                for (index, &element) in (0u32..).zip(file.expr_list(elements)) {
                    let Expr::Struct(decls) = file.expr(element) else { continue };
                    let path: Vec<Step> = base.iter().cloned().chain([Step::Index(index)]).collect();
                    for &decl in file.decl_list(decls) {
                        let DeclKind::Attribute(attribute) = file.decl(decl) else { continue };
                        let body = file.text(file.attributes[attribute as usize].body);
                        self.add_body(body, &path, line);
                    }
                }
            }
            _ => {}
        }
    }

    fn add_attributes(&mut self, expected: &Expected, attributes: AttrList, path: &[Step], line: u32) {
        for attribute in expected.file.attr_list(attributes) {
            if &**expected.file.text(attribute.name) == extract::NAME {
                self.add_body(expected.file.text(attribute.body), path, line);
            }
        }
    }

    fn add_body(&mut self, body: &str, path: &[Step], line: u32) {
        let Ok(directive) = Directive::parse(body) else { return };
        if let (Check::ShareId(name), true) = (&directive.check, directive.is_active()) {
            self.note(name, path.to_vec(), &directive.at, line);
        }
    }

    fn note(&mut self, name: &str, path: Vec<Step>, at: &[Step], line: u32) {
        let group = self.0.entry(name.to_owned()).or_insert_with(|| Group { line, ..Group::default() });
        let path: Vec<Step> = path.into_iter().chain(at.iter().cloned()).collect();
        if !group.paths.contains(&path) {
            group.paths.push(path);
        }
    }

    /// One answer a group of at least two.
    pub(crate) fn ask(self, view: &mut View<'_>) -> Vec<Answer> {
        let groups = self.0.into_iter().filter(|(_, group)| group.paths.len() > 1);
        groups
            .map(|(name, group)| Answer {
                line: group.line,
                directive: format!("shareID={name}"),
                path: path::display(&group.paths[0]),
                is_scored: false,
                is_todo: false,
                is_incorrect: false,
                is_unasked: false,
                tiers: vec![Tier::Inside],
                findings: unshared(view, &group.paths),
            })
            .collect()
    }
}

fn unshared(view: &mut View<'_>, paths: &[Vec<Step>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut first = None;
    for path in paths {
        let found = match view.find(view.root, path) {
            Ok(found) => found,
            Err(limit) => return vec![limit.into()],
        };
        let Found::Value(vertex) = found else {
            findings.push(Finding::new(Tier::Inside, format!("no value at {}", path::display(path))));
            continue;
        };
        let end = view.session.end(vertex);
        let expected = *first.get_or_insert(end);
        if expected != end {
            let (one, other) = (path::display(&paths[0]), path::display(path));
            findings.push(Finding::new(Tier::Inside, format!("{one} and {other} are not shared")));
        }
    }
    findings
}
