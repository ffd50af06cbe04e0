//! A child that is this program anew, for hosts and engines that cannot `fork`.
//!
//! Descriptors go along under their numbers, because an epoll instance remembers numbers; everything else
//! is the caller's to send. The child is a child of this process like that of a `fork`, with the caller's
//! blocked signals, and the host's kernel hands on what it does at each execution of a program: directory,
//! session, terminal, limits.
//!
//! Rejected: descriptors by `SCM_RIGHTS`, which numbers them anew, and limits how many are on the way.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use abi::Errno;

use crate::process::check;
use crate::sys;

/// Descriptors for a child. What they belong to is kept until it has them.
#[derive(Default)]
pub struct Luggage(Vec<Box<dyn AsFd>>);

impl Luggage {
    /// Takes one along. Returns its number.
    pub fn add(&mut self, file: impl AsFd + 'static) -> i32 {
        let number = file.as_fd().as_raw_fd();
        self.0.push(Box::new(file));
        number
    }

    /// All of them.
    pub fn files(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().map(|owner| owner.as_fd())
    }
}

impl fmt::Debug for Luggage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.files()).finish()
    }
}

/// What a child has been given, to be taken by number, each once.
#[derive(Debug)]
pub struct Inherited(BTreeMap<i32, OwnedFd>);

impl Inherited {
    /// All that this process was started with; see [`crate::fs::inherited`].
    pub fn all() -> Self {
        Self::new(crate::fs::inherited())
    }

    /// These, by number.
    pub fn new(files: impl IntoIterator<Item = (i32, OwnedFd)>) -> Self {
        Self(files.into_iter().collect())
    }

    /// Takes a descriptor. `EBADF` if there is none, or it was taken before.
    pub fn take(&mut self, number: i32) -> Result<OwnedFd, Errno> {
        self.0.remove(&number).ok_or(Errno::EBADF)
    }
}

/// Starts this program with `args`, the first of which is its name, and this process's environment.
/// Returns the child's process id. Errors: those of fork(2) and execve(2).
///
/// One call at a time: each opens its luggage to whatever this process executes meanwhile, which nothing else does.
/// Not by actions in the child, for which libc refuses descriptors above a limit that was lowered later.
pub fn spawn(args: &[CString], luggage: &Luggage) -> Result<i32, Errno> {
    let program = sys::handoff::program()?;
    let mut argv: Vec<_> = args.iter().map(|arg| arg.as_ptr().cast_mut()).collect();
    argv.push(std::ptr::null_mut());
    let set_flags = |flags: i32| {
        luggage.files().try_for_each(|file| {
            // SAFETY: no pointers.
            check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, flags) }).map(drop)
        })
    };
    let mut pid = 0;
    let started = set_flags(0).and_then(|()| {
        // SAFETY: C strings, and arrays of them that end with null. Nobody changes the environment: this
        // program does so nowhere.
        let error = unsafe {
            libc::posix_spawn(
                &raw mut pid,
                program.as_ptr(),
                std::ptr::null(),
                std::ptr::null(),
                argv.as_ptr(),
                *sys::handoff::environment(),
            )
        };
        if error == 0 { Ok(()) } else { Err(sys::errno(error)) }
    });
    // They are open: this cannot fail.
    let _ = set_flags(libc::FD_CLOEXEC);
    started.map(|()| pid)
}
