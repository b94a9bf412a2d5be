//! The functions of `net` on URLs: escaping, and whether a text is one.

use cue_data::{Call, CallError, Function, Kinds as K, Value};

use super::address::Address;
use crate::args::{Answer, Arguments, fail, function};
use crate::quote::{Escape, quoted};

const S: K = K::STRING;

pub(super) const PATH_ESCAPE: Function =
    function("PathEscape", &[S], S, |call, args| escape(call, args.string(0)?, Part::PathSegment));
pub(super) const PATH_UNESCAPE: Function =
    function("PathUnescape", &[S], S, |_, args| answer(unescape(args.string(0)?, Part::PathSegment)));
pub(super) const QUERY_ESCAPE: Function =
    function("QueryEscape", &[S], S, |call, args| escape(call, args.string(0)?, Part::Query));
pub(super) const QUERY_UNESCAPE: Function =
    function("QueryUnescape", &[S], S, |_, args| answer(unescape(args.string(0)?, Part::Query)));

pub(super) const URL: Function = function("URL", &[S], K::BOOL, |_, args| is_url(args, false));
pub(super) const ABS_URL: Function = function("AbsURL", &[S], K::BOOL, |_, args| is_url(args, true));

fn answer(result: Result<String, String>) -> Answer {
    result.map(Value::from).map_err(CallError::Message)
}

/// What a text is a part of, which says what of it has to be escaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    PathSegment,
    Path,
    Query,
    Host,
    Zone,
    User,
}

fn is_plain(byte: u8, part: Part) -> bool {
    byte.is_ascii_alphanumeric()
        || b"-_.~".contains(&byte)
        || match part {
            Part::PathSegment => b"$&+=:@".contains(&byte),
            Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"".contains(&byte),
            Part::Path | Part::Query | Part::User => false,
        }
}

fn escape(call: &Call<'_>, text: &str, part: Part) -> Answer {
    call.check_string(text.len().saturating_mul(3))?;
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            _ if is_plain(byte, part) => escaped.push(char::from(byte)),
            b' ' if part == Part::Query => escaped.push('+'),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(escaped.into())
}

fn shown(text: &str) -> String {
    quoted(text, '"', Escape::Unprintable)
}

/// The text without its escapes; bytes that make no character are replaced.
fn unescape(text: &str, part: Part) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '%' {
            let byte = rest.get(1..3).and_then(hexadecimal);
            let allowed = byte.is_some_and(|byte| match part {
                Part::Host => byte >= 0x80 || byte == b'%',
                Part::Zone => matches!(byte, b'%' | b' ') || is_plain(byte, Part::Host),
                _ => true,
            });
            let Some(byte) = byte.filter(|_| allowed) else {
                return Err(format!("invalid URL escape {}", start_of(rest)));
            };
            bytes.push(byte);
            rest = &rest[3..];
            continue;
        }
        if matches!(part, Part::Host | Part::Zone) && c.is_ascii() && !is_plain(c as u8, part) {
            return Err(format!("invalid character {} in host name", shown(&rest[..1])));
        }
        let plus = c == '+' && part == Part::Query;
        bytes.extend_from_slice(if plus { b" " } else { &rest.as_bytes()[..c.len_utf8()] });
        rest = &rest[c.len_utf8()..];
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first three bytes as a message shows them, even if they cut a character in two.
fn start_of(text: &str) -> String {
    let bytes = &text.as_bytes()[..text.len().min(3)];
    let whole = (0..=bytes.len()).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    let mut start = shown(&text[..whole]);
    start.pop();
    start.extend(bytes[whole..].iter().map(|byte| format!("\\x{byte:02x}")));
    start + "\""
}

fn hexadecimal(digits: &str) -> Option<u8> {
    let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| plain)
}

fn is_url(args: &[Value], absolute: bool) -> Answer {
    let text = args.string(0)?;
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    // A mistake before the fragment is told of what stands before the fragment.
    let scheme = check(url).map_err(|why| CallError::message(format!("parse {}: {why}", shown(url))))?;
    unescape(fragment, Part::Path).map_err(|why| CallError::message(format!("parse {}: {why}", shown(text))))?;
    if absolute && scheme.is_empty() {
        return fail("URL is not absolute");
    }
    Ok(true.into())
}

/// Checks a URL without fragment and gives its scheme.
fn check(url: &str) -> Result<&str, String> {
    if url.bytes().any(|b| b < b' ' || b == 0x7F) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let (scheme, rest) = split_scheme(url)?;
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            // `mailto:x`: anything goes.
            return Ok(scheme);
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut path = rest;
    if let Some(behind) = rest.strip_prefix("//").filter(|_| !scheme.is_empty() || !rest.starts_with("///")) {
        let end = behind.find('/').unwrap_or(behind.len());
        authority(&behind[..end])?;
        path = &behind[end..];
    }
    unescape(path, Part::Path)?;
    Ok(scheme)
}

fn split_scheme(url: &str) -> Result<(&str, &str), String> {
    for (at, c) in url.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => return Ok((&url[..at], &url[at + 1..])),
            _ => break,
        }
    }
    Ok(("", url))
}

fn authority(text: &str) -> Result<(), String> {
    let (user, host_port) = text.rsplit_once('@').map_or((None, text), |(user, host)| (Some(user), host));
    host(host_port)?;
    let Some(user) = user else { return Ok(()) };
    if !user.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b)) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    unescape(name, Part::User)?;
    unescape(password, Part::User).map(drop)
}

fn host(text: &str) -> Result<(), String> {
    match text.rfind('[') {
        Some(0) => return literal(text),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    if let Some(colon) = text.rfind(':') {
        port(&text[colon..])?;
    }
    unescape(text, Part::Host).map(drop)
}

/// An address of version 6 in brackets, and perhaps a port.
fn literal(text: &str) -> Result<(), String> {
    let end = text.rfind(']').ok_or("missing ']' in host")?;
    port(&text[end + 1..])?;
    let name = &text[1..end];
    let zone = name.find("%25").unwrap_or(name.len());
    let address = unescape(&name[..zone], Part::Host)? + &unescape(&name[zone..], Part::Zone)?;
    match Address::parse(&address) {
        Ok(Address::V6(..)) => Ok(()),
        Ok(Address::V4(_)) => Err("invalid IP-literal".to_owned()),
        Err(why) => Err(format!("invalid host: {why}")),
    }
}

/// Nothing, or a colon and digits.
fn port(text: &str) -> Result<(), String> {
    let valid =
        text.is_empty() || text.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    if valid { Ok(()) } else { Err(format!("invalid port {} after host", shown(text))) }
}
