//! Signals (`asm-generic/signal.h`, `asm-generic/siginfo.h`).

use std::fmt;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The number of signals; valid numbers are `1..=NSIG`.
pub const NSIG: u8 = 64;

/// A signal number in `1..=64`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(u8);

impl Signal {
    /// `Some` for a number in `1..=64`.
    pub const fn new(number: u32) -> Option<Self> {
        if number >= 1 && number <= NSIG as u32 { Some(Self(number as u8)) } else { None }
    }

    /// The number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether the signal queues (`SIGRTMIN` and above, signal(7)).
    pub const fn is_real_time(self) -> bool {
        self.0 >= 32
    }

    /// `SIGTERM` and the like; real-time signals print as `SIGRT_n` as in strace.
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0) - 1).copied()
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "SIGRT_{}", self.0 - 32),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! signals {
    ($($name:ident = $number:literal),* $(,)?) => {
        impl Signal {
            $(#[allow(missing_docs)] pub const $name: Signal = Signal($number);)*
        }
        const NAMES: [&str; 31] = [$(stringify!($name)),*];
    };
}

signals! {
    SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGILL = 4, SIGTRAP = 5, SIGABRT = 6, SIGBUS = 7,
    SIGFPE = 8, SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11, SIGUSR2 = 12, SIGPIPE = 13,
    SIGALRM = 14, SIGTERM = 15, SIGSTKFLT = 16, SIGCHLD = 17, SIGCONT = 18, SIGSTOP = 19,
    SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22, SIGURG = 23, SIGXCPU = 24, SIGXFSZ = 25,
    SIGVTALRM = 26, SIGPROF = 27, SIGWINCH = 28, SIGIO = 29, SIGPWR = 30, SIGSYS = 31,
}

/// A set of signals: bit `n - 1` stands for signal `n` (`sigset_t` of 64 bits).
#[derive(Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct SigSet(pub u64);

impl SigSet {
    /// No signal.
    pub const EMPTY: SigSet = SigSet(0);
    /// Every signal.
    pub const FULL: SigSet = SigSet(!0);
    /// The two that can be neither caught nor blocked.
    pub const UNBLOCKABLE: SigSet = SigSet::EMPTY.with(Signal::SIGKILL).with(Signal::SIGSTOP);

    /// This set and `signal`.
    pub const fn with(self, signal: Signal) -> Self {
        Self(self.0 | 1 << (signal.0 - 1))
    }

    /// This set without `signal`.
    pub const fn without(self, signal: Signal) -> Self {
        Self(self.0 & !(1 << (signal.0 - 1)))
    }

    /// Members of this set that are not in `other`.
    pub const fn minus(self, other: SigSet) -> Self {
        Self(self.0 & !other.0)
    }

    /// Members of either set.
    pub const fn union(self, other: SigSet) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `signal` is a member.
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & (1 << (signal.0 - 1)) != 0
    }
}

impl fmt::Debug for SigSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = (1..=u32::from(NSIG)).filter_map(Signal::new).filter(|s| self.contains(*s));
        f.debug_set().entries(members).finish()
    }
}

/// `siginfo_t`, 128 bytes: the three leading words and a payload whose meaning depends on the code.
///
/// The layout is the same on every 64-bit Linux, so a value taken from a Linux host is passed on
/// as it is; other hosts build one with the constructors.
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(8))]
pub struct SigInfo {
    /// `si_signo`.
    pub signo: i32,
    /// `si_errno`.
    pub errno: i32,
    /// `si_code`: one of [`code`] or the signal-specific ones.
    pub code: i32,
    /// Alignment of the union that follows.
    pub pad: i32,
    /// `_sifields`.
    pub fields: [u8; 112],
}

impl SigInfo {
    /// No signal: all zero.
    pub const fn empty() -> Self {
        Self { signo: 0, errno: 0, code: 0, pad: 0, fields: [0; 112] }
    }

    /// A record with no payload.
    pub fn new(signal: Signal, code: i32) -> Self {
        Self { signo: i32::from(signal.number()), errno: 0, code, pad: 0, fields: [0; 112] }
    }

    /// A fault at `addr` (`_sigfault`).
    pub fn fault(signal: Signal, code: i32, addr: u64) -> Self {
        let mut info = Self::new(signal, code);
        info.fields[..8].copy_from_slice(&addr.to_le_bytes());
        info
    }

    /// Sent by a process (`_kill`, `_rt`): sender and real user.
    pub fn from_process(signal: Signal, code: i32, pid: i32, uid: u32) -> Self {
        let mut info = Self::new(signal, code);
        info.fields[..4].copy_from_slice(&pid.to_le_bytes());
        info.fields[4..8].copy_from_slice(&uid.to_le_bytes());
        info
    }

    /// The process that sent it, if its code says that one did.
    pub fn sender(&self) -> i32 {
        let [a, b, c, d, ..] = self.fields;
        i32::from_le_bytes([a, b, c, d])
    }

    /// Where `si_fd` is if the record tells of a file that is ready or has changed (`_sigpoll`; F_SETSIG, F_NOTIFY and
    /// F_SETLEASE of fcntl(2)). Signals with codes of their own have [`code::SI_SIGIO`] then (`send_sigio_to_task()` in Linux).
    fn descriptor_at(&self) -> Option<std::ops::Range<usize>> {
        const OWN_CODES: [Signal; 7] = [
            Signal::SIGILL,
            Signal::SIGFPE,
            Signal::SIGSEGV,
            Signal::SIGBUS,
            Signal::SIGTRAP,
            Signal::SIGCHLD,
            Signal::SIGSYS,
        ];
        let has = match self.code {
            code::SI_SIGIO => true,
            code::POLL_IN..=code::POLL_HUP => !OWN_CODES.contains(&self.signal()?),
            _ => false,
        };
        has.then_some(8..12)
    }

