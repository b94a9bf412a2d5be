//! The codes of the mistakes that this crate tells.

use strata_base::Code;

pub const REFERENCE: Code = Code("E0201");
pub const UNUSED: Code = Code("E0202");
pub const IMPORT: Code = Code("E0203");
pub const SYNTAX: Code = Code("E0204");
pub const DEPTH: Code = Code("E0205");
pub const CONFLICT: Code = Code("E0210");
pub const INCOMPLETE: Code = Code("E0211");
pub const NOT_ALLOWED: Code = Code("E0212");
pub const CYCLE: Code = Code("E0213");
pub const USER: Code = Code("E0214");
pub const REQUIRED: Code = Code("E0215");
pub const LIMIT: Code = Code("E0220");

/// Every code with a title and its long text.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        REFERENCE,
        "a name that nothing declares",
        "A reference names a field, alias, import or predeclared value that is not visible where it stands. Only \
         identifiers bind names: a field written as a string (\"a\": 1) and fields that come from an embedding or a \
         comprehension are reached through a selector, not by their bare name.",
    ),
    (
        UNUSED,
        "an alias, let or import that nothing uses",
        "Every alias, let clause and import must be used in the file that declares it. Remove it, or use it.",
    ),
    (
        IMPORT,
        "an imported package was not found",
        "The import path is neither a package of the library nor one that was loaded with the program.",
    ),
    (
        SYNTAX,
        "an expression that is not allowed where it stands",
        "The text parses, but the construct has no meaning at this place: see the message for what was expected.",
    ),
    (
        DEPTH,
        "operators nest too deeply",
        "An expression nests operators, calls or selectors deeper than the evaluator follows. Name a part of it with \
         a field or a let.",
    ),
    (
        CONFLICT,
        "values that cannot be one",
        "Two or more parts of the configuration give one field values that have nothing in common, or a value is \
         outside of a bound, a type or a validator. The places of both are listed.",
    ),
    (
        INCOMPLETE,
        "a value that is not concrete",
        "The field has no concrete value yet: a reference is missing, a disjunction has no single default, or only a \
         type is given. Give the missing values.",
    ),
    (
        NOT_ALLOWED,
        "a field that its definition does not allow",
        "A closed struct, by a definition or by close(), was given a field that it does not declare. Check the \
         spelling; the places that close the struct are listed.",
    ),
    (
        CYCLE,
        "a structure that contains itself",
        "A field refers to a struct that it is itself part of, without end. Make the recursion optional, or end it \
         with another disjunct.",
    ),
    (USER, "an error written in the configuration", "The configuration itself says that this is an error."),
    (
        REQUIRED,
        "a required field is missing",
        "A field marked with ! must be given a value by the configuration that uses it.",
    ),
    (
        LIMIT,
        "a limit of the evaluation was reached",
        "The evaluation needed more work, memory, depth or output than it was allowed. This is not a property of the \
         values: raise the limit, or make the configuration smaller.",
    ),
];
