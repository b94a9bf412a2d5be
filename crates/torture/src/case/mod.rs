//! What is done in one case: a function of the seed and the number of the case, and of nothing else.

mod aimed;
mod draw;

use strata_defects::Point;
use strata_provider_local::{Fault, Settings};

pub use aimed::{Aim, How, aim};
pub use draw::{of_faults, of_kills};

/// One project, led from one document to another through troubles.
#[derive(Clone, Debug)]
pub struct Case {
    pub way: Way,
    /// The troubles, one command each. After them comes a command that nobody troubles.
    pub troubles: Vec<Trouble>,
    /// How the cloud behaves while there are troubles.
    pub rules: Settings,
    pub resume: Resume,
}

/// From what to what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    /// From nothing, not even a store.
    First,
    /// From an established stack to one that differs in all ways.
    Change,
    /// To nothing.
    Destroy,
}

impl Way {
    pub const ALL: [Way; 3] = [Way::First, Way::Change, Way::Destroy];
}

/// How a run that was interrupted is gone on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resume {
    /// The document is applied again.
    Apply,
    /// The plan of the last run is.
    Resume,
}

/// What a command that is killed was to do. Whatever became of it is led to an end before the next trouble comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Errand {
    /// To apply the document, or to go on with a run that was interrupted.
    Apply,
    Plan,
    Approve,
    Refresh,
    Drift,
    /// To know a resource by another address.
    Move,
    Forget,
    Import,
    /// To bring the whole store, as text, to where there is none.
    Carry,
    /// To keep another secret under a name.
    Rotate,
    /// To drop what is over from the log.
    Compact,
    /// To apply the document where the store is of an earlier version.
    Upgrade,
}

impl Errand {
    pub const BESIDES: [Errand; 11] = [
        Errand::Plan,
        Errand::Approve,
        Errand::Refresh,
        Errand::Drift,
        Errand::Move,
        Errand::Forget,
        Errand::Import,
        Errand::Carry,
        Errand::Rotate,
        Errand::Compact,
        Errand::Upgrade,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Errand::Apply => "applying, or going on with it",
            Errand::Plan => "planning",
            Errand::Approve => "approving",
            Errand::Refresh => "refreshing",
            Errand::Drift => "looking for drift",
            Errand::Move => "moving a resource",
            Errand::Forget => "forgetting a resource",
            Errand::Import => "importing a resource",
            Errand::Carry => "bringing in an exported store",
            Errand::Rotate => "changing a secret",
            Errand::Compact => "compacting the log",
            Errand::Upgrade => "upgrading the store",
        }
    }
}

/// What befalls a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Nothing, but the cloud may have its rules.
    Nothing,
    /// Whoever passes the point for that time is killed, and the other too if it is to be both.
    KillAt {
        errand: Errand,
        point: Point,
        count: u64,
        both: bool,
    },
    KillAfter {
        errand: Errand,
        ms: u64,
        who: Who,
    },
    /// It is stopped at the point until its lease has passed to somebody else, who does all the work; or until the lease was
    /// taken from it. Then it wakes.
    Pause {
        point: Point,
        count: u64,
        broken: bool,
    },
    /// The cloud is stopped at the point for a while.
    PauseWorld {
        point: Point,
        count: u64,
        ms: u64,
    },
    /// The clock jumps.
    Jump {
        point: Point,
        count: u64,
        by_ms: i64,
    },
    /// No file can grow beyond so many blocks of 512 bytes.
    Disk {
        blocks: u64,
    },
    /// Calls to the files of store, secrets and cloud fail, from one of them on or only that one.
    Calls {
        broken: Broken,
        from: u64,
        once: bool,
    },
    /// So many files can be open.
    Files {
        most: u64,
    },
    Signal {
        ms: u64,
        signal: Asked,
    },
    /// Nobody reads what it says.
    Pipe,
    /// Another one does the same at the same time.
    Rival {
        ms: u64,
    },
    /// Something is changed behind everybody's back.
    Meddle {
        object: u64,
        change: Change,
    },
    /// A secret gets another content while it is at work, and then its own again.
    Rotate {
        ms: u64,
    },
    /// A plan is kept, something else is applied, and then the plan.
    Stale,
    /// What was being added to the files of the cloud and of the secrets is torn, as by a power cut.
    Torn {
        bytes: u64,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Client,
    World,
    Both,
}

/// Which calls of the system fail, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// The disk is full.
    Full,
    /// The disk is broken.
    Write,
    /// What was written may be lost.
    Sync,
    Read,
    /// The folder cannot be written to any more.
    ReadOnly,
    /// The files are somebody else's.
    Denied,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Interrupt,
    Terminate,
    HangUp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Set,
    Delete,
    /// Somebody else takes it over, and gives it back when it is over.
    Steal,
}

impl Case {
    /// How long after a command has ended a call of it may still be on its way, in milliseconds.
    pub fn under_way_ms(&self) -> u64 {
        let late = |fault: &Fault| if let Fault::Late { after_ms } = fault { *after_ms } else { 0 };
        self.rules.faults.iter().map(|rule| late(&rule.fault)).max().unwrap_or(0)
    }

    /// Whether every call has come to its end when the command that made it has.
    pub fn is_punctual(&self) -> bool {
        let is_late = |fault: &Fault| matches!(fault, Fault::Late { .. } | Fault::Hang(_));
        let nothing = |trouble: &Trouble| *trouble == Trouble::Nothing;
        self.troubles.iter().all(nothing) && !self.rules.faults.iter().any(|rule| is_late(&rule.fault))
    }
}
