//! Taking operands apart, and what becomes of NaNs among them.

use super::{Format, Fp, fpcr, fpsr};

/// `FPType`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Zero,
    /// The pseudocode's `FPType_Nonzero` and `FPType_Denormal`.
    Finite,
    Infinity,
    QuietNan,
    SignallingNan,
}

/// An operand taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Unpacked {
    pub class: Class,
    pub sign: bool,
    /// Of a finite number, the value is `mant / 2^63 * 2^exp`.
    pub exp: i32,
    /// Of a finite number: bit 63 is set, even if it was denormal.
    pub mant: u64,
    /// The operand as it was.
    pub bits: u64,
}

impl Unpacked {
    #[inline]
    pub fn is_zero(&self) -> bool {
        self.class == Class::Zero
    }

    #[inline]
    pub fn is_infinite(&self) -> bool {
        self.class == Class::Infinity
    }

    #[inline]
    pub fn is_nan(&self) -> bool {
        matches!(self.class, Class::QuietNan | Class::SignallingNan)
    }
}

/// The operand whose NaN wins: the first signalling one, else the first quiet one. This is the
/// choice that `FPProcessNaNs` and `FPProcessNaNs3` make.
#[inline]
fn winning_nan<'a>(ops: &[&'a Unpacked]) -> Option<&'a Unpacked> {
    let first = |class| ops.iter().find(|op| op.class == class).copied();
    first(Class::SignallingNan).or_else(|| first(Class::QuietNan))
}

impl Fp {
    /// `FPUnpack`. Of format `F`; may flush a denormal.
    #[inline]
    pub(super) fn unpack<F: Format>(&mut self, op: u64) -> Unpacked {
        self.unpack_base::<F>(op, self.flushes::<F>(), false)
    }

    /// `FPUnpackCV`: for conversions between formats, which do not flush halves, and in which a
    /// half may be of the alternative format.
    #[inline]
    pub(super) fn unpack_cv<F: Format>(&mut self, op: u64) -> Unpacked {
        let half = F::BITS == 16;
        let flush = !half && self.flushes::<F>();
        self.unpack_base::<F>(op, flush, half && self.fpcr & fpcr::AHP != 0)
    }

    /// `FPUnpackBase`.
    #[inline]
    fn unpack_base<F: Format>(&mut self, op: u64, flush: bool, alternative: bool) -> Unpacked {
        let frac = op & F::FRAC_MASK;
        let biased = op >> F::FRAC & F::EXP_MAX;
        let (mut class, mut exp, mut mant) = (Class::Finite, 0, 0);
        if biased == 0 {
            if frac == 0 || flush {
                class = Class::Zero;
                // Half precision does not report flushed operands (A1.5.4).
                if frac != 0 && F::BITS != 16 {
                    self.raise(fpsr::INPUT_DENORMAL);
                }
            } else {
                let shift = frac.leading_zeros();
                mant = frac << shift;
                exp = F::MIN_EXP + (63 - F::FRAC) as i32 - shift as i32;
            }
        } else if biased == F::EXP_MAX && !alternative {
            class = if frac == 0 {
                Class::Infinity
            } else if frac & F::QUIET != 0 {
                Class::QuietNan
            } else {
                Class::SignallingNan
            };
        } else {
            mant = 1 << 63 | frac << (63 - F::FRAC);
            exp = biased as i32 - 1 + F::MIN_EXP;
        }
        Unpacked { class, sign: op & F::SIGN != 0, exp, mant, bits: op }
    }

    /// `FPProcessNaN`: the NaN, made quiet, or the default NaN.
    #[inline]
    pub(super) fn process_nan<F: Format>(&mut self, op: &Unpacked) -> u64 {
        if op.class == Class::SignallingNan {
            self.raise(fpsr::INVALID);
        }
        if self.fpcr & fpcr::DN != 0 { F::DEFAULT_NAN } else { op.bits | F::QUIET }
    }

    /// `FPProcessNaNs`: the result, if an operand is a NaN.
    #[inline]
    pub(super) fn process_nans<F: Format>(&mut self, a: &Unpacked, b: &Unpacked) -> Option<u64> {
        if !a.is_nan() && !b.is_nan() {
            return None;
        }
        winning_nan(&[a, b]).map(|nan| self.process_nan::<F>(nan))
    }

    /// `FPProcessNaNs3`, and `FPProcessNaNs3H` where the factors are of a narrower format `G`:
    /// the result, if the addend `a` or a factor is a NaN.
    #[inline]
    pub(super) fn process_nans3<F: Format, G: Format>(
        &mut self,
        a: &Unpacked,
        factors: [&Unpacked; 2],
    ) -> Option<u64> {
        if !a.is_nan() && !factors[0].is_nan() && !factors[1].is_nan() {
            return None;
        }
        let nan = winning_nan(&[a, factors[0], factors[1]])?;
        if std::ptr::eq(nan, a) {
            return Some(self.process_nan::<F>(nan));
        }
        let narrow = self.process_nan::<G>(nan);
        Some(convert_nan::<G, F>(narrow))
    }
}

/// `FPConvertNaN`: the same NaN in another format, made quiet: sign and leading fraction bits.
#[inline]
pub(super) fn convert_nan<F: Format, T: Format>(op: u64) -> u64 {
    let frac = (op & F::FRAC_MASK) << (63 - F::FRAC) >> (63 - T::FRAC);
    T::zero(op & F::SIGN != 0) | T::DEFAULT_NAN | frac
}
