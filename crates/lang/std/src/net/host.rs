//! The functions of `net` on hosts, ports and domain names.

use cue_data::{Function, Kinds as K, Value};

use super::ip;
use crate::args::{Arguments, fail, function, show};

pub(super) const FQDN: Function =
    function("FQDN", &[K::STRING], K::BOOL, |_, args| Ok(is_domain_name(args.string(0)?).into()));

pub(super) const JOIN_HOST_PORT: Function = function("JoinHostPort", &[K::TOP, K::TOP], K::STRING, |_, args| {
    let host = match args.value(0) {
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        list if list.kind() == K::LIST => match ip::address(list) {
            Ok(address) => address.to_string(),
            Err(_) => {
                let elements: Vec<String> = args.list(0)?.elements().map(|element| show(&element)).collect();
                return fail(format!("invalid host [{}]", elements.join(", ")));
            }
        },
        _ => args.string(0)?.to_owned(),
    };
    let port = match args.value(1) {
        Value::String(port) => port.to_string(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => args.i64(1)?.to_string(),
    };
    // The colons of an address would be taken for the one before the port.
    Ok(if host.contains([':', '%']) { format!("[{host}]:{port}") } else { format!("{host}:{port}") }.into())
});

pub(super) const SPLIT_HOST_PORT: Function = function("SplitHostPort", &[K::STRING], K::LIST, |_, args| {
    let text = args.string(0)?;
    match split(text) {
        Ok((host, port)) => Ok(Value::strings([host, port])),
        Err(why) => fail(format!("address {text}: {why}")),
    }
});

const MISSING_PORT: &str = "missing port in address";
const TOO_MANY_COLONS: &str = "too many colons in address";

fn split(text: &str) -> Result<(&str, &str), &'static str> {
    let colon = text.rfind(':').ok_or(MISSING_PORT)?;
    let (host, opening, closing) = match text.strip_prefix('[') {
        Some(_) => {
            let end = text.find(']').ok_or("missing ']' in address")?;
            if end + 1 != colon {
                return Err(if text[end + 1..].starts_with(':') { TOO_MANY_COLONS } else { MISSING_PORT });
            }
            (&text[1..end], 1, end + 1)
        }
        None if text[..colon].contains(':') => return Err(TOO_MANY_COLONS),
        None => (&text[..colon], 0, 0),
    };
    if text[opening..].contains('[') {
        return Err("unexpected '[' in address");
    }
    if text[closing..].contains(']') {
        return Err("unexpected ']' in address");
    }
    Ok((host, &text[colon + 1..]))
}

/// Whether a text is a domain name of ASCII letters, digits and hyphens, labels of other scripts in their encoded form.
fn is_domain_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    (1..=253).contains(&text.len()) && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let lower = label.to_ascii_lowercase();
    if !(1..=63).contains(&lower.len()) || !lower.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return false;
    }
    if lower.starts_with('-') || lower.ends_with('-') {
        return false;
    }
    match lower.strip_prefix("xn--") {
        Some(encoded) => is_encoded(encoded),
        None => lower.get(2..4).is_none_or(|hyphens| hyphens != "--"),
    }
}

/// Whether Punycode decodes, and to something that needs it.
fn is_encoded(text: &str) -> bool {
    let (basic, deltas) = text.rsplit_once('-').unwrap_or(("", text));
    let (mut code, mut index, mut bias, mut first) = (128_u32, 0_u32, 72, true);
    let mut length = u32::try_from(basic.len()).unwrap_or(u32::MAX);
    let mut digits = deltas.bytes();
    if deltas.is_empty() {
        return false;
    }
    while digits.len() > 0 {
        let (start, mut weight) = (index, 1_u32);
        for k in (36..).step_by(36) {
            let Some(digit) = digits.next().and_then(digit_value) else { return false };
            let Some(next) = digit.checked_mul(weight).and_then(|step| index.checked_add(step)) else { return false };
            index = next;
            let threshold = u32::saturating_sub(k, bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            let Some(next) = weight.checked_mul(36 - threshold) else { return false };
            weight = next;
        }
        length += 1;
        bias = adapt(index - start, length, first);
        first = false;
        let Some(next) = code.checked_add(index / length) else { return false };
        code = next;
        index = index % length + 1;
        if char::from_u32(code).is_none_or(|c| !c.is_alphanumeric()) {
            return false;
        }
    }
    true
}

fn digit_value(digit: u8) -> Option<u32> {
    match digit {
        b'a'..=b'z' => Some(u32::from(digit - b'a')),
        b'0'..=b'9' => Some(u32::from(digit - b'0') + 26),
        _ => None,
    }
}

fn adapt(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}
