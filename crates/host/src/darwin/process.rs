//! Processes: status words, resource usage and limits (`sys/wait.h`, `sys/resource.h`).

use abi::Errno;
use abi::process::{Rlimit, rlimit, wait};
use abi::signal::{SigInfo, code};

use super::signal::{child, from_host};
use crate::missing;

/// Low seven bits of a stopped child's status word; nothing else has them.
const STOPPED: i32 = 0x7f;
/// The status word of a child that was continued: on macOS a stop by its SIGCONT, 19.
const HOST_CONTINUED: i32 = 19 << 8 | STOPPED;
const CONTINUED: i32 = 0xffff;
/// The child left a core file.
const CORE: i32 = 0x80;

/// macOS's signal number in a status word as Linux's; a signal that Linux lacks becomes SIGTRAP.
fn number(host: i32) -> i32 {
    i32::from(from_host(host).unwrap_or(abi::signal::Signal::SIGTRAP).number())
}

/// A status word of wait4(2).
pub fn status_from_host(status: i32) -> i32 {
    match status & 0x7f {
        0 => status,
        _ if status & 0xffff == HOST_CONTINUED => CONTINUED,
        STOPPED => number(status >> 8 & 0xff) << 8 | STOPPED,
        signal => number(signal) | status & CORE,
    }
}

/// What waitid(2) says of a child with this status word (Linux's).
pub fn status_info(pid: i32, uid: u32, status: i32) -> SigInfo {
    let (code, value) = match status & 0x7f {
        0 => (code::CLD_EXITED, status >> 8 & 0xff),
        _ if status == CONTINUED => (code::CLD_CONTINUED, 18),
        STOPPED => (code::CLD_STOPPED, status >> 8 & 0xff),
        signal if status & CORE != 0 => (code::CLD_DUMPED, signal),
        signal => (code::CLD_KILLED, signal),
    };
    child(code, pid, uid, value)
}

/// `WNOHANG` and `WUNTRACED` have the same numbers.
const HOST_WAIT_CONTINUED: i32 = 0x10;
agree!(WNOHANG == wait::NOHANG, WUNTRACED == wait::UNTRACED, WCONTINUED == HOST_WAIT_CONTINUED);

/// wait4(2)'s options. All children are of the plain kind: `__WALL` asks for no more than there is,
/// `__WCLONE` for none of them.
pub fn wait_options(options: u32) -> Result<i32, Errno> {
    if options & wait::CLONE != 0 {
        return Err(Errno::ECHILD);
    }
    if options & wait::NOTHREAD != 0 {
        return missing::WAIT_NOTHREAD.refuse();
    }
    let continued = if options & wait::CONTINUED != 0 { HOST_WAIT_CONTINUED } else { 0 };
    Ok((options & (wait::NOHANG | wait::UNTRACED)) as i32 | continued)
}

/// waitid(2)'s `WEXITED` (4 on both), `WNOWAIT` and their numbers on macOS.
pub const WAITID_EXITED: u32 = 4;
/// Linux's `WNOWAIT`.
pub const WAITID_NOWAIT: u32 = 0x0100_0000;
const HOST_WAITID_STOPPED: i32 = 8;
const HOST_WAITID_NOWAIT: i32 = 0x20;
agree!(WEXITED == WAITID_EXITED, WSTOPPED == HOST_WAITID_STOPPED, WNOWAIT == HOST_WAITID_NOWAIT);

/// waitid(2)'s options.
pub fn waitid_options(options: u32) -> Result<i32, Errno> {
    let shared = wait_options(options)?;
    let mut host = shared & !(wait::UNTRACED as i32) | (options & WAITID_EXITED) as i32;
    for (linux, darwin) in
        [(wait::UNTRACED, HOST_WAITID_STOPPED), (WAITID_NOWAIT, HOST_WAITID_NOWAIT)]
    {
        if options & linux != 0 {
            host |= darwin;
        }
    }
    Ok(host)
}

