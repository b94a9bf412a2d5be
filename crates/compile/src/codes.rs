//! The mistakes that units make together, each with a title and a text for `strata help`.

use strata_base::Code;

pub const UNKNOWN_UNIT: Code = Code("E1131");
pub const UNKNOWN_OUTPUT: Code = Code("E1132");
pub const CIRCLE: Code = Code("E1133");
pub const BAD_DRAFT: Code = Code("E1134");
pub const TWO_NODES: Code = Code("E1135");
pub const NO_SETTINGS: Code = Code("E1136");
pub const TIER_BOUNDARY: Code = Code("E1142");
pub const UPWARD: Code = Code("E1143");
pub const NO_PROVIDER: Code = Code("E1137");
pub const OUTPUT_KIND: Code = Code("E1138");
pub const BOUND: Code = Code("E1139");
pub const UNKNOWN_BOUND: Code = Code("E1140");
pub const QUOTA: Code = Code("E1141");
pub const FIDELITY: Code = Code("E1144");
pub const OTHERS_SECRET: Code = Code("E1145");
pub const LOOKS_SECRET: Code = Code("E1146");
pub const MOVING_IMAGE: Code = Code("E1147");
pub const NOTHING_RUNS: Code = Code("E1148");
pub const SAID_TWICE: Code = Code("E1149");
pub const ELSEWHERE: Code = Code("E1150");
pub const STRANGE_AMOUNT: Code = Code("E1151");

/// Every code of this crate: its title and what `strata help CODE` tells.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        UNKNOWN_UNIT,
        "there is no capability of that name",
        "A reference or a dependency names a capability that the document does not have. What another document has in an upper\n\
         tier is reached by the outputs of that tier, as in `${tier2.database_url}`.",
    ),
    (
        UNKNOWN_OUTPUT,
        "a capability has no such output",
        "Others may refer to what the contract of a capability lists as its outputs, and to nothing else.\n\
         `strata contracts show NAME` prints them.",
    ),
    (
        CIRCLE,
        "outputs refer to each other in a circle",
        "What each of these capabilities tells others is made of what another of them tells, so none of it can ever be known.\n\
         Give one of them a value of its own.",
    ),
    (
        BAD_DRAFT,
        "a mapping made something that cannot be a node",
        "The output of a mapping holds a value or a reference that a graph cannot hold. It is a mistake in the mapping and not\n\
         in the document.",
    ),
    (
        TWO_NODES,
        "two nodes have one address",
        "Two mappings, or two capabilities, lead to the same resource: the last parts of an address are the name of a capability\n\
         and the role of the node in it. Rename one of the two.",
    ),
    (
        NO_SETTINGS,
        "settings are given for what takes none",
        "A provider lists the settings that it takes, and what of `region`, `account_id` and `credentials` means something to\n\
         it; a contract lists what an operator may say of it. What is shown is among none of these.",
    ),
    (
        TIER_BOUNDARY,
        "something of an upper tier is asked for in a lower one",
        "A contract belongs to a tier: clusters and networks to tier 1, what applications share to tier 2. It can be asked for in\n\
         that tier and in those above it. A lower tier refers to what an upper one tells, as in `${tier1.cluster}`.",
    ),
    (
        UPWARD,
        "an upper tier builds on a lower one",
        "What tiers tell flows down only: tier 2 builds on tier 1, applications build on both, and nothing builds on what is\n\
         below it. Move what is needed to the upper tier.",
    ),
    (
        NO_PROVIDER,
        "it is not clear which provider serves a capability",
        "Where a document has several providers, each capability is served by the one that serves its contract. Where several do,\n\
         or where another one is meant, the capability says `provider: NAME`.",
    ),
    (
        OUTPUT_KIND,
        "an output of a tier is not of the type that it says",
        "`type` of an output is a promise to those below. `credential_ref` is for secrets, which are told as references; `string`,\n\
         `int` and `bool` are for the rest. `strata contracts show NAME` prints the outputs of a contract.",
    ),
    (
        BOUND,
        "a constraint is violated",
        "An upper tier demands something of all that is below it, and the capability that is shown does not keep to it. What is\n\
         checked is the value that would be used, a default as well as one that stands in the document. All violations are told\n\
         at once; nothing was planned and no provider was called.",
    ),
    (
        UNKNOWN_BOUND,
        "a constraint bounds something that no contract has",
        "Constraints bound dimensions of contracts, such as `cpu`, `memory` and `replicas`; `strata contracts list -o json` lists\n\
         those of each. One that no contract has binds nobody. Under `--strict` this is an error.",
    ),
    (
        QUOTA,
        "a quota of a namespace is exceeded",
        "A namespace bounds the sum over all that runs in it, in all applications together. What is recorded of the others and\n\
         what this document asks for is more than that.",
    ),
    (
        FIDELITY,
        "a provider does not serve this as faithfully as is demanded",
        "`--min-fidelity LEVEL` demands that all that a document asks for is served at that level at least: `full`, `partial`\n\
         (not in every respect), `stub` (it is taken, and nothing comes of it). What is missing and what happens instead is\n\
         told with each property; `strata contracts fidelity` prints it for all contracts and providers.",
    ),
    (
        OTHERS_SECRET,
        "a secret belongs to another place",
        "A store of secrets whose name is a place, such as `acme/prod/-` or `acme/prod/shop`, serves only what is in that environment\n\
         or that application; `acme/prod/-@1` serves its tier 1 alone. Keep the secret where it is used.",
    ),
    (
        LOOKS_SECRET,
        "something that looks like a secret stands in clear",
        "A text stands under a name such as `DB_PASSWORD` or `API_TOKEN`. What stands in a document is read by many, and it is shown\n\
         in plans and kept in the store. If it is a secret, keep it with `strata secret set` and refer to it; then change it, for\n\
         it is no secret any more. Under `--strict` this is an error.",
    ),
    (
        MOVING_IMAGE,
        "an image may be another one tomorrow",
        "An image without a tag, or with the tag `latest`, is whatever is newest when it is fetched: two instances of one\n\
         capability may run different programs, and no plan shows that it has changed. Name a version or a digest. Under\n\
         `--strict` this is an error.",
    ),
    (
        NOTHING_RUNS,
        "a capability runs in no instance",
        "Its replicas are 0. That is a way to pause it: all that belongs to it is kept. If it shall not be there, take it out of\n\
         the document. Under `--strict` this is an error.",
    ),
    (
        SAID_TWICE,
        "a dependency is said twice",
        "A capability that refers to an output of another one comes after it without being told so, and so it need not stand\n\
         under `dependsOn` as well; nor need one name stand there twice. Under `--strict` this is an error.",
    ),
    (
        ELSEWHERE,
        "a provider is named without the region or account of the environment",
        "All that the upper tiers have with this provider stands in a region or an account, and this document names the provider\n\
         without one. What it asks for would stand elsewhere, and may not find what it refers to. Where things stand is said by\n\
         `region` and `account_id` under the `config` of the provider; it is not taken from the environment, so that a document\n\
         means the same tomorrow. Under `--strict` this is an error.",
    ),
    (
        STRANGE_AMOUNT,
        "an amount is hardly meant as it stands",
        "A number without a unit is in bytes, or in processors: `memory: 512` is 512 bytes, `cpu: 500` is 500 processors. Write\n\
         `512Mi` and `500m`. Under `--strict` this is an error.",
    ),
];

/// Whether a mistake is that a policy or a constraint forbids what was asked for.
pub fn is_policy(code: Code) -> bool {
    [TIER_BOUNDARY, BOUND, QUOTA, FIDELITY, OTHERS_SECRET].contains(&code)
}
