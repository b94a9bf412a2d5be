//! Where a thing stands: a [`Context`] of three segments, an [`Address`] of five.
//!
//! Both are kept as their one canonical text, so comparing, hashing and storing them needs no second form. A segment
//! may be any text; what could be mistaken for syntax is escaped, so `a/b` and `a_b` are two applications.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The longest segment, in bytes before escaping. Several providers stop at 255 for a name.
const MAX_SEGMENT: usize = 255;

/// What stands in the place of the application where there is none.
const NO_APP: &str = "-";

/// An organisation, an environment and, where there is one, an application: the unit of leases, authority and state.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Context(Arc<str>);

/// `org/env/app/unit/role`, each segment escaped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Arc<str>);

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressError {
    #[error("`{text}` has {found} segment{}, expected {expected}", if *.found == 1 { "" } else { "s" })]
    Segments { text: String, found: usize, expected: &'static str },
    #[error("`{text}` has an empty segment")]
    Empty { text: String },
    #[error("a segment of `{text}` is longer than {MAX_SEGMENT} bytes")]
    Long { text: String },
    #[error("`{text}` is not in canonical form, write `{canonical}`")]
    NotCanonical { text: String, canonical: String },
    #[error("`{text}` has a malformed `%` escape")]
    Escape { text: String },
}

impl Context {
    /// The context of an organisation, an environment and an application, given as plain text.
    pub fn new(org: &str, env: &str, app: Option<&str>) -> Result<Context, AddressError> {
        let mut text = String::with_capacity(org.len() + env.len() + 8);
        push_segment(&mut text, org)?;
        text.push('/');
        push_segment(&mut text, env)?;
        text.push('/');
        match app {
            None => text.push_str(NO_APP),
            Some(app) => push_segment(&mut text, app)?,
        }
        Ok(Context(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As people write it: `acme/prod` where there is no application.
    pub fn short(&self) -> &str {
        self.0.strip_suffix("/-").unwrap_or(&self.0)
    }

    pub fn org(&self) -> Cow<'_, str> {
        segment(&self.0, 0)
    }

    pub fn env(&self) -> Cow<'_, str> {
        segment(&self.0, 1)
    }

    pub fn app(&self) -> Option<Cow<'_, str>> {
        (!self.0.ends_with("/-")).then(|| segment(&self.0, 2))
    }

    /// The address of a role of a unit in this context.
    pub fn address(&self, unit: &str, role: &str) -> Result<Address, AddressError> {
        let mut text = String::with_capacity(self.0.len() + unit.len() + role.len() + 2);
        text.push_str(&self.0);
        text.push('/');
        push_segment(&mut text, unit)?;
        text.push('/');
        push_segment(&mut text, role)?;
        Ok(Address(text.into()))
    }
}

impl Address {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn context(&self) -> Context {
        Context(self.context_str().into())
    }

    /// The text of the context, for comparing without an allocation.
    pub fn context_str(&self) -> &str {
        let end = self.0.match_indices('/').nth(2).map_or(self.0.len(), |(at, _)| at);
        &self.0[..end]
    }

    pub fn is_in(&self, context: &Context) -> bool {
        self.context_str() == context.as_str()
    }

    pub fn unit(&self) -> Cow<'_, str> {
        segment(&self.0, 3)
    }

    pub fn role(&self) -> Cow<'_, str> {
        segment(&self.0, 4)
    }

    /// `unit/role`, as people call it inside one context.
    pub fn local(&self) -> &str {
        &self.0[self.context_str().len() + 1..]
    }
}

fn is_kept(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.' | '~' | ':' | '@' | '+' | '=')
}

/// `-` alone means "no application", dots alone are folders to a file system: their first byte is escaped.
fn is_special(plain: &str) -> bool {
    plain == NO_APP || plain.bytes().all(|byte| byte == b'.')
}

/// Whether a segment is written as it is.
fn is_plain(segment: &str) -> bool {
    !is_special(segment) && segment.len() <= MAX_SEGMENT && segment.chars().all(is_kept)
}

