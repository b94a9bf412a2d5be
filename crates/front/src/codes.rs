//! The mistakes of documents that are only theirs; what all documents have in common is in the model.

use strata_base::Code;

pub const REFERENCE: Code = Code("E1021");
pub const NAME: Code = Code("E1022");
pub const PARAMETER: Code = Code("E1023");
pub const ENVIRONMENT: Code = Code("E1024");
pub const UNUSED_PARAMETER: Code = Code("E1025");
pub const CREDENTIALS: Code = Code("E1026");
pub const NOT_YET: Code = Code("E1027");
pub const CONSTRAINT: Code = Code("E1028");
pub const TEMPLATE: Code = Code("E1029");
pub const MOVE: Code = Code("E1030");
pub const TEXT: Code = Code("E1031");

/// Every code of this crate: its title and what `strata help CODE` tells.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        REFERENCE,
        "a reference in a text is not understood",
        "What can stand in a text: `${image}` and `${app.image}`, parameters; `${db.url}`, an output of another capability;\n\
         `${tier2.db_url}`, an output of an upper tier; `${env:NAME}`, `${vault:PATH}` and `${secret:STORE:KEY}`, secrets.\n\
         `strata contracts show NAME` prints the outputs of a contract. A text that should hold `${` as it is writes `$${`.",
    ),
    (
        NAME,
        "a name cannot be used",
        "Names of organisations, environments, applications and capabilities are parts of addresses. They may be any text\n\
         that is not empty and not longer than 255 bytes; `env`, `vault`, `app` and `tier1` to `tier3` mean something else in\n\
         references and cannot be names of capabilities.",
    ),
    (
        PARAMETER,
        "a parameter is missing or cannot be used",
        "A document refers to parameters as `${image}` or `${app.image}`. They are given by `--set app.image=shop:2`, or in a\n\
         file of YAML, JSON or CUE behind `-f`. `--set` beats files; two files may not give one parameter different values.",
    ),
    (
        ENVIRONMENT,
        "a variable of the environment is missing",
        "`${env:NAME}` stands for a variable of the environment, as a secret. It must be set wherever the document is read.",
    ),
    (
        UNUSED_PARAMETER,
        "a parameter is given that nothing asks for",
        "What is given under that name changes nothing. Either the name is misspelt, or the document, or the template that\n\
         declares it, no longer asks for it.\n\
         Under `--strict` this is an error.",
    ),
    (
        CREDENTIALS,
        "credentials stand in a document",
        "What stands in a document is read by many. Keep credentials with `strata secret set vault:NAME` and write `${vault:NAME}`,\n\
         or give them by the environment and write `${env:NAME}`.",
    ),
    (
        NOT_YET,
        "this version does not act on a part of a document",
        "The document is understood, but nothing acts on that part by itself yet. The message says what to do meanwhile.",
    ),
    (
        CONSTRAINT,
        "a constraint cannot be understood",
        "A constraint names a field, an operator (`<=`, `>=`, `==`, `in`, `not_in`) and an amount: a number or a text such as `4Gi`,\n\
         or a list of them for `in` and `not_in`. One that is not understood is refused: taken for nothing, it would bind nobody.",
    ),
    (
        TEMPLATE,
        "a template is not there, not right, or not filled rightly",
        "A template stands in a file, by default in the folder `templates` beside the document; `strata template list` lists those\n\
         that are found, with their parameters, and `strata template resolve NAME --set KEY=VALUE` shows what one becomes. A\n\
         document asks for it under `templates` of a tier, with a version: `1.2.0`, `^1.2`, `~1.2` or `latest`.",
    ),
    (
        MOVE,
        "a capability cannot have had another name",
        "`moved` of a tier says which of its capabilities had another name before: `{from: db, to: data}`. What `to` names is asked\n\
         for in that tier, what `from` names is not. What belongs to another application has a state of its own, and stays there.",
    ),
    (
        TEXT,
        "what looks like a reference is text",
        "What a parameter says is taken as it is, so that whoever gives one can refer to nothing: `${secret:app:db}` in it is sent as\n\
         those letters. Write the reference into the document.\n\
         Under `--strict` this is an error.",
    ),
];
