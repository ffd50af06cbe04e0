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
}

/// Where a thread without guest work (a test, a helper) looks: never raised.
static NEVER: Attention = Attention { word: AtomicU32::new(0), calls: AtomicU32::new(0) };

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
