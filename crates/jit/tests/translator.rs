//! The tests of `interpreter.rs` on the translator, which translates everything before it is executed for
//! the first time; and what only a translator can get wrong.
#![cfg(target_arch = "x86_64")]

use std::sync::Arc;

use engine::Engine;
use jit::Jit;
use mem::AddressSpace;

#[path = "engines/atomics.rs"]
mod atomics;
#[path = "translator/blocks.rs"]
mod blocks;
#[path = "translator/changes.rs"]
mod changes;
#[path = "engines/crypto.rs"]
mod crypto;
#[path = "engines/faults.rs"]
mod faults;
#[path = "engines/floating_point.rs"]
mod floating_point;
#[path = "engines/machine.rs"]
mod machine;
#[path = "engines/registers.rs"]
mod registers;
#[path = "engines/simd.rs"]
mod simd;

/// The engine that the tests are for.
fn engine(space: Arc<AddressSpace>) -> Arc<dyn Engine> {
    Arc::new(Jit::eager(space).expect("memory for code"))
}
