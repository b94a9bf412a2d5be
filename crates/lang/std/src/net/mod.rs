//! `net`: addresses, hosts and URLs as text. Nothing is ever looked up or connected to.

mod address;
mod host;
mod ip;
mod url;

use cue_data::{Constant, Function, Package};

pub(crate) const PACKAGE: Package = Package {
    path: "net",
    functions: FUNCTIONS,
    constants: &[("IPv4len", Constant::Int(4)), ("IPv6len", Constant::Int(16))],
};

const FUNCTIONS: &[Function] = &[
    url::ABS_URL,
    ip::ADD_IP,
    ip::ADD_IP_CIDR,
    ip::COMPARE_IP,
    host::FQDN,
    ip::GLOBAL_UNICAST,
    ip::IP,
    ip::IP_CIDR,
    ip::IP_STRING,
    ip::IPV4,
    ip::IPV6,
    ip::IN_CIDR,
    ip::INTERFACE_LOCAL_MULTICAST,
    host::JOIN_HOST_PORT,
    ip::LINK_LOCAL_MULTICAST,
    ip::LINK_LOCAL_UNICAST,
    ip::LOOPBACK,
    ip::MULTICAST,
    ip::PARSE_CIDR,
    ip::PARSE_IP,
    url::PATH_ESCAPE,
    url::PATH_UNESCAPE,
    url::QUERY_ESCAPE,
    url::QUERY_UNESCAPE,
    host::SPLIT_HOST_PORT,
    ip::TO_IP16,
    ip::TO_IP4,
    url::URL,
    ip::UNSPECIFIED,
];
