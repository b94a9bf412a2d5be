//! `encoding/yaml`: values as YAML and back. `Validate` and `ValidatePartial` need an evaluator and are not here.

use cue_data::{Call, CallError, Data, Function, Kinds as K, Package, Value};
use cue_encode::yaml::{Writer, read};
use cue_encode::{ReadOptions, WriteError};
use strata_base::FileId;

use crate::args::{Arguments, TEXT, fail, function};
use crate::json::{limit, list, refused, text, written};

pub(crate) const PACKAGE: Package = Package { path: "encoding/yaml", functions: FUNCTIONS, constants: &[] };

const FUNCTIONS: &[Function] = &[
    function("Marshal", &[K::TOP], K::STRING, |call, args| {
        marshal(call, std::slice::from_ref(args.value(0))).map(Value::from)
    }),
    function("MarshalStream", &[K::TOP], K::STRING, |call, args| {
        let documents: Vec<Value> = args.list(0)?.elements().collect();
        marshal(call, &documents).map(Value::from)
    }),
    function("Unmarshal", &[TEXT], K::TOP, |call, args| match parse(call, args.bytes(0)?)?.as_slice() {
        [] => Ok(Value::Null),
        [only] => Ok(Value::root(only.clone())),
        _ => fail("expected a single YAML document"),
    }),
    function("UnmarshalStream", &[TEXT], K::TOP, |call, args| {
        let documents = parse(call, args.bytes(0)?)?;
        // A stream of nothing is one document of nothing.
        if documents.is_empty() { Ok(Value::list(&[Value::Null])) } else { Ok(list(&documents)) }
    }),
];

fn parse(call: &mut Call<'_>, bytes: &[u8]) -> Result<Vec<Data>, CallError> {
    let text = text(bytes)?;
    call.spend(text.len() / 16)?;
    read(FileId::NONE, text, &ReadOptions::default()).map_err(|problems| refused(&problems))
}

fn marshal(call: &mut Call<'_>, documents: &[Value]) -> Result<String, CallError> {
    let mut text = String::new();
    let mut writer = Writer::new(&mut text, limit(call));
    let mut write = || -> Result<(), WriteError> {
        for document in documents {
            writer.next_document()?;
            match document {
                Value::Tree(tree) => tree.data().emit(tree.node(), &mut writer)?,
                scalar => {
                    let data = scalar.to_data();
                    data.emit(data.root(), &mut writer)?;
                }
            }
        }
        Ok(())
    };
    let done = write();
    call.spend(text.len() / 16)?;
    written(done.map(|()| text))
}
