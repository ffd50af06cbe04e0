//! What the Advanced SIMD families share.
//!
//! An operation is a short sequence of host instructions on whole registers; the element size picks
//! among up to four variants of it, which stand in tables. The sequence works on 128 bits whatever
//! the guest's form has, and [`Translator::finish_v`] then clears what a shorter form leaves zero: the
//! lanes above are computed for nothing, which costs nothing.
//!
//! The contract of an operation: it gets its operands in registers, which are homes or the scratch
//! registers of the same position, XMM0 and XMM1. XMM2 is free from the start, XMM0 and XMM1 once
//! their operands have been read for the last time. The destination may be any operand's home, so
//! only the last host instruction writes it.

use super::Translator;
use crate::a64::Insn;
use crate::region::Uses;
use crate::runtime::frame;
use crate::x64::vector::*;
use crate::x64::{Cond, Mem, Width, Xm, Xmm};

pub(super) const XMM0: Xmm = Xmm(0);
pub(super) const XMM1: Xmm = Xmm(1);
pub(super) const XMM2: Xmm = Xmm(2);

/// A set of element sizes, one bit per value of the `size` field.
pub(super) type Sizes = u32;
/// 8-bit elements.
pub(super) const B: Sizes = 1;
/// 16-bit elements.
pub(super) const H: Sizes = 2;
/// 32-bit elements.
pub(super) const S: Sizes = 4;
/// 64-bit elements.
pub(super) const D: Sizes = 8;
pub(super) const HS: Sizes = H | S;
pub(super) const BHS: Sizes = B | HS;
pub(super) const BHSD: Sizes = BHS | D;

// Host instructions by element size.
pub(super) const ADD: [VOp; 4] = [VPADDB, VPADDW, VPADDD, VPADDQ];
pub(super) const SUB: [VOp; 4] = [VPSUBB, VPSUBW, VPSUBD, VPSUBQ];
pub(super) const EQUAL: [VOp; 4] = [VPCMPEQB, VPCMPEQW, VPCMPEQD, VPCMPEQQ];
pub(super) const GREATER: [VOp; 4] = [VPCMPGTB, VPCMPGTW, VPCMPGTD, VPCMPGTQ];
pub(super) const UNPACK_LOW: [VOp; 4] = [VPUNPCKLBW, VPUNPCKLWD, VPUNPCKLDQ, VPUNPCKLQDQ];
pub(super) const UNPACK_HIGH: [VOp; 4] = [VPUNPCKHBW, VPUNPCKHWD, VPUNPCKHDQ, VPUNPCKHQDQ];
const BROADCAST: [VOp; 4] = [VPBROADCASTB, VPBROADCASTW, VPBROADCASTD, VPBROADCASTQ];

/// The greatest or smallest of elements of up to 32 bits, by `max` and signedness.
pub(super) fn extreme(size: u32, max: bool, signed: bool) -> VOp {
    let ops = match (max, signed) {
        (true, true) => [VPMAXSB, VPMAXSW, VPMAXSD],
        (true, false) => [VPMAXUB, VPMAXUW, VPMAXUD],
        (false, true) => [VPMINSB, VPMINSW, VPMINSD],
        (false, false) => [VPMINUB, VPMINUW, VPMINUD],
    };
    ops[size as usize]
}

/// How an instruction divides its registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lanes {
    /// log2 of the bytes of an element.
    pub size: u32,
    /// The bits of the result, from 0 up; the register's others become zero.
    pub bits: u32,
}

impl Lanes {
    /// From `size`, and `Q` or the bit that tells the scalar classes, if the instruction has
    /// that element size in that form. A vector of one 64-bit element is reserved.
    pub fn of(i: Insn, vector: Sizes, scalar: Sizes) -> Option<Self> {
        Self::sized(i, i.size(), vector, scalar)
    }

