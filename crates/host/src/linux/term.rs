//! Terminals. Request numbers and layouts are the guest's, which are this host's, too.

use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use abi::Errno;
use abi::term::{Termios, Winsize, ioctl};

use super::io::owned;
use super::syscall::sys;

/// `TCGETS`.
pub fn get_attributes(fd: BorrowedFd<'_>) -> Result<Termios, Errno> {
    let mut value = Termios::default();
    // SAFETY: a whole `struct termios`.
    unsafe { sys!(SYS_ioctl, fd.as_raw_fd(), ioctl::TCGETS, &raw mut value) }?;
    Ok(value)
}

/// `TCSETS`, `TCSETSW` or `TCSETSF`. May wait for output to drain.
pub fn set_attributes(fd: BorrowedFd<'_>, request: u32, value: &Termios) -> Result<(), Errno> {
    let value = std::ptr::from_ref(value);
    // SAFETY: a whole `struct termios`.
    unsafe { sys!(interruptible: SYS_ioctl, fd.as_raw_fd(), request, value) }.map(drop)
}

/// `TIOCGWINSZ`.
pub fn get_size(fd: BorrowedFd<'_>) -> Result<Winsize, Errno> {
    let mut value = Winsize::default();
    // SAFETY: a whole `struct winsize`.
    unsafe { sys!(SYS_ioctl, fd.as_raw_fd(), ioctl::TIOCGWINSZ, &raw mut value) }?;
    Ok(value)
}

/// `TIOCSWINSZ`.
pub fn set_size(fd: BorrowedFd<'_>, value: &Winsize) -> Result<(), Errno> {
    let value = std::ptr::from_ref(value);
    // SAFETY: a whole `struct winsize`.
    unsafe { sys!(SYS_ioctl, fd.as_raw_fd(), ioctl::TIOCSWINSZ, value) }.map(drop)
}

/// A request that fills in an `int`.
pub fn get_int(fd: BorrowedFd<'_>, request: u32) -> Result<i32, Errno> {
    let mut value = 0i32;
    // SAFETY: the callers' requests take a pointer to an `int`.
    unsafe { sys!(SYS_ioctl, fd.as_raw_fd(), request, &raw mut value) }?;
    Ok(value)
}

/// A request that reads an `int`.
pub fn set_int(fd: BorrowedFd<'_>, request: u32, value: i32) -> Result<(), Errno> {
    // SAFETY: the callers' requests take a pointer to an `int`.
    unsafe { sys!(interruptible: SYS_ioctl, fd.as_raw_fd(), request, &raw const value) }.map(drop)
}

/// A request whose argument is a number.
pub fn plain(fd: BorrowedFd<'_>, request: u32, arg: u64) -> Result<(), Errno> {
    // SAFETY: the callers' requests take no pointer.
    unsafe { sys!(interruptible: SYS_ioctl, fd.as_raw_fd(), request, arg) }.map(drop)
}

/// `TIOCGPTPEER`: opens the terminal of a pseudo-terminal's master, close-on-exec, with the flags of
/// open(2) in `flags`.
pub fn peer(fd: BorrowedFd<'_>, flags: u32) -> Result<OwnedFd, Errno> {
    let flags = flags as libc::c_int | libc::O_CLOEXEC;
    // SAFETY: the request takes no pointer; its result is a new descriptor.
    unsafe { sys!(SYS_ioctl, fd.as_raw_fd(), ioctl::TIOCGPTPEER, flags).map(|fd| owned(fd)) }
}

/// `TIOCSTI`.
pub fn insert(fd: BorrowedFd<'_>, byte: u8) -> Result<(), Errno> {
    // SAFETY: a pointer to a byte.
    unsafe { sys!(SYS_ioctl, fd.as_raw_fd(), ioctl::TIOCSTI, &raw const byte) }.map(drop)
}
