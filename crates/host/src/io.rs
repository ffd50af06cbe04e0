//! Reading, writing and waiting on descriptors.
//!
//! Guest memory is not Rust's: it has no `&[u8]`, because the guest and other processes change it
//! while the host works. [`Src`] and [`Dst`] are address ranges that the host's kernel may access;
//! it reports `EFAULT` for pages that are not there. They are made from slices safely, and from
//! guest addresses by `mem`, which vouches that the range lies in the slab.

use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd};

use abi::Errno;

use crate::interruptible::interruptible;

pub use crate::sys::io::*;

/// Memory that the host reads from. Layout of `struct iovec`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Src<'a>(libc::iovec, PhantomData<&'a [u8]>);

/// Memory that the host writes into. Layout of `struct iovec`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Dst<'a>(libc::iovec, PhantomData<&'a mut [u8]>);

macro_rules! buffer {
    ($name:ident, $access:literal) => {
        // SAFETY: an address range; what may be done with it does not depend on the thread.
        unsafe impl Send for $name<'_> {}

        impl $name<'_> {
            /// A range of memory that is not Rust's.
            ///
            /// # Safety
            ///
            #[doc = concat!("The host's kernel may ", $access, " every mapped byte of the range")]
            /// without breaking a Rust object.
            pub const unsafe fn from_raw(base: *mut u8, len: usize) -> Self {
                Self(libc::iovec { iov_base: base.cast(), iov_len: len }, PhantomData)
            }

            /// The first byte.
            pub fn as_ptr(&self) -> *mut u8 {
                self.0.iov_base.cast()
            }

            /// The length in bytes.
            pub fn len(&self) -> usize {
                self.0.iov_len
            }

            /// Whether the length is zero.
            pub fn is_empty(&self) -> bool {
                self.0.iov_len == 0
            }
        }
    };
}
buffer!(Src, "read");
buffer!(Dst, "write");

impl<'a> From<&'a [u8]> for Src<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        let base = bytes.as_ptr().cast_mut().cast();
        Self(libc::iovec { iov_base: base, iov_len: bytes.len() }, PhantomData)
    }
}

impl<'a> From<&'a mut [u8]> for Dst<'a> {
    fn from(bytes: &'a mut [u8]) -> Self {
        let base = bytes.as_mut_ptr().cast();
        Self(libc::iovec { iov_base: base, iov_len: bytes.len() }, PhantomData)
    }
}

/// A descriptor to wait on (`struct pollfd`). Events have Linux's numbers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PollFd {
    pub(crate) fd: i32,
    pub(crate) events: i16,
    pub(crate) revents: i16,
}

impl PollFd {
    /// Waits for `events` (`POLLIN` and so on) of `fd`, which must stay open during the wait.
    pub fn new(fd: BorrowedFd<'_>, events: i16) -> Self {
        Self { fd: fd.as_raw_fd(), events, revents: 0 }
    }

    /// An entry that is passed over.
    pub fn ignored() -> Self {
        Self { fd: -1, events: 0, revents: 0 }
    }

    /// An entry for a descriptor that is not open: `POLLNVAL` at once.
    pub fn closed() -> Self {
        Self { fd: i32::MAX, events: 0, revents: 0 }
    }

    /// What happened.
    pub fn revents(&self) -> i16 {
        self.revents
    }
}

/// Writes all of `line`, whatever signals wait for the guest: what elfuse itself has to say does not
/// belong to the guest's calls, so it is not interrupted with them. Stops at the first error. Of one,
/// the guest must not hear either: its `RLIMIT_FSIZE` is the host's, and where it ends the file, the
/// kernel sends SIGXFSZ with the error.
pub fn write_line(fd: BorrowedFd<'_>, line: &[u8]) {
    // There is nobody to tell.
    let _ = append(fd, line);
}

