//! Signal numbers, sets and records (`sys/signal.h`).

use abi::signal::{NSIG, SigInfo, SigSet, Signal, code};

macro_rules! signals {
    ($($name:ident $number:literal => $signal:expr;)*) => {
        /// macOS's signal for each number from 1 to 31. It lacks Linux's SIGSTKFLT, SIGPWR and the
        /// real-time signals.
        const FROM_HOST: [Option<Signal>; 31] = [$($signal),*];
        agree!($($name == $number),*);
    };
}

signals! {
    SIGHUP 1 => Some(Signal::SIGHUP);
    SIGINT 2 => Some(Signal::SIGINT);
    SIGQUIT 3 => Some(Signal::SIGQUIT);
    SIGILL 4 => Some(Signal::SIGILL);
    SIGTRAP 5 => Some(Signal::SIGTRAP);
    SIGABRT 6 => Some(Signal::SIGABRT);
    SIGEMT 7 => None;
    SIGFPE 8 => Some(Signal::SIGFPE);
    SIGKILL 9 => Some(Signal::SIGKILL);
    SIGBUS 10 => Some(Signal::SIGBUS);
    SIGSEGV 11 => Some(Signal::SIGSEGV);
    SIGSYS 12 => Some(Signal::SIGSYS);
    SIGPIPE 13 => Some(Signal::SIGPIPE);
    SIGALRM 14 => Some(Signal::SIGALRM);
    SIGTERM 15 => Some(Signal::SIGTERM);
    SIGURG 16 => Some(Signal::SIGURG);
    SIGSTOP 17 => Some(Signal::SIGSTOP);
    SIGTSTP 18 => Some(Signal::SIGTSTP);
    SIGCONT 19 => Some(Signal::SIGCONT);
    SIGCHLD 20 => Some(Signal::SIGCHLD);
    SIGTTIN 21 => Some(Signal::SIGTTIN);
    SIGTTOU 22 => Some(Signal::SIGTTOU);
    SIGIO 23 => Some(Signal::SIGIO);
    SIGXCPU 24 => Some(Signal::SIGXCPU);
    SIGXFSZ 25 => Some(Signal::SIGXFSZ);
    SIGVTALRM 26 => Some(Signal::SIGVTALRM);
    SIGPROF 27 => Some(Signal::SIGPROF);
    SIGWINCH 28 => Some(Signal::SIGWINCH);
    SIGINFO 29 => None;
    SIGUSR1 30 => Some(Signal::SIGUSR1);
    SIGUSR2 31 => Some(Signal::SIGUSR2);
}

/// The signal that macOS calls `number`.
pub fn from_host(number: i32) -> Option<Signal> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    FROM_HOST.get(index).copied().flatten()
}

/// macOS's number for `signal`, if it has the signal.
pub fn to_host(signal: Signal) -> Option<i32> {
    let index = FROM_HOST.iter().position(|host| *host == Some(signal))?;
    Some(index as i32 + 1)
}

/// A set in macOS's form: bit `n - 1` for its signal `n`. Signals that it lacks cannot arrive.
pub fn set_to_host(set: SigSet) -> u32 {
    members(set).filter_map(to_host).fold(0, |bits, number| bits | 1 << (number - 1))
}

/// The set that macOS writes as `bits`.
pub fn set_from_host(bits: u32) -> SigSet {
    (1..=31)
        .filter(|number| bits >> (number - 1) & 1 != 0)
        .filter_map(from_host)
        .fold(SigSet::EMPTY, SigSet::with)
}

fn members(set: SigSet) -> impl Iterator<Item = Signal> {
    (1..=u32::from(NSIG)).filter_map(Signal::new).filter(move |signal| set.contains(*signal))
}

/// What macOS tells of a signal: the fields of its `siginfo_t` that have a like on Linux.
#[derive(Clone, Copy, Debug)]
pub struct HostInfo {
    /// `si_signo`.
    pub signo: i32,
    /// `si_code`.
    pub code: i32,
    /// `si_pid`.
    pub pid: i32,
    /// `si_uid`.
    pub uid: u32,
    /// `si_status`.
    pub status: i32,
}

/// The record of a signal that was sent or that tells of a child; empty for a signal that Linux
/// lacks.
pub fn info_from_host(host: HostInfo) -> SigInfo {
    let Some(signal) = from_host(host.signo) else { return SigInfo::empty() };
    if signal == Signal::SIGCHLD && (code::CLD_EXITED..=code::CLD_CONTINUED).contains(&host.code) {
        // CLD_* have the same numbers on both.
        let status = match host.code {
            code::CLD_EXITED => host.status,
            _ => from_host(host.status).map_or(0, |signal| i32::from(signal.number())),
        };
        return child(host.code, host.pid, host.uid, status);
    }
    // XNU names no sender where the kernel itself is one: timers, terminals.
    match host.pid {
        0 => SigInfo::new(signal, code::SI_KERNEL),
        pid => SigInfo::from_process(signal, code::SI_USER, pid, host.uid),
    }
}

/// SIGCHLD's record (`_sigchld`).
pub fn child(code: i32, pid: i32, uid: u32, status: i32) -> SigInfo {
    let mut info = SigInfo::from_process(Signal::SIGCHLD, code, pid, uid);
    info.fields[8..12].copy_from_slice(&status.to_le_bytes());
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_survive_the_journey_and_no_two_share_a_number() {
        let known: Vec<Signal> = (1..=31).filter_map(from_host).collect();
        assert_eq!(known.len(), 29);
        for signal in &known {
            assert_eq!(to_host(*signal).and_then(from_host), Some(*signal));
        }
        let missing = (1..=31).filter_map(Signal::new).filter(|signal| to_host(*signal).is_none());
        assert!(missing.eq([Signal::SIGSTKFLT, Signal::SIGPWR]));
        assert_eq!([0, 7, 29, 32, -1].map(from_host), [None; 5]);
    }

    #[test]
    fn sets_translate_bit_by_bit() {
        let set = SigSet::EMPTY.with(Signal::SIGUSR1).with(Signal::SIGCHLD).with(Signal::SIGHUP);
        assert_eq!(set_to_host(set), 1 << 29 | 1 << 19 | 1);
        assert_eq!(set_from_host(set_to_host(set)), set);
        assert_eq!(set_to_host(SigSet::FULL), !0 >> 1 & !(1 << 6 | 1 << 28));
    }

    #[test]
    fn a_child_killed_by_a_signal_names_linuxs_number() {
        let host = HostInfo { signo: 20, code: code::CLD_KILLED, pid: 9, uid: 501, status: 30 };
        let info = info_from_host(host);
        assert_eq!((info.signo, info.code), (17, code::CLD_KILLED));
        assert_eq!(info.fields[..12], [9, 0, 0, 0, 0xf5, 1, 0, 0, 10, 0, 0, 0]);
    }

    #[test]
    fn a_signal_without_sender_comes_from_the_kernel() {
        let host = HostInfo { signo: 14, code: 0, pid: 0, uid: 0, status: 0 };
        assert_eq!(info_from_host(host).code, code::SI_KERNEL);
        assert_eq!(info_from_host(HostInfo { pid: 7, ..host }).code, code::SI_USER);
    }
}
