//! The names that every file knows without importing anything.

use cue_data::Kinds;

use crate::ir::Predeclared;

/// What a predeclared name stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name {
    Kind(Kinds),
    /// A kind within bounds, as the texts of numbers.
    Range {
        kind: Kinds,
        low: &'static str,
        high: Option<&'static str>,
    },
    Function(Predeclared),
}

const FLOAT32: &str = "3.40282346638528859811704183484516925440e+38";
const FLOAT32_LOW: &str = "-3.40282346638528859811704183484516925440e+38";
const FLOAT64: &str = "1.797693134862315708145274237317043567981e+308";
const FLOAT64_LOW: &str = "-1.797693134862315708145274237317043567981e+308";

const fn integers(low: &'static str, high: &'static str) -> Name {
    Name::Range { kind: Kinds::INT, low, high: Some(high) }
}

/// Looks a name up, with or without the `__` that protects it from shadowing.
pub(crate) fn find(name: &str) -> Option<Name> {
    let name = name.strip_prefix("__").unwrap_or(name);
    Some(match name {
        "bool" => Name::Kind(Kinds::BOOL),
        "int" => Name::Kind(Kinds::INT),
        "float" => Name::Kind(Kinds::FLOAT),
        "number" => Name::Kind(Kinds::NUMBER),
        "string" => Name::Kind(Kinds::STRING),
        "bytes" => Name::Kind(Kinds::BYTES),
        "uint" => Name::Range { kind: Kinds::INT, low: "0", high: None },
        "uint8" => integers("0", "255"),
        "uint16" => integers("0", "65535"),
        "uint32" => integers("0", "4294967295"),
        "uint64" => integers("0", "18446744073709551615"),
        "uint128" => integers("0", "340282366920938463463374607431768211455"),
        "int8" => integers("-128", "127"),
        "int16" => integers("-32768", "32767"),
        "int32" => integers("-2147483648", "2147483647"),
        "int64" => integers("-9223372036854775808", "9223372036854775807"),
        "int128" => integers("-170141183460469231731687303715884105728", "170141183460469231731687303715884105727"),
        "rune" => integers("0", "1114111"),
        "float32" => Name::Range { kind: Kinds::NUMBER, low: FLOAT32_LOW, high: Some(FLOAT32) },
        "float64" => Name::Range { kind: Kinds::NUMBER, low: FLOAT64_LOW, high: Some(FLOAT64) },
        "len" => Name::Function(Predeclared::Len),
        "close" => Name::Function(Predeclared::Close),
        "and" => Name::Function(Predeclared::And),
        "or" => Name::Function(Predeclared::Or),
        "div" => Name::Function(Predeclared::Div),
        "mod" => Name::Function(Predeclared::Mod),
        "quo" => Name::Function(Predeclared::Quo),
        "rem" => Name::Function(Predeclared::Rem),
        "error" => Name::Function(Predeclared::Error),
        "matchN" => Name::Function(Predeclared::MatchN),
        "matchIf" => Name::Function(Predeclared::MatchIf),
        "closeAll" => Name::Function(Predeclared::CloseAll),
        "reclose" => Name::Function(Predeclared::Reclose),
        _ => return None,
    })
}

impl Predeclared {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Predeclared::Len => "len",
            Predeclared::Close => "close",
            Predeclared::And => "and",
            Predeclared::Or => "or",
            Predeclared::Div => "div",
            Predeclared::Mod => "mod",
            Predeclared::Quo => "quo",
            Predeclared::Rem => "rem",
            Predeclared::Error => "error",
            Predeclared::MatchN => "matchN",
            Predeclared::MatchIf => "matchIf",
            Predeclared::CloseAll => "__closeAll",
            Predeclared::Reclose => "__reclose",
        }
    }
}
