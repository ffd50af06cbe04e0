//! Threads by their numbers, which Linux gives them.

use abi::Errno;
use abi::signal::{SigInfo, Signal};

use super::syscall::sys;
use crate::process::{getpid, gettid};

/// A thread of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(i32);

impl Handle {
    /// The calling thread.
    pub fn current() -> Self {
        Self(gettid())
    }

    /// The thread of `thread`.
    ///
    /// libc does not tell the number, but the clock of a thread's processor time is named after it
    /// (`MAKE_THREAD_CPUCLOCK` of the kernel's posix-timers.h: the complement, above three bits).
    ///
    /// # Safety
    /// The thread has not been detached or joined.
    pub(crate) unsafe fn of(thread: libc::pthread_t) -> Result<Self, Errno> {
        let mut clock: libc::clockid_t = 0;
        // SAFETY: the caller vouches for the thread.
        match unsafe { libc::pthread_getcpuclockid(thread, &raw mut clock) } {
            0 => Ok(Self(!(clock >> 3))),
            error => Err(super::errno(error)),
        }
    }

    /// Its number, as gettid(2) tells it.
    pub fn tid(self) -> i32 {
        self.0
    }

    /// Makes it leave a host call in which it sleeps: the call returns `EINTR`. The caller has
    /// raised its attention word, which keeps it from going to sleep. No effect on one that has ended.
    pub fn interrupt(self) {
        let info = SigInfo::new(KICK, KICK_CODE);
        // SAFETY: a whole siginfo_t.
        let _ = unsafe {
            sys!(SYS_rt_tgsigqueueinfo, getpid(), self.0, KICK.number(), std::ptr::from_ref(&info))
        };
    }
}

/// A signal that is never blocked and always ours, whatever the guest does.
const KICK: Signal = Signal::SIGBUS;

/// Tells it from those of the guest: a code that no process sends, in the range for which the
/// kernel lets a process make up records.
const KICK_CODE: i32 = -0x656c66;

/// Whether a signal that was sent to this thread is from [`Handle::interrupt`].
pub(crate) fn is_interruption(info: &SigInfo) -> bool {
    info.code == KICK_CODE
}
