//! A tier: what it asks for, what it tells others, and what it demands of those below.

use std::sync::Arc;

use cue_data::{Builder, Data, Node, NodeId};
use strata_base::{Diagnostic, nearest};
use strata_model::unit::{Constraint, Operator, OutputKind, Renamed, TierOutput};
use strata_model::{Context, Tier, codes as common};

use super::instance::Told;
use super::{Common, Tiers};
use crate::codes;

impl Tiers<'_> {
    pub(super) fn section(&mut self, id: NodeId, tier: Tier, around: &Common) {
        // What belongs to a whole section is planned even where it is empty: then all that was there goes.
        let application = around.application.as_deref();
        let whole = match tier {
            Tier::Application => application.and_then(|app| self.claim(id, around, Some(app), tier)),
            _ => self.claim(id, around, None, tier),
        };
        let reader = &mut self.reader;
        let Some(mut fields) = reader.fields(id, "a tier") else { return };
        let templates = fields.optional("templates");
        let capabilities = match templates {
            Some(_) => fields.optional("capabilities"),
            None => fields.required(reader, "capabilities"),
        };
        let constraints = fields.optional("constraints_for_downstream");
        let outputs = fields.optional("outputs");
        let moved = fields.optional("moved");
        fields.close(reader);
        let first = self.asked.stack.units.len();
        for &id in capabilities.map_or(&[][..], |id| self.reader.list(id)) {
            if let Some(unit) = self.capability(id, tier, around) {
                self.add(unit);
            }
        }
        for &id in templates.map_or(&[][..], |id| self.reader.list(id)) {
            self.instance(id, tier, around);
        }
        if let Some(id) = constraints {
            match (tier, &whole) {
                (Tier::Application, _) => {
                    let message = "no tier is below the tier of applications, so nothing is bound by this";
                    let hint = "a demand on one capability stands under its own `constraints`";
                    self.reader.refuse(codes::CONSTRAINT, id, message, hint);
                }
                (_, Some(context)) => {
                    let constraints = self.constraints(id, context, tier);
                    self.asked.stack.constraints.extend(constraints);
                }
                (_, None) => {}
            }
        }
        for &id in outputs.map_or(&[][..], |id| self.reader.list(id)) {
            self.output(id, tier, whole.as_ref(), first);
        }
        for &id in moved.map_or(&[][..], |id| self.reader.list(id)) {
            self.moved(id, tier, whole.as_ref(), first);
        }
    }

    /// A capability that had another name. `first` is the index of the first unit of this section.
    fn moved(&mut self, id: NodeId, tier: Tier, whole: Option<&Context>, first: usize) {
        let reader = &mut self.reader;
        let Some(mut fields) = reader.fields(id, "a move") else { return };
        let (from_id, to_id) = (fields.required(reader, "from"), fields.required(reader, "to"));
        fields.close(reader);
        let (from, to) = (from_id.and_then(|id| reader.text(id)), to_id.and_then(|id| reader.text(id)));
        let (Some(from), Some(to), Some(from_id), Some(to_id)) = (from, to, from_id, to_id) else { return };
        let Some(context) = whole else {
            let message = "each capability here is an application of its own, and nothing moves from one to another";
            reader.refuse(codes::MOVE, id, message, "say `application:` for all of them from the beginning");
            return;
        };
        let units = &self.asked.stack.units;
        let names = || units[first.min(units.len())..].iter().map(|unit| &*unit.name);
        if names().any(|name| *name == *from) {
            let message = format!("`{from}` is still asked for, so it has no other name");
            reader.refuse(codes::MOVE, from_id, message, "take one of the two out");
            return;
        }
        if !names().any(|name| *name == *to) {
            let hint = match nearest(&to, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "say what it is called now".to_owned(),
            };
            reader.refuse(codes::MOVE, to_id, format!("this tier has no capability `{to}`"), hint);
            return;
        }
        let span = reader.data.span(id);
        self.asked.stack.renamed.push(Renamed { context: context.clone(), tier, from, to, span });
    }

    pub(super) fn constraints(&mut self, id: NodeId, context: &Context, tier: Tier) -> Vec<Constraint> {
        let list = self.reader.list(id);
        list.iter().filter_map(|&id| self.constraint(id, context, tier)).collect()
    }

    fn constraint(&mut self, id: NodeId, context: &Context, tier: Tier) -> Option<Constraint> {
        let reader = &mut self.reader;
        let mut fields = reader.fields(id, "a constraint")?;
        let field_id = fields.required(reader, "field");
        let field = field_id.and_then(|id| reader.text(id));
        let operator_id = fields.required(reader, "operator");
        let value_id = fields.required(reader, "value");
        fields.close(reader);
        let name = operator_id.and_then(|id| reader.text(id))?;
        let Some(operator) = Operator::named(&name) else {
            let known = Operator::ALL.map(Operator::name);
            let message = format!("there is no operator `{name}`");
            let problem = Diagnostic::error(codes::CONSTRAINT, message).at(reader.data.span(operator_id?));
            reader.problems.push(match nearest(&name, known) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("one of {}", known.map(|name| format!("`{name}`")).join(", "))),
            });
            return None;
        };
        let value_id = value_id?;
        let fits = match reader.data.node(value_id) {
            Node::List(run) => operator.takes_list() && !run.is_empty(),
            Node::String(_) | Node::Number(_) => !operator.takes_list(),
            _ => false,
        };
        if !fits {
            let (wanted, hint) = match operator.takes_list() {
                true => ("a list of amounts", "write them in brackets, as in `value: [1, 3]`"),
                false => ("an amount such as `4Gi`", "of several amounts `in` allows each, `not_in` none"),
            };
            reader.refuse(codes::CONSTRAINT, value_id, format!("`{operator}` compares with {wanted}"), hint);
            return None;
        }
        let (span, field_span) = (reader.data.span(id), reader.data.span(field_id?));
        let mut builder = Builder::new();
        builder.copy(reader.data, value_id);
        // Without its line and its folder: neither a comment above it nor the folder from which it is read changes what is
        // published.
        let source = reader.source.name();
        let source = source.rsplit(['/', '\\']).next().unwrap_or(source);
        let value: Data = builder.finish();
        let (context, source) = (context.clone(), source.into());
        Some(Constraint { context, tier, field: field?, operator, value, source, span, field_span })
    }

    /// `first` is the index of the first unit of this section.
    fn output(&mut self, id: NodeId, tier: Tier, whole: Option<&Context>, first: usize) {
        let reader = &mut self.reader;
        let Some(mut fields) = reader.fields(id, "an output") else { return };
        let (name_id, source_id) = (fields.required(reader, "name"), fields.required(reader, "source"));
        let kind_id = fields.optional("type");
        fields.close(reader);
        let kind = kind_id.map_or(Some(OutputKind::Any), |id| reader.word(id, &OutputKind::WORDS));
        if let Some(id) = source_id.filter(|id| matches!(reader.data.node(*id), Node::Struct(_))) {
            let message = "the source of an output is named, not referred to";
            reader.refuse(codes::REFERENCE, id, message, "write it without `${…}`, as in `source: db.url`");
            return;
        }
        let (name, source) = (name_id.and_then(|id| reader.text(id)), source_id.and_then(|id| reader.text(id)));
        let (Some(name), Some(source), Some(kind)) = (name, source, kind) else { return };
        let (Some(name_id), Some(source_id)) = (name_id, source_id) else { return };
        let spans = [name_id, source_id, kind_id.unwrap_or(id)].map(|id| reader.data.span(id));
        let is_word = |text: &str| {
            !text.is_empty() && text.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '_'))
        };
        if !is_word(&name) {
            let hint = "a name of an output has letters, digits, `-` and `_`";
            reader.refuse(codes::NAME, name_id, format!("`{name}` cannot be the name of an output"), hint);
            return;
        }
        let Some((unit, output)) = source.split_once('.').filter(|(unit, output)| is_word(unit) && is_word(output))
        else {
            let message = format!("`{source}` is not an output of a capability, such as `db.url`");
            let hint =
                "name the capability and what it tells; `strata contracts show TYPE` lists that under `#outputs`";
            reader.refuse(codes::REFERENCE, source_id, message, hint);
            return;
        };
        let told = self.known.instances.get(unit).and_then(|instance| instance.output(output));
        let (unit, output) = match &told {
            Some(Told::Output { unit, output }) => (&**unit, &**output),
            Some(Told::Plain) => {
                let message = format!("`{source}` is a plain value of a template, not an output of a capability");
                let hint = "who needs it takes it as a parameter, as the template does";
                reader.refuse(codes::REFERENCE, source_id, message, hint);
                return;
            }
            None => (unit, output),
        };
        let units = &self.asked.stack.units;
        let Some(own) = units[first.min(units.len())..].iter().find(|known| *known.name == *unit) else {
            let message = format!("this tier has no capability `{unit}`");
            let names = units[first.min(units.len())..].iter().map(|unit| &*unit.name);
            let problem = Diagnostic::error(codes::REFERENCE, message).at(spans[1]);
            reader.problems.push(match nearest(unit, names) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("a tier tells what its own capabilities tell"),
            });
            return;
        };
        let context = whole.cloned().unwrap_or_else(|| own.context.clone());
        let key = (context.clone(), name.clone());
        if let Some(before) = self.known.outputs.insert(key, spans[0]) {
            let message = format!("two outputs of {} are called `{name}`", context.short());
            let twice = Diagnostic::error(common::TWICE, message).at(spans[0]);
            reader.problems.push(twice.also(before, "and here before").hint("give one of them another name"));
            return;
        }
        let (unit, output): (Arc<str>, Arc<str>) = (unit.into(), output.into());
        self.asked.stack.outputs.push(TierOutput { context, tier, name, unit, output, kind, spans });
    }
}
