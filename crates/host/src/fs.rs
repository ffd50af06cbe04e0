//! Paths, directories, metadata, locks.
//!
//! Open flags are in `asm-generic` numbers ([`abi::fs::o`]); every descriptor comes back
//! close-on-exec, because no descriptor of the runtime may leak into a host program.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

pub use crate::sys::fs::*;

/// The directory that a relative path starts from.
#[derive(Clone, Copy, Debug)]
pub enum Dir<'a> {
    /// The current directory.
    Cwd,
    /// An open directory.
    Fd(BorrowedFd<'a>),
}

/// The file that the extended-attribute calls work on.
#[derive(Clone, Copy, Debug)]
pub enum XattrOf<'a> {
    /// A path, following a final symbolic link.
    Path(&'a CStr),
    /// A path, the link itself.
    Link(&'a CStr),
    /// An open file.
    Fd(BorrowedFd<'a>),
}
