//! Processes: creation, death, identity.

use abi::process::Rusage;

pub use crate::sys::process::*;

/// Which side of a [`fork`] this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// The new process.
    Child,
    /// The old one, with the child's process id.
    Parent(i32),
}

/// A child whose state changed.
#[derive(Clone, Copy, Debug)]
pub struct Waited {
    /// The child.
    pub pid: i32,
    /// Its status word.
    pub status: i32,
    /// What it used.
    pub usage: Rusage,
}
