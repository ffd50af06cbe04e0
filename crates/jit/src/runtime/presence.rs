//! Who may be in generated code, and how it is taken away from under nobody.
//!
//! Threads enter and leave generated code far too often for a lock. So each says that it is inside and then looks
//! at the epoch; whoever takes code away changes the epoch and then looks who is inside. Either the one sees the
//! new epoch, or it is seen by the other, who waits until it has left. `tests/models.rs` compiles this file a
//! second time and tries every order.

use std::sync::Arc;

use host::Attention;
use host::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use host::sync::yield_now;

/// The epoch of the code that there is. It changes whenever code has gone away: what a thread remembers of earlier
/// ones is void.
#[derive(Debug)]
pub struct Epoch(AtomicU64);

impl Default for Epoch {
    /// The first one. Threads begin with none, which is zero.
    fn default() -> Self {
        Self(AtomicU64::new(1))
    }
}

impl Epoch {
    /// The present one.
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Begins a new epoch and waits until each of `threads` has left the code of earlier ones. By one thread at a
    /// time, which is not inside.
    pub fn expel(&self, threads: impl Iterator<Item = Arc<Presence>>) {
        let epoch = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        for thread in threads {
            if thread.is_late(epoch) {
                thread.attention.raise(Attention::KICK);
                while thread.is_late(epoch) {
                    yield_now();
                }
            }
        }
    }
}

/// The part of a thread that others look at.
#[derive(Debug)]
pub struct Presence {
    /// The thread is in generated code, or about to be.
    inside: AtomicBool,
    /// The epoch in which it went there.
    epoch: AtomicU64,
    /// Makes it leave.
    attention: Arc<Attention>,
}

impl Presence {
    /// Of a thread that is not inside, and looks at this word.
    pub fn new(attention: Arc<Attention>) -> Self {
        Self { inside: AtomicBool::new(false), epoch: AtomicU64::new(0), attention }
    }

    /// Does `run` in code of `epoch`, unless that is over.
    pub fn within<T>(&self, epoch: u64, present: &Epoch, run: impl FnOnce() -> T) -> Option<T> {
        self.epoch.store(epoch, Ordering::Relaxed);
        self.inside.store(true, Ordering::SeqCst);
        let result = (present.now() == epoch).then(run);
        self.inside.store(false, Ordering::Release);
        result
    }

    /// Whether the thread is in generated code.
    pub fn is_inside(&self) -> bool {
        self.inside.load(Ordering::SeqCst)
    }

    fn is_late(&self, epoch: u64) -> bool {
        self.is_inside() && self.epoch.load(Ordering::SeqCst) != epoch
    }
}
