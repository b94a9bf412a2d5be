//! The mistakes of graph documents, each with a title and a text for `strata help`.

use strata_base::Code;

pub const UNKNOWN_FIELD: Code = Code("E1001");
pub const MISSING_FIELD: Code = Code("E1002");
pub const WRONG_KIND: Code = Code("E1003");
pub const BAD_VALUE: Code = Code("E1004");
pub const TWICE: Code = Code("E1005");
pub const VERSION: Code = Code("E1006");
pub const BAD_LATER: Code = Code("E1007");
pub const NOT_ONE_DOCUMENT: Code = Code("E1008");

/// Every code of this crate: its title and what `strata help CODE` tells.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        UNKNOWN_FIELD,
        "a document has a field that means nothing",
        "Documents are read strictly: a field that is not known is refused and not ignored, because a misspelt field that\n\
         is ignored is found too late. Where something similar exists it is suggested.",
    ),
    (
        MISSING_FIELD,
        "a document lacks a field",
        "The object at the place that is shown must have the field that is named.",
    ),
    (
        WRONG_KIND,
        "a document has a value of the wrong kind",
        "At the place that is shown something else is expected, such as text, a list or an object.",
    ),
    (
        BAD_VALUE,
        "a document has a value that cannot be used",
        "The value is of the right kind, but means nothing where it stands. The message says what is expected. An\n\
         address is `org/env/app/unit/role` with `-` for no application; inside a partition `unit/role`, or `unit` for the\n\
         role `main`, is enough. Whatever could be mistaken for syntax is escaped with `%`.",
    ),
    (
        TWICE,
        "a document says one thing twice",
        "A node, an output or a partition stands in the document twice. Keep one of them.",
    ),
    (
        VERSION,
        "the version of a document is not known",
        "A graph document begins with `graph: 1`. A greater number comes from a newer version of this program.",
    ),
    (
        BAD_LATER,
        "a later value is malformed",
        "An object with a key that starts with `$` is a later value: `$ref` to an attribute of a node or an output of a\n\
         context, `$secret`, `$join` of parts to text, `$call` of a function, `$alloc` of a number. An object that only\n\
         looks like one is wrapped: `{\"$literal\": {…}}`.",
    ),
    (
        NOT_ONE_DOCUMENT,
        "a file does not hold exactly one document",
        "A file holds one JSON value or one YAML document: what stands behind a line `---` belongs into a file of its own.\n\
         Several files are read as one platform where a command is given all of them.",
    ),
];
