//! The codes of what can go wrong before anything is evaluated.

use strata_base::Code;

pub const READ: Code = Code("E0351");
pub const ENCODING: Code = Code("E0352");
pub const ARGUMENT: Code = Code("E0353");
pub const NO_PACKAGE: Code = Code("E0354");
pub const SEVERAL_PACKAGES: Code = Code("E0355");
pub const NO_FILES: Code = Code("E0356");
pub const IMPORT: Code = Code("E0357");
pub const IMPORT_CYCLE: Code = Code("E0358");
pub const AMBIGUOUS_IMPORT: Code = Code("E0359");
pub const MODULE_FILE: Code = Code("E0360");
pub const BUILD_ATTRIBUTE: Code = Code("E0361");
pub const TAG: Code = Code("E0362");
pub const EMBED: Code = Code("E0363");

/// Each code with its title and what is to be said about it at length.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        READ,
        "A file or folder cannot be read",
        "The file named on the command line, or a folder on the way to a package, is not there or may not be read.",
    ),
    (
        ENCODING,
        "A file is not UTF-8",
        "CUE, JSON and YAML are read as UTF-8. The place is the first byte that is not part of any character; often a \
         file was saved in an older encoding.",
    ),
    (
        ARGUMENT,
        "An argument that names neither a package nor a file",
        "An argument is a folder (`./a`, `./a:name`, `./...`), an import path, a file whose extension says what it \
         holds, or `-`. A prefix such as `json:` says it where the extension does not.",
    ),
    (
        NO_PACKAGE,
        "A package was not found",
        "There is no such folder, or no module that is known here provides this import path. Imports need a \
         cue.mod/module.cue, whose `deps` name the modules that others come from.",
    ),
    (
        SEVERAL_PACKAGES,
        "A folder with several packages",
        "Files of one package carry the same package clause. A folder may hold several packages, but then it must be \
         said which one is meant: `./folder:name`, or `-p name`.",
    ),
    (
        NO_FILES,
        "A package without files",
        "The folder is there, but none of its CUE files belongs to the package: they have another package clause or \
         none, are excluded by @if or @ignore, or are for tools or tests.",
    ),
    (
        IMPORT,
        "An import that cannot be resolved",
        "The import path is malformed or relative, or it stands in a text outside of any module.",
    ),
    (
        IMPORT_CYCLE,
        "Packages that import each other",
        "A package may not import itself, not even through others. What both need belongs into a third package.",
    ),
    (
        AMBIGUOUS_IMPORT,
        "An import that several places provide",
        "The import path is provided by more than one module, or by a module and by cue.mod/pkg, gen or usr. Remove \
         one of them.",
    ),
    (
        MODULE_FILE,
        "A module file that cannot be used",
        "cue.mod/module.cue holds plain data: `module`, `language: version`, `deps`. cue.mod/local-module.cue may replace \
         dependencies by folders: `deps: \"example.com/a@v0\": replaceWith: \"./folder\"`.",
    ),
    (
        BUILD_ATTRIBUTE,
        "An @if attribute that is no condition",
        "The body of @if(…) consists of names, `!`, `&&`, `||` and parentheses. A name is true if it is given with -t. \
         One @if stands before the package clause of a file.",
    ),
    (
        TAG,
        "A tag that cannot be injected",
        "`@tag(name)` behind a regular field lets `-t name=value` set it. The type is string unless `type=int`, `number` \
         or `bool` is given. Tags stand neither in lists and comprehensions nor in constraints.",
    ),
    (
        EMBED,
        "A file that cannot be embedded",
        "`@embed(file=\"a.json\")` puts the data of a file where it stands, `@embed(glob=\"dir/*.yaml\")` that of all files \
         that match, by their paths; `type=json`, `yaml`, `text` or `binary` says what they hold where the extension does \
         not. Only files below the folder of the file that embeds them, and of the same module, can be embedded.",
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
