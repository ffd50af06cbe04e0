//! Comparisons, minimum and maximum.

use std::cmp::Ordering;

use super::{Class, Format, Fp, Unpacked, fpsr};

/// What orders numbers as integers: sign and magnitude made two's complement, zeros equal.
#[inline]
fn key<F: Format>(op: &Unpacked) -> i64 {
    let magnitude = if op.is_zero() { 0 } else { F::abs(op.bits) as i64 };
    if op.sign { -magnitude } else { magnitude }
}

impl Fp {
    /// How the operands compare; `None` if one is a NaN. That raises Invalid Operation if it is
    /// a signalling one, or if any shall.
    #[inline]
    fn order<F: Format>(&mut self, op1: u64, op2: u64, signal_nans: bool) -> Option<Ordering> {
        let (a, b) = (self.unpack::<F>(op1), self.unpack::<F>(op2));
        if a.is_nan() || b.is_nan() {
            let signalling = a.class == Class::SignallingNan || b.class == Class::SignallingNan;
            if signalling || signal_nans {
                self.raise(fpsr::INVALID);
            }
            return None;
        }
        Some(key::<F>(&a).cmp(&key::<F>(&b)))
    }

    /// `FPCompare`: the flags N, Z, C, V in bits 31–28.
    #[inline]
    pub fn compare<F: Format>(&mut self, op1: u64, op2: u64, signal_nans: bool) -> u32 {
        let nzcv = match self.order::<F>(op1, op2, signal_nans) {
            None => 0b0011,
            Some(Ordering::Equal) => 0b0110,
            Some(Ordering::Less) => 0b1000,
            Some(Ordering::Greater) => 0b0010,
        };
        nzcv << 28
    }

    /// `FPCompareEQ`.
    #[inline]
    pub fn compare_eq<F: Format>(&mut self, op1: u64, op2: u64) -> bool {
        self.order::<F>(op1, op2, false) == Some(Ordering::Equal)
    }

    /// `FPCompareGE`.
    #[inline]
    pub fn compare_ge<F: Format>(&mut self, op1: u64, op2: u64) -> bool {
        matches!(self.order::<F>(op1, op2, true), Some(Ordering::Greater | Ordering::Equal))
    }

    /// `FPCompareGT`.
    #[inline]
    pub fn compare_gt<F: Format>(&mut self, op1: u64, op2: u64) -> bool {
        self.order::<F>(op1, op2, true) == Some(Ordering::Greater)
    }

    /// `FPMax`.
    #[inline]
    pub fn max<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        self.extreme::<F>(op1, op2, Ordering::Greater)
    }

    /// `FPMin`.
    #[inline]
    pub fn min<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        self.extreme::<F>(op1, op2, Ordering::Less)
    }

    /// `FPMaxNum`: a quiet NaN is as good as no operand.
    #[inline]
    pub fn max_num<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        let (op1, op2) = self.without_quiet_nan::<F>(op1, op2, F::infinity(true));
        self.max::<F>(op1, op2)
    }

    /// `FPMinNum`: a quiet NaN is as good as no operand.
    #[inline]
    pub fn min_num<F: Format>(&mut self, op1: u64, op2: u64) -> u64 {
        let (op1, op2) = self.without_quiet_nan::<F>(op1, op2, F::infinity(false));
        self.min::<F>(op1, op2)
    }

    /// The operands, with the one that alone is a quiet NaN replaced.
    #[inline]
    fn without_quiet_nan<F: Format>(&mut self, op1: u64, op2: u64, by: u64) -> (u64, u64) {
        let quiet1 = self.unpack::<F>(op1).class == Class::QuietNan;
        let quiet2 = self.unpack::<F>(op2).class == Class::QuietNan;
        match (quiet1, quiet2) {
            (true, false) => (by, op2),
            (false, true) => (op1, by),
            _ => (op1, op2),
        }
    }

    /// The first operand if it compares to the second as `wanted`, else the second.
    #[inline]
    fn extreme<F: Format>(&mut self, op1: u64, op2: u64, wanted: Ordering) -> u64 {
        let (a, b) = (self.unpack::<F>(op1), self.unpack::<F>(op2));
        if let Some(nan) = self.process_nans::<F>(&a, &b) {
            return nan;
        }
        let chosen = if key::<F>(&a).cmp(&key::<F>(&b)) == wanted { a } else { b };
        if !chosen.is_zero() {
            return chosen.bits;
        }
        // Minus zero is less than plus zero here; the other operand may be a flushed one.
        F::zero(if wanted == Ordering::Greater { a.sign && b.sign } else { a.sign || b.sign })
    }
}
