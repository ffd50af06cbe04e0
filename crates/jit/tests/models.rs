//! The real `presence.rs` under loom: two threads that run code and one that takes it away, in every order.
//!
//! This crate takes the place of `host` for it, with loom's atomics.

extern crate self as host;

#[path = "../src/runtime/presence.rs"]
mod presence;
#[path = "../../host/src/attention/word.rs"]
mod word;

use loom::cell::UnsafeCell;
use loom::sync::{Arc as LoomArc, Mutex};
use presence::{Epoch, Presence};
use std::sync::Arc;

pub use word::Attention;

/// In place of `host::sync`.
pub mod sync {
    pub use loom::thread::yield_now;

    /// Loom takes sequentially consistent accesses for acquiring and releasing ones; fences make them what they
    /// are.
    pub mod atomic {
        use loom::sync::atomic::{AtomicBool as Bool, AtomicU64 as Word, fence};

        pub use loom::sync::atomic::{AtomicU32, Ordering};

        macro_rules! atomic {
            ($name:ident, $inner:ident, $value:ty) => {
                #[derive(Debug)]
                pub struct $name($inner);

                impl $name {
                    pub fn new(value: $value) -> Self {
                        Self($inner::new(value))
                    }

                    pub fn load(&self, order: Ordering) -> $value {
                        fenced(order, || self.0.load(order))
                    }

                    pub fn store(&self, value: $value, order: Ordering) {
                        fenced(order, || self.0.store(value, order));
                    }
                }
            };
        }
        atomic!(AtomicBool, Bool, bool);
        atomic!(AtomicU64, Word, u64);

        impl AtomicU64 {
            pub fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
                fenced(order, || self.0.fetch_add(value, order))
            }
        }

        fn fenced<T>(order: Ordering, access: impl FnOnce() -> T) -> T {
            let fence = || {
                if order == Ordering::SeqCst {
                    fence(order);
                }
            };
            fence();
            let result = access();
            fence();
            result
        }
    }
}

/// Code that only who is inside may use, and only who has expelled the others may change.
struct Code {
    epoch: Epoch,
    /// Held to look up code, and to take it away.
    state: Mutex<()>,
    memory: UnsafeCell<()>,
}

/// Looks code up, and later runs it, as generated code runs: until it is done or told to look up.
fn run(code: &Code, presence: &Presence, attention: &Attention) {
    let state = code.state.lock().unwrap();
    let epoch = code.epoch.now();
    drop(state);
    presence.within(epoch, &code.epoch, || {
        // Loom knows from here on that somebody reads.
        let reading = code.memory.get();
        if !attention.is_raised() {
            loom::thread::yield_now();
        }
        drop(reading);
    });
}

fn model(threads: usize, preemptions: usize) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(move || {
        let code = LoomArc::new(Code {
            epoch: Epoch::default(),
            state: Mutex::new(()),
            memory: UnsafeCell::new(()),
        });
        let mut presences = Vec::new();
        let mut handles = Vec::new();
        for _ in 0..threads {
            let attention = Arc::new(Attention::new());
            let presence = Arc::new(Presence::new(attention.clone()));
            presences.push(presence.clone());
            let code = code.clone();
            handles.push(loom::thread::spawn(move || run(&code, &presence, &attention)));
        }
        let state = code.state.lock().unwrap();
        code.epoch.expel(presences.into_iter());
        // What the model checks: nobody reads meanwhile, or this fails.
        drop(code.memory.get_mut());
        drop(state);
        handles.into_iter().for_each(|handle| handle.join().unwrap());
        assert_eq!(code.epoch.now(), 2);
    });
}

#[test]
fn code_goes_away_under_nobody() {
    model(1, 4);
}

#[test]
fn code_goes_away_under_none_of_two() {
    model(2, 2);
}
