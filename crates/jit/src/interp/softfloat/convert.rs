//! Conversions: between formats, to and from integers and fixed point, and to integral values.

use super::unpack::convert_nan;
use super::{Class, Format, Fp, Rounding, Unpacked, fpcr, fpsr};

/// The integer part of a finite operand's magnitude times `2^fbits`, and its fraction of 2^64 as
/// [`super::round::split`] gives it. `None` if the integer has more than 65 bits.
#[inline]
fn integer_part(op: &Unpacked, fbits: u32) -> Option<(u128, u64)> {
    match op.exp + fbits as i32 {
        exp if exp > 64 => None,
        exp @ 63..=64 => Some((u128::from(op.mant) << (exp - 63), 0)),
        exp => {
            let (int, rest) = super::round::split(op.mant, (63 - exp) as u32);
            Some((int.into(), rest))
        }
    }
}

impl Fp {
    /// `FPConvert`: from format `F` to format `T`.
    #[inline]
    pub fn convert<F: Format, T: Format>(&mut self, op: u64, rounding: Rounding) -> u64 {
        let a = self.unpack_cv::<F>(op);
        let alternative = T::BITS == 16 && self.fpcr & fpcr::AHP != 0;
        match a.class {
            Class::QuietNan | Class::SignallingNan => {
                if a.class == Class::SignallingNan || alternative {
                    self.raise(fpsr::INVALID);
                }
                if alternative {
                    T::zero(a.sign)
                } else if self.fpcr & fpcr::DN != 0 {
                    T::DEFAULT_NAN
                } else {
                    convert_nan::<F, T>(op)
                }
            }
            Class::Infinity if alternative => {
                self.raise(fpsr::INVALID);
                T::zero(a.sign) | (T::SIGN - 1)
            }
            Class::Infinity => T::infinity(a.sign),
            Class::Zero => T::zero(a.sign),
            Class::Finite => self.round_cv::<T>(a.sign, a.exp, a.mant, rounding),
        }
    }

    /// `FPToFixed`: to an integer of `bits` bits, zero-extended, that counts units of `2^-fbits`.
    #[inline]
    pub fn fp_to_fixed<F: Format>(
        &mut self,
        op: u64,
        fbits: u32,
        bits: u32,
        unsigned: bool,
        rounding: Rounding,
    ) -> u64 {
        let a = self.unpack::<F>(op);
        let mask = u64::MAX >> (64 - bits);
        let largest = if unsigned { mask } else { mask >> 1 };
        let smallest = if unsigned { 0 } else { mask ^ largest };
        let (int, rest) = match a.class {
            Class::Zero => return 0,
            Class::QuietNan | Class::SignallingNan => {
                self.raise(fpsr::INVALID);
                return 0;
            }
            Class::Infinity => (u128::MAX, 0),
            Class::Finite => integer_part(&a, fbits).unwrap_or((u128::MAX, 0)),
        };
        let up = rounding.goes_up(a.sign, int & 1 != 0, rest);
        let magnitude = int.saturating_add(u128::from(up));
        // The magnitude of the smallest number is that number's bit pattern.
        if magnitude > u128::from(if a.sign { smallest } else { largest }) {
            self.raise(fpsr::INVALID);
            return if a.sign { smallest } else { largest };
        }
        if rest != 0 {
            self.raise(fpsr::INEXACT);
        }
        let magnitude = magnitude as u64;
        if a.sign { magnitude.wrapping_neg() & mask } else { magnitude }
    }

