//! The word that makes a thread look up from guest code.
//!
//! A signal handler, or another thread, sets a bit; the engine polls the word at instruction
//! boundaries and the interruptible host calls check it before they block. A plain atomic in an
//! [`Arc`](std::sync::Arc) rather than a thread-local, because generated code and other threads
//! need its address.

mod word;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

pub use word::Attention;

thread_local! {
    /// What the interruptible calls and the signal handler of this thread look at; a reference of
    /// its own, because a signal may arrive until the thread has blocked all of them.
    static ATTENTION: Cell<*const Attention> = const { Cell::new(std::ptr::null()) };

    /// What has become of this thread's interruptible calls since [`begin_call`]: `KEPT_OUT`, `LEFT`.
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// An interruptible call was not made, because the word was raised.
const KEPT_OUT: u32 = 1;
/// One was made, and a signal ended it.
const LEFT: u32 = 2;

/// Forgets what [`kept_out`] tells of this thread.
pub fn begin_call() {
    CALLS.set(0);
}

/// Whether `EINTR` of a host call of this thread, since [`begin_call`], meant that the call was not even made: to
/// the guest the signal came before its own call. If another one has slept before, that is not so.
pub fn kept_out() -> bool {
    CALLS.get() == KEPT_OUT
}

/// Notes that an interruptible call ended with `EINTR`, and whether it was made at all.
pub(crate) fn note_interrupted(made: bool) {
    CALLS.set(CALLS.get() | if made { LEFT } else { KEPT_OUT });
}

/// Where a thread without guest work (a test, a helper) looks: never raised.
static NEVER: Attention = Attention(AtomicU32::new(0));

/// Makes `attention` the word that this thread's interruptible calls check and its signals raise.
pub(crate) fn bind(attention: Arc<Attention>) {
    let before = ATTENTION.replace(Arc::into_raw(attention));
    release(before);
}

/// Ends [`bind`]. The caller has blocked all signals for the rest of this thread's life.
pub(crate) fn unbind() {
    release(ATTENTION.replace(std::ptr::null()));
}

fn release(bound: *const Attention) {
    if !bound.is_null() {
        // SAFETY: `bind` stored it with a reference, and it is not stored any more.
        drop(unsafe { Arc::from_raw(bound) });
    }
}

/// This thread's attention word.
pub(crate) fn current() -> &'static Attention {
    let bound = ATTENTION.get();
    if bound.is_null() {
        &NEVER
    } else {
        // SAFETY: `bind` stored a pointer with a reference, which `unbind` gives up at the end of
        // the thread.
        unsafe { &*bound }
    }
}
