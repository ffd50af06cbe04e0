//! Comparison of floating-point numbers, and selection.
//!
//! A comparison leaves its result in EFLAGS, in the order of operands that suits the instruction
//! that reads it (see [`super::flags`]).

use super::flags::{Carry, Flags, from_nzcv, wants_exchange};
use super::fp::{Ops, Precision, XMM0, XMM1, d_n_m};
use super::fp_half::{self, Halves};
use super::lines::{Family, Fp, Line, is_half};
use super::{RAX, RCX, Translator};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::runtime::frame;
use crate::x64::vector::{
    VCOMISD, VCOMISS, VMOVD_TO_GPR, VMOVQ_FROM_GPR, VMOVQ_TO_GPR, VOp, VUCOMISD, VUCOMISS, VXORPS,
};
use crate::x64::{Cond, Xm};

/// Signalling NaNs raise Invalid Operation.
const QUIET: Ops = (VUCOMISS, VUCOMISD);
/// All NaNs do.
const SIGNALLING: Ops = (VCOMISS, VCOMISD);

fn compare_uses(i: Insn) -> Option<Uses> {
    Precision::scalar(i)?;
    compare_halves_uses(i)
}

fn compare_halves_uses(i: Insn) -> Option<Uses> {
    let uses = Uses::NONE.reads_v(i.rn()).writes_flags();
    Some(if i.bit(3) { uses } else { uses.reads_v(i.rm()) })
}

fn compare_if_uses(i: Insn) -> Option<Uses> {
    Precision::scalar(i)?;
    compare_halves_if_uses(i)
}

fn compare_halves_if_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rn()).reads_v(i.rm()).reads_flags().writes_flags())
}

fn select_uses(i: Insn) -> Option<Uses> {
    d_n_m(i).map(Uses::reads_flags)
}

pub(super) const LINES: Family = &[
    (Op::FCMP, Line::fp(Fp::Compares, compare_uses, |t, i| compare(t, i, QUIET))),
    (Op::FCMPE, Line::fp(Fp::Compares, compare_uses, |t, i| compare(t, i, SIGNALLING))),
    (Op::FCCMP, Line::fp(Fp::Compares, compare_if_uses, |t, i| compare_if(t, i, QUIET))),
    (Op::FCCMPE, Line::fp(Fp::Compares, compare_if_uses, |t, i| compare_if(t, i, SIGNALLING))),
    (Op::FCSEL, Line::new(select_uses, select)),
];

/// Instances of half precision.
pub(super) const HALVES: Family = &[
    (Op::FCMP, Line::fp(Fp::Halves, compare_halves_uses, |t, i| compare(t, i, QUIET))),
    (Op::FCMPE, Line::fp(Fp::Halves, compare_halves_uses, |t, i| compare(t, i, SIGNALLING))),
    (Op::FCCMP, Line::fp(Fp::Halves, compare_halves_if_uses, |t, i| compare_if(t, i, QUIET))),
    (Op::FCCMPE, Line::fp(Fp::Halves, compare_halves_if_uses, |t, i| compare_if(t, i, SIGNALLING))),
    (Op::FCSEL, Line::new(|i| fp_half::d_n_m(i).map(Uses::reads_flags), select_half)),
];

impl Translator<'_> {
    /// The condition that the first instruction looks at that reads the flags as the current one
    /// leaves them, if it stands in the same block.
    fn next_condition(&self) -> Option<u32> {
        for item in &self.region.items[self.current + 1..] {
            let uses = item.uses?;
            if uses.flags_read {
                return match item.op? {
                    Op::B_cond => Some(item.insn.bits(3, 0)),
                    Op::ADC | Op::ADCS | Op::SBC | Op::SBCS => None,
                    _ => Some(item.insn.bits(15, 12)),
                };
            }
            if uses.flags_write || item.flow != crate::region::Flow::Next {
                return None;
            }
        }
        None
    }

    /// Compares `Vn` with `V[m]`, or with zero.
    fn compare_numbers(&mut self, i: Insn, ops: Ops, m: Option<usize>, swap: bool) {
        let n = i.rn();
        if is_half(i) {
            return self.compare_halves(ops.0, n, m, swap);
        }
        let p = Precision::of(i);
        let op = p.pick(ops);
        match (m, swap) {
            (Some(m), _) => {
                let (first, second) = if swap { (m, n) } else { (n, m) };
                let (first, _) = self.scalar(first, p, XMM0);
                let second = self.v_operand(second);
                self.asm.v2(op, first, second);
            }
            (None, true) => {
                self.asm.v3(VXORPS, XMM0, XMM0, XMM0);
                let second = self.v_operand(n);
                self.asm.v2(op, XMM0, second);
            }
            (None, false) => {
                let (first, _) = self.scalar(n, p, XMM1);
                self.asm.v3(VXORPS, XMM0, XMM0, XMM0);
                self.asm.v2(op, first, XMM0);
            }
        }
    }

    fn compare_halves(&mut self, op: VOp, n: usize, m: Option<usize>, swap: bool) {
        self.singles(n, Halves::SCALAR, 0, XMM0);
        match m {
            Some(m) => self.singles(m, Halves::SCALAR, 0, XMM1),
            None => self.asm.v3(VXORPS, XMM1, XMM1, XMM1),
        }
        let (first, second) = if swap { (XMM1, XMM0) } else { (XMM0, XMM1) };
        self.asm.v2(op, first, second);
    }
}

