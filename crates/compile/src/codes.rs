//! The mistakes that units make together, each with a title and a text for `strata help`.

use strata_base::Code;

pub const UNKNOWN_UNIT: Code = Code("E1131");
pub const UNKNOWN_OUTPUT: Code = Code("E1132");
pub const CIRCLE: Code = Code("E1133");
pub const BAD_DRAFT: Code = Code("E1134");
pub const TWO_NODES: Code = Code("E1135");
pub const NO_SETTINGS: Code = Code("E1136");

/// Every code of this crate: its title and what `strata help CODE` tells.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        UNKNOWN_UNIT,
        "there is no capability of that name",
        "A reference or a dependency names a capability that the document does not have.",
    ),
    (
        UNKNOWN_OUTPUT,
        "a capability has no such output",
        "Others may refer to what the contract of a capability lists as its outputs, and to nothing else.\n\
         `strata contracts show NAME` prints them.",
    ),
    (
        CIRCLE,
        "outputs refer to each other in a circle",
        "What each of these capabilities tells others is made of what another of them tells, so none of it can ever be known.\n\
         Give one of them a value of its own.",
    ),
    (
        BAD_DRAFT,
        "a mapping made something that cannot be a node",
        "The output of a mapping holds a value or a reference that a graph cannot hold. It is a mistake in the mapping and not\n\
         in the document.",
    ),
    (
        TWO_NODES,
        "two nodes have one address",
        "Two mappings, or two capabilities, lead to the same resource: the last parts of an address are the name of a capability\n\
         and the role of the node in it. Rename one of the two.",
    ),
    (
        NO_SETTINGS,
        "settings are given for what takes none",
        "A provider lists the settings that it takes, a contract what an operator may say of it. Neither is known for the name\n\
         that is shown. `strata contracts list` and `strata contracts show NAME` tell what there is.",
    ),
];
