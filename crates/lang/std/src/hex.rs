//! `encoding/hex`: two digits a byte, and dumps.

use std::fmt::Write;

use cue_data::{Call, Function, Kinds as K, Package, Value};

use crate::args::{Answer, Arguments, TEXT, fail, function, int};
use crate::quote;

pub(crate) const PACKAGE: Package = Package { path: "encoding/hex", functions: FUNCTIONS, constants: &[] };

const FUNCTIONS: &[Function] = &[
    function("Decode", &[K::STRING], TEXT, |_, args| decode(args.string(0)?)),
    function("DecodedLen", &[K::INT], K::INT, |_, args| Ok(int(args.i64(0)? / 2))),
    function("Dump", &[TEXT], K::STRING, |call, args| dump(call, args.bytes(0)?)),
    function("Encode", &[TEXT], K::STRING, |call, args| {
        let bytes = args.bytes(0)?;
        call.check_string(bytes.len() * 2)?;
        Ok(encode(bytes).into())
    }),
    function("EncodedLen", &[K::INT], K::INT, |_, args| Ok(int(i128::from(args.i64(0)?) * 2))),
];

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        push(&mut text, byte);
    }
    text
}

fn push(into: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        into.extend(char::from_digit(u32::from(digit), 16));
    }
}

fn decode(text: &str) -> Answer {
    let digits = text.as_bytes();
    if let Some(&wrong) = digits.iter().find(|byte| !byte.is_ascii_hexdigit()) {
        // The byte is told as if it were a character.
        let shown =
            if quote::is_print(char::from(wrong)) { format!(" '{}'", char::from(wrong)) } else { String::new() };
        return fail(format!("encoding/hex: invalid byte: U+{wrong:04X}{shown}"));
    }
    if digits.len() % 2 == 1 {
        return fail("encoding/hex: odd length hex string");
    }
    let value = |digit: u8| u8::try_from(char::from(digit).to_digit(16).unwrap_or(0)).unwrap_or(0);
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect();
    Ok(Value::from(bytes))
}

/// Sixteen bytes a line: offset, bytes in two groups, and what of them is printable ASCII.
fn dump(call: &mut Call<'_>, bytes: &[u8]) -> Answer {
    call.check_string(bytes.len().div_ceil(16).saturating_mul(79))?;
    call.spend(bytes.len() / 4)?;
    let mut text = String::new();
    for (line, chunk) in bytes.chunks(16).enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{:08x}", line * 16);
        for at in 0..16 {
            text.push_str(if at % 8 == 0 { "  " } else { " " });
            match chunk.get(at) {
                Some(&byte) => push(&mut text, byte),
                None => text.push_str("  "),
            }
        }
        let shown = chunk.iter().map(|&byte| if (32..=126).contains(&byte) { char::from(byte) } else { '.' });
        let _ = writeln!(text, "  |{}|", shown.collect::<String>());
    }
    Ok(text.into())
}
