//! Structs: every field must be expected, and of the expected kind.

use cue_eval::{ArcType, FieldView, Value, VertexId};
use cue_syntax::ast::{AttrList, DeclKind, DeclList, Expr, ExprId, Field, Label, Marker};

use super::{Comparison, Mismatch, Outcome, differs, join};
use crate::directive::{Check, Directive, ErrorSpec};
use crate::extract;
use crate::fault;
use crate::finding::Tier;
use crate::path::Step;

/// What is expected of a struct, sorted by kind.
#[derive(Default)]
struct Wanted {
    fields: Vec<WantedField>,
    lets: Vec<(String, ExprId)>,
    patterns: Vec<(ExprId, ExprId)>,
    embedded: Vec<ExprId>,
    /// What is said about the struct's own error.
    error: Option<ErrorSpec>,
    is_ordered: bool,
    is_final: bool,
    /// It is an error besides; then only that counts.
    is_bottom: bool,
}

struct WantedField {
    step: Step,
    arc: ArcType,
    value: ExprId,
    attributes: AttrList,
    is_final: bool,
    is_ignored: bool,
    error: Option<ErrorSpec>,
}

impl Comparison<'_, '_> {
    pub(super) fn compare_struct(&mut self, path: &str, decls: DeclList, value: &Value) -> Outcome {
        let wanted = match self.wanted(decls) {
            Ok(wanted) => wanted,
            Err(problem) => return differs(path, problem),
        };
        for &expr in &wanted.embedded {
            self.compare_embedded(path, expr, value)?;
        }
        let settled = self.view.settled(value)?;
        let vertex = match value {
            Value::Vertex(vertex) => Some(self.view.session.end(*vertex)),
            _ => None,
        };
        let fields = vertex.map(|vertex| self.view.session.fields(vertex)).unwrap_or_default();
        if wanted.embedded.is_empty() {
            match &settled {
                Value::Struct | Value::List { .. } => {}
                Value::Bottom(_) if !fields.is_empty() => {}
                Value::Basic(kinds) if *kinds == cue_data::Kinds::STRUCT => {}
                Value::Bottom(error) => {
                    let message = self.view.session.message(*error);
                    return differs(path, format!("expected a struct, got an error: {message}"));
                }
                _ => return differs(path, format!("expected a struct, got {}", self.view.show(&settled))),
            }
        }
        if let Some(spec) = &wanted.error {
            self.expect_error(path, spec, value)?;
        }
        if wanted.is_bottom {
            return Ok(());
        }
        self.compare_fields(path, &wanted, &fields)?;
        self.no_unexpected(path, &wanted, &fields, vertex)?;
        if wanted.is_ordered {
            self.same_order(path, &wanted, &fields)?;
        }
        if let Some(vertex) = vertex {
            self.compare_patterns(path, &wanted.patterns, vertex)?;
            self.compare_lets(path, &wanted.lets, vertex)?;
        }
        Ok(())
    }

    fn compare_fields(&mut self, path: &str, wanted: &Wanted, fields: &[FieldView]) -> Outcome {
        for field in &wanted.fields {
            let name = field_name(&field.step);
            let path = join(path, &name);
            let label = field.step.label(&mut self.view.session);
            let found = fields.iter().find(|found| found.label == label);
            let found =
                found.filter(|found| found.arc == field.arc || field.arc == ArcType::Member && field.is_ignored);
            if field.is_ignored {
                if let (Some(spec), Some(found)) = (&field.error, found) {
                    self.expect_error(&path, spec, &Value::Vertex(found.vertex))?;
                }
                continue;
            }
            let Some(found) = found else { return differs(&path, "the field is not there") };
            self.view.session.finalize(found.vertex)?;
            let value = Value::Vertex(found.vertex);
            if let Some(spec) = &field.error {
                self.expect_error(&path, spec, &value)?;
                continue;
            }
            let outer = self.is_final;
            self.is_final |= field.is_final || wanted.is_final;
            let outcome = self.compare(&path, field.value, &value);
            self.is_final = outer;
            outcome?;
            self.compare_attributes(&path, field.attributes, found.vertex)?;
        }
        Ok(())
    }