    /// `FPToFixedJS`: a double to a 32-bit integer modulo 2^32, as ECMAScript's ToInt32 does, and
    /// whether the conversion was exact.
    pub fn fp_to_fixed_js(&mut self, op: u64) -> (u32, bool) {
        let a = self.unpack::<super::Double>(op);
        match a.class {
            // A minus zero, or a denormal that was flushed to zero, is not the integer zero.
            Class::Zero => return (0, op == 0),
            Class::Finite => {}
            _ => {
                self.raise(fpsr::INVALID);
                return (0, false);
            }
        }
        let (magnitude, rest) = match a.exp {
            // All bits of the integer part are above the lowest 32.
            95.. => (1 << 32, 0),
            63..=94 => (u128::from(a.mant) << (a.exp - 63), 0),
            _ => integer_part(&a, 0).unwrap_or_default(),
        };
        let largest = i32::MAX as u128 + u128::from(a.sign);
        if magnitude > largest {
            self.raise(fpsr::INVALID);
        } else if rest != 0 {
            self.raise(fpsr::INEXACT);
        }
        let low = magnitude as u32;
        let result = if a.sign { low.wrapping_neg() } else { low };
        (result, magnitude <= largest && rest == 0)
    }

    /// `FixedToFP`: from an integer of `bits` bits, zero-extended, that counts units of `2^-fbits`.
    #[inline]
    pub fn fixed_to_fp<F: Format>(
        &mut self,
        op: u64,
        fbits: u32,
        bits: u32,
        unsigned: bool,
    ) -> u64 {
        let sign = !unsigned && op >> (bits - 1) != 0;
        let magnitude = if sign { op.wrapping_neg() & u64::MAX >> (64 - bits) } else { op };
        if magnitude == 0 {
            return 0;
        }
        let shift = magnitude.leading_zeros();
        let exp = 63 - shift as i32 - fbits as i32;
        self.round::<F>(sign, exp, magnitude << shift, self.rounding())
    }

    /// `FPRoundInt`: to an integral value. Only if `exact` that reports Inexact.
    #[inline]
    pub fn round_int<F: Format>(&mut self, op: u64, rounding: Rounding, exact: bool) -> u64 {
        let a = self.unpack::<F>(op);
        match a.class {
            Class::QuietNan | Class::SignallingNan => return self.process_nan::<F>(&a),
            Class::Infinity => return op,
            Class::Zero => return F::zero(a.sign),
            Class::Finite => {}
        }
        let (result, inexact) = integral::<F>(&a, rounding);
        if inexact && exact {
            self.raise(fpsr::INEXACT);
        }
        result
    }

    /// `FPRoundIntN`: to an integral value that an integer of `bits` bits can hold; anything else
    /// becomes the smallest such integer.
    #[inline]
    pub fn round_int_n<F: Format>(&mut self, op: u64, rounding: Rounding, bits: u32) -> u64 {
        let a = self.unpack::<F>(op);
        let limit = bits as i32 - 1;
        let too_large = F::SIGN | ((limit + 1 - F::MIN_EXP) as u64) << F::FRAC;
        if a.is_zero() {
            return F::zero(a.sign);
        }
        let (result, inexact) = match a.class {
            Class::Finite => integral::<F>(&a, rounding),
            _ => (F::INFINITY, false),
        };
        // Of what has the magnitude 2^limit or more, only -2^limit fits.
        if F::abs(result) >= F::abs(too_large) && result != too_large {
            self.raise(fpsr::INVALID);
            return too_large;
        }
        if inexact {
            self.raise(fpsr::INEXACT);
        }
        result
    }
}

/// A finite number rounded to an integral one, with its sign even if it is zero, and whether that
/// changed it.
#[inline]
fn integral<F: Format>(a: &Unpacked, rounding: Rounding) -> (u64, bool) {
    if a.exp >= F::FRAC as i32 {
        return (a.bits, false);
    }
    let (int, rest) = super::round::split(a.mant, (63 - a.exp) as u32);
    let int = int + u64::from(rounding.goes_up(a.sign, int & 1 != 0, rest));
    let magnitude = match int.checked_ilog2() {
        None => 0,
        // At most FRAC + 1 bits, so nothing is lost.
        Some(top) => {
            let biased = u64::from(top) + (F::EXP_MAX >> 1);
            biased << F::FRAC | (int << (F::FRAC - top)) & F::FRAC_MASK
        }
    };
    (F::zero(a.sign) | magnitude, rest != 0)
}
