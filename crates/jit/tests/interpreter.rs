//! What single random instructions cannot show, or QEMU does differently: exclusive sequences,
//! faults, registers that describe the machine, code that changes itself. And what must be visibly
//! right without QEMU: saturation, reserved encodings, the cryptography standards' examples. The
//! same tests run on both engines; here on the interpreter.
//!
//! The words come from an assembler; their comments are its input.

use std::sync::Arc;

use engine::Engine;
use jit::Interpreter;
use mem::AddressSpace;

#[path = "engines/atomics.rs"]
mod atomics;
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
    Arc::new(Interpreter::new(space))
}
