//! What the checks refuse, on small workspaces; and that a banned call really is refused.

mod bans;
mod check;
mod scripts;
