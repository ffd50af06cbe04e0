//! What the emitters of floating-point instructions have in common.
//!
//! The host computes, under a control register that says what FPCR says (only code that runs with
//! FPCR zero comes here), and its exception flags become those of FPSR. Where the two
//! architectures differ is in NaNs: which operand's survives, and the sign of a new one. So an
//! instruction whose result is a NaN, looked at off the chain of dependences, is executed anew by
//! the interpreter. What stays different: Arm detects tininess before rounding, the host after,
//! so a result that rounding makes the smallest normal number does not set FPSR.UFC.
//!
//! A scalar result clears the rest of its register. The host copies the rest from the first
//! operand, so it is cleared only where that is not known to be clear already.

use super::{RCX, Slow, Translator};
use crate::a64::Insn;
use crate::region::Uses;
use crate::runtime::frame;
use crate::x64::vector::{
    VCMPSD, VCMPSS, VINSERTPS, VMOVD_LOAD, VMOVD_TO_GPR, VMOVMSKPD, VMOVMSKPS, VMOVQ, VMOVQ_TO_GPR,
    VOp, VUCOMISD, VUCOMISS,
};
use crate::x64::{Cond, Width, Xm, Xmm};

pub(super) const XMM0: Xmm = Xmm(0);
pub(super) const XMM1: Xmm = Xmm(1);
pub(super) const XMM2: Xmm = Xmm(2);

/// Predicates of `vcmpsd` and its like (Intel SDM, volume 2, CMPPD). `Q`: only signalling NaNs
/// raise Invalid Operation; `S`: all do.
pub(super) mod predicate {
    pub const EQ_OQ: u8 = 0x00;
    pub const LT_OS: u8 = 0x01;
    pub const LE_OS: u8 = 0x02;
    pub const UNORD_Q: u8 = 0x03;
    pub const NEQ_UQ: u8 = 0x04;
    pub const GE_OS: u8 = 0x0d;
    pub const GT_OS: u8 = 0x0e;
    pub const GE_OQ: u8 = 0x1d;
}

/// A precision that the host computes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Precision {
    Single,
    Double,
}

use Precision::{Double, Single};

/// The scalar operations for the two precisions.
pub(super) type Ops = (VOp, VOp);

impl Precision {
    /// `ptype` of the scalar instructions; not for halves.
    pub fn scalar(i: Insn) -> Option<Self> {
        Self::of_ptype(i.bits(23, 22))
    }

    pub fn of_ptype(ptype: u32) -> Option<Self> {
        match ptype {
            0 => Some(Single),
            1 => Some(Double),
            _ => None,
        }
    }

    /// The precision of a scalar instruction that its line has let through.
    pub fn of(i: Insn) -> Self {
        if i.bit(22) { Double } else { Single }
    }

    pub const fn bytes(self) -> u32 {
        match self {
            Single => 4,
            Double => 8,
        }
    }

    /// The operation for this precision.
    pub fn pick<T>(self, (single, double): (T, T)) -> T {
        match self {
            Single => single,
            Double => double,
        }
    }

    /// The sign bit of one element.
    pub fn sign(self) -> u128 {
        1 << (8 * self.bytes() - 1)
    }

    /// One in all elements.
    pub fn one(self) -> u128 {
        self.pick((u128::from(1.0_f32.to_bits()), u128::from(1.0_f64.to_bits())))
    }

    /// `element` in all elements.
    pub fn splat(self, element: u128) -> u128 {
        match self {
            Single => element * 0x0000_0001_0000_0001_0000_0001_0000_0001,
            Double => element << 64 | element,
        }
    }

    /// The width of the integers of this size.
    pub fn width(self) -> Width {
        Width::of(self == Double)
    }
}

// ---- What is read and written ----

/// `Vd = op(Vn)`.
pub(super) fn d_n(i: Insn) -> Option<Uses> {
    let bytes = Precision::scalar(i)?.bytes();
    Some(Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), bytes))
}

/// `Vd = op(Vn, Vm)`.
pub(super) fn d_n_m(i: Insn) -> Option<Uses> {
    d_n(i).map(|uses| uses.reads_v(i.rm()))
}

/// `Vd = op(Vn, Vm, Va)`.
pub(super) fn d_n_m_a(i: Insn) -> Option<Uses> {
    d_n_m(i).map(|uses| uses.reads_v(i.ra()))
}

