//! The codes of this crate, and all codes of the tree.

use strata_base::Code;

pub(crate) const USAGE: Code = Code("E0002");
pub(crate) const NO_TOPIC: Code = Code("E0003");
pub(crate) const READ: Code = Code("E0004");
pub(crate) const SETTINGS_SYNTAX: Code = Code("E0005");
pub(crate) const UNKNOWN_SETTING: Code = Code("E0006");
pub(crate) const SETTING_VALUE: Code = Code("E0007");
pub(crate) const WRITE: Code = Code("E0008");
pub(crate) const CHDIR: Code = Code("E0009");
pub(crate) const TRUST: Code = Code("E0021");
pub(crate) const PLAN_FILE: Code = Code("E0022");
pub(crate) const NOT_RECORDED: Code = Code("E0023");
pub(crate) const NOT_CONFIRMED: Code = Code("E0024");
pub(crate) const NO_HOME: Code = Code("E0025");
pub(crate) const NO_STORE: Code = Code("E0031");
pub(crate) const EXPORT: Code = Code("E0032");
pub(crate) const NO_SECRET: Code = Code("E0033");
pub(crate) const KEY: Code = Code("E0026");
pub(crate) const NO_DOCUMENT: Code = Code("E0034");
pub(crate) const NO_SUCH_PLACE: Code = Code("E0029");
pub(crate) const NO_SUCH_VALUE: Code = Code("E0041");
pub(crate) const NO_FILES: Code = Code("E0042");
pub(crate) const NO_SERVICE: Code = Code("E0043");
pub(crate) const OTHER_DOCUMENT: Code = Code("E0044");
pub(crate) const DEFECT: Code = Code("E0001");

/// A code, its title, its long text.
pub(crate) type Entry = (Code, &'static str, &'static str);

