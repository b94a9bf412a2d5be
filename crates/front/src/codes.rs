//! The mistakes of documents that are only theirs; what all documents have in common is in the model.

use strata_base::Code;

pub const REFERENCE: Code = Code("E1021");
pub const NAME: Code = Code("E1022");

/// Every code of this crate: its title and what `strata help CODE` tells.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        REFERENCE,
        "a reference in a text is not understood",
        "`${unit.output}` stands for an output of another capability, such as `${db.url}`; `strata contracts show NAME` prints\n\
         the outputs of a contract. A text that should hold `${` as it is writes `$${`.",
    ),
    (
        NAME,
        "a name cannot be used",
        "Names of organisations, environments, applications and capabilities are parts of addresses. They may be any text\n\
         that is not empty and not longer than 255 bytes; `env`, `vault`, `app` and `tier1` to `tier3` mean something else in\n\
         references and cannot be names of capabilities.",
    ),
];
