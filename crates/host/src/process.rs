//! Processes: creation, death, identity.

use std::io::Read;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use abi::Errno;
use abi::process::Rusage;
use abi::signal::{SigSet, Signal};

use crate::signal::Disposition;
use crate::sys;

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

/// Where in this process's memory the parts of the program are that others are to see running:
/// what `/proc/PID/stat` tells, and what `cmdline` and `environ` read.
#[derive(Clone, Debug, Default)]
pub struct ProcessLayout {
    /// The program's code.
    pub code: Range<u64>,
    /// Its initialised data.
    pub data: Range<u64>,
    /// The stack pointer that it started with.
    pub stack_start: u64,
    /// The strings of its arguments, in a row.
    pub args: Range<u64>,
    /// The strings of its environment.
    pub env: Range<u64>,
}

/// The error that the last call of libc left behind.
pub(crate) fn last_errno() -> Errno {
    // SAFETY: libc's location of this thread's errno.
    sys::errno(unsafe { *sys::fault::errno_location() })
}

/// What a function of libc returned: the result, or the error that it left.
pub(crate) fn check<T: PartialEq + From<i8>>(result: T) -> Result<T, Errno> {
    if result == T::from(-1) { Err(last_errno()) } else { Ok(result) }
}

/// fork(2). The caller must be the only thread of the process, or must have made sure that no
/// other one holds a lock.
pub fn fork() -> Result<Fork, Errno> {
    // SAFETY: libc's wrapper, so that the allocator's locks are usable in the child.
    match unsafe { libc::fork() } {
        -1 => Err(last_errno()),
        0 => Ok(Fork::Child),
        pid => Ok(Fork::Parent(pid)),
    }
}

/// exit_group(2), at once: no destructors, no flushing.
pub fn exit(status: i32) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(status) }
}

/// Ends this process by the default action of `signal`, so that its parent sees that death.
pub fn die_by(signal: Signal) -> ! {
    // SIGKILL and SIGSTOP cannot be set and need not be.
    let _ = sys::signal::replace_disposition(signal, Disposition::DEFAULT);
    // To this thread: of one for the process, another thread may be about to die while this one
    // goes on to the end.
    let _ = tgkill(getpid(), gettid(), i32::from(signal.number()));
    crate::signal::set_mask(SigSet::FULL.without(signal));
    // Only a signal whose default action is not death gets here.
    exit(128 + i32::from(signal.number()))
}

/// getpid(2).
pub fn getpid() -> i32 {
    // SAFETY: no arguments.
    unsafe { libc::getpid() }
}

/// getppid(2).
pub fn getppid() -> i32 {
    // SAFETY: no arguments.
    unsafe { libc::getppid() }
}

/// One end of a channel between a process and a child of it.
///
/// Signals end none of its calls, but for those that kill: so a parent waits in vfork(2).
#[derive(Debug)]
pub struct Channel(UnixStream);

impl Channel {
    /// Both ends.
    pub fn pair() -> Result<[Self; 2], Errno> {
        let (one, other) =
            UnixStream::pair().map_err(|e| sys::errno(e.raw_os_error().unwrap_or(0)))?;
        Ok([Self(one), Self(other)])
    }

    /// Sends all of `bytes`. Whether the other end is still there: if not, no SIGPIPE says so.
    pub fn send(&self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let (fd, from) = (self.0.as_raw_fd(), bytes.as_ptr().cast());
            // SAFETY: a whole slice.
            match unsafe { libc::send(fd, from, bytes.len(), libc::MSG_NOSIGNAL) } {
                -1 if last_errno() == Errno::EINTR => {}
                -1 => return false,
                sent => bytes = &bytes[sent as usize..],
            }
        }
        true
    }

    /// Fills `bytes`. `false` if the other end was closed before that, or, after [`Self::set_patience`], if it took longer.
    pub fn receive(&self, bytes: &mut [u8]) -> bool {
        (&self.0).read_exact(bytes).is_ok()
    }

    /// Bounds the time that [`Self::receive`] waits.
    pub fn set_patience(&self, longest: Duration) {
        // Fails for no time but zero.
        let _ = self.0.set_read_timeout(Some(longest));
    }

    /// Closes this end for whoever uses it, and for the other side.
    pub fn shut(&self) {
        // Fails if the other side has done so.
        let _ = self.0.shutdown(std::net::Shutdown::Both);
    }

    /// Whether the other end is closed. There is nothing to be received.
    pub fn is_shut(&self) -> bool {
        // SAFETY: a place for one byte, which stays where it is.
        let seen = unsafe {
            let (mut byte, flags) = (0u8, libc::MSG_PEEK | libc::MSG_DONTWAIT);
            libc::recv(self.0.as_raw_fd(), (&raw mut byte).cast(), 1, flags)
        };
        seen == 0 || seen == -1 && last_errno() != Errno::EAGAIN
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for Channel {
    /// An end that the parent has given. What is not one fails when it is used.
    fn from(fd: OwnedFd) -> Self {
        Self(fd.into())
    }
}

/// The supplementary groups.
pub fn getgroups() -> Result<Vec<u32>, Errno> {
    // SAFETY: asks for the number only.
    let count = unsafe { libc::getgroups(0, std::ptr::null_mut()) };
    let mut groups = vec![0u32; usize::try_from(count).map_err(|_| last_errno())?];
    // SAFETY: room for `count` groups.
    let count = unsafe { libc::getgroups(count, groups.as_mut_ptr()) };
    groups.truncate(usize::try_from(count).map_err(|_| last_errno())?);
    Ok(groups)
}

/// getpgid(2).
pub fn getpgid(pid: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::getpgid(pid) })
}

/// getsid(2).
pub fn getsid(pid: i32) -> Result<i32, Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::getsid(pid) })
}

/// setsid(2).
pub fn setsid() -> Result<i32, Errno> {
    // SAFETY: no arguments.
    check(unsafe { libc::setsid() })
}
