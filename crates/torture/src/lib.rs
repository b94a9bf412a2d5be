//! Kills, starves and cheats the `strata` command while it works, and looks whether anything is lost: whether the
//! invariants of the engine hold after each blow, and whether it ends where it would have ended without.
//!
//! What is tortured are real processes, from outside. They are built so that they can be killed at points that they pass
//! (`strata-defects`); a release cannot be. What is done in a case is a function of a seed and a number.
//!
//! Invariant: looks at stores through their port and at the cloud through its door for those who meddle; knows no engine,
//! so that nothing is judged by the code that is on trial.

pub mod canary;
pub mod case;
pub mod crowd;
pub mod power;
pub mod proof;
pub mod rig;
pub mod rules;
pub mod run;
pub mod view;
