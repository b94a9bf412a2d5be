//! How later values are computed once what they are made of is known. Planning and applying both ask here.

use std::fmt::Write as _;

use crate::digest::{Digest, hex};
use crate::later::Function;
use crate::value::Value;

/// The text of parts put together. Only text, numbers and truth values have one.
pub fn join(parts: &[Value]) -> Result<String, String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Value::String(part) => text.push_str(part),
            Value::Number(number) => text.push_str(&number.as_str()),
            Value::Bool(bool) => text.push_str(if *bool { "true" } else { "false" }),
            Value::Null => return Err("cannot join null to text".to_owned()),
            Value::List(_) => return Err("cannot join a list to text".to_owned()),
            Value::Map(_) => return Err("cannot join an object to text".to_owned()),
            Value::Later(_) | Value::Sealed(_) | Value::Unknown => {
                return Err("cannot join what is not known".to_owned());
            }
        }
    }
    Ok(text)
}

impl Function {
    /// Applies it to an argument that is plain data.
    pub fn apply(self, argument: &Value) -> Result<String, String> {
        if self == Function::Json {
            return Ok(argument.to_string());
        }
        let Some(text) = argument.as_str() else {
            return Err(format!("`{}` takes text", self.name()));
        };
        Ok(match self {
            Function::Base64 => base64(text.as_bytes()),
            Function::UrlEncode => url_encode(text),
            Function::Sha256 => hex(&Digest::of(text.as_bytes()).0),
            Function::Json => argument.to_string(),
        })
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            if digit > chunk.len() {
                text.push('=');
            } else {
                text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
            }
        }
    }
    text
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_give_what_their_names_say() {
        let apply = |function: Function, text: &str| function.apply(&Value::from(text)).unwrap();
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(apply(Function::Base64, plain), encoded);
        }
        assert_eq!(apply(Function::UrlEncode, "p@ss w/rd~"), "p%40ss%20w%2Frd~");
        assert_eq!(apply(Function::Sha256, "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(apply(Function::Json, "a\"b"), r#""a\"b""#);
        assert_eq!(join(&[Value::from("port "), Value::from(80), Value::from(true)]).unwrap(), "port 80true");
        assert!(join(&[Value::map()]).is_err());
        assert!(Function::Base64.apply(&Value::from(1)).is_err());
    }
}
