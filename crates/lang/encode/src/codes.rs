//! The codes of what can be wrong with a document.

use strata_base::Code;

pub const JSON_SYNTAX: Code = Code("E0401");
pub const YAML_SYNTAX: Code = Code("E0402");
pub const TOO_DEEP: Code = Code("E0403");
pub const TOO_MANY_ALIASES: Code = Code("E0404");
pub const BAD_ALIAS: Code = Code("E0405");
pub const BAD_KEY: Code = Code("E0406");
pub const BAD_VALUE: Code = Code("E0407");
pub const DUPLICATE_KEY: Code = Code("E0408");
pub const BAD_MERGE: Code = Code("E0409");

/// Each code with its title and what is to be said about it at length.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        JSON_SYNTAX,
        "Invalid JSON",
        "The text is not JSON. The place is the first byte that cannot stand there; what was expected instead is in \
         the message. JSON knows no comments, no comma after the last element and no keys without quotes: a text with \
         these is CUE or YAML, and is read as such under a name that ends in .cue or .yaml.",
    ),
    (
        YAML_SYNTAX,
        "Invalid YAML",
        "The text is not YAML. Often a line is indented by one space too many or too few, a tab stands in the \
         indentation, or a text with `: ` or ` #` in it needs quotes.",
    ),
    (
        TOO_DEEP,
        "Document nested too deeply",
        "Lists and mappings stand in each other more often than the limit allows. No honest document does this; the \
         limit keeps hostile ones from costing memory later.",
    ),
    (
        TOO_MANY_ALIASES,
        "Aliases expand to too much",
        "A YAML alias (`*name`) stands for a copy of what its anchor (`&name`) holds. Aliases of aliases multiply, so \
         that a short text can stand for more nodes than memory holds. The number of nodes that aliases may add to a \
         document is limited.",
    ),
    (
        BAD_ALIAS,
        "Alias without a value",
        "A YAML alias (`*name`) names an anchor (`&name`) that does not stand before it in the same document, or one \
         that it is itself a part of.",
    ),
    (
        BAD_KEY,
        "Key that cannot be a field name",
        "The key of a mapping must be a scalar, because it becomes the name of a field. Lists and mappings as keys, and \
         negative numbers without quotes, have no such name.",
    ),
    (
        BAD_VALUE,
        "Value that cannot be read",
        "The scalar does not fit its tag, such as `!!int abc`, or it stands for something that CUE has no value for, \
         such as `.inf`, or a tag is not known.",
    ),
    (
        DUPLICATE_KEY,
        "Key occurs twice",
        "The same key stands twice in one mapping, so that it is not clear which of the values is meant. Remove one \
         of them.",
    ),
    (
        BAD_MERGE,
        "Merge of what is no mapping",
        "The value of the merge key `<<` must be a mapping, an alias of one, or a list of these.",
    ),
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_listed_once_and_in_order() {
        assert!(ALL.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
