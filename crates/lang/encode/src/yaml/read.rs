//! A stream of YAML documents to data.

use cue_data::Data;
use granit_parser::{ErrorKind, Event, Parser, ScanError};
use strata_base::{Diagnostic, FileId, Span};

use super::compose::Composer;
use super::expand::expand;
use crate::options::ReadOptions;
use crate::{codes, duplicates};

/// Reads a text of any number of YAML documents. A text without any document, such as one of comments alone, gives
/// none. Of a text with mistakes all documents are looked through and all mistakes are told.
pub fn read(file: FileId, text: &str, options: &ReadOptions) -> Result<Vec<Data>, Vec<Diagnostic>> {
    let parser_options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: options.max_depth,
        block_nesting_limit: options.max_depth,
    };
    let mut parser = Parser::new_from_str_with_options(text, parser_options);
    let mut documents = Vec::new();
    let mut problems = Vec::new();
    let mut composer = Composer::new(text);
    let mut is_broken = false;
    while let Some(next) = parser.next_event() {
        match next {
            Ok((Event::DocumentStart(..), _)) => {
                composer = Composer::new(text);
                is_broken = false;
            }
            Ok((Event::DocumentEnd, _)) => {
                if is_broken {
                    continue;
                }
                let Some((document, root)) = std::mem::replace(&mut composer, Composer::new(text)).finish() else {
                    continue;
                };
                let data =
                    expand(&document, root, options).and_then(|data| duplicates::check(data, options.duplicate_keys));
                match data {
                    Ok(data) => documents.push(data),
                    Err(more) => problems.extend(more),
                }
            }
            Ok((event, span)) => {
                if let Err(problem) = composer.event(event, span_of(file, &span)) {
                    problems.push(*problem);
                    is_broken = true;
                }
            }
            Err(error) => {
                problems.push(syntax_error(file, text, &error, options));
                is_broken = true;
                if !parser.proceed_next_document().unwrap_or(false) {
                    break;
                }
            }
        }
    }
    if problems.is_empty() { Ok(documents) } else { Err(problems) }
}

fn span_of(file: FileId, span: &granit_parser::Span) -> Span {
    span.byte_range().map_or(Span::NONE, |range| Span::new(file, range.start, range.end))
}

fn syntax_error(file: FileId, text: &str, error: &ScanError, options: &ReadOptions) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let span = Span::new(file, at, at + text[at..].chars().next().map_or(0, char::len_utf8));
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => {
            let message = format!("document nested more than {} levels deep", options.max_depth);
            Diagnostic::error(codes::TOO_DEEP, message).at(span)
        }
        _ => {
            let remedy = remedy(&error.info());
            let span = if remedy == Some(NO_TABS) {
                tab_before(text, at).map_or(span, |at| Span::new(file, at, at + 1))
            } else {
                span
            };
            let problem = Diagnostic::error(codes::YAML_SYNTAX, format!("invalid YAML: {}", error.info())).at(span);
            match remedy {
                Some(remedy) => problem.hint(remedy),
                None => problem,
            }
        }
    }
}

const NO_TABS: &str = "indent with spaces: YAML takes no tabs there";

/// The first tab of a line before the place where one was noticed.
fn tab_before(text: &str, at: usize) -> Option<usize> {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[line..].bytes().take(at + 1 - line).position(|byte| byte == b'\t').map(|tab| line + tab)
}

/// What helps, told by a word of what is wrong.
fn remedy(info: &str) -> Option<&'static str> {
    const REMEDIES: [(&str, &str); 4] = [
        ("tab", NO_TABS),
        ("bracket", "each `[` and `{` wants its `]` and `}`"),
        ("quote", "end the text with the quote that it begins with"),
        ("", "look at the indentation of this line and the one before it; a text with `: ` or ` #` in it needs quotes"),
    ];
    REMEDIES.into_iter().find(|(word, _)| info.contains(word)).map(|(_, remedy)| remedy)
}