pub(crate) const ALL: &[Entry] = &[
    (
        DEFECT,
        "strata has a defect",
        "The program came to a point that its authors thought impossible, and stopped. Nothing that it read or that you\n\
         typed is in the report. What had been made durable before stays so; the same command may be given again.\n\n\
         Please report the place that is named, with the version and the command without its values.",
    ),
    (
        USAGE,
        "the command line is not understood",
        "A command, an option or a value is misspelt, missing or not allowed together with another. The message says\n\
         which one; where something similar exists it is suggested. `strata --help` lists the commands, and\n\
         `strata help COMMAND` tells all about one.",
    ),
    (
        NO_TOPIC,
        "there is no help on that",
        "`strata help` knows commands (`strata help config view`), codes of errors (`strata help E0006`), and the topics\n\
         `codes`, `exit-codes` and `settings`.",
    ),
    (
        READ,
        "a file cannot be read",
        "The file that is named is not there, the operating system refused to give it, it is not text in UTF-8, or its\n\
         ending is none of those that documents, parameters and templates have: `.yaml`, `.yml` or none at all, `.json`,\n\
         `.cue`. Check its name, its permissions and its encoding.",
    ),
    (
        SETTINGS_SYNTAX,
        "a settings file is not TOML",
        "Settings files (`strata.toml` of a project, `config.toml` of a user) are written in TOML, a line of which looks\n\
         like `color = \"never\"`. The place that is shown could not be read as such.",
    ),
    (
        UNKNOWN_SETTING,
        "there is no setting of that name",
        "A settings file holds a key that means nothing. It is refused and not ignored, because a misspelt setting that is\n\
         ignored is found too late. `strata help settings` lists what can be set. A variable of the environment that is\n\
         nearly one of ours is only warned of: it may belong to another program.",
    ),
    (
        SETTING_VALUE,
        "a setting does not take that value",
        "The file, the variable or the option that is named gives a setting a value that it does not have.\n\
         `strata help settings` lists the values of each.",
    ),
    (
        WRITE,
        "output cannot be written",
        "Standard output refused what was to be written: the disk is full, or the device is gone. What was written before\n\
         is incomplete and should not be used.",
    ),
    (
        TRUST,
        "the file of trusted keys and roles cannot be used",
        "`strata/trust.toml` in the folder of your settings says which tiers wait for an approval, which keys belong to whom\n\
         and who has which role where. It was not understood, so nothing is trusted. Without the file a store belongs to\n\
         whoever works with it.",
    ),
    (
        PLAN_FILE,
        "a file is not a plan",
        "`strata apply PLAN` takes a file that `strata plan --out FILE` has written, by this version. A document\n\
         may stand in its place; it is planned and applied at once.",
    ),
    (
        NOT_RECORDED,
        "nothing of that name is recorded",
        "The store has no plan, resource or output of that name. `strata status` lists the resources that are recorded.",
    ),
    (
        NOT_CONFIRMED,
        "a change was not confirmed",
        "Before something is changed, the plan is shown and a plain `yes` is asked for. Where standard input is no terminal\n\
         nobody can answer: confirm beforehand with `--auto-approve`, or apply a plan that was kept with `--out`.",
    ),
    (
        NO_HOME,
        "there is no folder for what a project keeps",
        "The store of a project, its secrets and its keys stand outside of the work tree, in the folders of whoever works with\n\
         them: `XDG_DATA_HOME` and `XDG_CONFIG_HOME`, else `.local/share` and `.config` in `HOME`. None of these variables\n\
         names an absolute path here, as may be in a container or a service.",
    ),
    (
        NO_STORE,
        "the project has no store yet",
        "A store is looked for in a folder that belongs to the project: `strata state where` prints it. The project is the\n\
         nearest folder with a `strata.toml`, from the working folder upwards. If there should be a store, look whether you\n\
         are in the right folder. Without a setting `project` the place of that folder is part of its name, so a folder that was\n\
         moved looks for another store; `project = \"NAME\"` in `strata.toml` says once for all which one it is.",
    ),
    (
        EXPORT,
        "an export cannot be brought in",
        "What `strata state export` printed is proven before anything is changed: it must be whole, unchanged, of the same\n\
         project as the store, and of contexts that the store does not have. The message says which of these does not hold.\n\
         Nothing was brought in.",
    ),
    (
        NO_SECRET,
        "a secret was not given, or not as it must be",
        "`strata secret set` reads the secret from standard input, so that it stands in no history of commands and in no\n\
         list of processes: `strata secret set app:db-password < file`. It must be text in UTF-8 and must not be empty.",
    ),
    (
        KEY,
        "a private key cannot be used",
        "`strata approve --key FILE` takes an OpenSSH key file (Ed25519, without a passphrase) or a file with the 32 bytes of an\n\
         Ed25519 key in hexadecimal digits; `--agent` asks the SSH agent. The public half must be listed for you in\n\
         `trust.toml`.",
    ),
    (
        NO_SUCH_PLACE,
        "a document has no such resource or property",
        "`strata explain` tells about the resources that a document leads to, by their addresses. `strata vet` lists them, and\n\
         `strata explain` without a property lists the properties of one.",
    ),
    (
        OTHER_DOCUMENT,
        "a plan was made of something else",
        "`strata explain --plan PLAN` tells who decided about what a plan changes, and that stands in the documents that it was\n\
         made of. Those that are named ask for something else by now, or are others, or were given other parameters.",
    ),
    (
        NO_DOCUMENT,
        "no document is named",
        "Commands that work on a document take it by its name, as in `strata plan stack.yaml`; `-` is standard input. A project\n\
         can have one that is taken where none is named: `document = \"stack.yaml\"` in `strata.toml`, relative to that file.",
    ),
    (
        NO_SUCH_VALUE,
        "a package has no value at that path",
        "`strata cue explain -e PATH` tells about a value by the path that leads to it, such as `app.ports[0].name`.\n\
         Without a path it lists all leaves with their paths.",
    ),
    (
        NO_FILES,
        "nothing of this document can be written as files",
        "`strata build` writes what files can say: so far the services, volumes and networks of the provider `compose`, as a\n\
         Compose file. What other providers serve is made real by `strata apply`. `--provider compose` serves all of a document\n\
         by Docker.",
    ),
    (
        NO_SERVICE,
        "there is nothing to read of this",
        "`strata logs` reads what a resource has written, of those that are recorded and whose provider keeps it. `strata\n\
         status` lists what is recorded.",
    ),
    (
        CHDIR,
        "the folder of --chdir cannot be used",
        "`--chdir FOLDER` asks to work as if the command had been given in that folder. It does not exist, is not a\n\
         folder, or may not be entered.",
    ),
];

/// Every table of the tree. A crate that has codes adds its `codes::ALL` here; a test finds codes that are in none.
#[rustfmt::skip] // One a line, so that two who add one do not meet.
const TABLES: &[&[Entry]] = &[
    ALL,
    cue_encode::codes::ALL,
    cue_eval::codes::ALL,
    cue_load::codes::ALL,
    cue_syntax::codes::ALL,
    strata_compile::codes::ALL,
    strata_contracts::codes::ALL,
    strata_decide::codes::ALL,
    strata_engine::codes::ALL,
    strata_front::codes::ALL,
    strata_model::codes::ALL,
    strata_provider_compose::codes::ALL,
    strata_provider_local::codes::ALL,
];

/// All codes in the order of their numbers.
pub(crate) fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = TABLES.concat();
    entries.sort_by_key(|&(code, ..)| code);
    entries
}

/// Title and long text of a code, however its letter is written.
pub fn explain(code: &str) -> Option<(Code, &'static str, &'static str)> {
    entries().into_iter().find(|(known, ..)| known.0.eq_ignore_ascii_case(code))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_code_is_used_twice() {
        for pair in super::entries().windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} is both `{}` and `{}`", pair[0].0.0, pair[0].1, pair[1].1);
        }
    }
}