fn numbers(exchanged: bool) -> Carry {
    if exchanged { Carry::NumbersExchanged } else { Carry::Numbers }
}

fn compare(t: &mut Translator<'_>, i: Insn, ops: Ops) {
    let swap = t.next_condition().is_some_and(wants_exchange);
    t.clobber_flags();
    let m = if i.bit(3) { None } else { Some(i.rm()) };
    t.compare_numbers(i, ops, m, swap);
    t.flags_are(Flags { host: Some(numbers(swap)), saved: false });
}

/// The flags of a comparison if the condition holds, else a constant; in their saved form, because
/// EFLAGS have none for both.
fn compare_if(t: &mut Translator<'_>, i: Insn, ops: Ops) {
    let (cond, otherwise) = (i.bits(15, 12), from_nzcv(i.bits(3, 0) << 28));
    let (compare, done) = (t.asm.label(), t.asm.label());
    if cond < 14 {
        let cond = t.condition(cond);
        t.asm.jcc(cond, compare);
        t.asm.mov_imm(RAX, otherwise);
        t.asm.jmp(done);
    }
    t.asm.bind(compare);
    t.compare_numbers(i, ops, Some(i.rm()), false);
    t.numbers_to_eax(Carry::Numbers);
    t.asm.bind(done);
    t.flags_are_in_eax();
}

/// By way of general registers, where the host can select without a branch.
fn select(t: &mut Translator<'_>, i: Insn) {
    let (p, d, n, m, cond) = (Precision::of(i), i.rd(), i.rn(), i.rm(), i.bits(15, 12));
    if cond >= 14 {
        let (value, clean) = t.scalar(n, p, XMM0);
        return t.set_scalar(d, p, value, clean);
    }
    let cond = t.condition(cond);
    selected(t, p, cond, n, m);
    let target = t.v_target(d, XMM0);
    t.asm.v_from_reg(VMOVQ_FROM_GPR, target, RAX);
    t.set_v(d, target);
}

fn select_half(t: &mut Translator<'_>, i: Insn) {
    let (n, m, cond) = (i.rn(), i.rm(), i.bits(15, 12));
    if cond >= 14 {
        selected(t, Precision::Single, Cond::E, n, n);
    } else {
        let cond = t.condition(cond);
        selected(t, Precision::Single, cond, n, m);
    }
    t.asm.load_zero(1, RAX, RAX);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v_from_reg(VMOVQ_FROM_GPR, target, RAX);
    t.set_v(i.rd(), target);
}

/// RAX = the scalar in `V[n]` if the condition holds, else that in `V[m]`.
fn selected(t: &mut Translator<'_>, p: Precision, cond: Cond, n: usize, m: usize) {
    let to_gpr = p.pick((VMOVD_TO_GPR, VMOVQ_TO_GPR));
    match t.v_operand(m) {
        Xm::Reg(m) => t.asm.v_to_reg(to_gpr, RAX, m),
        Xm::Mem(_) => t.asm.mov(p.width(), RAX, frame::v(m)),
    }
    let operand = match t.v_operand(n) {
        Xm::Reg(n) => {
            t.asm.v_to_reg(to_gpr, RCX, n);
            RCX.into()
        }
        Xm::Mem(mem) => crate::x64::Rm::Mem(mem),
    };
    t.asm.cmov(cond, p.width(), RAX, operand);
}
