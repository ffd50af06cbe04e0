//! What single random instructions cannot show, or QEMU does differently: exclusive sequences,
//! faults, registers that describe the machine, code that changes itself. And what must be visibly
//! right without QEMU: saturation, reserved encodings, the cryptography standards' examples.
//!
//! The words come from an assembler; their comments are its input.

mod atomics;
mod crypto;
mod faults;
mod floating_point;
mod machine;
mod registers;
mod simd;
