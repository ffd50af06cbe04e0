//! How an Advanced SIMD instruction divides its registers into lanes.
//!
//! A [`Shape`] is a run-time value, not a type: most instructions exist for every element size and
//! in a vector and a scalar form, and one generic instance for each would multiply the interpreter
//! for nothing that it is judged by. A scalar form is a vector form with one lane; both clear the
//! rest of the register.

use engine::Exit;

use super::lanes::{elem, set_elem, signed_elem};
use crate::a64::Insn;

/// A set of element sizes, one bit per value of the `size` field.
pub type Sizes = u32;
/// 8-bit elements only.
pub const B: Sizes = 1;
/// 16-bit elements only.
pub const H: Sizes = 2;
/// 32-bit elements only.
pub const S: Sizes = 4;
/// 64-bit elements only.
pub const D: Sizes = 8;
/// 16- or 32-bit elements.
pub const HS: Sizes = H | S;
/// All but 64-bit elements.
pub const BHS: Sizes = B | H | S;
/// Every element size.
pub const BHSD: Sizes = B | H | S | D;

/// How many lanes of which size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Bits per lane: 8, 16, 32 or 64.
    pub esize: u32,
    /// The number of lanes.
    pub count: u32,
}

impl Shape {
    /// A vector of 128 (`q`) or 64 bits with elements of `8 << size` bits.
    #[inline]
    pub const fn vector(size: u32, q: bool) -> Self {
        Self { esize: 8 << size, count: (8 << q as u32) >> size }
    }

    /// One element of `8 << size` bits.
    #[inline]
    pub const fn scalar(size: u32) -> Self {
        Self { esize: 8 << size, count: 1 }
    }

    /// The shape that the `Q` and `size` fields give, or a single element in the scalar classes
    /// (bit 28), if the instruction has that element size. A vector of one 64-bit lane is reserved
    /// in every class that encodes its size there.
    #[inline]
    pub fn of(i: Insn, vector: Sizes, scalar: Sizes) -> Result<Self, Exit> {
        let (is_scalar, size) = (i.bit(28), i.size());
        let allowed = match (is_scalar, i.q()) {
            (true, _) => scalar,
            (false, true) => vector,
            (false, false) => vector & !D,
        };
        if allowed >> size & 1 == 0 {
            return Err(Exit::Undefined(i.0));
        }
        Ok(if is_scalar { Self::scalar(size) } else { Self::vector(size, i.q()) })
    }

    /// The narrow side of a widening or narrowing instruction: 64 bits, whichever half of a
    /// register they are ([`part`]), or one element in the scalar classes.
    #[inline]
    pub fn narrow(i: Insn, vector: Sizes, scalar: Sizes) -> Result<Self, Exit> {
        let shape = Self::of(i, vector & !D, scalar & !D)?;
        Ok(if i.bit(28) { shape } else { Self::vector(i.size(), false) })
    }

    /// The wide side: as many lanes of twice the size.
    #[inline]
    pub const fn widened(self) -> Self {
        Self { esize: self.esize * 2, ..self }
    }

    /// Lane `n` of `v`, zero-extended.
    #[inline]
    pub fn get(self, v: u128, n: u32) -> u64 {
        elem(v, n, self.esize)
    }

    /// Lane `n` of `v`, sign- or zero-extended: the manual's `Int(x, unsigned)`. 128 bits hold
    /// every sum and doubled product of two elements exactly.
    #[inline]
    pub fn int(self, v: u128, n: u32, signed: bool) -> i128 {
        if signed {
            i128::from(signed_elem(v, n, self.esize))
        } else {
            i128::from(elem(v, n, self.esize))
        }
    }

    /// `v` with lane `n` replaced by the low bits of `value`.
    #[inline]
    pub fn with(self, mut v: u128, n: u32, value: u64) -> u128 {
        set_elem(&mut v, n, self.esize, value);
        v
    }

    /// The vector whose lane `n` is the low bits of `f(n)`; bits above the last lane are zero.
    #[inline]
    pub fn build(self, mut f: impl FnMut(u32) -> u64) -> u128 {
        let mask = u64::MAX >> (64 - self.esize);
        (0..self.count).fold(0, |v, n| v | u128::from(f(n) & mask) << (n * self.esize))
    }
}

/// Whether the narrow side is the upper half of its register (the "2" mnemonics).
#[inline]
pub const fn is_upper(i: Insn) -> bool {
    i.q() && !i.bit(28)
}

/// `Vpart[]`: the half of `v` that a widening instruction reads, in the low 64 bits.
#[inline]
pub const fn part(i: Insn, v: u128) -> u128 {
    if is_upper(i) { v >> 64 } else { v }
}

/// `Vpart[] = half`: the register after a narrowing instruction. The "2" forms keep the lower half
/// of `old`, the others clear the upper one.
#[inline]
pub const fn with_part(i: Insn, old: u128, half: u128) -> u128 {
    if is_upper(i) { half << 64 | old & u64::MAX as u128 } else { half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_cut_from_the_low_end() {
        let v = 0x8000_0000_0000_0000_0000_0000_0000_ff7f;
        let bytes = Shape::vector(0, true);
        assert_eq!((bytes.count, bytes.get(v, 0), bytes.get(v, 15)), (16, 0x7f, 0x80));
        assert_eq!(bytes.int(v, 1, true), -1);
        assert_eq!(bytes.int(v, 1, false), 255);
        assert_eq!(Shape::vector(3, true).int(v, 1, true), i128::from(i64::MIN));
        assert_eq!(Shape::vector(1, false).build(|n| u64::from(n) | 0xa_0000), 0x3_0002_0001_0000);
        assert_eq!(Shape::scalar(2).with(v, 1, !0), v | 0xffff_ffff << 32);
    }
}
