//! `encoding/base64`: the standard alphabet with padding. The first argument is reserved and has to be null.

use cue_data::{Call, CallError, Function, Kinds as K, Package, Value};

use crate::args::{Answer, Arguments, TEXT, fail, function, int, show};

pub(crate) const PACKAGE: Package = Package { path: "encoding/base64", functions: FUNCTIONS, constants: &[] };

const FUNCTIONS: &[Function] = &[
    function("Decode", &[K::TOP, K::STRING], TEXT, |_, args| {
        standard(args)?;
        decode(args.string(1)?).map(Value::from).or_else(|at| fail(format!("illegal base64 data at input byte {at}")))
    }),
    function("DecodedLen", &[K::TOP, K::INT], K::INT, |_, args| {
        standard(args)?;
        Ok(int(args.i64(1)? / 4 * 3))
    }),
    function("Encode", &[K::TOP, TEXT], K::STRING, |call, args| {
        standard(args)?;
        encode(call, args.bytes(1)?)
    }),
    function("EncodedLen", &[K::TOP, K::INT], K::INT, |_, args| {
        standard(args)?;
        let bytes = i128::from(args.i64(1)?);
        Ok(int((bytes + 2) / 3 * 4))
    }),
];

fn standard(args: &[Value]) -> Result<(), CallError> {
    match args.value(0) {
        Value::Null => Ok(()),
        other => fail(format!(
            "base64: unsupported encoding: cannot use value {} (type {}) as null",
            show(other),
            other.kind()
        )),
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode(call: &Call<'_>, bytes: &[u8]) -> Answer {
    call.check_string(bytes.len().div_ceil(3).saturating_mul(4))?;
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, at| group << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let index = (group >> (18 - 6 * at)) & 63;
            text.push(if at <= chunk.len() { char::from(ALPHABET[index as usize]) } else { '=' });
        }
    }
    Ok(text.into())
}

/// The bytes, or where the first mistake is. Line ends are passed over.
fn decode(text: &str) -> Result<Vec<u8>, usize> {
    let mut digits = text.bytes().enumerate().filter(|&(_, byte)| byte != b'\r' && byte != b'\n');
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    loop {
        let mut group = 0;
        let mut count = 0;
        while count < 4 {
            let Some((at, byte)) = digits.next() else {
                // An incomplete group is blamed on its start.
                return if count == 0 { Ok(bytes) } else { Err(text.len() - count) };
            };
            if byte == b'=' {
                padding(count, at, text.len(), &mut digits)?;
                let kept = count - 1;
                group <<= 6 * (4 - count);
                bytes.extend(&u32::to_be_bytes(group)[1..=kept]);
                return Ok(bytes);
            }
            let digit = ALPHABET.iter().position(|&letter| letter == byte).ok_or(at)?;
            group = group << 6 | u32::try_from(digit).unwrap_or(0);
            count += 1;
        }
        bytes.extend(&group.to_be_bytes()[1..]);
    }
}

/// Checks what follows the first `=` of a group in which `count` digits stand.
fn padding(count: usize, at: usize, length: usize, rest: &mut impl Iterator<Item = (usize, u8)>) -> Result<(), usize> {
    match count {
        0 | 1 => return Err(at),
        2 => match rest.next() {
            Some((_, b'=')) => {}
            Some((other, _)) => return Err(other - 1),
            None => return Err(length),
        },
        _ => {}
    }
    rest.next().map_or(Ok(()), |(trailing, _)| Err(trailing))
}
