//! Everything that can be seen from outside.

mod stacks;
