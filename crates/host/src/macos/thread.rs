//! Threads by the names that libc has for them.

use abi::Errno;
use abi::signal::SigInfo;

use crate::process::{getpid, gettid};
use crate::{Attention, attention};

/// Nothing: libc keeps no signal for its threads.
pub(crate) fn prepare() {}

/// A thread of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    tid: i32,
    thread: libc::pthread_t,
}

impl Handle {
    /// The calling thread.
    pub fn current() -> Self {
        // SAFETY: no arguments.
        Self { tid: gettid(), thread: unsafe { libc::pthread_self() } }
    }

    /// The thread of `thread`.
    ///
    /// # Safety
    /// The thread has not been detached or joined.
    pub(crate) unsafe fn of(thread: libc::pthread_t) -> Result<Self, Errno> {
        let mut id = 0u64;
        // SAFETY: the caller vouches for the thread.
        match unsafe { libc::pthread_threadid_np(thread, &raw mut id) } {
            0 => Ok(Self { tid: super::process::tid(id), thread }),
            error => Err(super::errno(error)),
        }
    }

    /// Its number, as gettid(2) tells it.
    pub fn tid(self) -> i32 {
        self.tid
    }

    /// Makes it leave a host call in which it sleeps: the call returns `EINTR`. The caller has
    /// raised its attention word, which keeps it from going to sleep, and knows that it lives.
    pub fn interrupt(self) {
        // SAFETY: the caller knows that the thread has not ended.
        unsafe { libc::pthread_kill(self.thread, libc::SIGBUS) };
    }
}

/// Whether a signal that was sent to this thread is from [`Handle::interrupt`]. Nothing can be
/// attached to it here, but its target was told.
pub(crate) fn is_interruption(info: &SigInfo) -> bool {
    let kicked = attention::current().word().load(std::sync::atomic::Ordering::SeqCst);
    info.signo == abi::signal::Signal::SIGBUS.number().into()
        && info.sender() == getpid()
        && kicked & Attention::KICK != 0
}
