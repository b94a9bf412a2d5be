//! Each line of a table is a call and what the original answers: a value, or `!` and its words. Lines that begin with
//! `#` say where we differ and why.

use cue_data::{Builder, Call, CallError, Constant, Kinds, Limits, Value};
use cue_num::Number;
use cue_std::package;
use cue_syntax::ast::{DeclKind, Expr, ExprId, File, Label, SelectorLabel, UnaryOp};
use strata_base::{FileId, Span};

macro_rules! tables {
    ($($test:ident $path:literal $file:literal;)*) => {$(
        #[test]
        fn $test() {
            check($path, include_str!(concat!("tables/", $file)));
        }
    )*};
}

tables! {
    strings "strings" "strings.txt";
    list "list" "list.txt";
    strconv "strconv" "strconv.txt";
    regexp "regexp" "regexp.txt";
    structs "struct" "struct.txt";
    math "math" "math.txt";
    bits "math/bits" "bits.txt";
    base64 "encoding/base64" "base64.txt";
    hex "encoding/hex" "hex.txt";
    sha256 "crypto/sha256" "sha256.txt";
    sha512 "crypto/sha512" "sha512.txt";
    sha1 "crypto/sha1" "sha1.txt";
    md5 "crypto/md5" "md5.txt";
    hmac "crypto/hmac" "hmac.txt";
    net "net" "net.txt";
    path "path" "path.txt";
    csv "encoding/csv" "csv.txt";
    ed25519 "crypto/ed25519" "ed25519.txt";
    tabwriter "text/tabwriter" "tabwriter.txt";
    html "html" "html.txt";
    json "encoding/json" "json.txt";
    yaml "encoding/yaml" "yaml.txt";
    uuid "uuid" "uuid.txt";
    time "time" "time.txt";
}

fn check(path: &str, table: &str) {
    let mut failures = String::new();
    let mut used = std::collections::BTreeSet::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (call, expected) = line.rsplit_once(" => ").unwrap_or_else(|| panic!("no expectation: {line}"));
        let (file, root) = parse(call);
        let answer = match answer(path, &file, root, &mut used) {
            Ok(value) => render(&value),
            Err(message) => format!("! {message}"),
        };
        let expected = match expected.strip_prefix("! ") {
            Some(_) => expected.to_owned(),
            None => {
                let (file, root) = parse(expected);
                render(&value(&file, root))
            }
        };
        if answer != expected {
            failures.push_str(&format!("{call}\n  expected {expected}\n  found    {answer}\n"));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    let package = package(path).expect("a package");
    let untested: Vec<&str> =
        package.functions.iter().map(|function| function.name).filter(|name| !used.contains(*name)).collect();
    assert!(untested.is_empty(), "no line calls {untested:?}");
}

fn parse(text: &str) -> (File, ExprId) {
    let (file, root, diagnostics) = cue_syntax::parse_expr(FileId::NONE, text);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    (file, root)
}

fn answer(
    path: &str,
    file: &File,
    root: ExprId,
    used: &mut std::collections::BTreeSet<String>,
) -> Result<Value, String> {
    let Expr::Call { function, arguments } = file.expr(root) else { return constant(path, file, root) };
    let name = selected(file, function);
    let function = package(path).and_then(|package| package.function(&name)).expect("a function of the package");
    used.insert(name);
    let arguments: Vec<Value> = file.expr_list(arguments).iter().map(|&argument| value(file, argument)).collect();
    let required = function.params.len() - function.optional;
    assert!((required..=function.params.len()).contains(&arguments.len()), "arguments of {}", function.name);
    for (argument, kinds) in arguments.iter().zip(function.params) {
        assert!(kinds.contains(argument.kind()), "{argument:?} of {}", function.name);
    }
    let limits = Limits::default();
    let mut work = 10_000_000;
    match function.invoke(&mut Call::new(&limits, &mut work), &arguments) {
        Ok(value) => {
            assert!(function.result.contains(value.kind()), "{value:?} of {}", function.name);
            Ok(value)
        }
        // What a validator refuses is false when it is called.
        Err(CallError::Unsatisfied(_)) if function.result == Kinds::BOOL => Ok(false.into()),
        Err(CallError::Message(text) | CallError::Unsatisfied(text)) => Err(text),
        Err(CallError::Limit(limit)) => Err(limit.to_string()),
        Err(other) => Err(format!("{other:?}")),
    }
}

fn constant(path: &str, file: &File, root: ExprId) -> Result<Value, String> {
    let name = selected(file, root);
    let constants = package(path).expect("a package").constants;
    let constant = constants.iter().find(|(constant, _)| *constant == name).expect("a constant of the package");
    Ok(match constant.1 {
        Constant::Int(value) => Value::Number(value.into()),
        Constant::Number(text) => Value::Number(Number::parse_literal(text).expect("a number")),
        Constant::String(text) => text.into(),
        Constant::Cue(text) => {
            let (file, root) = parse(text);
            value(&file, root)
        }
    })
}

fn selected(file: &File, id: ExprId) -> String {
    match file.expr(id) {
        Expr::Selector { label: SelectorLabel::Ident(name), .. } => file.text(name).to_string(),
        other => panic!("no name of a package: {other:?}"),
    }
}

fn value(file: &File, id: ExprId) -> Value {
    match file.expr(id) {
        Expr::Null => Value::Null,
        Expr::Bool(value) => Value::Bool(value),
        Expr::Int(text) | Expr::Float(text) => Value::Number(Number::parse_literal(file.text(text)).expect("a number")),
        Expr::String { value, .. } => Value::String(file.text(value).clone()),
        Expr::Bytes { value, .. } => Value::Bytes(file.byte_string(value).clone()),
        Expr::Unary { op: UnaryOp::Minus, operand } => match value(file, operand) {
            Value::Number(number) => Value::Number(number.neg()),
            other => panic!("minus {other:?}"),
        },
        Expr::List(elements) => {
            let elements: Vec<Value> = file.expr_list(elements).iter().map(|&element| value(file, element)).collect();
            Value::list(&elements)
        }
        Expr::Struct(decls) => {
            let mut builder = Builder::new();
            builder.begin_struct(Span::NONE);
            for decl in file.decl_list(decls) {
                let DeclKind::Field(field) = file.decl(*decl) else { panic!("no field") };
                let (Label::Ident(key) | Label::String { value: key, .. }) = field.label else { panic!("no key") };
                builder.key(file.text(key), Span::NONE);
                builder.value(&value(file, field.value));
            }
            builder.end(Span::NONE);
            Value::root(builder.finish())
        }
        other => panic!("no literal: {other:?}"),
    }
}

/// Numbers are shown to the last zero, bytes by number.
fn render(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_cue_string(),
        Value::String(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("bytes {bytes:?}"),
        Value::Tree(tree) if value.kind() == Kinds::LIST => {
            format!("[{}]", tree.elements().map(|element| render(&element)).collect::<Vec<_>>().join(", "))
        }
        Value::Tree(tree) => {
            let fields = tree
                .fields()
                .iter()
                .map(|field| format!("{}: {}", field.key, render(&Value::of(tree.data(), field.value))));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn packages_are_found_by_path() {
    let paths: Vec<&str> = cue_std::packages().iter().map(|package| package.path).collect();
    assert!(paths.is_sorted());
    for known in cue_std::packages() {
        assert_eq!(package(known.path).map(|package| package.path), Some(known.path));
        assert!(known.functions.is_sorted_by_key(|function| function.name), "{}", known.path);
        assert!(known.constants.is_sorted_by_key(|constant| constant.0), "{}", known.path);
    }
    assert!(package("string").is_none());
}
