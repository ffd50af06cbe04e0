//! The functions, one per line of the decoder table and of the same name.

mod arith;
mod atomic;
mod branch;
mod crypto;
mod fp_convert;
mod fp_lanes;
mod fp_scalar;
mod fp_vector;
mod fp_vector_unary;
mod integer;
mod lanes;
mod load_store;
mod shape;
mod simd_by_element;
mod simd_copy;
mod simd_load_store;
mod simd_permute;
mod simd_shift;
mod simd_three_different;
mod simd_three_same;
mod simd_two_reg;
mod system;

use engine::Exit;

#[cfg(target_arch = "x86_64")] // For the translator.
pub(crate) use integer::logical_immediate;
#[cfg(target_arch = "x86_64")]
pub(crate) use system::{FPCR_WRITABLE, FPSR_WRITABLE, clock, constant_register, is_clock};

use super::Handler;
use super::cpu::Cpu;
use crate::a64::table::for_each_pattern;
use crate::a64::{Insn, decode};

/// What an execution function returns.
type Outcome = Result<(), Exit>;

macro_rules! define_handlers {
    ($($name:ident $bits:literal;)*) => {
        /// Every handler, by its [`number`].
        pub(super) static HANDLERS: &[Handler] = &[undefined, $(ops::$name),*];
    };
}
for_each_pattern!(define_handlers);

/// Every execution function under the name of its line.
mod ops {
    pub use super::atomic::*;
    pub use super::branch::*;
    pub use super::crypto::*;
    pub use super::fp_convert::*;
    pub use super::fp_scalar::*;
    pub use super::fp_vector::*;
    pub use super::fp_vector_unary::*;
    pub use super::integer::*;
    pub use super::load_store::*;
    pub use super::simd_by_element::*;
    pub use super::simd_copy::*;
    pub use super::simd_load_store::*;
    pub use super::simd_permute::*;
    pub use super::simd_shift::*;
    pub use super::simd_three_different::*;
    pub use super::simd_three_same::*;
    pub use super::simd_two_reg::*;
    pub use super::system::*;
    pub use super::undefined as UDF;
}

/// The handler of an instruction word: one more than its `Op`, or 0 if there is none.
pub(super) fn number(word: u32) -> u32 {
    decode(word).map_or(0, |op| op as u32 + 1)
}

/// For encodings that no line has, and those that a line refuses.
pub fn undefined(_: &mut Cpu<'_>, insn: Insn) -> Outcome {
    Err(Exit::Undefined(insn.0))
}
