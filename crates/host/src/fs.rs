//! Paths, directories, metadata, locks.
//!
//! Open flags are in `asm-generic` numbers ([`abi::fs::o`]); every descriptor comes back
//! close-on-exec, because no descriptor of the runtime may leak into a host program.

use std::ffi::CStr;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

use crate::sys;

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

/// The descriptors that this process was started with, by number, in rising order.
///
/// Takes ownership of all of them: call once, before a descriptor is opened that the guest must
/// not see.
pub fn inherited() -> Vec<(i32, OwnedFd)> {
    let Ok(listing) = std::fs::read_dir(sys::fs::DESCRIPTORS) else { return Vec::new() };
    let mut numbers: Vec<i32> = listing
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&fd| !crate::startup::stream_was_closed(fd))
        .collect();
    numbers.sort_unstable();
    numbers
        .into_iter()
        // The listing's own descriptor is closed by now.
        // SAFETY: no pointers.
        .filter(|&fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0)
        // SAFETY: open, and nobody else's: the caller is the first to look.
        .map(|fd| (fd, unsafe { OwnedFd::from_raw_fd(fd) }))
        .collect()
}
