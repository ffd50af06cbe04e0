//! Products, quotients and square roots.

use super::add::is_invalid_product;
use super::{Format, Fp, Unpacked, fpsr};

impl Fp {
    /// `FPMul`.
    #[inline]
    pub fn mul<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        self.mul_or::<F>(op1, op2, |fp, _| fp.invalid::<F>())
    }

    /// `FPMul` with the result negated, even a NaN: `FNMUL`.
    #[inline]
    pub fn neg_mul<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        F::neg(self.mul::<F>(op1, op2))
    }

    /// `FPMulX`: zero times infinity is two.
    #[inline]
    pub fn mulx<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        self.mul_or::<F>(op1, op2, |_, sign| F::two(sign))
    }

    #[inline]
    fn mul_or<F: Format>(
        &mut self,
        op1: u64,
        op2: u64,
        zero_times_infinity: impl Fn(&mut Self, bool) -> u64,
    ) -> u64 {
        let (a, b) = (self.unpack::<F>(op1), self.unpack::<F>(op2));
        if let Some(nan) = self.process_nans::<F>(&a, &b) {
            return nan;
        }
        let sign = a.sign ^ b.sign;
        if is_invalid_product(&a, &b) {
            zero_times_infinity(self, sign)
        } else if a.is_infinite() || b.is_infinite() {
            F::infinity(sign)
        } else if a.is_zero() || b.is_zero() {
            F::zero(sign)
        } else {
            let product = u128::from(a.mant) * u128::from(b.mant);
            // The top bit is 127 or 126: one more of exponent, or of shift.
            let carry = (product >> 127) as u32;
            let product = product << (1 - carry);
            let mant = (product >> 64) as u64 | u64::from(product as u64 != 0);
            self.round::<F>(sign, a.exp + b.exp + carry as i32, mant, self.rounding())
        }
    }

    /// `FPDiv`.
    #[inline]
    pub fn div<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        let (a, b) = (self.unpack::<F>(op1), self.unpack::<F>(op2));
        if let Some(nan) = self.process_nans::<F>(&a, &b) {
            return nan;
        }
        let sign = a.sign ^ b.sign;
        if a.is_infinite() && b.is_infinite() || a.is_zero() && b.is_zero() {
            return self.invalid::<F>();
        }
        if a.is_infinite() {
            return F::infinity(sign);
        }
        if b.is_zero() {
            self.raise(fpsr::DIVIDE_BY_ZERO);
            return F::infinity(sign);
        }
        if a.is_zero() || b.is_infinite() {
            return F::zero(sign);
        }
        self.quotient::<F>(sign, &a, &b)
    }

    /// The quotient of finite numbers.
    #[inline]
    fn quotient<F: Format>(&mut self, sign: bool, a: &Unpacked, b: &Unpacked) -> u64 {
        // Scaled so that the quotient has its top bit at 63.
        let less = a.mant < b.mant;
        let (dividend, divisor) =
            (u128::from(a.mant) << (63 + u32::from(less)), u128::from(b.mant));
        let quotient = dividend / divisor;
        let mant = quotient as u64 | u64::from(quotient * divisor != dividend);
        self.round::<F>(sign, a.exp - b.exp - i32::from(less), mant, self.rounding())
    }

    /// `FPSqrt`.
    #[inline]
    pub fn sqrt<F: Format>(&mut self, op: u64) -> u64 {
        let a = self.unpack::<F>(op);
        if a.is_nan() {
            return self.process_nan::<F>(&a);
        }
        if a.is_zero() {
            return F::zero(a.sign);
        }
        if a.sign {
            return self.invalid::<F>();
        }
        if a.is_infinite() {
            return F::INFINITY;
        }
        // An even exponent is halved exactly; an odd one lends one to the significand. The
        // radicand is 2^126 times a number from 1 to 4, its root 2^63 times one from 1 to 2.
        let radicand = u128::from(a.mant) << (63 + (a.exp & 1));
        let root = radicand.isqrt();
        let mant = root as u64 | u64::from(root * root != radicand);
        self.round::<F>(false, a.exp >> 1, mant, self.rounding())
    }
}
