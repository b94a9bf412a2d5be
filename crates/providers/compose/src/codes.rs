//! The codes of this crate.

use strata_base::Code;

pub const NOT_IN_A_FILE: Code = Code("E3021");
pub const TWO_OF_A_NAME: Code = Code("E3022");
pub const WRONG_SERVICE: Code = Code("E3023");

/// A code, its title, its long text.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        NOT_IN_A_FILE,
        "this cannot be written to a file",
        "A Compose file is written before anything runs, so nothing in it can depend on what only an engine or the store knows:\n\
         a port that Docker chooses, a number that is chosen when a plan is applied, an output of another stack. `strata apply`\n\
         can do it. For a way in from outside, a port of your own (1024 or higher, without TLS) is known beforehand.",
    ),
    (
        TWO_OF_A_NAME,
        "two resources have one name",
        "All services of an environment share one Compose project, where each has a name of its own: that of its capability,\n\
         after its application where that is called otherwise. Two came to the same name. Call one of them otherwise.",
    ),
    (
        WRONG_SERVICE,
        "Docker would refuse this",
        "What is said of a service, a volume or a network is not as the Compose specification has it. Where it was made by one\n\
         of the mappings that come with strata, that mapping has a defect; else look at your own mapping.",
    ),
];
