//! Sums: addition, subtraction, and the fused forms that end in one.

use super::{Format, Fp, Unpacked};

/// A real number `mant / 2^126 * 2^exp`, where `mant` is 0 or has its top bit at 126. Bit 0 may
/// be sticky.
#[derive(Clone, Copy)]
pub struct Real {
    sign: bool,
    exp: i32,
    mant: u128,
}

impl Real {
    const TOP: u32 = 126;

    /// The value of a finite operand.
    #[inline]
    pub fn new(op: &Unpacked) -> Self {
        let mant = if op.is_zero() { 0 } else { u128::from(op.mant) << 63 };
        Self { sign: op.sign, exp: op.exp, mant }
    }

    /// A positive integer.
    #[inline]
    pub fn integer(n: u32) -> Self {
        let top = n.ilog2();
        Self { sign: false, exp: top as i32, mant: u128::from(n) << (Self::TOP - top) }
    }

    /// The product of two finite operands. Exact: their significands have at most 53 bits.
    #[inline]
    pub fn product(a: &Unpacked, b: &Unpacked) -> Self {
        let sign = a.sign ^ b.sign;
        if a.is_zero() || b.is_zero() {
            return Self { sign, exp: 0, mant: 0 };
        }
        let mant = u128::from(a.mant) * u128::from(b.mant);
        let carry = (mant >> 127) as u32;
        Self { sign, exp: a.exp + b.exp + carry as i32, mant: mant >> carry }
    }

    /// Half of it.
    #[inline]
    pub fn halved(self) -> Self {
        Self { exp: self.exp - 1, ..self }
    }

    #[inline]
    fn is_zero(&self) -> bool {
        self.mant == 0
    }
}

impl std::ops::Neg for Real {
    type Output = Self;

    #[inline]
    fn neg(self) -> Self {
        Self { sign: !self.sign, ..self }
    }
}

impl std::ops::Add for Real {
    type Output = Self;

    /// The sum, with a sticky last bit. No significand has more than 106 bits (a product's), so a
    /// bit is only lost when the exponents differ by more than 20; then the larger operand loses
    /// at most one bit of its magnitude, and the sticky bit stays far below what is kept.
    #[inline]
    fn add(self, other: Self) -> Self {
        if self.is_zero() {
            return other;
        }
        if other.is_zero() {
            return self;
        }
        let self_is_larger = (self.exp, self.mant) >= (other.exp, other.mant);
        let (a, b) = if self_is_larger { (self, other) } else { (other, self) };
        let small = shift_right_sticky(b.mant, (a.exp - b.exp) as u32);
        let mant = if a.sign == b.sign { a.mant + small } else { a.mant - small };
        if mant == 0 {
            return Self { mant, ..a };
        }
        // From 1 (a carry) down to as much as cancelled.
        let up = Self::TOP as i32 - mant.ilog2() as i32;
        let mant = if up < 0 { shift_right_sticky(mant, 1) } else { mant << up };
        Self { sign: a.sign, exp: a.exp - up, mant }
    }
}

/// `mant >> shift` with bit 0 standing for all that fell out.
#[inline]
fn shift_right_sticky(mant: u128, shift: u32) -> u128 {
    if shift >= u128::BITS {
        return u128::from(mant != 0);
    }
    let shifted = mant >> shift;
    shifted | u128::from(shifted << shift != mant)
}

impl Fp {
    /// `FPRound` of a real number, which if zero is the sum of numbers that cancelled.
    #[inline]
    pub(super) fn round_real<F: Format>(&mut self, value: Real) -> u64 {
        if value.is_zero() {
            return self.cancelled::<F>();
        }
        let mant = shift_right_sticky(value.mant, Real::TOP - 63) as u64;
        self.round::<F>(value.sign, value.exp, mant, self.rounding())
    }

