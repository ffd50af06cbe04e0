//! An instruction word and its operand fields.

/// One A64 instruction word. Methods name the fields as the Arm manual does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Insn(pub u32);

impl Insn {
    /// Bits `hi..=lo`, as an unsigned number.
    #[inline]
    pub const fn bits(self, hi: u32, lo: u32) -> u32 {
        (self.0 >> lo) & (u32::MAX >> (31 - (hi - lo)))
    }

    /// Bit `n`.
    #[inline]
    pub const fn bit(self, n: u32) -> bool {
        self.0 >> n & 1 != 0
    }

    /// Bits `hi..=lo`, sign-extended to 64 bits.
    #[inline]
    pub const fn sbits(self, hi: u32, lo: u32) -> i64 {
        ((self.0 << (31 - hi)) as i32 >> (31 - (hi - lo))) as i64
    }

    /// `Rd` or `Rt`: bits 4–0.
    #[inline]
    pub const fn rd(self) -> usize {
        self.bits(4, 0) as usize
    }

    /// `Rn`: bits 9–5.
    #[inline]
    pub const fn rn(self) -> usize {
        self.bits(9, 5) as usize
    }

    /// `Rm` or `Rs`: bits 20–16.
    #[inline]
    pub const fn rm(self) -> usize {
        self.bits(20, 16) as usize
    }

    /// `Ra` or `Rt2`: bits 14–10.
    #[inline]
    pub const fn ra(self) -> usize {
        self.bits(14, 10) as usize
    }

    /// `sf`: bit 31, a 64-bit operation.
    #[inline]
    pub const fn sf(self) -> bool {
        self.bit(31)
    }

    /// `Q`: bit 30, a 128-bit vector.
    #[inline]
    pub const fn q(self) -> bool {
        self.bit(30)
    }

    /// `size`: bits 23–22 of the vector instructions.
    #[inline]
    pub const fn size(self) -> u32 {
        self.bits(23, 22)
    }
}
