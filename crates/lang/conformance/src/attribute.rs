//! The body of an attribute as a list of items: `eq, {a: 1}, hint="why"`.

use cue_syntax::ast::Expr;
use strata_base::FileId;

use crate::text::skip_string;

/// One item of a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Item {
    /// What stands before the first `=`; empty if there is none.
    pub(crate) key: String,
    /// What stands after it, trimmed, quotes kept.
    pub(crate) raw: String,
    /// The whole item, trimmed.
    pub(crate) text: String,
}

impl Item {
    /// The value, without its quotes if it is a string.
    pub(crate) fn value(&self) -> String {
        unquote(&self.raw)
    }
}

/// The content of a string literal; any other text as it is.
fn unquote(text: &str) -> String {
    if text.starts_with(['"', '\'', '#']) {
        let (file, root, diagnostics) = cue_syntax::parse_expr(FileId::NONE, text);
        if let (Expr::String { value, .. }, true) = (file.expr(root), diagnostics.is_empty()) {
            return file.text(value).to_string();
        }
    }
    text.to_owned()
}

/// The items of a body. Brackets and strings hold together what is in them; comments are left out of keys only.
pub(crate) fn split(body: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let (mut at, mut start, mut depth) = (0, 0, 0u32);
    let mut equals = None;
    while at < body.len() {
        if let Some(end) = skip_string(body, at) {
            at = end;
            continue;
        }
        if body[at..].starts_with("//") {
            at = body[at..].find('\n').map_or(body.len(), |length| at + length);
            continue;
        }
        match body.as_bytes()[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                items.push(item(body, start, equals.take(), at));
                start = at + 1;
            }
            b'=' if depth == 0 && equals.is_none() && is_binding(body, at) => equals = Some(at),
            _ => {}
        }
        at += body[at..].chars().next().map_or(1, char::len_utf8);
    }
    items.push(item(body, start, equals, body.len()));
    items
}

/// Whether an `=` is not part of an operator.
fn is_binding(body: &str, at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| body.as_bytes()[at]);
    let after = body.as_bytes().get(at + 1);
    !matches!(before, Some(b'=' | b'!' | b'<' | b'>')) && !matches!(after, Some(b'=' | b'~'))
}

fn item(body: &str, start: usize, equals: Option<usize>, end: usize) -> Item {
    let key = equals.map_or("", |equals| body[start..equals].trim());
    let raw = body[equals.map_or(start, |equals| equals + 1)..end].trim();
    Item { key: key.to_owned(), raw: raw.to_owned(), text: body[start..end].trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> Vec<(String, String)> {
        split(body).into_iter().map(|item| (item.key.clone(), item.value())).collect()
    }

    #[test]
    fn items_are_split_at_outer_commas_and_keys_at_the_first_equals_sign() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            told(r#"err, code=(a|b), contains="x, \"y\"", suberr=(pos=[0:1, 1:2])"#),
            [pair("", "err"), pair("code", "(a|b)"), pair("contains", "x, \"y\""), pair("suberr", "(pos=[0:1, 1:2])")]
        );
    }

    #[test]
    fn operators_are_no_bindings() {
        for body in ["<=1 & >=0", "=~\"a\"", "!=null", "==1"] {
            assert_eq!(told(body), [(String::new(), body.to_owned())]);
        }
    }

    #[test]
    fn quotes_in_comments_do_not_open_strings() {
        assert_eq!(split("eq, {\n// it's\na: 1}, hint=x").len(), 3);
    }
}