    fn no_unexpected(
        &mut self,
        path: &str,
        wanted: &Wanted,
        fields: &[FieldView],
        vertex: Option<VertexId>,
    ) -> Outcome {
        let labels: Vec<_> = wanted
            .fields
            .iter()
            .map(|field| (field.step.label(&mut self.view.session), field.arc, field.is_ignored))
            .collect();
        for field in fields {
            let is_expected =
                labels.iter().any(|&(label, arc, is_ignored)| label == field.label && (arc == field.arc || is_ignored));
            if is_expected || field.label.is_let() || (!wanted.embedded.is_empty() && field.label.is_int()) {
                continue;
            }
            if field.arc == ArcType::Optional {
                // Choosing a value drops what may still come; and what a closed struct refuses is not there.
                let is_refused = vertex.is_some_and(|vertex| self.view.session.is_closed(vertex))
                    && self.view.error(&Value::Vertex(field.vertex))?.is_some();
                if self.is_final || is_refused {
                    continue;
                }
            }
            let marker = match field.arc {
                ArcType::Member => "",
                ArcType::Required => "!",
                ArcType::Optional => "?",
            };
            let name = self.view.session.label_as_written(field.label);
            let value = self.view.show(&Value::Vertex(field.vertex));
            return differs(path, format!("unexpected field {name}{marker}: {value}"));
        }
        Ok(())
    }

    fn same_order(&self, path: &str, wanted: &Wanted, fields: &[FieldView]) -> Outcome {
        let expected: Vec<String> = wanted.fields.iter().map(|field| field_name(&field.step)).collect();
        let got: Vec<String> =
            fields.iter().filter(|f| !f.label.is_let()).map(|f| self.view.session.label_name(f.label)).collect();
        if expected == got {
            Ok(())
        } else {
            differs(path, format!("expected the order {}, got {}", expected.join(" "), got.join(" ")))
        }
    }

    fn compare_patterns(&mut self, path: &str, wanted: &[(ExprId, ExprId)], vertex: VertexId) -> Outcome {
        if wanted.is_empty() {
            return Ok(());
        }
        let got = self.view.session.pattern_values(vertex)?;
        if got.len() != wanted.len() {
            return differs(path, format!("expected {} patterns, got {}", wanted.len(), got.len()));
        }
        for &(filter, value) in wanted {
            let name = format!("[{}]", self.expected.source(filter));
            let path = join(path, &name);
            let mut problem = None;
            let mut is_found = false;
            for (got_filter, got_value) in &got {
                if !self.try_compare(&path, filter, got_filter)? {
                    continue;
                }
                match self.compare(&path, value, &Value::Vertex(*got_value)) {
                    Ok(()) => {
                        is_found = true;
                        break;
                    }
                    Err(Mismatch::Differs(message)) => problem = Some(message),
                    Err(limit) => return Err(limit),
                }
            }
            if !is_found {
                return match problem {
                    Some(problem) => Err(Mismatch::Differs(problem)),
                    None => differs(&path, "the pattern is not there"),
                };
            }
        }
        Ok(())
    }

    fn compare_lets(&mut self, path: &str, wanted: &[(String, ExprId)], vertex: VertexId) -> Outcome {
        for (name, expr) in wanted {
            let path = join(path, &format!("let {name}"));
            match self.view.session.let_value(vertex, name)? {
                Some(found) => self.compare(&path, *expr, &Value::Vertex(found))?,
                None => return differs(&path, "the let is not there"),
            }
        }
        Ok(())
    }

    /// A scalar or list in an expected struct is what the value itself is.
    fn compare_embedded(&mut self, path: &str, expr: ExprId, value: &Value) -> Outcome {
        if let Expr::List(_) = self.expected.file.expr(expr) {
            return self.compare_list(path, expr, value);
        }
        let settled = self.view.settled(value)?;
        match settled {
            Value::Struct | Value::List { .. } | Value::Bottom(_) => self.compare(path, expr, value),
            leaf => self.compare(path, expr, &leaf),
        }
    }

    /// A value that is not written as a struct has no definitions and no hidden fields.
    pub(super) fn no_other_fields(&mut self, path: &str, value: &Value) -> Outcome {
        let Value::Vertex(vertex) = self.view.defaulted(value.clone())? else { return Ok(()) };
        let fields = self.view.session.fields(self.view.session.end(vertex));
        let other = fields
            .into_iter()
            .find(|field| field.arc != ArcType::Optional && (field.label.is_definition() || field.label.is_hidden()));
        match other {
            Some(field) => {
                let name = self.view.session.label_as_written(field.label);
                differs(path, format!("the field {name} is not expected"))
            }
            None => Ok(()),
        }
    }

