//! `uuid`: RFC 4122 identifiers as text.

use cue_data::{CallError, Constant, Function, Kinds as K, Package, Value};
use cue_num::{BigInt, BigUint};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;

use crate::args::{Arguments, TEXT, fail, function, int};
use crate::{hex, quote};

pub(crate) const PACKAGE: Package = Package {
    path: "uuid",
    functions: FUNCTIONS,
    constants: &[
        (
            "ns",
            Constant::Cue(
                r#"{
                    DNS:  "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
                    URL:  "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
                    OID:  "6ba7b812-9dad-11d1-80b4-00c04fd430c8"
                    X500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8"
                    Nil:  "00000000-0000-0000-0000-000000000000"
                }"#,
            ),
        ),
        ("variants", Constant::Cue("{Invalid: 0, RFC4122: 1, Reserved: 2, Microsoft: 3, Future: 4}")),
    ],
};

const S: K = K::STRING;

const FUNCTIONS: &[Function] = &[
    function("FromInt", &[K::INT], S, |_, args| {
        let bytes = args.bigint(0)?.into_parts().1.to_be_bytes();
        let Some(leading) = 16_usize.checked_sub(bytes.len()) else {
            return fail(format!("invalid UUID (got {} bytes)", bytes.len()));
        };
        let mut uuid = [0; 16];
        uuid[leading..].copy_from_slice(&bytes);
        Ok(text(&uuid).into())
    }),
    function("MD5", &[S, TEXT], S, |call, args| {
        let (space, data) = (parse(args.string(0)?)?, args.bytes(1)?);
        call.spend(data.len() / 16)?;
        Ok(text(&named(&Md5::new().chain_update(space).chain_update(data).finalize(), 3)).into())
    }),
    function("Parse", &[S], S, |_, args| Ok(text(&parse(args.string(0)?)?).into())),
    function("SHA1", &[S, TEXT], S, |call, args| {
        let (space, data) = (parse(args.string(0)?)?, args.bytes(1)?);
        call.spend(data.len() / 16)?;
        Ok(text(&named(&Sha1::new().chain_update(space).chain_update(data).finalize(), 5)).into())
    }),
    // The number whose bytes are those of the text, as it is written.
    function("ToInt", &[S], K::INT, |_, args| Ok(int(BigInt::from(BigUint::from_be_bytes(args.bytes(0)?))))),
    function("URN", &[S], S, |_, args| Ok(format!("urn:uuid:{}", text(&parse(args.string(0)?)?)).into())),
    function("Valid", &[S], K::BOOL, |_, args| {
        let given = args.string(0)?;
        if given.len() == 38 && !(given.starts_with('{') && given.ends_with('}')) {
            return fail("invalid bracketed UUID format");
        }
        parse(given).map(|_| Value::Bool(true))
    }),
    function("Variant", &[S], K::INT, |_, args| {
        let uuid = parse(args.string(0)?)?;
        Ok(int(match uuid[8] {
            0x80..=0xBF => 1,
            0xC0..=0xDF => 3,
            0xE0..=0xFF => 4,
            0x00..=0x7F => 2,
        }))
    }),
    function("Version", &[S], K::INT, |_, args| Ok(int(i32::from(parse(args.string(0)?)?[6] >> 4)))),
];

type Uuid = [u8; 16];

fn text(uuid: &Uuid) -> String {
    let digits = hex::encode(uuid);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// The identifier that a digest makes: its first bytes, marked with version and variant.
fn named(digest: &[u8], version: u8) -> Uuid {
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&digest[..16]);
    uuid[6] = (uuid[6] & 0x0F) | version << 4;
    uuid[8] = (uuid[8] & 0x3F) | 0x80;
    uuid
}

/// Reads the forms `8-4-4-4-12` digits, the same in braces or behind `urn:uuid:`, and 32 digits.
fn parse(given: &str) -> Result<Uuid, CallError> {
    let bytes = given.as_bytes();
    let digits = match bytes.len() {
        32 => bytes.to_vec(),
        36 => without_dashes(bytes)?,
        38 => without_dashes(&bytes[1..37])?,
        45 => {
            if !bytes[..9].eq_ignore_ascii_case(b"urn:uuid:") {
                let prefix = String::from_utf8_lossy(&bytes[..9]);
                let shown = quote::quoted(&prefix, '"', quote::Escape::Unprintable);
                return fail(format!("invalid urn prefix: {shown}"));
            }
            without_dashes(&bytes[9..])?
        }
        length => return fail(format!("invalid UUID length: {length}")),
    };
    let mut uuid = [0; 16];
    for (byte, pair) in uuid.iter_mut().zip(digits.chunks(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => *byte = high << 4 | low,
            _ => return fail("invalid UUID format"),
        }
    }
    Ok(uuid)
}

fn without_dashes(bytes: &[u8]) -> Result<Vec<u8>, CallError> {
    let is_dash = |at: &usize| matches!(at, 8 | 13 | 18 | 23);
    if (0..36).filter(is_dash).any(|at| bytes[at] != b'-') {
        return fail("invalid UUID format");
    }
    Ok((0..36).filter(|at| !is_dash(at)).map(|at| bytes[at]).collect())
}