/// As [`write_line`], where somebody needs to know whether it was written. With `O_APPEND`, and as long
/// as the disk has room, the line stays whole whoever else writes.
pub fn append(fd: BorrowedFd<'_>, line: &[u8]) -> Result<(), Errno> {
    // SAFETY: the sets are initialised before they are used, and the mask is put back.
    unsafe {
        let [mut blocked, mut old, mut pending] = std::mem::zeroed::<[libc::sigset_t; 3]>();
        libc::sigemptyset(&mut blocked);
        libc::sigaddset(&mut blocked, libc::SIGXFSZ);
        libc::pthread_sigmask(libc::SIG_BLOCK, &blocked, &mut old);
        libc::sigpending(&mut pending);
        let was_pending = libc::sigismember(&pending, libc::SIGXFSZ) == 1;
        let result = write_all(fd, line);
        if result == Err(Errno::EFBIG) && !was_pending {
            libc::sigpending(&mut pending);
            if libc::sigismember(&pending, libc::SIGXFSZ) == 1 {
                libc::sigwait(&blocked, &mut 0);
            }
        }
        // Only what was changed: libc would not put back the signals that it takes for its own.
        if libc::sigismember(&old, libc::SIGXFSZ) == 0 {
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &blocked, std::ptr::null_mut());
        }
        result
    }
}

/// Reads a file of elfuse's own, whatever signals wait for the guest.
pub fn read_at(fd: BorrowedFd<'_>, to: &mut [u8], offset: u64) -> Result<usize, Errno> {
    loop {
        // SAFETY: a whole slice.
        let count = unsafe {
            libc::pread(fd.as_raw_fd(), to.as_mut_ptr().cast(), to.len(), offset as libc::off_t)
        };
        match usize::try_from(count).map_err(|_| crate::process::last_errno()) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

fn write_all(fd: BorrowedFd<'_>, mut line: &[u8]) -> Result<(), Errno> {
    while !line.is_empty() {
        // SAFETY: a whole slice.
        let written = unsafe { libc::write(fd.as_raw_fd(), line.as_ptr().cast(), line.len()) };
        match usize::try_from(written).map_err(|_| crate::process::last_errno()) {
            Ok(count) => line = &line[count..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// read(2).
pub fn read(fd: BorrowedFd<'_>, to: Dst<'_>) -> Result<usize, Errno> {
    // SAFETY: `to` may be written to.
    unsafe { interruptible!(READ, fd.as_raw_fd(), to.as_ptr(), to.len()) }
}

/// write(2).
pub fn write(fd: BorrowedFd<'_>, from: Src<'_>) -> Result<usize, Errno> {
    // SAFETY: `from` may be read.
    unsafe { interruptible!(WRITE, fd.as_raw_fd(), from.as_ptr(), from.len()) }
}

/// pread64(2).
pub fn pread(fd: BorrowedFd<'_>, to: Dst<'_>, offset: i64) -> Result<usize, Errno> {
    // SAFETY: `to` may be written to.
    unsafe { interruptible!(PREAD, fd.as_raw_fd(), to.as_ptr(), to.len(), offset) }
}

/// pwrite64(2).
pub fn pwrite(fd: BorrowedFd<'_>, from: Src<'_>, offset: i64) -> Result<usize, Errno> {
    // SAFETY: `from` may be read.
    unsafe { interruptible!(PWRITE, fd.as_raw_fd(), from.as_ptr(), from.len(), offset) }
}

/// readv(2).
pub fn readv(fd: BorrowedFd<'_>, to: &[Dst<'_>]) -> Result<usize, Errno> {
    // SAFETY: an array of `iovec`s whose memory may be written to.
    unsafe { interruptible!(READV, fd.as_raw_fd(), to.as_ptr(), to.len()) }
}

/// writev(2).
pub fn writev(fd: BorrowedFd<'_>, from: &[Src<'_>]) -> Result<usize, Errno> {
    // SAFETY: an array of `iovec`s whose memory may be read.
    unsafe { interruptible!(WRITEV, fd.as_raw_fd(), from.as_ptr(), from.len()) }
}
