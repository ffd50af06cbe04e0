//! Arithmetic under an FPCR that is not the default.
//!
//! Rounding modes are the host's. A NaN in a result is the interpreter's business anyway, so the default NaN costs
//! nothing but where NaNs are passed on. Flushing is another matter: the host has it too, but it does not report
//! a denormal operand, and of results that rounding makes the smallest normal number it has another opinion. So what
//! an operation takes and gives is looked at, and where there is a denormal, or the smallest normal number, the
//! interpreter computes. What underflows to zero is zero on both, with the same flag: see [`super::Mode::inexact`].
//!
//! Rejected: to let the host trap denormals. They are rare, but each would cost a signal.

use super::fp::{Precision, XMM1, XMM2, predicate};
use super::lines::Fp;
use super::{RCX, Slow, Translator};
use crate::region::Item;
use crate::x64::vector::{
    VCMPPD, VCMPPS, VMOVD_TO_GPR, VMOVMSKPD, VMOVMSKPS, VMOVQ, VMOVQ_TO_GPR, VPADDD, VPADDQ,
    VPCMPGTD, VPCMPGTQ, VPSUBD, VPSUBQ, VPXOR, VUCOMISD, VUCOMISS,
};
use crate::x64::{Alu, Cond, Width, Xmm};

/// The bits of the smallest normal number.
fn smallest_normal(p: Precision) -> u64 {
    p.pick((1 << 23, 1 << 52))
}

/// Whether one element alone matters of each operand: in the scalar classes, but for those that take elements from
/// vectors.
fn is_scalar(item: &Item) -> bool {
    let i = item.insn;
    // Advanced SIMD scalar pairwise, and by element (C4.1.97).
    let pairs = i.bits(31, 30) == 1
        && i.bits(28, 24) == 0b11110
        && i.bits(21, 17) == 0b11000
        && i.bits(11, 10) == 2;
    let by_element = i.bits(31, 30) == 1 && i.bits(28, 24) == 0b11111;
    i.bit(28) && !pairs && !by_element
}

impl Translator<'_> {
    /// Leaves for the interpreter where FPCR has something to say about the operands that the emitter does not know
    /// of. Clobbers RCX, XMM1 and XMM2.
    pub(super) fn unless_operands_are_special(&mut self, fp: Fp, item: &Item) -> Option<Slow> {
        let passes = matches!(fp, Fp::Passes | Fp::Converts);
        let flushes = self.mode.flushes() && (passes || matches!(fp, Fp::Computes | Fp::Compares));
        let nans = self.mode.default_nan() && passes;
        if !flushes && !nans {
            return None;
        }
        let (p, uses) = (Precision::of(item.insn), item.uses.unwrap_or_default());
        let is_scalar = is_scalar(item);
        if uses.flags_read {
            self.save_flags();
        }
        self.clobber_flags();
        let slow = self.rare_path();
        for n in super::numbers(uses.v_read) {
            let mut value = self.v(n, XMM1);
            // All of a vector, for its upper half may have the element that is multiplied with.
            if flushes && is_scalar {
                self.unless_tiny(p, value, &slow);
            } else if flushes {
                self.unless_tiny_elements(p, value, &slow);
            }
            if nans && !is_scalar && !item.insn.q() {
                // A NaN in the upper half would be reported.
                self.asm.v2(VMOVQ, XMM1, value);
                value = XMM1;
            }
            if nans {
                self.unless_nan_operand(p, is_scalar, value, &slow);
            }
        }
        Some(slow)
    }

    /// Where that comes back: with the flags in memory, if the instruction writes them.
    pub(super) fn after_special_operands(&mut self, slow: Option<Slow>) {
        let Some(slow) = slow else { return };
        if self.writes_flags() && self.flags_live() {
            self.save_flags();
        }
        if self.writes_flags() {
            self.state.flags = super::Flags::SAVED;
        }
        self.resume(slow);
    }

    fn unless_nan_operand(&mut self, p: Precision, is_scalar: bool, value: Xmm, slow: &Slow) {
        if is_scalar {
            self.asm.v2(p.pick((VUCOMISS, VUCOMISD)), value, value);
            self.asm.jcc(Cond::P, slow.label);
        } else {
            self.asm.v3i(p.pick((VCMPPS, VCMPPD)), XMM2, value, value, predicate::UNORD_Q);
            self.unless_marked(p, slow);
        }
    }

    /// Leaves if the number in `value` is denormal or the smallest normal one. Clobbers RCX and EFLAGS.
    pub(super) fn unless_tiny(&mut self, p: Precision, value: Xmm, slow: &Slow) {
        let (width, limit) = (p.width(), 2 * smallest_normal(p));
        self.asm.v_to_reg(p.pick((VMOVD_TO_GPR, VMOVQ_TO_GPR)), RCX, value);
        // Without the sign, zero becomes the largest number.
        self.asm.alu(Alu::Add, width, RCX, RCX);
        self.asm.alu_imm(Alu::Sub, width, RCX, 1);
        if width == Width::W32 {
            self.asm.alu_imm(Alu::Cmp, width, RCX, limit as i32);
        } else {
            let limit = self.constant(limit.into());
            self.asm.alu(Alu::Cmp, width, RCX, limit);
        }
        self.asm.jcc(Cond::B, slow.label);
    }

    /// The same for all elements. Clobbers RCX, XMM2 and EFLAGS.
    pub(super) fn unless_tiny_elements(&mut self, p: Precision, value: Xmm, slow: &Slow) {
        self.unless_small_elements(p, smallest_normal(p), value, slow);
    }

    /// The same, up to the number with the bits `most`.
    pub(super) fn unless_small_elements(
        &mut self,
        p: Precision,
        most: u64,
        value: Xmm,
        slow: &Slow,
    ) {
        let bias = p.sign() as u64;
        // Of the opposite of twice the number, which has no sign, as a signed number: zero is the least.
        let limit = bias - 1 - 2 * most;
        let [bias, limit] = [bias, limit].map(|c| self.constant(p.splat(c.into())));
        let subtract = p.pick((VPSUBD, VPSUBQ));
        self.asm.v3(VPXOR, XMM2, XMM2, XMM2);
        self.asm.v3(subtract, XMM2, XMM2, value);
        self.asm.v3(subtract, XMM2, XMM2, value);
        self.asm.v3(p.pick((VPADDD, VPADDQ)), XMM2, XMM2, bias);
        self.asm.v3(p.pick((VPCMPGTD, VPCMPGTQ)), XMM2, XMM2, limit);
        self.unless_marked(p, slow);
    }

    /// Leaves if the top bit of some element of XMM2 is set. Clobbers RCX and EFLAGS.
    pub(super) fn unless_marked(&mut self, p: Precision, slow: &Slow) {
        self.asm.v_into_reg(p.pick((VMOVMSKPS, VMOVMSKPD)), RCX, XMM2);
        self.asm.test(Width::W32, RCX, RCX);
        self.asm.jcc(Cond::NE, slow.label);
    }
}
