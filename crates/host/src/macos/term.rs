//! Terminals: ioctl(2) with this host's requests and layouts.

use std::ffi::c_void;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use abi::Errno;
use abi::term::{Termios, Winsize, ioctl};

use crate::darwin::termios::{HostTermios, from_host, to_host};
use crate::interruptible::interruptible;
use crate::missing;
use crate::process::check;

const _: () = assert!(size_of::<HostTermios>() == size_of::<libc::termios>());

/// Requests of `sys/ttycom.h` and `sys/filio.h`.
mod nr {
    pub const TIOCGETA: u64 = 0x4048_7413;
    /// Followed by `TIOCSETAW` and `TIOCSETAF`, in the order of Linux's `TCSETS`, `TCSETSW`,
    /// `TCSETSF`.
    pub const TIOCSETA: u64 = 0x8048_7414;
    pub const TIOCGWINSZ: u64 = 0x4008_7468;
    pub const TIOCSWINSZ: u64 = 0x8008_7467;
    pub const TIOCGPGRP: u64 = 0x4004_7477;
    pub const TIOCSPGRP: u64 = 0x8004_7476;
    pub const TIOCGSID: u64 = 0x4004_7463;
    pub const TIOCOUTQ: u64 = 0x4004_7473;
    pub const TIOCGETD: u64 = 0x4004_741a;
    pub const TIOCSETD: u64 = 0x8004_741b;
    pub const TIOCPKT: u64 = 0x8004_7470;
    pub const TIOCSTI: u64 = 0x8001_7472;
    pub const TIOCSCTTY: u64 = 0x2000_7461;
    pub const TIOCNOTTY: u64 = 0x2000_7471;
    pub const TIOCEXCL: u64 = 0x2000_740d;
    pub const TIOCNXCL: u64 = 0x2000_740e;
    pub const TIOCDRAIN: u64 = 0x2000_745e;
    pub const TIOCPTYUNLK: u64 = 0x2000_7452;
    pub const FIONREAD: u64 = 0x4004_667f;
    pub const FIONBIO: u64 = 0x8004_667e;
    pub const FIOASYNC: u64 = 0x8004_667d;
}

/// A request that may wait, for output to drain or for the foreground.
///
/// # Safety
///
/// `arg` is what the request takes.
unsafe fn request(fd: BorrowedFd<'_>, request: u64, arg: *const c_void) -> Result<(), Errno> {
    // SAFETY: passed on to the caller.
    unsafe { interruptible!(IOCTL, fd.as_raw_fd(), request, arg) }.map(drop)
}

fn get_host_attributes(fd: BorrowedFd<'_>) -> Result<HostTermios, Errno> {
    let mut host = HostTermios::default();
    // SAFETY: a whole `struct termios`.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), nr::TIOCGETA, &raw mut host) })?;
    Ok(host)
}

/// `TCGETS`.
pub fn get_attributes(fd: BorrowedFd<'_>) -> Result<Termios, Errno> {
    get_host_attributes(fd).map(|host| from_host(&host))
}

/// `TCSETS`, `TCSETSW` or `TCSETSF`. May wait for output to drain.
pub fn set_attributes(fd: BorrowedFd<'_>, request: u32, value: &Termios) -> Result<(), Errno> {
    let host = to_host(value, &get_host_attributes(fd)?);
    let number = nr::TIOCSETA + u64::from(request - ioctl::TCSETS);
    // SAFETY: a whole `struct termios`.
    unsafe { self::request(fd, number, (&raw const host).cast()) }
}

/// `TIOCGPTPEER`.
pub fn peer(_: BorrowedFd<'_>, _: u32) -> Result<OwnedFd, Errno> {
    missing::PTY_NUMBERS.refuse()
}

/// `TIOCGWINSZ`.
pub fn get_size(fd: BorrowedFd<'_>) -> Result<Winsize, Errno> {
    let mut value = Winsize::default();
    // SAFETY: a whole `struct winsize`, the same on both systems.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), nr::TIOCGWINSZ, &raw mut value) })?;
    Ok(value)
}

/// `TIOCSWINSZ`.
pub fn set_size(fd: BorrowedFd<'_>, value: &Winsize) -> Result<(), Errno> {
    let value = std::ptr::from_ref(value);
    // SAFETY: a whole `struct winsize`.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), nr::TIOCSWINSZ, value) }).map(drop)
}

/// A request that fills in an `int`.
pub fn get_int(fd: BorrowedFd<'_>, request: u32) -> Result<i32, Errno> {
    let number = match request {
        ioctl::TIOCGPGRP => nr::TIOCGPGRP,
        ioctl::TIOCGSID => nr::TIOCGSID,
        ioctl::TIOCOUTQ => nr::TIOCOUTQ,
        ioctl::TIOCGETD => nr::TIOCGETD,
        ioctl::FIONREAD => nr::FIONREAD,
        _ => return missing::PTY_NUMBERS.refuse(),
    };
    let mut value = 0i32;
    // SAFETY: these requests take a pointer to an `int`.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), number, &raw mut value) })?;
    Ok(value)
}

/// A request that reads an `int`.
pub fn set_int(fd: BorrowedFd<'_>, request: u32, value: i32) -> Result<(), Errno> {
    let number = match request {
        ioctl::TIOCSPGRP => nr::TIOCSPGRP,
        ioctl::TIOCSETD => nr::TIOCSETD,
        ioctl::TIOCPKT => nr::TIOCPKT,
        ioctl::FIONBIO => nr::FIONBIO,
        ioctl::FIOASYNC => nr::FIOASYNC,
        // Once unlocked, a pseudo-terminal stays so.
        ioctl::TIOCSPTLCK if value == 0 => nr::TIOCPTYUNLK,
        _ => return Err(Errno::EINVAL),
    };
    // SAFETY: these requests take a pointer to an `int`, or nothing.
    unsafe { self::request(fd, number, (&raw const value).cast()) }
}

/// A request whose argument is a number.
pub fn plain(fd: BorrowedFd<'_>, request: u32, arg: u64) -> Result<(), Errno> {
    let raw = fd.as_raw_fd();
    let number = match request {
        ioctl::TIOCSCTTY => nr::TIOCSCTTY,
        ioctl::TIOCNOTTY => nr::TIOCNOTTY,
        ioctl::TIOCEXCL => nr::TIOCEXCL,
        ioctl::TIOCNXCL => nr::TIOCNXCL,
        // Without a break, which zero asks for, the call waits for output (ioctl_tty(2)).
        ioctl::TCSBRK if arg != 0 => nr::TIOCDRAIN,
        ioctl::TCSBRK | ioctl::TCSBRKP => {
            // SAFETY: no pointers.
            return check(unsafe { libc::tcsendbreak(raw, 0) }).map(drop);
        }
        // Linux numbers the actions from 0, macOS from 1, in the same order.
        ioctl::TCXONC if arg <= 3 => {
            // SAFETY: no pointers.
            return check(unsafe { libc::tcflow(raw, arg as i32 + 1) }).map(drop);
        }
        ioctl::TCFLSH if arg <= 2 => {
            // SAFETY: no pointers.
            return check(unsafe { libc::tcflush(raw, arg as i32 + 1) }).map(drop);
        }
        _ => return Err(Errno::EINVAL),
    };
    // SAFETY: these requests take nothing.
    unsafe { self::request(fd, number, std::ptr::null()) }
}

/// `TIOCSTI`.
pub fn insert(fd: BorrowedFd<'_>, byte: u8) -> Result<(), Errno> {
    // SAFETY: a pointer to a byte.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), nr::TIOCSTI, &raw const byte) }).map(drop)
}