/// `RLIMIT_AS` (`asm-generic/resource.h`).
const RLIMIT_AS: u32 = 9;
agree!(RLIMIT_CPU == 0, RLIMIT_FSIZE == 1, RLIMIT_DATA == 2, RLIMIT_STACK == 3, RLIMIT_CORE == 4);
agree!(RLIMIT_AS == 5, RLIMIT_MEMLOCK == 6, RLIMIT_NPROC == 7, RLIMIT_NOFILE == 8);

/// macOS's number of a resource limit.
pub fn resource_to_host(resource: u32) -> Result<i32, Errno> {
    match resource {
        0..=4 => Ok(resource as i32), // CPU, FSIZE, DATA, STACK, CORE
        5 | RLIMIT_AS => Ok(5),       // RSS is the address space there
        6 => Ok(7),                   // NPROC
        rlimit::NOFILE => Ok(8),
        8 => Ok(6), // MEMLOCK
        _ => missing::RLIMITS.refuse(),
    }
}

/// macOS's `RLIM_INFINITY`.
const HOST_INFINITY: u64 = i64::MAX as u64;
agree!(RLIM_INFINITY == HOST_INFINITY);

/// A limit from macOS.
pub fn limit_from_host(current: u64, max: u64) -> Rlimit {
    let value = |value| if value >= HOST_INFINITY { rlimit::INFINITY } else { value };
    Rlimit { current: value(current), max: value(max) }
}

/// The soft and the hard limit for macOS.
pub fn limit_to_host(limit: Rlimit) -> [u64; 2] {
    [limit.current.min(HOST_INFINITY), limit.max.min(HOST_INFINITY)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_words_name_linuxs_signals() {
        assert_eq!(status_from_host(3 << 8), 3 << 8);
        assert_eq!(status_from_host(9), 9);
        assert_eq!(status_from_host(10 | CORE), 7 | CORE); // SIGBUS
        assert_eq!(status_from_host(30), 10); // SIGUSR1
        assert_eq!(status_from_host(17 << 8 | STOPPED), 19 << 8 | STOPPED); // SIGSTOP
        assert_eq!(status_from_host(18 << 8 | STOPPED), 20 << 8 | STOPPED); // SIGTSTP
        assert_eq!(status_from_host(HOST_CONTINUED), CONTINUED);
    }

    #[test]
    fn a_status_word_says_what_waitid_says() {
        let tell = |status| {
            let info = status_info(5, 0, status);
            (info.code, info.fields[8])
        };
        assert_eq!(tell(3 << 8), (code::CLD_EXITED, 3));
        assert_eq!(tell(9), (code::CLD_KILLED, 9));
        assert_eq!(tell(11 | CORE), (code::CLD_DUMPED, 11));
        assert_eq!(tell(19 << 8 | STOPPED), (code::CLD_STOPPED, 19));
        assert_eq!(tell(CONTINUED), (code::CLD_CONTINUED, 18));
    }

    #[test]
    fn wait_options_translate() {
        let all = wait::NOHANG | wait::UNTRACED | wait::CONTINUED | wait::ALL;
        assert_eq!(wait_options(all), Ok(0x13));
        assert_eq!(wait_options(wait::CLONE), Err(Errno::ECHILD));
        assert_eq!(waitid_options(all | WAITID_EXITED | WAITID_NOWAIT), Ok(0x3d));
    }

    #[test]
    fn limits_translate() {
        let numbers = [rlimit::NOFILE, 6, 8, RLIMIT_AS].map(resource_to_host);
        assert_eq!(numbers, [Ok(8), Ok(7), Ok(6), Ok(5)]);
        assert_eq!(resource_to_host(15), Err(Errno::ENOSYS));
        let unlimited = limit_from_host(10, HOST_INFINITY);
        assert_eq!(unlimited, Rlimit { current: 10, max: rlimit::INFINITY });
        assert_eq!(limit_to_host(unlimited), [10, HOST_INFINITY]);
    }
}
