//! The three interchange formats.

/// A binary interchange format of IEEE 754. Bit patterns are zero-extended to `u64`.
pub trait Format: Copy {
    /// The width of the format: the pseudocode's `N`.
    const BITS: u32;
    /// How many bits of fraction are stored: `F`.
    const FRAC: u32;

    /// The sign bit.
    const SIGN: u64 = 1 << (Self::BITS - 1);
    /// The stored fraction.
    const FRAC_MASK: u64 = (1 << Self::FRAC) - 1;
    /// The biased exponent of infinities and NaNs.
    const EXP_MAX: u64 = (1 << (Self::BITS - 1 - Self::FRAC)) - 1;
    /// The exponent of the smallest normal number: `minimum_exp`.
    const MIN_EXP: i32 = 1 - (Self::EXP_MAX >> 1) as i32;
    /// Positive infinity.
    const INFINITY: u64 = Self::EXP_MAX << Self::FRAC;
    /// The fraction bit that tells quiet NaNs from signalling ones.
    const QUIET: u64 = 1 << (Self::FRAC - 1);
    /// `FPDefaultNaN`.
    const DEFAULT_NAN: u64 = Self::INFINITY | Self::QUIET;

    /// `FPZero`.
    #[inline]
    fn zero(sign: bool) -> u64 {
        if sign { Self::SIGN } else { 0 }
    }

    /// `FPInfinity`.
    #[inline]
    fn infinity(sign: bool) -> u64 {
        Self::zero(sign) | Self::INFINITY
    }

    /// `FPMaxNormal`.
    #[inline]
    fn max_normal(sign: bool) -> u64 {
        Self::zero(sign) | (Self::INFINITY - 1)
    }

    /// `FPOnePointFive`.
    #[inline]
    fn one_point_five(sign: bool) -> u64 {
        Self::zero(sign) | (Self::EXP_MAX >> 1) << Self::FRAC | Self::QUIET
    }

    /// `FPTwo`.
    #[inline]
    fn two(sign: bool) -> u64 {
        Self::zero(sign) | ((Self::EXP_MAX >> 1) + 1) << Self::FRAC
    }

    /// `FPNeg`. No flags, whatever the operand.
    #[inline]
    fn neg(op: u64) -> u64 {
        op ^ Self::SIGN
    }

    /// `FPAbs`. No flags, whatever the operand.
    #[inline]
    fn abs(op: u64) -> u64 {
        op & !Self::SIGN
    }

    /// `VFPExpandImm`: the 8-bit immediate of FMOV.
    #[inline]
    fn expand_imm(imm8: u64) -> u64 {
        let exp_bits = Self::BITS - 1 - Self::FRAC;
        let exp = if imm8 & 0x40 == 0 { 1 << (exp_bits - 1) } else { (1 << (exp_bits - 1)) - 4 };
        let exp = exp | imm8 >> 4 & 3;
        Self::zero(imm8 & 0x80 != 0) | exp << Self::FRAC | (imm8 & 0xf) << (Self::FRAC - 4)
    }
}

/// Half precision, IEEE style: the alternative format of `FPCR.AHP` only exists in conversions.
#[derive(Clone, Copy, Debug)]
pub struct Half;
/// Single precision.
#[derive(Clone, Copy, Debug)]
pub struct Single;
/// Double precision.
#[derive(Clone, Copy, Debug)]
pub struct Double;

impl Format for Half {
    const BITS: u32 = 16;
    const FRAC: u32 = 10;
}

impl Format for Single {
    const BITS: u32 = 32;
    const FRAC: u32 = 23;
}

impl Format for Double {
    const BITS: u32 = 64;
    const FRAC: u32 = 52;
}