    fn expect_error(&mut self, path: &str, spec: &ErrorSpec, value: &Value) -> Outcome {
        let findings = fault::check_value(self.view, value, spec, self.anchor)?;
        for finding in findings {
            if finding.tier == Tier::Value {
                return differs(path, finding.message);
            }
            self.findings.push(finding);
        }
        Ok(())
    }

    /// The attributes of a field other than those of tests, as a set.
    fn compare_attributes(&mut self, path: &str, wanted: AttrList, vertex: VertexId) -> Outcome {
        let file = &self.expected.file;
        let text = |attribute: &cue_syntax::ast::Attribute| {
            format!("@{}({})", file.text(attribute.name), file.text(attribute.body))
        };
        let mut wanted: Vec<String> = file
            .attr_list(wanted)
            .iter()
            .filter(|attribute| &**file.text(attribute.name) != extract::NAME)
            .map(text)
            .collect();
        let mut got = self.attributes.of(&self.view.session.places(vertex));
        wanted.sort();
        got.sort();
        got.dedup();
        if wanted == got { Ok(()) } else { differs(path, format!("expected the attributes {wanted:?}, got {got:?}")) }
    }

    fn wanted(&self, decls: DeclList) -> Result<Wanted, String> {
        let file = &self.expected.file;
        let mut wanted = Wanted::default();
        let mut shared = Vec::new();
        for &decl in file.decl_list(decls) {
            match file.decl(decl) {
                DeclKind::Attribute(index) => {
                    let attribute = file.attributes[index as usize];
                    if &**file.text(attribute.name) != extract::NAME {
                        continue;
                    }
                    let directive = Directive::parse(file.text(attribute.body))?;
                    match directive.name.as_str() {
                        "checkOrder" => wanted.is_ordered = true,
                        "final" => wanted.is_final = true,
                        _ => {}
                    }
                    if let Check::Error(spec) = directive.check {
                        wanted.error = Some(spec);
                    }
                }
                DeclKind::Let { name, value } => wanted.lets.push((file.text(name.text).to_string(), value)),
                DeclKind::Field(field) => self.wanted_field(field, &mut wanted, &mut shared)?,
                DeclKind::Embedding(expr) => {
                    wanted.is_bottom |= matches!(file.expr(expr), Expr::Bottom);
                    wanted.embedded.push(expr);
                }
                DeclKind::Ellipsis(_) | DeclKind::Comprehension(_) | DeclKind::Bad => {}
            }
        }
        Ok(wanted)
    }

    fn wanted_field(&self, field: Field, wanted: &mut Wanted, shared: &mut Vec<String>) -> Result<(), String> {
        let file = &self.expected.file;
        let step = match field.label {
            Label::Ident(text) => Step::of_assertion(file.text(text)),
            Label::String { value, .. } => Step::Text(file.text(value).to_string()),
            Label::Pattern(constraint) => {
                wanted.patterns.push((constraint, field.value));
                return Ok(());
            }
            _ => return Err("a label of the expected value is not static".to_owned()),
        };
        let mut found = WantedField {
            step,
            arc: match field.marker {
                Marker::Regular => ArcType::Member,
                Marker::Required => ArcType::Required,
                Marker::Optional => ArcType::Optional,
            },
            value: field.value,
            attributes: field.attributes,
            is_final: false,
            is_ignored: false,
            error: None,
        };
        for attribute in file.attr_list(field.attributes) {
            if &**file.text(attribute.name) != extract::NAME {
                continue;
            }
            let directive = Directive::parse(file.text(attribute.body))?;
            match directive.name.as_str() {
                "final" => found.is_final = true,
                "ignore" => found.is_ignored = true,
                _ => {}
            }
            match directive.check {
                Check::Error(spec) => found.error = Some(spec),
                // Of those that share a value, the first is compared.
                Check::ShareId(name) if shared.contains(&name) => found.is_ignored = true,
                Check::ShareId(name) => shared.push(name),
                _ => {}
            }
        }
        wanted.fields.push(found);
        Ok(())
    }
}

/// The name of a field without quotes.
fn field_name(step: &Step) -> String {
    match step {
        Step::Name(name) | Step::Text(name) | Step::Hidden { name, .. } => name.clone(),
        Step::Index(index) => index.to_string(),
    }
}
