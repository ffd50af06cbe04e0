//! Reciprocal and reciprocal square root estimates.
//!
//! The manual defines them to the bit: an 8-bit table lookup, which it writes as the two integer
//! formulas that are here, applied to the leading fraction bits.

use super::{Format, Fp, fpsr};

/// `RecipEstimate`: of `a / 512` in 0.5 to 1, the reciprocal in units of 1/256.
fn recip(a: u64) -> u64 {
    debug_assert!((256..512).contains(&a));
    ((1 << 19) / (2 * a + 1)).div_ceil(2)
}

/// `RecipSqrtEstimate`: of `a / 512` in 0.25 to 1, the reciprocal square root in units of 1/256.
fn rsqrt(a: u64) -> u64 {
    debug_assert!((128..512).contains(&a));
    // The middle of the interval that shares an entry.
    let a = if a < 256 { 2 * a + 1 } else { ((a & !1) + 1) * 2 };
    // The largest b with a·b² < 2^28.
    let b = ((1u64 << 28) - 1) / a;
    b.isqrt().div_ceil(2)
}

/// `UnsignedRecipEstimate`: of a fraction of 2^32 that is at least a half.
pub fn unsigned_recip(op: u32) -> u32 {
    if op >> 31 == 0 { u32::MAX } else { (recip(u64::from(op >> 23)) as u32) << 23 }
}

/// `UnsignedRSqrtEstimate`: of a fraction of 2^32 that is at least a quarter.
pub fn unsigned_rsqrt(op: u32) -> u32 {
    if op >> 30 == 0 { u32::MAX } else { (rsqrt(u64::from(op >> 23)) as u32) << 23 }
}

impl Fp {
    /// `FPRecipEstimate`.
    pub fn recip_estimate<F: Format>(&mut self, op: u64) -> u64 {
        let a = self.unpack::<F>(op);
        if a.is_nan() {
            return self.process_nan::<F>(&a);
        }
        if a.is_infinite() {
            return F::zero(a.sign);
        }
        if a.is_zero() {
            self.raise(fpsr::DIVIDE_BY_ZERO);
            return F::infinity(a.sign);
        }
        if a.exp < F::MIN_EXP - 2 {
            self.raise(fpsr::OVERFLOW | fpsr::INEXACT);
            return if self.rounding().overflows_to_infinity(a.sign) {
                F::infinity(a.sign)
            } else {
                F::max_normal(a.sign)
            };
        }
        // The reciprocals of the two largest binades are denormal.
        if a.exp >= -F::MIN_EXP && self.flushes::<F>() {
            self.raise(fpsr::UNDERFLOW);
            return F::zero(a.sign);
        }
        // 1.f as a fraction of 256 with a leading one.
        let fraction = (recip(a.mant >> 55) & 0xff) << (F::FRAC - 8);
        let biased = -a.exp - F::MIN_EXP;
        F::zero(a.sign)
            | match biased {
                1.. => (biased as u64) << F::FRAC | fraction,
                // Denormal results lose their last bits unrounded and unreported.
                0 => (1 << F::FRAC | fraction) >> 1,
                _ => (1 << F::FRAC | fraction) >> 2,
            }
    }

    /// `FPRSqrtEstimate`.
    pub fn rsqrt_estimate<F: Format>(&mut self, op: u64) -> u64 {
        let a = self.unpack::<F>(op);
        if a.is_nan() {
            return self.process_nan::<F>(&a);
        }
        if a.is_zero() {
            self.raise(fpsr::DIVIDE_BY_ZERO);
            return F::infinity(a.sign);
        }
        if a.sign {
            return self.invalid::<F>();
        }
        if a.is_infinite() {
            return 0;
        }
        // Scaled by an even power of two to 0.25..1, in units of 1/512.
        let scaled = a.mant >> if a.exp & 1 == 0 { 56 } else { 55 };
        let exp = -1 - (a.exp >> 1);
        let biased = (exp - F::MIN_EXP + 1) as u64;
        biased << F::FRAC | (rsqrt(scaled) & 0xff) << (F::FRAC - 8)
    }

    /// `FPRecpX`: the exponent complemented, the fraction zero.
    pub fn recip_exponent<F: Format>(&mut self, op: u64) -> u64 {
        let a = self.unpack::<F>(op);
        if a.is_nan() {
            return self.process_nan::<F>(&a);
        }
        let exp = match op >> F::FRAC & F::EXP_MAX {
            0 => F::EXP_MAX - 1,
            exp => exp ^ F::EXP_MAX,
        };
        F::zero(a.sign) | exp << F::FRAC
    }
}
