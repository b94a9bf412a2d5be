//! The form for logs and `grep`: one line.

use strata_base::{Diagnostic, Severity, Sources};

use crate::clean;

/// `file:line:column: error[E0201]: message (hint)`
pub fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let mut text = sources.position(diagnostic.span());
    if !text.is_empty() {
        text += ": ";
    }
    text += &format!("{}[{}]: {}", severity(diagnostic.severity), diagnostic.code.0, diagnostic.message);
    if let Some(hint) = diagnostic.hints.first() {
        text += &format!(" ({hint})");
    }
    clean::line(&text).into_owned()
}

/// `2 errors, 1 warning`; nothing where there is neither.
pub fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let counted =
        [(Severity::Error, "error"), (Severity::Warning, "warning")].map(|(severity, word)| {
            match diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count() {
                0 => None,
                1 => Some(format!("1 {word}")),
                n => Some(format!("{n} {word}s")),
            }
        });
    let parts: Vec<String> = counted.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
