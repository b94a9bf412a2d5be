//! Trees of data from outside: made, told, copied, compared, deep and shallow.

use std::sync::Arc;

use cue_data::{Builder, Call, CallError, Data, Event, Kinds, Limits, Mark, Node, Sink, Value};
use cue_num::Number;
use strata_base::{FileId, Span};
use strata_fixtures::on_small_stack;

/// Prints events without spaces, so that a test can compare text.
#[derive(Default)]
struct Printer {
    text: String,
}

impl Sink for Printer {
    type Error = std::convert::Infallible;

    fn event(&mut self, event: Event<'_>) -> Result<(), Self::Error> {
        let piece = match event {
            Event::Null => "null;".to_owned(),
            Event::Bool(value) => format!("{value};"),
            Event::Number(number) => format!("{};", number.to_cue_string()),
            Event::String(text) => format!("{text:?};"),
            Event::Bytes(bytes) => format!("'{}';", bytes.escape_ascii()),
            Event::BeginList => "[".to_owned(),
            Event::BeginStruct => "{".to_owned(),
            Event::Key(key) => format!("{key}:"),
            Event::End => "end;".to_owned(),
            Event::Spelling(_) => return Ok(()),
        };
        self.text.push_str(&piece);
        Ok(())
    }
}

fn print(data: &Data) -> String {
    let mut printer = Printer::default();
    let Ok(()) = data.emit(data.root(), &mut printer);
    printer.text
}

fn number(text: &str) -> Number {
    Number::parse_literal(text).unwrap()
}

/// `{b: 1, a: [null, "x", 'y', true], c: {}}` with places.
fn sample() -> Data {
    let at = |start, end| Span::new(FileId(0), start, end);
    let mut builder = Builder::new();
    builder.begin_struct(at(0, 1));
    builder.key("b", at(1, 2));
    builder.number(number("1"), at(4, 5));
    builder.key("a", at(7, 8));
    builder.begin_list(at(10, 11));
    builder.null(at(11, 15));
    builder.string("x", at(17, 20));
    builder.bytes(b"y".as_slice(), at(22, 25));
    builder.bool(true, at(27, 31));
    builder.end(at(31, 32));
    builder.key("c", at(34, 35));
    builder.begin_struct(at(37, 38));
    builder.end(at(38, 39));
    builder.end(at(39, 40));
    builder.finish()
}

