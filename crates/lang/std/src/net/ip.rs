//! The functions of `net` on IP addresses, given as text, as bytes of text or as a list of bytes.

use cue_data::{Builder, CallError, Function, Kinds as K, Value};
use cue_num::{BigInt, BigUint};
use strata_base::Span;

use super::address::{Address, Prefix};
use crate::args::{Arguments, as_list, fail, function, int};
use crate::quote::{Escape, quoted};

const T: K = K::TOP;

pub(super) const ADD_IP: Function = function("AddIP", &[T, K::INT], K::STRING, |_, args| {
    if let Ok(prefix) = prefix(args.value(0)) {
        let address = offset(&prefix.address, &args.bigint(1)?)?;
        return Ok(Prefix { address, ..prefix }.to_string().into());
    }
    Ok(offset(&address(args.value(0))?, &args.bigint(1)?)?.to_string().into())
});

pub(super) const ADD_IP_CIDR: Function = function("AddIPCIDR", &[T, K::INT], K::STRING, |_, args| {
    let prefix = prefix(args.value(0))?;
    let networks = args.bigint(1)?;
    if cue_num::bit_length(&networks) > 128 {
        return fail(out_of_range(networks < BigInt::ZERO));
    }
    let shift = (prefix.address.bits() - prefix.bits) as usize;
    let address = offset(&prefix.address, &(networks << shift))?;
    Ok(Prefix { address, ..prefix }.to_string().into())
});

pub(super) const COMPARE_IP: Function = function("CompareIP", &[T, T], K::INT, |_, args| {
    Ok(int(address(args.value(0))?.compare(&address(args.value(1))?) as i32))
});

pub(super) const IN_CIDR: Function = function("InCIDR", &[T, T], K::BOOL, |_, args| {
    let address = address(args.value(0))?;
    Ok(prefix(args.value(1))?.contains(&address).into())
});

pub(super) const IP_CIDR: Function =
    function("IPCIDR", &[T], K::BOOL, |_, args| prefix(args.value(0)).map(|_| true.into()));

pub(super) const IP_STRING: Function =
    function("IPString", &[T], K::STRING, |_, args| Ok(address(args.value(0))?.to_string().into()));

pub(super) const TO_IP4: Function = function("ToIP4", &[T], K::LIST, |_, args| match address(args.value(0))? {
    Address::V4(bytes) => Ok(list(&bytes)),
    other => fail(format!("cannot convert {} to IPv4", quoted(&other.to_string(), '"', Escape::Unprintable))),
});

pub(super) const TO_IP16: Function =
    function("ToIP16", &[T], K::LIST, |_, args| Ok(list(&address(args.value(0))?.bytes16())));

pub(super) const PARSE_IP: Function = function("ParseIP", &[K::STRING], K::LIST, |_, args| {
    let text = args.string(0)?;
    match Address::parse(text) {
        Ok(address) => Ok(list(address.bytes())),
        Err(_) => fail(format!("invalid IP address {}", quoted(text, '"', Escape::Unprintable))),
    }
});

pub(super) const PARSE_CIDR: Function = function("ParseCIDR", &[K::STRING], K::STRUCT, |_, args| {
    let prefix = Prefix::parse(args.string(0)?).map_err(CallError::Message)?;
    let (mask, network) = (prefix.mask(), prefix.network());
    let text = |bytes: &[u8]| Address::from_bytes(bytes).map_or_else(String::new, |address| address.to_string());
    let mut builder = Builder::new();
    builder.begin_struct(Span::NONE);
    builder.key("prefix_mask", Span::NONE);
    builder.string(text(&mask), Span::NONE);
    builder.key("prefix_len", Span::NONE);
    builder.number(prefix.bits.into(), Span::NONE);
    builder.key("prefix_addr", Span::NONE);
    builder.string(text(&network), Span::NONE);
    if prefix.address.is_v4() {
        let broadcast: Vec<u8> = network.iter().zip(&mask).map(|(network, mask)| network | !mask).collect();
        builder.key("broadcast_addr", Span::NONE);
        builder.string(text(&broadcast), Span::NONE);
    }
    builder.end(Span::NONE);
    Ok(Value::root(builder.finish()))
});

macro_rules! tests {
    ($($constant:ident $name:literal $test:expr;)*) => {$(
        pub(super) const $constant: Function = function($name, &[T], K::BOOL, |_, args| {
            let test: fn(&Address) -> bool = $test;
            Ok(test(&address(args.value(0))?).into())
        });
    )*};
}

tests! {
    GLOBAL_UNICAST "GlobalUnicastIP" Address::is_global_unicast;
    INTERFACE_LOCAL_MULTICAST "InterfaceLocalMulticastIP" Address::is_interface_local_multicast;
    IP "IP" |_| true;
    IPV4 "IPv4" Address::is_v4;
    IPV6 "IPv6" |address| !address.is_v4();
    LINK_LOCAL_MULTICAST "LinkLocalMulticastIP" Address::is_link_local_multicast;
    LINK_LOCAL_UNICAST "LinkLocalUnicastIP" Address::is_link_local_unicast;
    LOOPBACK "LoopbackIP" Address::is_loopback;
    MULTICAST "MulticastIP" Address::is_multicast;
    UNSPECIFIED "UnspecifiedIP" Address::is_unspecified;
}

pub(super) fn address(value: &Value) -> Result<Address, CallError> {
    match value {
        Value::String(text) => Address::parse(text).map_err(CallError::Message),
        Value::Bytes(bytes) => Address::parse(&String::from_utf8_lossy(bytes)).map_err(CallError::Message),
        Value::Tree(_) if value.kind() == K::LIST => {
            let elements: Vec<Value> = as_list(value)?.elements().collect();
            let mut bytes = Vec::new();
            for element in 0..elements.len() {
                let number = elements.i64(element)?;
                match u8::try_from(number) {
                    Ok(byte) => bytes.push(byte),
                    Err(_) => return fail(format!("invalid IP byte value {number}")),
                }
            }
            Address::from_bytes(&bytes).map_or_else(|| fail(format!("invalid IP length {}", bytes.len())), Ok)
        }
        other => fail(format!("invalid type {} for IP address", other.kind())),
    }
}

fn prefix(value: &Value) -> Result<Prefix, CallError> {
    match value {
        Value::String(text) => Prefix::parse(text).map_err(CallError::Message),
        Value::Bytes(bytes) => Prefix::parse(&String::from_utf8_lossy(bytes)).map_err(CallError::Message),
        other => fail(format!("invalid type {} for IP CIDR", other.kind())),
    }
}

fn list(bytes: &[u8]) -> Value {
    let bytes: Vec<Value> = bytes.iter().map(|&byte| int(u32::from(byte))).collect();
    Value::list(&bytes)
}

fn out_of_range(below: bool) -> &'static str {
    match below {
        true => "IP address arithmetic resulted in out-of-range address (underflow)",
        false => "IP address arithmetic resulted in out-of-range address (overflow)",
    }
}

/// The address so many places further on.
fn offset(address: &Address, offset: &BigInt) -> Result<Address, CallError> {
    let sum = BigInt::from(BigUint::from_be_bytes(address.bytes())) + offset;
    if sum < BigInt::ZERO {
        return fail(out_of_range(true));
    }
    let digits = sum.into_parts().1.to_be_bytes();
    let size = address.bytes().len();
    let leading = size.checked_sub(digits.len()).ok_or_else(|| CallError::message(out_of_range(false)))?;
    let mut bytes = vec![0; leading];
    bytes.extend_from_slice(&digits);
    Address::from_bytes(&bytes).ok_or(CallError::Bottom)
}
