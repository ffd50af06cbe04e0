//! Putting results together: `FPRound`.

use super::{Format, Fp, fpcr, fpsr};

/// `FPRounding`: the pseudocode's `FPRounding_TIEEVEN` and so on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// To nearest, ties to even.
    TieEven,
    /// Towards plus infinity.
    PosInf,
    /// Towards minus infinity.
    NegInf,
    /// Towards zero.
    Zero,
    /// To nearest, ties away from zero. Only when rounding to integers.
    TieAway,
    /// Towards zero, with an inexact result made odd, so that a second rounding to a narrower
    /// format cannot go wrong. Only in `FCVTXN`.
    Odd,
}

impl Rounding {
    /// `FPDecodeRounding`: the low two bits of `rmode`.
    #[inline]
    pub fn decode(rmode: u32) -> Self {
        [Self::TieEven, Self::PosInf, Self::NegInf, Self::Zero][(rmode & 3) as usize]
    }

    /// Whether a magnitude goes up to the next integer. `odd` says that its integer part is,
    /// `rest / 2^64` is its fraction.
    #[inline]
    pub(super) fn goes_up(self, sign: bool, odd: bool, rest: u64) -> bool {
        const HALF: u64 = 1 << 63;
        match self {
            Self::TieEven => rest > HALF || rest == HALF && odd,
            Self::TieAway => rest >= HALF,
            Self::PosInf => rest != 0 && !sign,
            Self::NegInf => rest != 0 && sign,
            Self::Zero => false,
            Self::Odd => rest != 0 && !odd,
        }
    }

    /// Whether what is too large becomes an infinity rather than the largest number.
    #[inline]
    pub(super) fn overflows_to_infinity(self, sign: bool) -> bool {
        match self {
            Self::TieEven | Self::TieAway => true,
            Self::PosInf => !sign,
            Self::NegInf => sign,
            Self::Zero | Self::Odd => false,
        }
    }
}

/// `mant >> shift`, and what falls out as a fraction of 2^64. With `shift` from 1 up; of a
/// fraction too long for the 64 bits only that it is more than nothing and less than half.
#[inline]
pub(super) fn split(mant: u64, shift: u32) -> (u64, u64) {
    match shift {
        1..=63 => (mant >> shift, mant << (64 - shift)),
        64 => (0, mant),
        _ => (0, 1),
    }
}

impl Fp {
    /// `FPRound` of `mant / 2^63 * 2^exp`, where bit 63 of `mant` is set and bit 0 may be sticky:
    /// stand for any non-zero bits below it.
    #[inline]
    pub(super) fn round<F: Format>(
        &mut self,
        sign: bool,
        exp: i32,
        mant: u64,
        rounding: Rounding,
    ) -> u64 {
        if exp < F::MIN_EXP && self.flushes::<F>() {
            // Reported as an underflow, but not as inexact (A1.5.4).
            self.raise(fpsr::UNDERFLOW);
            return F::zero(sign);
        }
        self.round_unflushed::<F>(sign, exp, mant, rounding)
    }

    /// `FPRoundCV`: as [`Self::round`], for conversions between formats, which do not flush
    /// halves and may produce the alternative format.
    #[inline]
    pub(super) fn round_cv<F: Format>(
        &mut self,
        sign: bool,
        exp: i32,
        mant: u64,
        rounding: Rounding,
    ) -> u64 {
        if F::BITS != 16 {
            self.round::<F>(sign, exp, mant, rounding)
        } else if self.fpcr & fpcr::AHP != 0 {
            self.round_alternative_half(sign, exp, mant, rounding)
        } else {
            self.round_unflushed::<F>(sign, exp, mant, rounding)
        }
    }

    /// `FPRoundBase` behind the flush to zero.
    #[inline]
    fn round_unflushed<F: Format>(
        &mut self,
        sign: bool,
        exp: i32,
        mant: u64,
        rounding: Rounding,
    ) -> u64 {
        let (bits, rest) = self.round_magnitude::<F>(sign, exp, mant, rounding);
        if bits >= F::INFINITY {
            self.raise(fpsr::OVERFLOW | fpsr::INEXACT);
            return if rounding.overflows_to_infinity(sign) {
                F::infinity(sign)
            } else {
                F::max_normal(sign)
            };
        }
        if rest != 0 {
            self.raise(fpsr::INEXACT);
        }
        F::zero(sign) | bits
    }

    /// `FPRoundBase` for the alternative half-precision format, which has neither infinities nor
    /// NaNs but one more binade of numbers.
    fn round_alternative_half(
        &mut self,
        sign: bool,
        exp: i32,
        mant: u64,
        rounding: Rounding,
    ) -> u64 {
        use super::Half;
        let (bits, rest) = self.round_magnitude::<Half>(sign, exp, mant, rounding);
        if bits >= Half::SIGN {
            self.raise(fpsr::INVALID);
            return Half::zero(sign) | (Half::SIGN - 1);
        }
        if rest != 0 {
            self.raise(fpsr::INEXACT);
        }
        Half::zero(sign) | bits
    }

    /// The rounded magnitude, as if exponents had no upper limit, and the fraction of 2^64 of a
    /// last place by which the exact one was larger than the truncated one.
    #[inline]
    fn round_magnitude<F: Format>(
        &mut self,
        sign: bool,
        exp: i32,
        mant: u64,
        rounding: Rounding,
    ) -> (u64, u64) {
        let biased = (exp - F::MIN_EXP + 1).max(0);
        let denormal = (F::MIN_EXP - exp).max(0) as u32;
        let (int, rest) = split(mant, 63 - F::FRAC + denormal);
        // Tininess is detected before rounding.
        if biased == 0 && rest != 0 {
            self.raise(fpsr::UNDERFLOW);
        }
        // The leading one of a normal number adds the last unit to the exponent, and so does a
        // carry out of the fraction.
        let truncated = ((biased as u64).saturating_sub(1) << F::FRAC) + int;
        (truncated + u64::from(rounding.goes_up(sign, int & 1 != 0, rest)), rest)
    }
}
