//! IP addresses and prefixes as text and bytes. Reading is strict: no leading zeros, nothing left out.

use std::cmp::Ordering;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::quote::{Escape, quoted};

/// An address of version 4 or 6; one of version 6 may name a zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Address {
    V4([u8; 4]),
    V6([u8; 16], String),
}

/// An address and how many of its bits name the network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Prefix {
    pub(crate) address: Address,
    pub(crate) bits: u32,
}

/// What is wrong, and where if it is not everywhere.
type Fault<'a> = (&'static str, Option<&'a str>);

fn shown(text: &str) -> String {
    quoted(text, '"', Escape::Unprintable)
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Address, String> {
        let address = match text.find(['.', ':', '%']).map(|at| text.as_bytes()[at]) {
            Some(b'.') => v4(text).map(Address::V4),
            Some(b':') => v6(text),
            Some(_) => Err(("missing IPv6 address", None)),
            None => Err(("unable to parse IP", None)),
        };
        address.map_err(|(why, at)| {
            let place = at.map_or_else(String::new, |at| format!(" (at {})", shown(at)));
            format!("ParseAddr({}): {why}{place}", shown(text))
        })
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Address> {
        if let Ok(bytes) = bytes.try_into() {
            return Some(Address::V4(bytes));
        }
        bytes.try_into().ok().map(|bytes| Address::V6(bytes, String::new()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Address::V4(bytes) => bytes,
            Address::V6(bytes, _) => bytes,
        }
    }

    pub(crate) fn bits(&self) -> u32 {
        if self.is_v4() { 32 } else { 128 }
    }

    pub(crate) fn is_v4(&self) -> bool {
        matches!(self, Address::V4(_))
    }

    /// The sixteen bytes of the address; of one of version 4 those of its mapping.
    pub(crate) fn bytes16(&self) -> [u8; 16] {
        match self {
            Address::V4(bytes) => Ipv4Addr::from(*bytes).to_ipv6_mapped().octets(),
            Address::V6(bytes, _) => *bytes,
        }
    }

    /// The address of version 4 that one of version 6 maps, else the address itself.
    fn unmapped(&self) -> Address {
        match self {
            Address::V6(bytes, _) => match Ipv6Addr::from(*bytes).to_ipv4_mapped() {
                Some(v4) => Address::V4(v4.octets()),
                None => self.clone(),
            },
            Address::V4(_) => self.clone(),
        }
    }

    pub(crate) fn is_loopback(&self) -> bool {
        match self.unmapped() {
            Address::V4(bytes) => bytes[0] == 127,
            Address::V6(bytes, _) => Ipv6Addr::from(bytes).is_loopback(),
        }
    }

    pub(crate) fn is_multicast(&self) -> bool {
        match self.unmapped() {
            Address::V4(bytes) => bytes[0] & 0xF0 == 0xE0,
            Address::V6(bytes, _) => bytes[0] == 0xFF,
        }
    }

    pub(crate) fn is_interface_local_multicast(&self) -> bool {
        matches!(self.unmapped(), Address::V6(bytes, _) if bytes[0] == 0xFF && bytes[1] & 0x0F == 1)
    }

    pub(crate) fn is_link_local_multicast(&self) -> bool {
        match self.unmapped() {
            Address::V4(bytes) => bytes[..3] == [224, 0, 0],
            Address::V6(bytes, _) => bytes[0] == 0xFF && bytes[1] & 0x0F == 2,
        }
    }

    pub(crate) fn is_link_local_unicast(&self) -> bool {
        match self.unmapped() {
            Address::V4(bytes) => bytes[..2] == [169, 254],
            Address::V6(bytes, _) => bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80,
        }
    }

    pub(crate) fn is_global_unicast(&self) -> bool {
        let address = self.unmapped();
        let special = match address {
            Address::V4(bytes) => bytes == [0; 4] || bytes == [255; 4],
            Address::V6(bytes, _) => bytes == [0; 16],
        };
        !special && !self.is_loopback() && !self.is_multicast() && !self.is_link_local_unicast()
    }

    pub(crate) fn is_unspecified(&self) -> bool {
        match self {
            Address::V4(bytes) => *bytes == [0; 4],
            Address::V6(bytes, zone) => *bytes == [0; 16] && zone.is_empty(),
        }
    }

    /// Version 4 before version 6, then by value, then by zone.
    pub(crate) fn compare(&self, other: &Address) -> Ordering {
        let zone = |address: &Address| match address {
            Address::V4(_) => String::new(),
            Address::V6(_, zone) => zone.clone(),
        };
        let by_size = self.bits().cmp(&other.bits());
        by_size.then_with(|| self.bytes().cmp(other.bytes())).then_with(|| zone(self).cmp(&zone(other)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::V4(bytes) => Ipv4Addr::from(*bytes).fmt(f),
            Address::V6(bytes, zone) => {
                Ipv6Addr::from(*bytes).fmt(f)?;
                if zone.is_empty() { Ok(()) } else { write!(f, "%{zone}") }
            }
        }
    }
}

impl Prefix {
    pub(crate) fn parse(text: &str) -> Result<Prefix, String> {
        let refuse = |why: &str| format!("netip.ParsePrefix({}): {why}", shown(text));
        let (address, bits) = text.rsplit_once('/').ok_or_else(|| refuse("no '/'"))?;
        let address = Address::parse(address).map_err(|why| refuse(&why))?;
        if matches!(&address, Address::V6(_, zone) if !zone.is_empty()) {
            return Err(refuse("IPv6 zones cannot be present in a prefix"));
        }
        let plain = bits.len() == 1 || bits.starts_with(|c: char| ('1'..='9').contains(&c));
        let number = bits.parse::<i64>().ok().filter(|_| plain);
        let number = number.ok_or_else(|| refuse(&format!("bad bits after slash: {}", shown(bits))))?;
        match u32::try_from(number) {
            Ok(bits) if bits <= address.bits() => Ok(Prefix { address, bits }),
            _ => Err(refuse("prefix length out of range")),
        }
    }

    /// One bit for each that names the network.
    pub(crate) fn mask(&self) -> Vec<u8> {
        let bytes = self.address.bytes().iter().enumerate();
        let mask = bytes.map(|(at, _)| {
            let ones = self.bits.saturating_sub(u32::try_from(at * 8).unwrap_or(u32::MAX)).min(8);
            u8::try_from(0xFF00_u32 >> ones & 0xFF).unwrap_or(0)
        });
        mask.collect()
    }

    pub(crate) fn network(&self) -> Vec<u8> {
        self.address.bytes().iter().zip(self.mask()).map(|(byte, mask)| byte & mask).collect()
    }

    pub(crate) fn contains(&self, address: &Address) -> bool {
        let zoned = matches!(address, Address::V6(_, zone) if !zone.is_empty());
        let mut bytes = address.bytes().iter().zip(self.mask()).zip(self.network());
        !zoned && self.address.bits() == address.bits() && bytes.all(|((byte, mask), network)| byte & mask == network)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

fn v4(text: &str) -> Result<[u8; 4], Fault<'_>> {
    let mut fields = [0; 4];
    let (mut field, mut digits, mut at) = (0_u32, 0, 0);
    for (index, c) in text.char_indices() {
        match c {
            '0'..='9' => {
                if digits == 1 && field == 0 {
                    return Err(("IPv4 field has octet with leading zero", None));
                }
                field = field * 10 + c.to_digit(10).unwrap_or(0);
                digits += 1;
                fields[at] = u8::try_from(field).map_err(|_| ("IPv4 field has value >255", None))?;
            }
            '.' => {
                let rest = &text[index..];
                if digits == 0 || rest.len() == 1 {
                    return Err(("IPv4 field must have at least one digit", Some(rest)));
                }
                if at == 3 {
                    return Err(("IPv4 address too long", None));
                }
                at += 1;
                (field, digits) = (0, 0);
            }
            _ => return Err(("unexpected character", Some(&text[index..]))),
        }
    }
    if at < 3 { Err(("IPv4 address too short", None)) } else { Ok(fields) }
}

fn v6(text: &str) -> Result<Address, Fault<'_>> {
    let (mut rest, zone) = match text.split_once('%') {
        Some((_, "")) => return Err(("zone must be a non-empty string", None)),
        Some((address, zone)) => (address, zone),
        None => (text, ""),
    };
    let mut bytes: Vec<u8> = Vec::with_capacity(16);
    // Where `::` stands for as many zeros as are missing.
    let mut gap = None;
    if let Some(behind) = rest.strip_prefix("::") {
        gap = Some(0);
        rest = behind;
    }
    while bytes.len() < 16 && !(rest.is_empty() && gap == Some(bytes.len())) {
        let count = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if count > 4 {
            return Err(("each group must have 4 or less digits", Some(rest)));
        }
        if count == 0 {
            return Err(("each colon-separated field must have at least one digit", Some(rest)));
        }
        if rest[count..].starts_with('.') {
            if gap.is_none() && bytes.len() != 12 {
                return Err(("embedded IPv4 address must replace the final 2 fields of the address", Some(rest)));
            }
            if bytes.len() > 12 {
                return Err(("too many hex fields to fit an embedded IPv4 at the end of the address", Some(rest)));
            }
            bytes.extend(v4(rest)?);
            rest = "";
            break;
        }
        let group = u16::from_str_radix(&rest[..count], 16).unwrap_or(0);
        bytes.extend(group.to_be_bytes());
        rest = &rest[count..];
        if rest.is_empty() {
            break;
        }
        let Some(behind) = rest.strip_prefix(':') else { return Err(("unexpected character, want colon", Some(rest))) };
        if behind.is_empty() {
            return Err(("colon must be followed by more characters", Some(rest)));
        }
        rest = behind;
        if let Some(behind) = rest.strip_prefix(':') {
            if gap.is_some() {
                return Err(("multiple :: in address", Some(rest)));
            }
            gap = Some(bytes.len());
            rest = behind;
        }
    }
    if !rest.is_empty() {
        return Err(("trailing garbage after address", Some(rest)));
    }
    let missing = 16 - bytes.len();
    match gap {
        Some(_) if missing == 0 => return Err(("the :: must expand to at least one field of zeros", None)),
        Some(at) => drop(bytes.splice(at..at, std::iter::repeat_n(0, missing))),
        None if missing > 0 => return Err(("address string too short", None)),
        None => {}
    }
    let mut all = [0; 16];
    all.copy_from_slice(&bytes);
    Ok(Address::V6(all, zone.to_owned()))
}
