//! Parameters whose meaning depends on another: the calls that are many calls in one.

use std::fmt::{self, Write};

use abi::fs::f;
use abi::process::clone;
use abi::term::ioctl as request;

use super::show::{Shown, address, hexadecimal, string};
use super::{names, values};

/// The third argument of fcntl(2).
pub fn fcntl_argument(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let command = to.neighbour(-1) as i32;
    if to.result.is_some() {
        // The answer is shown in place of the question.
        let answers = matches!(command, f::GETLK | f::OFD_GETLK);
        if !answers {
            return Ok(());
        }
        to.text.clear();
    }
    match command {
        f::GETFD
        | f::GETFL
        | f::GETOWN
        | f::GETSIG
        | f::GETLEASE
        | f::GETPIPE_SZ
        | f::GET_SEALS => Ok(()),
        f::SETFD => names::close_on_exec(raw, to),
        f::SETFL => names::open_flags(raw, to),
        f::GETLK | f::SETLK | f::SETLKW | f::OFD_GETLK | f::OFD_SETLK | f::OFD_SETLKW => {
            values::flock(raw, to)
        }
        f::SETSIG => names::signal(raw, to),
        f::DUPFD | f::DUPFD_CLOEXEC | f::SETOWN | f::SETPIPE_SZ | f::DUPFD_QUERY => {
            write!(to, "{}", raw as i32)
        }
        _ => hexadecimal(raw, to),
    }
}

/// What fcntl(2) returned, in words.
pub fn fcntl_result(value: u64, to: &mut Shown<'_>) -> fmt::Result {
    match to.args[1] as i32 {
        f::GETFL => {
            write!(to, "{value:#x} (flags ")?;
            names::open_flags(value, to)?;
            to.write_str(")")
        }
        f::GETFD if value != 0 => {
            write!(to, "{value:#x} (flags ")?;
            names::close_on_exec(value, to)?;
            to.write_str(")")
        }
        _ => write!(to, "{}", value as i64),
    }
}

/// The third argument of ioctl(2).
pub fn ioctl_argument(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if to.result.is_some() && !to.text.is_empty() {
        return Ok(());
    }
    let gives = to.result.is_some_and(|result| result.is_ok());
    match to.neighbour(-1) as u32 {
        request::TIOCSWINSZ => values::window_size(raw, to),
        request::TCSETS | request::TCSETSW | request::TCSETSF => values::termios(raw, to),
        request::TIOCSPGRP
        | request::TIOCSETD
        | request::FIONBIO
        | request::FIOASYNC
        | request::TIOCPKT
        | request::TIOCSPTLCK => values::int(raw, to),
        request::TIOCSCTTY
        | request::TCSBRK
        | request::TCSBRKP
        | request::TCXONC
        | request::TCFLSH => write!(to, "{}", raw as i32),
        request::TIOCNOTTY
        | request::TIOCEXCL
        | request::TIOCNXCL
        | request::FIOCLEX
        | request::FIONCLEX => Ok(()),
        request::TIOCGWINSZ if gives => values::window_size(raw, to),
        request::TCGETS if gives => values::termios(raw, to),
        request::TIOCGPGRP
        | request::TIOCGSID
        | request::FIONREAD
        | request::TIOCOUTQ
        | request::TIOCGETD
        | request::TIOCGPTN
        | request::TIOCGPKT
        | request::TIOCGPTLCK
        | request::TIOCGEXCL
            if gives =>
        {
            values::int(raw, to)
        }
        _ if to.result.is_none() => Ok(()),
        _ => hexadecimal(raw, to),
    }
}

// Options of prctl(2) that the names alone do not explain (`linux/prctl.h`).
const PR_SET_PDEATHSIG: u64 = 1;
const PR_GET_PDEATHSIG: u64 = 2;
const PR_GET_DUMPABLE: u64 = 3;
const PR_SET_NAME: u64 = 15;
const PR_GET_NAME: u64 = 16;
const PR_SET_VMA: u64 = 0x5356_4d41;
/// Without arguments: PR_GET_KEEPCAPS, _TIMING, _SECCOMP, _SECUREBITS, _TIMERSLACK.
const PR_BARE: [u64; 6] = [PR_GET_DUMPABLE, 7, 13, 21, 27, 30];

/// The second argument of prctl(2).
pub fn prctl_first(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if to.result.is_some() && !to.text.is_empty() {
        return Ok(());
    }
    let gives = to.result.is_some_and(|result| result.is_ok());
    match to.neighbour(-1) {
        PR_SET_PDEATHSIG => names::signal(raw, to),
        PR_GET_PDEATHSIG if gives => values::int(raw, to),
        PR_SET_NAME => string(raw, to),
        PR_GET_NAME if gives => string(raw, to),
        option if PR_BARE.contains(&option) => Ok(()),
        PR_GET_PDEATHSIG | PR_GET_NAME if to.result.is_none() => Ok(()),
        _ => hexadecimal(raw, to),
    }
}

