//! The mistakes that a text can make, each with its code.

use strata_base::Code;

pub const CHARACTER: Code = Code("E0101");
pub const STRING: Code = Code("E0102");
pub const NUMBER: Code = Code("E0103");
pub const ATTRIBUTE: Code = Code("E0104");
pub const OPERAND: Code = Code("E0110");
pub const EXPECTED: Code = Code("E0111");
pub const COMMA: Code = Code("E0112");
pub const LABEL: Code = Code("E0113");
pub const ALIAS: Code = Code("E0114");
pub const DEFAULT_MARK: Code = Code("E0115");
pub const RESERVED: Code = Code("E0116");
pub const EXPERIMENT: Code = Code("E0117");
pub const COMPREHENSION: Code = Code("E0118");
pub const IMPORT: Code = Code("E0119");
pub const NESTING: Code = Code("E0120");
pub const TOO_MANY: Code = Code("E0121");
pub const TOO_LARGE: Code = Code("E0122");

/// Every code with its title and what `strata help CODE` tells about it.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        CHARACTER,
        "illegal character",
        "CUE is written in UTF-8. A byte order mark may stand only at the start of a text, the character NUL nowhere, \
         and outside of strings and comments only letters, digits and the operators of the language have a meaning.",
    ),
    (
        STRING,
        "broken string or bytes literal",
        "A literal in single or double quotes ends on its line; one in three quotes starts its content on the next \
         line and its closing quotes stand on a line of their own, whose white space every line of it begins with. \
         `\\x41` and `\\101` are escapes of bytes (single quotes) only. In a raw literal such as `#\"…\"#` an escape \
         is spelt `\\#n`.",
    ),
    (
        NUMBER,
        "illegal number",
        "An integer other than 0 does not begin with 0; other bases are spelt 0x1F, 0o17 and 0b11. An underscore \
         stands between two digits only. Multipliers are K, M, G, T, P and Ki, Mi, Gi, Ti, Pi.",
    ),
    (
        ATTRIBUTE,
        "broken attribute",
        "An attribute is spelt `@name(text)`. Brackets and quotes inside the text must be balanced, and strings \
         inside it cannot interpolate.",
    ),
    (OPERAND, "an operand is missing", "Here a value, a reference or an expression in brackets must stand."),
    (
        EXPECTED,
        "something else must stand here",
        "The text was understood up to here; the message names what may follow.",
    ),
    (
        COMMA,
        "a separator is missing",
        "Declarations, list elements and arguments are separated by a comma or by the end of the line.",
    ),
    (
        LABEL,
        "broken field label",
        "A label is an identifier, a string, an expression in parentheses or a pattern in brackets, followed by an \
         optional `?` or `!` and a colon. A pattern is optional by nature and takes neither mark.",
    ),
    (
        ALIAS,
        "broken alias",
        "`X=label: value`, `label: X=value` and `[X=pattern]: value` give a name to a field, a value or a key. Under \
         `@experiment(aliasv2)` the forms are `label~X: value` and `label~(K,V): value` instead.",
    ),
    (
        DEFAULT_MARK,
        "a default mark outside of a disjunction",
        "`*x` marks the default among the alternatives of a disjunction, as in `*1 | int`. It stands directly before \
         an alternative; put parentheses around a disjunction that is an operand of something else.",
    ),
    (
        RESERVED,
        "a reserved name",
        "Names that begin with two underscores belong to the language. They can be referred to, as in `__string`, \
         but not declared.",
    ),
    (
        EXPERIMENT,
        "an experiment is unknown, too new or not switched on",
        "Syntax that may still change is switched on by `@experiment(name)` before the package clause. The language \
         version of the module says which experiments there are.",
    ),
    (
        COMPREHENSION,
        "broken comprehension",
        "A comprehension begins with `for`, `if` or `try`, has any number of clauses and ends with a struct. A \
         single `if` or `try` may be followed by `else {…}`, any other by `otherwise {…}`.",
    ),
    (
        IMPORT,
        "broken package clause or import",
        "The package clause and the imports stand before all declarations. An import names a path, and a name for it \
         if the path's last part is not one: `import x \"example.com/a-b@v1\"`.",
    ),
    (
        NESTING,
        "nested too deeply",
        "Brackets, unary operators and labels of one chain may be nested ten thousand deep. Generated text that needs \
         more should be split into fields that refer to each other.",
    ),
    (TOO_MANY, "too many mistakes", "Reading stopped, since what follows is most likely not CUE at all."),
    (TOO_LARGE, "the text is too large", "A single text may have at most four gigabytes."),
];