/// The only place that encodes a segment.
fn push_segment(out: &mut String, plain: &str) -> Result<(), AddressError> {
    if plain.is_empty() {
        return Err(AddressError::Empty { text: out.clone() });
    }
    if plain.len() > MAX_SEGMENT {
        return Err(AddressError::Long { text: plain.to_owned() });
    }
    let special = is_special(plain);
    for (at, char) in plain.char_indices() {
        if is_kept(char) && !(special && at == 0) {
            out.push(char);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in char.encode_utf8(&mut bytes).bytes() {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    Ok(())
}

fn segment(text: &str, index: usize) -> Cow<'_, str> {
    let raw = text.split('/').nth(index).unwrap_or_default();
    if raw.contains('%') { Cow::Owned(decode(raw).unwrap_or_default()) } else { Cow::Borrowed(raw) }
}

fn decode(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// Reads canonical text of so many segments and gives it back, or says how it should have been written.
fn canonical(text: &str, segments: usize, expected: &'static str) -> Result<Arc<str>, AddressError> {
    let found = text.split('/').count();
    if found != segments {
        return Err(AddressError::Segments { text: text.to_owned(), found, expected });
    }
    // Nearly every address needs no escape; a store is read faster for it.
    if text.split('/').enumerate().all(|(index, raw)| is_plain(raw) || (index == 2 && raw == NO_APP)) {
        return Ok(text.into());
    }
    let mut out = String::with_capacity(text.len());
    for (index, raw) in text.split('/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        if index == 2 && raw == NO_APP {
            out.push_str(NO_APP);
            continue;
        }
        let plain = decode(raw).ok_or_else(|| AddressError::Escape { text: text.to_owned() })?;
        push_segment(&mut out, &plain).map_err(|error| match error {
            AddressError::Empty { .. } => AddressError::Empty { text: text.to_owned() },
            other => other,
        })?;
    }
    if out != text {
        return Err(AddressError::NotCanonical { text: text.to_owned(), canonical: out });
    }
    Ok(out.into())
}

impl FromStr for Context {
    type Err = AddressError;

    /// `org/env/app`; `org/env` is short for `org/env/-`.
    fn from_str(text: &str) -> Result<Context, AddressError> {
        if text.split('/').count() == 2 {
            return canonical(&format!("{text}/{NO_APP}"), 3, "`org/env` or `org/env/app`").map(Context);
        }
        canonical(text, 3, "`org/env` or `org/env/app`").map(Context)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        canonical(text, 5, "`org/env/app/unit/role`").map(Address)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::codec::text_serde!(Context, Address);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_that_look_alike_do_not_collide() {
        let context = |app| Context::new("acme", "prod", app).unwrap();
        assert_eq!(context(Some("a/b")).as_str(), "acme/prod/a%2Fb");
        assert_eq!(context(Some("a_b")).as_str(), "acme/prod/a_b");
        assert_eq!(context(None).as_str(), "acme/prod/-");
        assert_eq!(context(Some("-")).as_str(), "acme/prod/%2D");
        assert_eq!(context(Some("..")).as_str(), "acme/prod/%2E.");
        assert_eq!(context(Some("a/b")).app().as_deref(), Some("a/b"));
        assert_eq!(context(None).app(), None);
    }

    #[test]
    fn an_address_reads_back_as_it_was_written() {
        let context: Context = "acme/prod/-".parse().unwrap();
        for unit in ["db", "a/b", "50%", "ünï", "."] {
            let address = context.address(unit, "main").unwrap();
            assert_eq!(address.as_str().parse::<Address>().unwrap(), address);
            assert_eq!(address.unit(), unit);
            assert_eq!(address.context(), context);
        }
    }

    #[test]
    fn only_the_canonical_text_is_read() {
        let error = |text: &str| text.parse::<Address>().unwrap_err().to_string();
        assert_eq!(error("a/b/c"), "`a/b/c` has 3 segments, expected `org/env/app/unit/role`");
        assert_eq!(error("a/b//d/e"), "`a/b//d/e` has an empty segment");
        assert_eq!(error("a/b/c/%64/e"), "`a/b/c/%64/e` is not in canonical form, write `a/b/c/d/e`");
        assert_eq!(error("a/b/c/%zz/e"), "`a/b/c/%zz/e` has a malformed `%` escape");
        assert_eq!("acme/prod".parse::<Context>().unwrap().as_str(), "acme/prod/-");
    }
}