/// The other arguments of prctl(2).
pub fn prctl_other(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    match to.args[0] {
        PR_SET_PDEATHSIG | PR_GET_PDEATHSIG | PR_SET_NAME | PR_GET_NAME => Ok(()),
        option if PR_BARE.contains(&option) => Ok(()),
        PR_SET_VMA if to.index == 4 => string(raw, to),
        _ => hexadecimal(raw, to),
    }
}

// futex(2) operations (`linux/futex.h`).
const FUTEX_PRIVATE: u64 = 128;
const FUTEX_REALTIME: u64 = 256;

/// The operation of futex(2) with its two flags.
pub fn futex_operation(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let operation = u64::from(raw as u32);
    names::futex_command(operation & !(FUTEX_PRIVATE | FUTEX_REALTIME), to)?;
    to.write_str(if operation & FUTEX_PRIVATE != 0 { "_PRIVATE" } else { "" })?;
    to.write_str(if operation & FUTEX_REALTIME != 0 { "|FUTEX_CLOCK_REALTIME" } else { "" })
}

/// The arguments of futex(2) behind the value, as far as the operation has them.
pub fn futex_argument(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    const WAIT: u64 = 0;
    const REQUEUE: u64 = 3;
    const CMP_REQUEUE: u64 = 4;
    const WAKE_OP: u64 = 5;
    const LOCK_PI: u64 = 6;
    const WAIT_BITSET: u64 = 9;
    const WAKE_BITSET: u64 = 10;
    const WAIT_REQUEUE_PI: u64 = 11;
    const CMP_REQUEUE_PI: u64 = 12;
    const LOCK_PI2: u64 = 13;
    /// Places of the arguments.
    const TIME: usize = 3;
    const SECOND: usize = 4;
    const VALUE3: usize = 5;
    let operation = to.args[1] & 0x7f;
    match (to.index, operation) {
        (TIME, WAIT | LOCK_PI | WAIT_BITSET | WAIT_REQUEUE_PI | LOCK_PI2) => {
            values::timespec(raw, to)
        }
        // The place of the time is that of a second count.
        (TIME, REQUEUE | CMP_REQUEUE | WAKE_OP | CMP_REQUEUE_PI) => write!(to, "{}", raw as u32),
        (SECOND, REQUEUE | CMP_REQUEUE | WAKE_OP | WAIT_REQUEUE_PI | CMP_REQUEUE_PI) => {
            address(raw, to)
        }
        (VALUE3, WAIT_BITSET | WAKE_BITSET) if raw as u32 == u32::MAX => {
            to.write_str("FUTEX_BITSET_MATCH_ANY")
        }
        (VALUE3, WAIT_BITSET | WAKE_BITSET | WAKE_OP) => write!(to, "{:#x}", raw as u32),
        (VALUE3, CMP_REQUEUE | CMP_REQUEUE_PI) => write!(to, "{}", raw as u32),
        _ => Ok(()),
    }
}

/// The flags of clone(2), behind the stack, as strace orders them.
pub fn clone_flags(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    to.write_str("child_stack=")?;
    address(to.neighbour(1), to)?;
    to.write_str(", flags=")?;
    let (flags, signal) = (raw & !clone::SIGNAL_MASK, raw & clone::SIGNAL_MASK);
    if flags != 0 {
        names::clone_bits(flags, to)?;
        to.write_str(if signal != 0 { "|" } else { "" })?;
    }
    match (flags, signal) {
        (0, 0) => to.write_str("0"),
        (_, 0) => Ok(()),
        _ => names::signal(signal, to),
    }
}

/// Shows an argument that only some of the flags in the first make use of.
fn clone_part(raw: u64, flags: u64, label: &str, to: &mut Shown<'_>) -> fmt::Result {
    if to.args[0] & flags == 0 {
        return Ok(());
    }
    to.write_str(label)?;
    address(raw, to)
}

/// Where the parent finds the child's number.
pub fn clone_parent(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    /// `CLONE_PIDFD`, which puts a descriptor there.
    const PIDFD: u64 = 0x1000;
    if to.args[0] & (clone::PARENT_SETTID | PIDFD) == 0 {
        return Ok(());
    }
    to.write_str("parent_tid=")?;
    values::int(raw, to)
}

/// The child's thread pointer.
pub fn clone_tls(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    clone_part(raw, clone::SETTLS, "tls=", to)
}

/// Where the child finds its number, and clears it.
pub fn clone_child(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    clone_part(raw, clone::CHILD_SETTID | clone::CHILD_CLEARTID, "child_tidptr=", to)
}

/// Where mremap(2) puts the mapping, if it is asked to.
pub fn new_place(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    use abi::mm::mremap::{DONTUNMAP, FIXED};
    if to.neighbour(-1) & u64::from(FIXED | DONTUNMAP) == 0 { Ok(()) } else { address(raw, to) }
}
