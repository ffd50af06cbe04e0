//! Threads by their numbers, which Linux gives them.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::sync::Once;

use abi::Errno;
use abi::signal::{SigInfo, Signal};

use super::syscall::sys;
use crate::process::{getpid, gettid};

/// A thread of this process, or of one that shares its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    process: i32,
    tid: i32,
}

impl Handle {
    /// The calling thread.
    pub fn current() -> Self {
        Self { process: getpid(), tid: gettid() }
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
            0 => Ok(Self { process: getpid(), tid: !(clock >> 3) }),
            error => Err(super::errno(error)),
        }
    }

    /// Its number, as gettid(2) tells it.
    pub fn tid(self) -> i32 {
        self.tid
    }

    /// Makes it leave a host call in which it sleeps: the call returns `EINTR`. The caller has
    /// raised its attention word, which keeps it from going to sleep. No effect on one that has ended.
    pub fn interrupt(self) {
        let info = SigInfo::new(KICK, KICK_CODE);
        // SAFETY: a whole siginfo_t.
        let _ = unsafe {
            let info = std::ptr::from_ref(&info);
            sys!(SYS_rt_tgsigqueueinfo, self.process, self.tid, KICK.number(), info)
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

/// By which setuid(3) and its like have all threads make the call: `SIGSETXID` of glibc.
const SETXID: u32 = 33;

/// Lets libc prepare for threads, without touching what the guest has arranged. Called before the first thread is created.
///
/// Creating it, glibc installs a handler of its own for `SIGSETXID` and unblocks it (`late_init` of its
/// `nptl/pthread_create.c`). The guest's libc has the same habit and the same signal, and has done so just before. glibc
/// prepares before it looks whether the thread is possible, so that one which is not will do: no moment is left in which
/// the guest's second thread could see the wrong handler.
pub(crate) fn prepare() {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        if let Some(signal) = Signal::new(SETXID) {
            // Fails for no signal that there is.
            let _ = super::signal::preserve(signal, create_none);
        }
    });
}

/// Asks libc for a thread whose stack is larger than any address space.
fn create_none() {
    extern "C" fn nothing(_: *mut c_void) -> *mut c_void {
        std::ptr::null_mut()
    }
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    // SAFETY: the attributes are initialised before use and not used after; a thread that there is after all is joined.
    unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr());
        libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), 1 << 62);
        let (place, none) = (thread.as_mut_ptr(), std::ptr::null_mut());
        if libc::pthread_create(place, attributes.as_ptr(), nothing, none) == 0 {
            libc::pthread_join(thread.assume_init(), std::ptr::null_mut());
        }
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
    }
}
