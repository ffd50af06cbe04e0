//! The tests of the engines with the translator compared with the interpreter at every step: there is
//! no difference, and the comparison does not get in the way.
#![cfg(target_arch = "x86_64")]

use std::sync::Arc;

use engine::Engine;
use jit::{Features, Jit};
use mem::AddressSpace;

#[path = "engines/atomics.rs"]
mod atomics;
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
    let check = Arc::new(|difference: &str| panic!("{difference}"));
    let features = Features::of_host().expect("a processor of level x86-64-v3");
    Arc::new(Jit::eager(space, features).expect("memory for code").checked(check))
}
