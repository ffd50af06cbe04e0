//! Floating-point arithmetic as the Arm manual's pseudocode defines it (DDI 0487, J1.3.3,
//! "Library pseudocode for aarch64/functions/float" and its shared part).
//!
//! Everything is computed with integers. The host's floating point would be faster, but it has
//! other rules for what this must get right to the bit: which NaN survives, whether tiny results
//! are detected before or after rounding, when denormals are flushed and what that reports, and
//! it has neither half precision nor round-to-odd. What the host is good for is cross-checking
//! (`tests.rs`).
//!
//! Operands and results are bit patterns, zero-extended to `u64`; the [`Format`] of each is a type
//! parameter. A finite non-zero operand is taken apart into sign, exponent and a significand
//! whose top bit is set ([`Unpacked`]), computed on exactly, or exactly but for a sticky last
//! bit, and put together again by the one function that rounds ([`Fp::round`]).
//!
//! Trapped exceptions are not implemented (the `FPCR` trap enables read as zero, as they do on
//! Apple's cores), nor is `FEAT_AFP`.

mod add;
mod compare;
mod convert;
mod estimate;
mod format;
mod multiply;
mod round;
#[cfg(test)]
mod tests;
mod unpack;

pub use estimate::{unsigned_recip, unsigned_rsqrt};
pub use format::{Double, Format, Half, Single};
pub use round::Rounding;
use unpack::{Class, Unpacked};

/// The bits of `FPCR` that are implemented (DDI 0487 C5.2.8).
mod fpcr {
    pub const FZ16: u32 = 1 << 19;
    pub const RMODE_SHIFT: u32 = 22;
    pub const FZ: u32 = 1 << 24;
    pub const DN: u32 = 1 << 25;
    pub const AHP: u32 = 1 << 26;
}

/// The cumulative exception bits of `FPSR` (DDI 0487 C5.2.10).
mod fpsr {
    pub const INVALID: u32 = 1 << 0;
    pub const DIVIDE_BY_ZERO: u32 = 1 << 1;
    pub const OVERFLOW: u32 = 1 << 2;
    pub const UNDERFLOW: u32 = 1 << 3;
    pub const INEXACT: u32 = 1 << 4;
    pub const INPUT_DENORMAL: u32 = 1 << 7;
}

/// The floating-point unit during one instruction: its control register, and the exceptions that
/// it has raised so far.
#[derive(Debug)]
pub struct Fp {
    fpcr: u32,
    raised: u32,
}

impl Fp {
    /// A unit that is controlled by `fpcr`.
    #[inline]
    pub fn new(fpcr: u32) -> Self {
        Self { fpcr, raised: 0 }
    }

    /// The exceptions since `new`, as the bits to set in `FPSR`.
    #[inline]
    pub fn raised(&self) -> u32 {
        self.raised
    }

    /// `FPProcessException` with the trap disabled.
    #[inline]
    fn raise(&mut self, exception: u32) {
        self.raised |= exception;
    }

    /// `FPRoundingMode`: what `FPCR.RMode` says.
    #[inline]
    pub fn rounding(&self) -> Rounding {
        Rounding::decode(self.fpcr >> fpcr::RMODE_SHIFT)
    }

    /// Whether denormal operands and results of format `F` become zero.
    #[inline]
    fn flushes<F: Format>(&self) -> bool {
        self.fpcr & (if F::BITS == 16 { fpcr::FZ16 } else { fpcr::FZ }) != 0
    }

    /// The result of an invalid operation.
    #[inline]
    fn invalid<F: Format>(&mut self) -> u64 {
        self.raise(fpsr::INVALID);
        F::DEFAULT_NAN
    }

    /// An exact sum of zero that is not the sum of equal zeros: its sign depends on the rounding.
    #[inline]
    fn cancelled<F: Format>(&self) -> u64 {
        F::zero(self.rounding() == Rounding::NegInf)
    }
}