    /// As [`Self::of`], for classes that encode the size elsewhere.
    pub fn sized(i: Insn, size: u32, vector: Sizes, scalar: Sizes) -> Option<Self> {
        let allowed = match (i.bit(28), i.q()) {
            (true, _) => scalar,
            (false, true) => vector,
            (false, false) => vector & !D,
        };
        (allowed >> size & 1 != 0).then_some(Self::unchecked(i, size))
    }

    /// In an emitter, whose `uses` has checked them.
    pub fn checked(i: Insn) -> Self {
        Self::unchecked(i, i.size())
    }

    fn unchecked(i: Insn, size: u32) -> Self {
        let bits = match (i.bit(28), i.q()) {
            (true, _) => 8 << size,
            (false, true) => 128,
            (false, false) => 64,
        };
        Self { size, bits }
    }

    /// `size` as an index.
    pub fn index(self) -> usize {
        self.size as usize
    }

    /// Bits of an element.
    pub fn esize(self) -> u32 {
        8 << self.size
    }
}

/// 64 or 128, by `Q`.
pub(super) fn bits(i: Insn) -> u32 {
    if i.q() { 128 } else { 64 }
}

/// Whether signed elements are meant: `U` is clear.
pub(super) fn is_signed(i: Insn) -> bool {
    !i.bit(29)
}

