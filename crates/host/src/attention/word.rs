//! The word itself. Models of what threads do with it compile this file with atomics of their own.

use crate::sync::atomic::{AtomicU32, Ordering};

/// One guest thread's attention word. Non-zero means: leave guest code and look.
#[derive(Debug, Default)]
pub struct Attention(pub(super) AtomicU32);

impl Attention {
    /// A host signal was recorded for this thread.
    pub const SIGNAL: u32 = 1;
    /// Someone wants the thread to pass through the kernel once.
    pub const KICK: u32 = 2;

    /// A word with no bit set.
    pub fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Sets `bits`. Async-signal-safe.
    pub fn raise(&self, bits: u32) {
        self.0.fetch_or(bits, Ordering::SeqCst);
    }

    /// Clears `bits`.
    pub fn clear(&self, bits: u32) {
        self.0.fetch_and(!bits, Ordering::SeqCst);
    }

    /// Whether any bit is set.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// The word itself, for generated code and for the host's interruptible calls.
    pub fn word(&self) -> &AtomicU32 {
        &self.0
    }
}
