//! The word itself. Models of what threads do with it compile this file with atomics of their own.

use crate::sync::atomic::{AtomicU32, Ordering};

/// One guest thread's attention word. Non-zero means: leave guest code and look.
#[derive(Debug, Default)]
pub struct Attention {
    pub(super) word: AtomicU32,
    /// What has become of the host calls that the word concerns, since [`begin_call`](Self::begin_call):
    /// `KEPT_OUT`, `LEFT`. Only its own thread uses it.
    pub(super) calls: AtomicU32,
}

/// An interruptible call was not made, because the word was raised.
const KEPT_OUT: u32 = 1;
/// One was made, and a signal ended it.
const LEFT: u32 = 2;

impl Attention {
    /// A host signal was recorded for this thread.
    pub const SIGNAL: u32 = 1;
    /// Someone wants the thread to pass through the kernel once.
    pub const KICK: u32 = 2;

    /// A word with no bit set.
    pub fn new() -> Self {
        Self { word: AtomicU32::new(0), calls: AtomicU32::new(0) }
    }

    /// Sets `bits`. Async-signal-safe.
    pub fn raise(&self, bits: u32) {
        self.word.fetch_or(bits, Ordering::SeqCst);
    }

    /// Clears `bits`.
    pub fn clear(&self, bits: u32) {
        self.word.fetch_and(!bits, Ordering::SeqCst);
    }

    /// Whether any bit is set.
    pub fn is_raised(&self) -> bool {
        self.word.load(Ordering::Relaxed) != 0
    }

    /// Forgets what [`kept_out`](Self::kept_out) tells.
    pub fn begin_call(&self) {
        self.calls.store(0, Ordering::Relaxed);
    }

    /// Whether `EINTR` of a host call, since [`begin_call`](Self::begin_call), meant that the call
    /// was not even made: to the guest the signal came before its own call. If another one has
    /// slept before, that is not so.
    pub fn kept_out(&self) -> bool {
        self.calls.load(Ordering::Relaxed) == KEPT_OUT
    }

    /// Notes that an interruptible call ended with `EINTR`, and whether it was made at all.
    pub(crate) fn note_interrupted(&self, made: bool) {
        let bit = if made { LEFT } else { KEPT_OUT };
        self.calls.store(self.calls.load(Ordering::Relaxed) | bit, Ordering::Relaxed);
    }

    /// The word itself, for generated code and for the host's interruptible calls.
    pub fn word(&self) -> &AtomicU32 {
        &self.word
    }
}