impl Translator<'_> {
    // ---- Scalars in registers ----

    /// Whether `V[n]` is known to be zero but for its lowest element.
    pub(super) fn is_narrow(&self, n: usize, precision: Precision) -> bool {
        let set = precision.pick((self.narrow.single, self.narrow.double));
        set >> n & 1 != 0
    }

    /// The scalar in `V[n]` in a register, its home or `scratch`, and whether the rest of that is
    /// known to be zero.
    pub(super) fn scalar(&mut self, n: usize, p: Precision, scratch: Xmm) -> (Xmm, bool) {
        if let Xm::Reg(home) = self.v_operand(n) {
            return (home, self.is_narrow(n, p));
        }
        self.asm.v2(p.pick((VMOVD_LOAD, VMOVQ)), scratch, frame::v(n));
        (scratch, true)
    }

    /// Copies the lowest element and clears the rest.
    pub(super) fn copy_scalar(&mut self, p: Precision, to: Xmm, from: Xmm) {
        match p {
            // Element 0 to element 0; elements 1 to 3 zero.
            Single => self.asm.v3i(VINSERTPS, to, from, from, 0x0e),
            Double => self.asm.v2(VMOVQ, to, from),
        }
    }

    /// `V[d]` becomes the scalar in `value`; `clean` says that the rest of it is zero.
    pub(super) fn set_scalar(&mut self, d: usize, p: Precision, value: Xmm, clean: bool) {
        if clean {
            return self.set_v(d, value);
        }
        let target = self.v_target(d, XMM0);
        self.copy_scalar(p, target, value);
        self.set_v(d, target);
    }

    /// Where to compute what goes to `V[d]`, if it is to be checked before the instruction may
    /// change it: not in its home if that is an operand.
    pub(super) fn unread_target(&self, d: usize, operands: &[usize], scratch: Xmm) -> Xmm {
        if operands.contains(&d) { scratch } else { self.v_target(d, scratch) }
    }

    // ---- NaNs ----

    /// Leaves for the interpreter if the scalar in `a` or in `b` is a NaN. Clobbers RCX and XMM2.
    pub(super) fn unless_nan(
        &mut self,
        p: Precision,
        a: Xmm,
        b: impl Into<Xm>,
        restore: Option<(Xmm, Xmm)>,
    ) -> Slow {
        if self.flags_busy() && !self.mode.flushes() {
            let slow = self.rare_path_restoring(restore);
            self.asm.v3i(p.pick((VCMPSS, VCMPSD)), XMM2, a, b, predicate::UNORD_Q);
            self.asm.v_to_reg(p.pick((VMOVD_TO_GPR, VMOVQ_TO_GPR)), RCX, XMM2);
            self.asm.unless_rcx_is_zero(|asm| asm.jmp(slow.label));
            return slow;
        }
        self.clobber_flags();
        let slow = self.rare_path_restoring(restore);
        self.asm.v2(p.pick((VUCOMISS, VUCOMISD)), a, b);
        self.asm.jcc(Cond::P, slow.label);
        if self.mode.flushes() {
            self.unless_tiny(p, a, &slow);
        }
        slow
    }

    /// Leaves for the interpreter if the top bit of some element of `mask` is set. Clobbers RCX.
    pub(super) fn unless_any(
        &mut self,
        p: Precision,
        mask: Xmm,
        restore: Option<(Xmm, Xmm)>,
    ) -> Slow {
        self.unless_any_by(p.pick((VMOVMSKPS, VMOVMSKPD)), mask, restore)
    }

    /// The same; `op` collects the top bits.
    pub(super) fn unless_any_by(
        &mut self,
        op: VOp,
        mask: Xmm,
        restore: Option<(Xmm, Xmm)>,
    ) -> Slow {
        self.asm.v_into_reg(op, RCX, mask);
        if self.flags_busy() && !self.mode.flushes() {
            let slow = self.rare_path_restoring(restore);
            self.asm.unless_rcx_is_zero(|asm| asm.jmp(slow.label));
            return slow;
        }
        self.clobber_flags();
        let slow = self.rare_path_restoring(restore);
        self.asm.test(Width::W32, RCX, RCX);
        self.asm.jcc(Cond::NE, slow.label);
        slow
    }
}
