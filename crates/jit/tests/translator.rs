//! The tests of `interpreter.rs` on the translator, which translates everything before it is executed for
//! the first time; and what only a translator can get wrong.
#![cfg(target_arch = "x86_64")]

use std::sync::Arc;

use engine::Engine;
use jit::{Features, Jit};
use mem::AddressSpace;

#[path = "engines/atomics.rs"]
mod atomics;
#[path = "translator/blocks.rs"]
mod blocks;
#[path = "translator/changes.rs"]
mod changes;
#[path = "engines/crypto.rs"]
mod crypto;
#[path = "translator/dump.rs"]
mod dump;
#[path = "engines/faults.rs"]
mod faults;
#[path = "engines/floating_point.rs"]
mod floating_point;
#[path = "translator/isolate.rs"]
mod isolate;
#[path = "translator/kept.rs"]
mod kept;
#[path = "translator/levels.rs"]
mod levels;
#[path = "engines/machine.rs"]
mod machine;
#[path = "translator/patches.rs"]
mod patches;
#[path = "engines/registers.rs"]
mod registers;
#[path = "engines/simd.rs"]
mod simd;

/// The engine that the tests are for.
fn engine(space: Arc<AddressSpace>) -> Arc<dyn Engine> {
    let features = Features::of_host().expect("a processor of level x86-64-v3");
    Arc::new(Jit::eager(space, features).expect("memory for code"))
}
