//! What a contract should not say although CUE lets it: it would be ignored, or could not be told to anybody.

use cue_syntax::ast::{Clause, Comprehension, File};
use strata_base::{Diagnostic, Span, nearest};
use strata_model::Measure;

use crate::codes;

/// The attributes of fields that mean something.
const ATTRIBUTES: [&str; 3] = ["alias", "sensitive", "unit"];

/// `...`: what is misspelt would go through.
pub(super) fn open(at: Span) -> Diagnostic {
    let message = "a contract is closed: with `...` every misspelt property would be taken, and come to nothing";
    let problem = Diagnostic::error(codes::MALFORMED, message).at(at);
    problem.hint("where names are the user's own say what they hold: `[string]: string`")
}

/// Fields that are there under a condition which no schema and no page can tell, or once for each of something.
pub(super) fn comprehension(file: &File, comprehension: &Comprehension) -> Diagnostic {
    let mut at = file.expr_span(comprehension.body);
    let mut message = "in a contract a condition is `x == literal`, `x != _|_`, a bool, or several of these with `&&`";
    for &clause in file.clause_list(comprehension.clauses).iter().rev() {
        match file.clause(clause) {
            Clause::If(condition) => at = file.expr_span(condition),
            _ => message = "a contract lists its properties: it cannot make them in a loop",
        }
    }
    let problem = Diagnostic::error(codes::MALFORMED, message).at(at);
    problem.hint("what goes beyond belongs to the `problems` of a mapping, which tell it in words")
}

/// An attribute that would be ignored.
pub(super) fn attribute(name: &str, body: &str, at: Span) -> Option<Diagnostic> {
    let malformed = |message: String| Diagnostic::error(codes::MALFORMED, message).at(at);
    if name == "unit" && Measure::named(body).is_none() {
        let problem = malformed(format!("there is no unit `{body}`"));
        let units = Measure::ALL.map(Measure::name);
        return Some(match nearest(body, units) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("there are {}", units.join(", "))),
        });
    }
    // Those of other tools are no concern of ours.
    let near = nearest(name, ATTRIBUTES).filter(|_| !ATTRIBUTES.contains(&name))?;
    Some(malformed(format!("there is no attribute `@{name}`")).hint(format!("did you mean `@{near}`?")))
}

/// Another spelling that is a name already.
pub(super) fn alias(name: &str, taken: &str, at: Span) -> Diagnostic {
    let message = format!("`{name}` cannot be spelt `{taken}` too: that is another property");
    Diagnostic::error(codes::MALFORMED, message).at(at)
}
