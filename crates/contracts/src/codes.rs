//! The mistakes of units and of contracts, each with a title and a text for `strata help`.

use strata_base::Code;

pub const LIBRARY: Code = Code("E1101");
pub const TWO_OF_ONE_NAME: Code = Code("E1102");
pub const MALFORMED: Code = Code("E1103");
pub const UNKNOWN_CONTRACT: Code = Code("E1104");
pub const UNSUPPORTED: Code = Code("E1105");
pub const PROPERTY: Code = Code("E1106");
pub const UNKNOWN_PROPERTY: Code = Code("E1107");
pub const MISSING_PROPERTY: Code = Code("E1108");
pub const QUANTITY: Code = Code("E1109");
pub const SPELT_TWICE: Code = Code("E1110");
pub const MAPPING_BUG: Code = Code("E1111");
pub const PROBLEM: Code = Code("E1112");
pub const IN_CLEAR: Code = Code("E1113");
pub const TRIAL: Code = Code("E1114");

/// Every code of this crate: its title and what `strata help CODE` tells.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        LIBRARY,
        "contracts cannot be read",
        "The CUE of a contract or a mapping is broken at the place that is shown. Nothing can be checked against a library\n\
         of which a part is missing, so nothing is done.",
    ),
    (
        TWO_OF_ONE_NAME,
        "two contracts or mappings have one name",
        "A contract is known by its name, a mapping by its contract and its provider. Both places are shown; rename one of\n\
         them or take it out.",
    ),
    (
        MALFORMED,
        "a contract or mapping is malformed",
        "A contract must have what `core.#Contract` says, and a `#spec`; a mapping must be a `core.#Mapping` of a contract that\n\
         is known. `strata contracts show NAME` prints one that is right.",
    ),
    (
        UNKNOWN_CONTRACT,
        "there is no contract of that name",
        "The type of a capability names a contract. `strata contracts list` lists those that there are.",
    ),
    (
        UNSUPPORTED,
        "a provider does not serve a contract",
        "There is no mapping of this contract for this provider. `strata contracts list` tells which providers serve which\n\
         contract; a mapping of your own can be added in a folder, without changing the program.",
    ),
    (
        PROPERTY,
        "a property has a value that its contract refuses",
        "The value at the place that is shown does not satisfy the contract. `strata contracts show NAME` prints what may be\n\
         said, with defaults and limits.",
    ),
    (
        UNKNOWN_PROPERTY,
        "a contract has no such property",
        "Contracts are closed: a property that is not known is refused and not ignored, because a misspelt property that is\n\
         ignored is found too late. Where something similar exists it is suggested.",
    ),
    (
        MISSING_PROPERTY,
        "a property is required",
        "The contract cannot do without the property that is named, and has no default for it.",
    ),
    (
        QUANTITY,
        "a quantity is not understood",
        "A property with a unit of measure takes a number (of bytes, of processors, of seconds) or a text such as `512Mi`, `500m`\n\
         (thousandths of a processor) or `10s`. The unit follows the number without a space.",
    ),
    (
        SPELT_TWICE,
        "a property stands under two spellings",
        "Some properties have a second spelling, such as `health_check` for `healthCheck`. Give one of them only.",
    ),
    (
        MAPPING_BUG,
        "a mapping has a bug",
        "A mapping must turn every unit that satisfies its contract into nodes, or say what is wrong with it. This one met an\n\
         error instead. It is a mistake in the mapping, at the place that is shown, and not in the document.",
    ),
    (
        PROBLEM,
        "a provider cannot do what was asked for",
        "Each property is right by itself, but together, or on this provider, they make no sense. The message is that of the\n\
         mapping; it stands at the property that should change.",
    ),
    (
        IN_CLEAR,
        "a secret stands in a document",
        "The property is a secret, and what stands in a document is read by many. Keep the secret with `strata secret set` and\n\
         name it, as in `password: \"${secret:app:db}\"`, or refer to a secret output of another capability. What stood in a\n\
         document is no secret any more: change it.",
    ),
    (
        TRIAL,
        "a mapping does not hold what every mapping must",
        "`strata contracts test` tries mappings on made-up units: T1 examples become nodes; T2 every unit that satisfies its\n\
         contract becomes nodes or problems; T3 values may be known later; T4 the provider takes the properties; T5 every\n\
         property matters, or a gap says that it does not; T6 every condition matters; T7 the order of keys does not; T8 no\n\
         secret is a part of a text; T9 units have names of their own. Cases that were written down must come out the same:\n\
         read what has changed, and write it down anew with `--update`.",
    ),
];
