//! A mistake, told as a value: what is wrong, where, how it came about and what would mend it.

use crate::source::Span;

/// The stable name of a kind of mistake, such as `E1207`. It never changes its meaning; `strata help CODE` tells it
/// at length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code(pub &'static str);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

/// A place with what is to be said about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One step of how the mistake was reached, innermost first, such as "in the default of `replicas`".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceStep {
    pub span: Span,
    pub text: String,
}

/// One mistake. The message is one line without a full stop and names values, never secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    /// Where it is; `None` only for what stands in no text.
    pub primary: Option<Label>,
    /// Other places that take part, in the order in which they help.
    pub secondary: Vec<Label>,
    pub trace: Vec<TraceStep>,
    /// What to do, most likely first.
    pub hints: Vec<String>,
    /// What the message says, for programs: names and values.
    pub facts: Vec<(&'static str, String)>,
    /// What must not be shown of the texts, whatever speaks of a place near it.
    pub conceals: Vec<Span>,
}

impl Diagnostic {
    pub fn new(severity: Severity, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            trace: Vec::new(),
            hints: Vec::new(),
            facts: Vec::new(),
            conceals: Vec::new(),
        }
    }

    pub fn error(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    pub fn warning(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// Says where it is. [`Span::NONE`] leaves it without a place.
    #[must_use]
    pub fn at(self, span: Span) -> Diagnostic {
        self.labelled(span, "")
    }

    /// Says where it is, and what is to be said under the caret.
    #[must_use]
    pub fn labelled(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.primary = (!span.is_none()).then(|| Label { span, text: text.into() });
        self
    }

    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        if !span.is_none() {
            self.secondary.push(Label { span, text: text.into() });
        }
        self
    }

    #[must_use]
    pub fn traced(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.trace.push(TraceStep { span, text: text.into() });
        self
    }

    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Diagnostic {
        self.hints.push(text.into());
        self
    }

    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<String>) -> Diagnostic {
        self.facts.push((name, value.into()));
        self
    }

    /// Says that a part of a text must not be shown, in this report or any other of the same texts.
    #[must_use]
    pub fn conceal(mut self, span: Span) -> Diagnostic {
        self.conceals.push(span);
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The primary place, or [`Span::NONE`].
    pub fn span(&self) -> Span {
        self.primary.as_ref().map_or(Span::NONE, |label| label.span)
    }
}

/// Puts many mistakes into the order in which they are told: by file, place, severity, code and message. What is told
/// twice is told once.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.span(), d.severity, d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}