    /// `FPAdd`.
    #[inline]
    pub fn add<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        let (a, b) = (self.unpack::<F>(op1), self.unpack::<F>(op2));
        self.process_nans::<F>(&a, &b).unwrap_or_else(|| self.sum::<F>(&a, &b))
    }

    /// `FPSub`. A NaN operand keeps its sign.
    #[inline]
    pub fn sub<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        let (a, mut b) = (self.unpack::<F>(op1), self.unpack::<F>(op2));
        if let Some(nan) = self.process_nans::<F>(&a, &b) {
            return nan;
        }
        b.sign = !b.sign;
        self.sum::<F>(&a, &b)
    }

    /// The absolute value of the difference: `FABD`.
    #[inline]
    pub fn abs_diff<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        F::abs(self.sub::<F>(op1, op2))
    }

    /// The sum of what are not NaNs.
    #[inline]
    fn sum<F: Format>(&mut self, a: &Unpacked, b: &Unpacked) -> u64 {
        if a.is_infinite() && b.is_infinite() && a.sign != b.sign {
            return self.invalid::<F>();
        }
        if a.is_infinite() {
            return F::infinity(a.sign);
        }
        if b.is_infinite() {
            return F::infinity(b.sign);
        }
        if a.is_zero() && b.is_zero() && a.sign == b.sign {
            return F::zero(a.sign);
        }
        self.round_real::<F>(Real::new(a) + Real::new(b))
    }

    /// `FPMulAdd`: `addend + op1 * op2`, rounded once.
    #[inline]
    pub fn mul_add<F: Format>(&mut self, addend: u64, op1: u64, op2: u64) -> u64 {
        self.mul_add_mixed::<F, F>(addend, op1, op2)
    }

    /// `FPMulAdd` and `FPMulAddH`, whose factors are of the format `G`.
    #[inline]
    pub fn mul_add_mixed<F: Format, G: Format>(&mut self, addend: u64, op1: u64, op2: u64) -> u64 {
        let a = self.unpack::<F>(addend);
        let (x, y) = (self.unpack::<G>(op1), self.unpack::<G>(op2));
        let invalid_product = is_invalid_product(&x, &y);
        if let Some(nan) = self.process_nans3::<F, G>(&a, [&x, &y]) {
            // A quiet NaN as the addend does not hide that infinity times zero is invalid.
            let hidden = a.class == super::Class::QuietNan && invalid_product;
            return if hidden { self.invalid::<F>() } else { nan };
        }
        let sign = x.sign ^ y.sign;
        let infinite = x.is_infinite() || y.is_infinite();
        if invalid_product || a.is_infinite() && infinite && a.sign != sign {
            return self.invalid::<F>();
        }
        if a.is_infinite() || infinite {
            return F::infinity(if infinite { sign } else { a.sign });
        }
        if a.is_zero() && (x.is_zero() || y.is_zero()) && a.sign == sign {
            return F::zero(a.sign);
        }
        self.round_real::<F>(Real::new(&a) + Real::product(&x, &y))
    }

    /// `FPMulAdd` with the product negated: the vector forms of `FMLS`.
    #[inline]
    pub fn mul_sub<F: Format>(&mut self, addend: u64, op1: u64, op2: u64) -> u64 {
        self.mul_add::<F>(addend, F::neg(op1), op2)
    }

    /// `FPRecipStepFused`: `2 - op1 * op2`, rounded once.
    #[inline]
    pub fn recip_step<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        self.newton_step::<F>(op1, op2, F::two(false), |product| Real::integer(2) + product)
    }

    /// `FPRSqrtStepFused`: `(3 - op1 * op2) / 2`, rounded once.
    #[inline]
    pub fn rsqrt_step<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        self.newton_step::<F>(op1, op2, F::one_point_five(false), |product| {
            (Real::integer(3) + product).halved()
        })
    }

    /// `step` of `-op1 * op2`; `of_zero` if one is zero and the other infinite.
    #[inline]
    fn newton_step<F: Format>(
        &mut self,
        op1: u64,
        op2: u64,
        of_zero: u64,
        step: impl Fn(Real) -> Real,
    ) -> u64 {
        // The sign changes before NaNs are looked at, so that of a NaN does, too.
        let (a, b) = (self.unpack::<F>(F::neg(op1)), self.unpack::<F>(op2));
        if let Some(nan) = self.process_nans::<F>(&a, &b) {
            return nan;
        }
        if is_invalid_product(&a, &b) {
            return of_zero;
        }
        if a.is_infinite() || b.is_infinite() {
            return F::infinity(a.sign ^ b.sign);
        }
        self.round_real::<F>(step(Real::product(&a, &b)))
    }
}

/// Whether one is an infinity and the other a zero.
#[inline]
pub fn is_invalid_product(a: &Unpacked, b: &Unpacked) -> bool {
    a.is_infinite() && b.is_zero() || a.is_zero() && b.is_infinite()
}