/// An operation on one register: destination, source.
pub(super) type Unary = fn(&mut Translator<'_>, Insn, Xmm, Xmm);

/// An operation on two registers: destination, sources.
pub(super) type Binary = fn(&mut Translator<'_>, Insn, Xmm, Xmm, Xmm);

/// Writes `V[d]` after reading `V[n]`.
pub(super) fn d_n(i: Insn) -> Uses {
    Uses::NONE.reads_v(i.rn()).writes_v(i.rd())
}

/// Writes `V[d]` after reading `V[n]` and `V[m]`.
pub(super) fn d_n_m(i: Insn) -> Uses {
    d_n(i).reads_v(i.rm())
}

/// One element in all lanes, as 128 bits.
pub(super) fn splat(size: u32, value: u64) -> u128 {
    let element = u128::from(value & (u64::MAX >> (64 - (8 << size))));
    // Ones at the distance of elements.
    element * (u128::MAX / ((1 << (8 << size)) - 1))
}

/// A control of `vpshufb`: where each byte comes from, or `None` for zero.
pub(super) fn shuffle(from: impl Fn(u32) -> Option<u32>) -> u128 {
    (0..16).fold(0, |control, n| {
        control | u128::from(from(n).map_or(0x80, |byte| byte as u8)) << (8 * n)
    })
}

impl Translator<'_> {
    // ---- Constants ----

    /// Memory with one element in all lanes.
    pub(super) fn splat(&mut self, size: u32, value: u64) -> Mem {
        self.constant(splat(size, value))
    }

    /// Memory with a control of `vpshufb`.
    pub(super) fn shuffle(&mut self, from: impl Fn(u32) -> Option<u32>) -> Mem {
        self.constant(shuffle(from))
    }

    pub(super) fn zero_v(&mut self, to: Xmm) {
        self.asm.v3(VPXOR, to, to, to);
    }

    pub(super) fn ones_v(&mut self, to: Xmm) {
        self.asm.v3(VPCMPEQD, to, to, to);
    }

    /// `to` becomes a constant.
    pub(super) fn set_constant_v(&mut self, to: Xmm, value: u128) {
        match value {
            0 => self.zero_v(to),
            u128::MAX => self.ones_v(to),
            _ => {
                let mem = self.constant(value);
                self.asm.v2(VMOVDQU, to, mem);
            }
        }
    }

    // ---- Results ----

    /// Where to compute a result of `bits` for `V[d]`. To be followed by [`Self::finish_v`].
    pub(super) fn result_v(&self, d: usize, bits: u32) -> Xmm {
        if bits == 128 { self.v_target(d, XMM0) } else { XMM0 }
    }

    /// `V[d]` becomes the low `bits` of `value`.
    pub(super) fn finish_v(&mut self, d: usize, bits: u32, value: Xmm) {
        if bits == 128 {
            return self.set_v(d, value);
        }
        let target = self.v_target(d, XMM0);
        if bits == 64 {
            self.asm.v2(VMOVQ, target, value);
        } else {
            let mask = self.constant((1 << bits) - 1);
            self.asm.v3(VPAND, target, value, mask);
        }
        self.set_v(d, target);
    }

    /// `V[d] = f(V[n])`, `bits` of it.
    pub(super) fn unary_v(&mut self, i: Insn, bits: u32, f: Unary) {
        let a = self.v(i.rn(), XMM0);
        let to = self.result_v(i.rd(), bits);
        f(self, i, to, a);
        self.finish_v(i.rd(), bits, to);
    }

    /// `V[d] = f(V[n], V[m])`, `bits` of it.
    pub(super) fn binary_v(&mut self, i: Insn, bits: u32, f: Binary) {
        let (a, b) = (self.v(i.rn(), XMM0), self.v(i.rm(), XMM1));
        let to = self.result_v(i.rd(), bits);
        f(self, i, to, a, b);
        self.finish_v(i.rd(), bits, to);
    }

    /// `V[d] = V[d] op value`, `bits` of it.
    pub(super) fn accumulate_v(&mut self, i: Insn, bits: u32, op: VOp, value: Xmm) {
        let old = self.v(i.rd(), XMM1);
        let to = self.result_v(i.rd(), bits);
        self.asm.v3(op, to, old, value);
        self.finish_v(i.rd(), bits, to);
    }

    /// Sets `FPSR.QC` if any of the low `bits` of `difference` is set.
    pub(super) fn saturated_if(&mut self, bits: u32, difference: Xmm) {
        // QC is bit 27, alone in its byte.
        const QC: (i32, i32) = (3, 1 << 3);
        match bits {
            128 => {}
            64 => self.asm.v2(VMOVQ, difference, difference),
            _ => {
                let mask = self.constant((1 << bits) - 1);
                self.asm.v3(VPAND, difference, difference, mask);
            }
        }
        self.clobber_flags();
        self.asm.v2(VPTEST, difference, difference);
        self.asm.unless(Cond::E, |asm| asm.store_imm_sized(0, frame::fpsr().plus(QC.0), QC.1));
    }

    // ---- Elements ----

    /// Element `index` of `V[n]` in all lanes of `to`.
    pub(super) fn broadcast_v(&mut self, size: u32, to: Xmm, n: usize, index: u32) {
        let op = BROADCAST[size as usize];
        match self.v_operand(n) {
            Xm::Mem(mem) => self.asm.v2(op, to, mem.plus((index << size) as i32)),
            Xm::Reg(reg) if index == 0 => self.asm.v2(op, to, reg),
            Xm::Reg(reg) if size == 3 => self.asm.v2i(VPSHUFD, to, reg, 0xee),
            Xm::Reg(reg) if size == 2 => self.asm.v2i(VPSHUFD, to, reg, 0x55 * index as u8),
            Xm::Reg(reg) => {
                let bytes = (1 << size) - 1;
                let control = self.shuffle(|byte| Some((index << size) + (byte & bytes)));
                self.asm.v3(VPSHUFB, to, reg, control);
            }
        }
    }

    /// The lower or upper half of `a`, its elements of up to 32 bits twice as wide.
    pub(super) fn widen_v(&mut self, size: u32, signed: bool, upper: bool, to: Xmm, a: Xmm) {
        let op = if signed {
            [VPMOVSXBW, VPMOVSXWD, VPMOVSXDQ]
        } else {
            [VPMOVZXBW, VPMOVZXWD, VPMOVZXDQ]
        }[size as usize];
        if upper && !signed {
            let zero = self.constant(0);
            self.asm.v3(UNPACK_HIGH[size as usize], to, a, zero);
        } else if upper {
            self.asm.v2i(VPSHUFD, to, a, 0xee);
            self.asm.v2(op, to, to);
        } else {
            self.asm.v2(op, to, a);
        }
    }

    /// The upper parts of elements of up to 32 bits twice as wide, or the lower ones, packed into the
    /// lower half; the upper one becomes zero.
    pub(super) fn narrow_v(&mut self, size: u32, high_parts: bool, to: Xmm, a: Xmm) {
        let bytes = 1 << size;
        let skip = if high_parts { bytes } else { 0 };
        let control = self
            .shuffle(|byte| (byte < 8).then_some((byte / bytes) * 2 * bytes + byte % bytes + skip));
        self.asm.v3(VPSHUFB, to, a, control);
    }

    /// Ends a narrowing instruction: 64 bits in `half`, a scratch register with nothing above, become
    /// the lower half of `V[d]`, zero above, or its upper half (`Q`, the "2" mnemonics).
    pub(super) fn finish_half_v(&mut self, i: Insn, half: Xmm) {
        let d = i.rd();
        if i.q() {
            let old = self.v(d, XMM1);
            let to = self.v_target(d, XMM1);
            self.asm.v3(VPUNPCKLQDQ, to, old, half);
            self.set_v(d, to);
        } else {
            self.set_v(d, half);
        }
    }

    // ---- Shifts by a constant, which may be the element's width ----

    /// `to = a << by`.
    pub(super) fn shift_left_v(&mut self, size: u32, to: Xmm, a: Xmm, by: u32) {
        let op = [VPSLLW_IMM, VPSLLW_IMM, VPSLLD_IMM, VPSLLQ_IMM][size as usize];
        self.asm.vshift(op, to, a, by as u8);
        if size == 0 && by != 0 {
            let mask = self.splat(0, 0xff << by);
            self.asm.v3(VPAND, to, to, mask);
        }
    }

    /// `to = a >> by`, zeros coming in.
    pub(super) fn shift_right_v(&mut self, size: u32, to: Xmm, a: Xmm, by: u32) {
        let op = [VPSRLW_IMM, VPSRLW_IMM, VPSRLD_IMM, VPSRLQ_IMM][size as usize];
        self.asm.vshift(op, to, a, by as u8);
        if size == 0 && by != 0 {
            let mask = self.splat(0, 0xff >> by);
            self.asm.v3(VPAND, to, to, mask);
        }
    }

    /// `to = a >> by`, signs coming in. Clobbers XMM2 if nothing but signs remains.
    pub(super) fn shift_right_signed_v(&mut self, size: u32, to: Xmm, a: Xmm, by: u32) {
        let esize = 8 << size;
        match size {
            1 => self.asm.vshift(VPSRAW_IMM, to, a, by as u8),
            2 => self.asm.vshift(VPSRAD_IMM, to, a, by as u8),
            _ if by >= esize - 1 => {
                self.zero_v(XMM2);
                self.asm.v3(GREATER[size as usize], to, XMM2, a);
            }
            _ => {
                // x86 has no such shift of 8 or 64 bits: extend the sign from where it went.
                let sign = self.splat(size, 1 << (esize - 1 - by));
                self.shift_right_v(size, to, a, by);
                self.asm.v3(VPXOR, to, to, sign);
                self.asm.v3(SUB[size as usize], to, to, sign);
            }
        }
    }

    /// Either of the two.
    pub(super) fn shift_right_as_v(&mut self, signed: bool, size: u32, to: Xmm, a: Xmm, by: u32) {
        if signed {
            self.shift_right_signed_v(size, to, a, by);
        } else {
            self.shift_right_v(size, to, a, by);
        }
    }

    /// The low 32 or 64 bits of a general register to a vector register, the rest zero.
    pub(super) fn general_to_v(&mut self, width: Width, to: Xmm, n: usize) {
        match self.known(n) {
            Some(0) => self.zero_v(to),
            _ => {
                let op = if width == Width::W64 { VMOVQ_FROM_GPR } else { VMOVD_FROM_GPR };
                let from = self.x_operand(n);
                self.asm.v_from_reg(op, to, from);
            }
        }
    }
}