    /// `si_fd`, if the record has one.
    pub fn descriptor(&self) -> Option<i32> {
        let [a, b, c, d] = self.fields[self.descriptor_at()?] else { return None };
        Some(i32::from_le_bytes([a, b, c, d]))
    }

    /// Replaces `si_fd`, if the record has one.
    pub fn set_descriptor(&mut self, fd: i32) {
        if let Some(at) = self.descriptor_at() {
            self.fields[at].copy_from_slice(&fd.to_le_bytes());
        }
    }

    /// The signal, if `signo` is a valid number.
    pub fn signal(&self) -> Option<Signal> {
        u32::try_from(self.signo).ok().and_then(Signal::new)
    }
}

impl fmt::Debug for SigInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigInfo").field("signo", &self.signo).field("code", &self.code).finish()
    }
}

/// Values of `si_code` (sigaction(2)).
pub mod code {
    #![allow(missing_docs)]
    pub const SI_USER: i32 = 0;
    pub const SI_KERNEL: i32 = 0x80;
    pub const SI_QUEUE: i32 = -1;
    pub const SI_TIMER: i32 = -2;
    pub const SI_SIGIO: i32 = -5;
    pub const SI_TKILL: i32 = -6;
    pub const ILL_ILLOPC: i32 = 1;
    pub const FPE_INTDIV: i32 = 1;
    pub const SEGV_MAPERR: i32 = 1;
    pub const SEGV_ACCERR: i32 = 2;
    pub const BUS_ADRALN: i32 = 1;
    pub const BUS_ADRERR: i32 = 2;
    pub const TRAP_BRKPT: i32 = 1;
    pub const TRAP_TRACE: i32 = 2;
    pub const POLL_IN: i32 = 1;
    pub const POLL_HUP: i32 = 6;
    pub const CLD_EXITED: i32 = 1;
    pub const CLD_KILLED: i32 = 2;
    pub const CLD_DUMPED: i32 = 3;
    pub const CLD_TRAPPED: i32 = 4;
    pub const CLD_STOPPED: i32 = 5;
    pub const CLD_CONTINUED: i32 = 6;
}

/// `struct sigaction` as rt_sigaction(2) takes it on aarch64 and other `asm-generic` ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SigAction {
    /// The handler's address, [`Self::SIG_DFL`] or [`Self::SIG_IGN`].
    pub handler: u64,
    /// [`sa`] flags.
    pub flags: u64,
    /// `sa_restorer`; used with [`sa::RESTORER`].
    pub restorer: u64,
    /// Signals blocked while the handler runs.
    pub mask: SigSet,
}

impl SigAction {
    /// The default action.
    pub const SIG_DFL: u64 = 0;
    /// The signal is ignored.
    pub const SIG_IGN: u64 = 1;
    /// The action that a signal has at first.
    pub const DEFAULT: SigAction =
        SigAction { handler: Self::SIG_DFL, flags: 0, restorer: 0, mask: SigSet::EMPTY };
    /// The action of an ignored signal.
    pub const IGNORE: SigAction = SigAction { handler: Self::SIG_IGN, ..Self::DEFAULT };
}

/// Flags of [`SigAction`] (`asm-generic/signal-defs.h`).
pub mod sa {
    #![allow(missing_docs)]
    pub const NOCLDSTOP: u64 = 1;
    pub const NOCLDWAIT: u64 = 2;
    pub const SIGINFO: u64 = 4;
    pub const UNSUPPORTED: u64 = 0x400;
    pub const EXPOSE_TAGBITS: u64 = 0x800;
    pub const RESTORER: u64 = 0x0400_0000;
    pub const ONSTACK: u64 = 0x0800_0000;
    pub const RESTART: u64 = 0x1000_0000;
    pub const NODEFER: u64 = 0x4000_0000;
    pub const RESETHAND: u64 = 0x8000_0000;
    /// What the kernel keeps; other bits are cleared so that programs can probe (sigaction(2)).
    pub const KNOWN: u64 = NOCLDSTOP
        | NOCLDWAIT
        | SIGINFO
        | EXPOSE_TAGBITS
        | RESTORER
        | ONSTACK
        | RESTART
        | NODEFER
        | RESETHAND;
}

/// `stack_t` of sigaltstack(2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct AltStack {
    /// Its lowest address.
    pub sp: u64,
    /// [`ss`] flags.
    pub flags: u32,
    /// Alignment.
    pub pad: u32,
    /// Its size in bytes.
    pub size: u64,
}

impl AltStack {
    /// No alternate stack.
    pub const DISABLED: AltStack = AltStack { sp: 0, flags: ss::DISABLE, pad: 0, size: 0 };

    /// Whether handlers may run on it.
    pub fn is_enabled(&self) -> bool {
        self.flags & ss::DISABLE == 0 && self.size != 0
    }

    /// Whether a stack pointer is on this stack (which grows down, so its top is inside).
    pub fn contains(&self, sp: u64) -> bool {
        sp > self.sp && sp - self.sp <= self.size
    }
}

/// Flags and limits of [`AltStack`] (`asm-generic/signal.h`, arm64 `asm/signal.h`).
pub mod ss {
    #![allow(missing_docs)]
    pub const ONSTACK: u32 = 1;
    pub const DISABLE: u32 = 2;
    pub const AUTODISARM: u32 = 1 << 31;
    /// `MINSIGSTKSZ` on arm64.
    pub const MIN_SIZE: u64 = 5120;
}