#[test]
fn what_is_told_is_what_was_built() {
    let data = sample();
    assert_eq!(print(&data), r#"{b:1;a:[null;"x";'y';true;end;c:{end;end;"#);
    let keys: Vec<&str> = data.fields(data.root()).iter().map(|field| &*field.key).collect();
    assert_eq!(keys, ["b", "a", "c"]);
}

#[test]
fn every_node_and_key_has_its_place() {
    let data = sample();
    let list = data.get(data.root(), "a").unwrap();
    assert_eq!((data.span(list).start, data.span(list).end), (10, 32));
    assert_eq!((data.span(data.root()).start, data.span(data.root()).end), (0, 40));
    assert_eq!(data.span(data.elements(list)[1]).start, 17);
    assert_eq!(data.fields(data.root())[1].key_span.start, 7);
}

#[test]
fn a_tree_rebuilt_from_its_events_is_equal() {
    let data = sample();
    let mut builder = Builder::new();
    let Ok(()) = data.emit(data.root(), &mut builder);
    assert_eq!(builder.finish(), data);
}

#[test]
fn equality_ignores_the_order_of_fields_and_minds_the_kind_of_numbers() {
    let build = |fields: &[(&str, &str)]| {
        let mut builder = Builder::new();
        builder.begin_struct(Span::NONE);
        for (key, value) in fields {
            builder.key(key, Span::NONE);
            builder.number(number(value), Span::NONE);
        }
        builder.end(Span::NONE);
        builder.finish()
    };
    let base = build(&[("a", "1"), ("b", "2.0")]);
    assert_eq!(base, build(&[("b", "2.00"), ("a", "1")]));
    for other in [
        build(&[("a", "1"), ("b", "2")]),
        build(&[("a", "1")]),
        build(&[("a", "1"), ("c", "2.0")]),
        build(&[("a", "1"), ("b", "2.0"), ("b", "2.0")]),
    ] {
        assert_ne!(base, other);
        let there = base.compare(base.root(), &other, other.root());
        assert_eq!(there.reverse(), other.compare(other.root(), &base, base.root()));
    }
}

#[test]
fn what_is_sensitive_is_not_shown_to_programmers() {
    let mut data = sample();
    assert_eq!(format!("{data:?}"), r#"{"b": 1, "a": [null, "x", 'y', true], "c": {}}"#);
    let secret = Mark { origin: None, sensitive: true };
    let list = data.get(data.root(), "a").unwrap();
    data.set_mark(data.elements(list)[1], secret);
    assert_eq!(format!("{data:?}"), r#"{"b": 1, "a": [null, (sensitive), 'y', true], "c": {}}"#);
    data.set_mark(list, secret);
    assert_eq!(format!("{data:?}"), r#"{"b": 1, "a": (sensitive), "c": {}}"#);
}

#[test]
fn a_copied_subtree_keeps_places_and_marks() {
    let mut data = sample();
    let list = data.get(data.root(), "a").unwrap();
    let secret = Mark { origin: Some(7), sensitive: true };
    data.set_mark(data.elements(list)[1], secret);

    let mut builder = Builder::new();
    builder.begin_list(Span::NONE);
    builder.copy(&data, list);
    builder.end(Span::NONE);
    let copy = builder.finish();
    let inner = copy.elements(copy.root())[0];
    assert_eq!(copy.compare(inner, &data, list), std::cmp::Ordering::Equal);
    assert_eq!(copy.mark(copy.elements(inner)[1]), secret);
    assert_eq!(copy.mark(inner), Mark::default());
    assert_eq!(copy.span(copy.elements(inner)[3]), data.span(data.elements(list)[3]));
}

#[test]
fn a_hundred_thousand_levels_are_built_copied_compared_told_and_dropped_on_a_small_stack() {
    let deep = || {
        let mut builder = Builder::new();
        for _ in 0..50_000 {
            builder.begin_list(Span::NONE);
            builder.begin_struct(Span::NONE);
            builder.key("k", Span::NONE);
        }
        builder.null(Span::NONE);
        for _ in 0..100_000 {
            builder.end(Span::NONE);
        }
        builder.finish()
    };
    let length = on_small_stack(|| {
        let (a, b) = (deep(), deep());
        let c = b.clone();
        drop(b);
        assert_eq!(a, c);
        let mut builder = Builder::new();
        builder.copy(&a, a.root());
        assert_eq!(builder.finish(), c);
        print(&a).len()
    });
    assert_eq!(length, 50_000 * "[{k:end;end;".len() + "null;".len());
}

#[test]
fn values_are_scalars_or_places_in_a_shared_tree() {
    let data = Arc::new(sample());
    let root = Value::of(&data, data.root());
    let Value::Tree(tree) = &root else { panic!("a struct is a tree") };
    assert_eq!(tree.get("b"), Some(Value::Number(number("1"))));
    assert_eq!(tree.get("missing"), None);
    let Some(Value::Tree(list)) = tree.get("a") else { panic!("a list is a tree") };
    let kinds: Vec<String> = list.elements().map(|element| element.kind().to_string()).collect();
    assert_eq!(kinds, ["null", "string", "bytes", "bool"]);
    assert_eq!(Value::list(&list.elements().collect::<Vec<_>>()), Value::Tree(list));
    assert_eq!(root.kind(), Kinds::STRUCT);
    assert!(matches!(Value::strings(["p"]).to_data().node(Data::ROOT), Node::List(_)));
}

#[test]
fn work_and_sizes_are_refused_as_limits() {
    let limits = Limits { string_bytes: 10, list_length: 3 };
    let mut work = 5;
    let mut call = Call::new(&limits, &mut work);
    assert_eq!(call.check_string(10), Ok(()));
    assert!(matches!(call.check_string(11), Err(CallError::Limit(_))));
    assert!(matches!(call.check_list(4), Err(CallError::Limit(_))));
    assert_eq!(call.spend(5), Ok(()));
    assert!(matches!(call.spend(1), Err(CallError::Limit(_))));
}
