//! Documents put where they belong: below labels, into lists, beside what is known of their file.

use cue_data::{Builder, Data};
use cue_num::Number;
use strata_base::Span;

/// A document below labels: `{a: {b: document}}`.
pub fn below(labels: &[String], document: &Data) -> Data {
    let mut builder = Builder::new();
    for label in labels {
        builder.begin_struct(Span::NONE);
        builder.key(label, Span::NONE);
    }
    builder.copy(document, document.root());
    for _ in labels {
        builder.end(Span::NONE);
    }
    builder.finish()
}

/// Documents as one list.
pub fn list<'a>(documents: impl IntoIterator<Item = &'a Data>) -> Data {
    let mut builder = Builder::new();
    builder.begin_list(Span::NONE);
    for document in documents {
        builder.copy(document, document.root());
    }
    builder.end(Span::NONE);
    builder.finish()
}

/// A document as `data`, with its file and its place among those of the same file.
pub fn with_context(document: &Data, filename: &str, index: usize, count: usize) -> Data {
    let number = |count: usize| Number::from(i64::try_from(count).unwrap_or(i64::MAX));
    let mut builder = Builder::new();
    builder.begin_struct(Span::NONE);
    builder.key("data", Span::NONE);
    builder.copy(document, document.root());
    builder.key("filename", Span::NONE);
    builder.string(filename, Span::NONE);
    builder.key("index", Span::NONE);
    builder.number(number(index), Span::NONE);
    builder.key("recordCount", Span::NONE);
    builder.number(number(count), Span::NONE);
    builder.end(Span::NONE);
    builder.finish()
}

#[cfg(test)]
mod tests {
    use cue_encode::{Limit, json};

    use super::*;

    fn show(data: &Data) -> String {
        json::to_string(data, data.root(), json::Layout::Compact, Limit::default()).unwrap_or_default()
    }

    #[test]
    fn documents_are_put_below_labels_and_into_lists() {
        let one = below(&["a".to_owned(), "b".to_owned()], &list([]));
        assert_eq!(show(&one), r#"{"a":{"b":[]}}"#);
        assert_eq!(show(&list([&one, &one])), r#"[{"a":{"b":[]}},{"a":{"b":[]}}]"#);
        let context = with_context(&list([]), "x.json", 1, 2);
        assert_eq!(show(&context), r#"{"data":[],"filename":"x.json","index":1,"recordCount":2}"#);
        assert_eq!(show(&below(&[], &one)), show(&one));
    }
}
