//! Advanced SIMD floating point: arithmetic, comparison, rounding; also the scalar encodings of the
//! classes that have both.
//!
//! An instruction on 64 bits is one on 128 bits whose operands have zeros in the upper half, which
//! raise nothing (divisions, where they would, repeat the lower half instead).

use super::fp::{Ops, Precision, XMM0, XMM1, XMM2, predicate};
use super::fp_scalar::rounding::{CURRENT, DOWN, NEAREST, QUIET, UP, ZERO};
use super::fp_scalar::{Away, away, expand_immediate};
use super::lines::{Family, Fp, Line};
use super::{Slow, Translator};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::{
    VADDPD, VADDPS, VADDSD, VADDSS, VANDPS, VCMPPD, VCMPPS, VCMPSD, VCMPSS, VDIVPD, VDIVPS,
    VFMADD231PD, VFMADD231PS, VFMADD231SD, VFMADD231SS, VFNMADD231PD, VFNMADD231PS, VFNMADD231SD,
    VFNMADD231SS, VHADDPD, VHADDPS, VMAXPD, VMAXPS, VMINPD, VMINPS, VMOVDQA, VMOVDQU, VMOVQ,
    VMULPD, VMULPS, VMULSD, VMULSS, VORPS, VOp, VPSHUFD, VPUNPCKHQDQ, VPUNPCKLQDQ, VROUNDPD,
    VROUNDPS, VSHUFPS, VSQRTPD, VSQRTPS, VSUBPD, VSUBPS, VSUBSD, VSUBSS, VXORPS,
};
use crate::x64::{Xm, Xmm};

const ADD: Ops = (VADDPS, VADDPD);
const SUB: Ops = (VSUBPS, VSUBPD);
const MUL: Ops = (VMULPS, VMULPD);
const MIN: Ops = (VMINPS, VMINPD);
const MAX: Ops = (VMAXPS, VMAXPD);
const MUL_ADD: Ops = (VFMADD231PS, VFMADD231PD);
const MUL_SUB: Ops = (VFNMADD231PS, VFNMADD231PD);
const COMPARE: Ops = (VCMPPS, VCMPPD);
const ROUND: Ops = (VROUNDPS, VROUNDPD);

// ---- Shapes ----

/// How many elements of which precision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub p: Precision,
    /// The bytes that are written; above them are zeros.
    pub bytes: u32,
}

impl Shape {
    /// Of the vector classes; a vector of one double is reserved.
    pub fn of(i: Insn) -> Option<Self> {
        let p = Precision::of(i);
        let scalar = i.bit(28);
        match p {
            _ if scalar => Some(Self { p, bytes: p.bytes() }),
            Precision::Double if !i.q() => None,
            _ => Some(Self { p, bytes: if i.q() { 16 } else { 8 } }),
        }
    }

    /// Of an instance that its line has let through.
    pub fn checked(i: Insn) -> Self {
        Self::of(i).expect("checked by the line")
    }

    /// Whether all 128 bits are in use.
    pub fn is_full(self) -> bool {
        self.bytes == 16
    }

    /// `element` in each element, zeros above.
    pub fn splat(self, element: u128) -> u128 {
        self.p.splat(element) & u128::MAX >> (128 - 8 * self.bytes)
    }
}

fn d(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes_scalar(i.rd(), Shape::of(i)?.bytes))
}

pub(super) fn d_n(i: Insn) -> Option<Uses> {
    d(i).map(|uses| uses.reads_v(i.rn()))
}

/// Rounding ties away takes all scratch registers, so there is none for half a vector.
pub(super) fn whole(i: Insn) -> Option<Uses> {
    if Shape::of(i)?.is_full() { d_n(i) } else { None }
}

pub(super) fn d_n_m(i: Insn) -> Option<Uses> {
    d_n(i).map(|uses| uses.reads_v(i.rm()))
}

fn accumulate(i: Insn) -> Option<Uses> {
    d_n_m(i).map(|uses| uses.reads_v(i.rd()))
}

/// By element: of doubles, there is no `L` in the index.
pub(super) fn by_element(i: Insn) -> Option<Uses> {
    if i.bit(22) && i.bit(21) { None } else { d_n_m(i) }
}

fn accumulate_by_element(i: Insn) -> Option<Uses> {
    by_element(i).map(|uses| uses.reads_v(i.rd()))
}

/// A pair of elements becomes a scalar.
fn pair(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), Precision::of(i).bytes()))
}

/// Four singles become one.
fn across(i: Insn) -> Option<Uses> {
    (i.q() && !i.bit(22)).then_some(Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), 4))
}

fn constant_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes_scalar(i.rd(), if i.q() { 16 } else { 8 }))
}

macro_rules! lines {
    ($($fp:ident: { $($op:ident: $uses:ident, |$t:ident, $i:ident| $emit:expr;)* })*) => {
        &[$($((Op::$op, Line::fp(Fp::$fp, $uses, |$t, $i| $emit)),)*)*]
    };
}

pub(super) const LINES: Family = lines! {
    Computes: {
        FADD_vector: d_n_m, |t, i| binary(t, i, ADD);
        FSUB_vector: d_n_m, |t, i| binary(t, i, SUB);
        FMUL_vector: d_n_m, |t, i| binary(t, i, MUL);
        FDIV_vector: d_n_m, |t, i| divide(t, i);
        FABD: d_n_m, |t, i| difference(t, i, SUB);
        FABD_scalar: d_n_m, |t, i| difference(t, i, (VSUBSS, VSUBSD));
        FMLA_vector: accumulate, |t, i| fused(t, i, MUL_ADD);
        FMLS_vector: accumulate, |t, i| fused(t, i, MUL_SUB);
        FMUL_element: by_element, |t, i| multiply_by_element(t, i, MUL);
        FMUL_element_scalar: by_element, |t, i| multiply_by_element(t, i, (VMULSS, VMULSD));
        FMLA_element: accumulate_by_element, |t, i| fused_by_element(t, i, MUL_ADD);
        FMLS_element: accumulate_by_element, |t, i| fused_by_element(t, i, MUL_SUB);
        FMLA_element_scalar: accumulate_by_element,
            |t, i| fused_by_element(t, i, (VFMADD231SS, VFMADD231SD));
        FMLS_element_scalar: accumulate_by_element,
            |t, i| fused_by_element(t, i, (VFNMADD231SS, VFNMADD231SD));
        FADDP_vector: d_n_m, |t, i| add_pairs(t, i);
        FADDP_scalar: pair, |t, i| add_pair(t, i);
        FSQRT_vector: d_n, |t, i| square_root(t, i);
    }
    Compares: {
        FMAX_vector: d_n_m, |t, i| extreme(t, i, GREATEST);
        FMIN_vector: d_n_m, |t, i| extreme(t, i, LEAST);
        FMAXNM_vector: d_n_m, |t, i| extreme(t, i, GREATEST);
        FMINNM_vector: d_n_m, |t, i| extreme(t, i, LEAST);
        FMAXP_vector: d_n_m, |t, i| extreme_pairs(t, i, GREATEST);
        FMINP_vector: d_n_m, |t, i| extreme_pairs(t, i, LEAST);
        FMAXNMP_vector: d_n_m, |t, i| extreme_pairs(t, i, GREATEST);
        FMINNMP_vector: d_n_m, |t, i| extreme_pairs(t, i, LEAST);
        FMAXP_scalar: pair, |t, i| extreme_pair(t, i, GREATEST);
        FMINP_scalar: pair, |t, i| extreme_pair(t, i, LEAST);
        FMAXNMP_scalar: pair, |t, i| extreme_pair(t, i, GREATEST);
        FMINNMP_scalar: pair, |t, i| extreme_pair(t, i, LEAST);
        FMAXV: across, |t, i| extreme_across(t, i, GREATEST);
        FMINV: across, |t, i| extreme_across(t, i, LEAST);
        FMAXNMV: across, |t, i| extreme_across(t, i, GREATEST);
        FMINNMV: across, |t, i| extreme_across(t, i, LEAST);
        FCMEQ_register: d_n_m, |t, i| compare(t, i, predicate::EQ_OQ);
        FCMGE_register: d_n_m, |t, i| compare(t, i, predicate::GE_OS);
        FCMGT_register: d_n_m, |t, i| compare(t, i, predicate::GT_OS);
        FCMEQ_register_scalar: d_n_m, |t, i| compare(t, i, predicate::EQ_OQ);
        FCMGE_register_scalar: d_n_m, |t, i| compare(t, i, predicate::GE_OS);
        FCMGT_register_scalar: d_n_m, |t, i| compare(t, i, predicate::GT_OS);
        FACGE: d_n_m, |t, i| compare_magnitudes(t, i, predicate::GE_OS);
        FACGT: d_n_m, |t, i| compare_magnitudes(t, i, predicate::GT_OS);
        FACGE_scalar: d_n_m, |t, i| compare_magnitudes(t, i, predicate::GE_OS);
        FACGT_scalar: d_n_m, |t, i| compare_magnitudes(t, i, predicate::GT_OS);
        FCMEQ_zero: d_n, |t, i| compare_with_zero(t, i, predicate::EQ_OQ);
        FCMGE_zero: d_n, |t, i| compare_with_zero(t, i, predicate::GE_OS);
        FCMGT_zero: d_n, |t, i| compare_with_zero(t, i, predicate::GT_OS);
        FCMLE_zero: d_n, |t, i| compare_with_zero(t, i, predicate::LE_OS);
        FCMLT_zero: d_n, |t, i| compare_with_zero(t, i, predicate::LT_OS);
        FCMEQ_zero_scalar: d_n, |t, i| compare_with_zero(t, i, predicate::EQ_OQ);
        FCMGE_zero_scalar: d_n, |t, i| compare_with_zero(t, i, predicate::GE_OS);
        FCMGT_zero_scalar: d_n, |t, i| compare_with_zero(t, i, predicate::GT_OS);
        FCMLE_zero_scalar: d_n, |t, i| compare_with_zero(t, i, predicate::LE_OS);
        FCMLT_zero_scalar: d_n, |t, i| compare_with_zero(t, i, predicate::LT_OS);
    }
    Passes: {
        FRINTN_vector: d_n, |t, i| round(t, i, NEAREST | QUIET);
        FRINTM_vector: d_n, |t, i| round(t, i, DOWN | QUIET);
        FRINTP_vector: d_n, |t, i| round(t, i, UP | QUIET);
        FRINTZ_vector: d_n, |t, i| round(t, i, ZERO | QUIET);
        FRINTI_vector: d_n, |t, i| round(t, i, CURRENT | QUIET);
        FRINTX_vector: d_n, |t, i| round(t, i, CURRENT);
        FRINTA_vector: whole, |t, i| round_ties_away(t, i);
    }
    Nothing: {
        FABS_vector: d_n, |t, i| absolute(t, i);
        FNEG_vector: d_n, |t, i| negate(t, i);
        FMOV_vector_immediate: constant_uses, |t, i| constant(t, i, Precision::Single);
        FMOV_vector_immediate_double: constant_uses, |t, i| constant(t, i, Precision::Double);
    }
};

impl Translator<'_> {
    /// The elements of `V[n]` in a register, its home or `scratch`, with zeros above them.
    pub(super) fn elements(&mut self, n: usize, shape: Shape, scratch: Xmm) -> Xmm {
        match shape.bytes {
            16 => self.v(n, scratch),
            8 => self.lowest(n, Precision::Double, scratch),
            _ => self.lowest(n, shape.p, scratch),
        }
    }

    fn lowest(&mut self, n: usize, p: Precision, scratch: Xmm) -> Xmm {
        match self.scalar(n, p, scratch) {
            (value, true) => value,
            (value, false) => {
                self.copy_scalar(p, scratch, value);
                scratch
            }
        }
    }

    /// `V[d]` becomes the elements in `value`; above them may be anything.
    pub(super) fn set_elements(&mut self, d: usize, shape: Shape, value: Xmm) {
        match shape.bytes {
            16 => self.set_v(d, value),
            8 => self.set_scalar(d, Precision::Double, value, false),
            _ => self.set_scalar(d, shape.p, value, false),
        }
    }

    /// Leaves for the interpreter if some element of `a` or `b` is a NaN. Clobbers RCX and XMM2.
    pub(super) fn unless_nans(&mut self, p: Precision, a: Xmm, b: Xmm) -> Slow {
        self.unless_nans_restoring(p, a, b, None)
    }

    /// `V[d]` becomes the elements in `value`, above which something was computed from zeros; a difference of
    /// those may be negative.
    pub(super) fn set_computed(&mut self, d: usize, shape: Shape, value: Xmm) {
        if self.mode.rounds_down() {
            self.set_elements(d, shape, value);
        } else {
            self.set_v(d, value);
        }
    }

    fn unless_nans_restoring(
        &mut self,
        p: Precision,
        a: Xmm,
        b: Xmm,
        restore: Option<(Xmm, Xmm)>,
    ) -> Slow {
        self.asm.v3i(p.pick(COMPARE), XMM2, a, b, predicate::UNORD_Q);
        let slow = self.unless_any(p, XMM2, restore);
        if self.mode.flushes() {
            self.unless_tiny_elements(p, a, &slow);
        }
        slow
    }
}

// ---- Arithmetic ----

fn binary(t: &mut Translator<'_>, i: Insn, ops: Ops) {
    if t.run_of_arithmetic() {
        return;
    }
    let shape = Shape::checked(i);
    let target = t.unread_target(i.rd(), &[i.rn(), i.rm()], XMM0);
    let n = t.elements(i.rn(), shape, XMM0);
    let op = shape.p.pick(ops);
    if shape.is_full() {
        let m = t.v_operand(i.rm());
        t.asm.v3(op, target, n, m);
    } else {
        let m = t.elements(i.rm(), shape, XMM1);
        t.asm.v3(op, target, n, m);
    }
    let slow = t.unless_nans(shape.p, target, target);
    t.set_computed(i.rd(), shape, target);
    t.resume(slow);
}

fn divide(t: &mut Translator<'_>, i: Insn) {
    let shape = Shape::checked(i);
    if shape.is_full() {
        return binary(t, i, (VDIVPS, VDIVPD));
    }
    let (n, m) = (t.v(i.rn(), XMM0), t.v(i.rm(), XMM1));
    t.asm.v3(VPUNPCKLQDQ, XMM0, n, n);
    t.asm.v3(VPUNPCKLQDQ, XMM1, m, m);
    t.asm.v3(VDIVPS, XMM0, XMM0, XMM1);
    let slow = t.unless_nans(shape.p, XMM0, XMM0);
    t.set_elements(i.rd(), shape, XMM0);
    t.resume(slow);
}

fn difference(t: &mut Translator<'_>, i: Insn, ops: Ops) {
    let shape = Shape::checked(i);
    let magnitude = t.constant(shape.splat(shape.p.sign() - 1));
    let n = t.elements(i.rn(), shape, XMM0);
    let m = t.elements(i.rm(), shape, XMM1);
    t.asm.v3(shape.p.pick(ops), XMM0, n, m);
    let slow = t.unless_nans(shape.p, XMM0, XMM0);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VANDPS, target, XMM0, magnitude);
    t.set_v(i.rd(), target);
    t.resume(slow);
}

fn fused(t: &mut Translator<'_>, i: Insn, ops: Ops) {
    if t.run_of_arithmetic() {
        return;
    }
    let shape = Shape::checked(i);
    let m = if shape.is_full() {
        t.v_operand(i.rm())
    } else {
        Xm::Reg(t.elements(i.rm(), shape, XMM2))
    };
    fused_with(t, i, shape, ops, m);
}

/// `Vd ± Vn × m`. The home of `Vd`, with a copy, is where the host adds, if it may.
fn fused_with(t: &mut Translator<'_>, i: Insn, shape: Shape, ops: Ops, m: Xm) {
    let (d, n) = (i.rd(), i.rn());
    let op = shape.p.pick(ops);
    let factor = t.elements(n, shape, XMM1);
    let sum = t.elements(d, shape, XMM0);
    let in_place = t.v_operand(d) == Xm::Reg(sum) && factor != sum && m != Xm::Reg(sum);
    let (sum, restore) = if in_place {
        t.asm.v2(VMOVDQA, XMM0, sum);
        (sum, Some((sum, XMM0)))
    } else {
        if sum != XMM0 {
            t.asm.v2(VMOVDQA, XMM0, sum);
        }
        (XMM0, None)
    };
    t.asm.v3(op, sum, factor, m);
    let slow = t.unless_nans_restoring(shape.p, sum, sum, restore);
    t.set_computed(d, shape, sum);
    t.resume(slow);
}

// ---- By element ----

/// The element of `Vm` that the instruction names, in all places of XMM2 that the shape uses.
pub(super) fn element(t: &mut Translator<'_>, i: Insn, shape: Shape) {
    let (l, h) = (i.bits(21, 21), i.bits(11, 11));
    let selector = match shape.p {
        Precision::Single => 0x55 * (h << 1 | l),
        Precision::Double => 0x44 + 0xaa * h,
    };
    let m = t.v_operand(i.rm());
    t.asm.v2i(VPSHUFD, XMM2, m, selector as u8);
    match shape.bytes {
        16 => {}
        8 => t.asm.v2(VMOVQ, XMM2, XMM2),
        _ => t.copy_scalar(shape.p, XMM2, XMM2),
    }
}

fn multiply_by_element(t: &mut Translator<'_>, i: Insn, ops: Ops) {
    let shape = Shape::checked(i);
    let target = t.unread_target(i.rd(), &[i.rn()], XMM0);
    element(t, i, shape);
    let n = t.elements(i.rn(), shape, XMM0);
    let target = if i.rd() == i.rm() { XMM0 } else { target };
    t.asm.v3(shape.p.pick(ops), target, n, XMM2);
    let slow = t.unless_nans(shape.p, target, target);
    t.set_v(i.rd(), target);
    t.resume(slow);
}

fn fused_by_element(t: &mut Translator<'_>, i: Insn, ops: Ops) {
    let shape = Shape::checked(i);
    element(t, i, shape);
    fused_with(t, i, shape, ops, Xm::Reg(XMM2));
}

// ---- Pairs ----

fn add_pairs(t: &mut Translator<'_>, i: Insn) {
    let shape = Shape::checked(i);
    let op = shape.p.pick((VHADDPS, VHADDPD));
    let (n, m) = (t.v(i.rn(), XMM0), t.v_operand(i.rm()));
    if shape.is_full() {
        t.asm.v3(op, XMM0, n, m);
    } else {
        t.asm.v3(VPUNPCKLQDQ, XMM0, n, m);
        t.asm.v3(op, XMM0, XMM0, XMM0);
    }
    let slow = t.unless_nans(shape.p, XMM0, XMM0);
    t.set_elements(i.rd(), shape, XMM0);
    t.resume(slow);
}

/// The second element of `V[n]`, in XMM1.
fn second_element(t: &mut Translator<'_>, n: usize, p: Precision) {
    let n = t.v_operand(n);
    t.asm.v2i(VPSHUFD, XMM1, n, p.pick((0x55, 0xee)));
}

fn add_pair(t: &mut Translator<'_>, i: Insn) {
    let p = Precision::of(i);
    second_element(t, i.rn(), p);
    let (n, clean) = t.scalar(i.rn(), p, XMM0);
    t.asm.v3(p.pick((VADDSS, VADDSD)), XMM0, n, XMM1);
    let slow = t.unless_nan(p, XMM0, XMM0, None);
    t.set_scalar(i.rd(), p, XMM0, clean);
    t.resume(slow);
}

// ---- Minimum and maximum ----

/// The host's operation, and how its results for both orders of the operands are combined: of zeros
/// it gives the second operand.
#[derive(Clone, Copy)]
struct Extreme {
    ops: Ops,
    combine: VOp,
}

const GREATEST: Extreme = Extreme { ops: MAX, combine: VANDPS };
const LEAST: Extreme = Extreme { ops: MIN, combine: VORPS };

impl Extreme {
    /// `to = a op b` of what has no NaNs. Clobbers XMM1 and XMM2.
    fn emit(self, t: &mut Translator<'_>, p: Precision, to: Xmm, a: Xmm, b: Xmm) {
        t.asm.v3(p.pick(self.ops), XMM2, a, b);
        t.asm.v3(p.pick(self.ops), XMM1, b, a);
        t.asm.v3(self.combine, to, XMM1, XMM2);
    }
}

fn extreme(t: &mut Translator<'_>, i: Insn, which: Extreme) {
    let shape = Shape::checked(i);
    let n = t.elements(i.rn(), shape, XMM0);
    let m = t.elements(i.rm(), shape, XMM1);
    let slow = t.unless_nans(shape.p, n, m);
    let target = t.v_target(i.rd(), XMM0);
    which.emit(t, shape.p, target, n, m);
    t.set_v(i.rd(), target);
    t.resume(slow);
}

fn extreme_pairs(t: &mut Translator<'_>, i: Insn, which: Extreme) {
    let shape = Shape::checked(i);
    let (n, m) = (t.v(i.rn(), XMM0), t.v(i.rm(), XMM1));
    match shape.p {
        Precision::Double => {
            t.asm.v3(VPUNPCKHQDQ, XMM2, n, m);
            t.asm.v3(VPUNPCKLQDQ, XMM0, n, m);
        }
        // Elements 1 and 3, and 0 and 2, of each.
        Precision::Single if shape.is_full() => {
            t.asm.v3i(VSHUFPS, XMM2, n, m, 0xdd);
            t.asm.v3i(VSHUFPS, XMM0, n, m, 0x88);
        }
        Precision::Single => {
            t.asm.v3(VPUNPCKLQDQ, XMM0, n, m);
            t.asm.v2i(VPSHUFD, XMM2, XMM0, 0xdd);
            t.asm.v2i(VPSHUFD, XMM0, XMM0, 0x88);
        }
    }
    t.asm.v2(VMOVDQA, XMM1, XMM2);
    let slow = t.unless_nans(shape.p, XMM0, XMM1);
    which.emit(t, shape.p, XMM0, XMM0, XMM1);
    t.set_elements(i.rd(), shape, XMM0);
    t.resume(slow);
}

fn extreme_pair(t: &mut Translator<'_>, i: Insn, which: Extreme) {
    let p = Precision::of(i);
    second_element(t, i.rn(), p);
    // The first in all places, like the second: what is done to the others raises nothing new.
    let n = t.v_operand(i.rn());
    t.asm.v2i(VPSHUFD, XMM0, n, p.pick((0x00, 0x44)));
    let slow = t.unless_nans(p, XMM0, XMM1);
    which.emit(t, p, XMM0, XMM0, XMM1);
    t.set_scalar(i.rd(), p, XMM0, false);
    t.resume(slow);
}

fn extreme_across(t: &mut Translator<'_>, i: Insn, which: Extreme) {
    let p = Precision::Single;
    let n = t.v(i.rn(), XMM0);
    let slow = t.unless_nans(p, n, n);
    // Halves exchanged, then neighbours.
    t.asm.v2i(VPSHUFD, XMM1, n, 0x4e);
    which.emit(t, p, XMM0, n, XMM1);
    t.asm.v2i(VPSHUFD, XMM1, XMM0, 0xb1);
    which.emit(t, p, XMM0, XMM0, XMM1);
    t.set_scalar(i.rd(), p, XMM0, false);
    t.resume(slow);
}

// ---- Comparison ----

/// The host's comparison for the shape.
fn comparison(shape: Shape) -> VOp {
    let scalar = shape.bytes == shape.p.bytes();
    shape.p.pick(if scalar { (VCMPSS, VCMPSD) } else { COMPARE })
}

fn compare(t: &mut Translator<'_>, i: Insn, predicate: u8) {
    let shape = Shape::checked(i);
    let n = t.elements(i.rn(), shape, XMM0);
    let m = t.elements(i.rm(), shape, XMM1);
    t.asm.v3i(comparison(shape), XMM0, n, m, predicate);
    t.set_elements(i.rd(), shape, XMM0);
}

fn compare_magnitudes(t: &mut Translator<'_>, i: Insn, predicate: u8) {
    let shape = Shape::checked(i);
    let magnitude = t.constant(shape.splat(shape.p.sign() - 1));
    let (n, m) = (t.v(i.rn(), XMM0), t.v(i.rm(), XMM1));
    t.asm.v3(VANDPS, XMM0, n, magnitude);
    t.asm.v3(VANDPS, XMM1, m, magnitude);
    t.asm.v3i(comparison(shape), XMM0, XMM0, XMM1, predicate);
    t.set_elements(i.rd(), shape, XMM0);
}

fn compare_with_zero(t: &mut Translator<'_>, i: Insn, predicate: u8) {
    let shape = Shape::checked(i);
    let n = t.elements(i.rn(), shape, XMM0);
    t.asm.v3(VXORPS, XMM1, XMM1, XMM1);
    t.asm.v3i(comparison(shape), XMM0, n, XMM1, predicate);
    t.set_elements(i.rd(), shape, XMM0);
}

// ---- One operand ----

/// A mask that has no other elements clears the rest by itself.
fn absolute(t: &mut Translator<'_>, i: Insn) {
    let shape = Shape::checked(i);
    let magnitude = t.constant(shape.splat(shape.p.sign() - 1));
    let n = t.v(i.rn(), XMM0);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VANDPS, target, n, magnitude);
    t.set_v(i.rd(), target);
}

fn negate(t: &mut Translator<'_>, i: Insn) {
    let shape = Shape::checked(i);
    let sign = t.constant(shape.splat(shape.p.sign()));
    let n = t.elements(i.rn(), shape, XMM0);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VXORPS, target, n, sign);
    t.set_v(i.rd(), target);
}

fn square_root(t: &mut Translator<'_>, i: Insn) {
    let shape = Shape::checked(i);
    let target = t.unread_target(i.rd(), &[i.rn()], XMM0);
    let n = t.elements(i.rn(), shape, XMM0);
    t.asm.v2(shape.p.pick((VSQRTPS, VSQRTPD)), target, n);
    let slow = t.unless_nans(shape.p, target, target);
    t.set_v(i.rd(), target);
    t.resume(slow);
}

fn round(t: &mut Translator<'_>, i: Insn, mode: u8) {
    let shape = Shape::checked(i);
    let n = t.elements(i.rn(), shape, XMM0);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v2i(shape.p.pick(ROUND), target, n, mode);
    t.set_v(i.rd(), target);
}

fn round_ties_away(t: &mut Translator<'_>, i: Insn) {
    round_away(t, i.rn(), Shape::checked(i).p);
    t.set_v(i.rd(), XMM0);
}

/// XMM0 = the elements of `V[n]`, all 128 bits, rounded to nearest, ties away from zero. Clobbers XMM1 and XMM2.
pub(super) fn round_away(t: &mut Translator<'_>, n: usize, p: Precision) {
    let value = t.v_operand(n);
    t.asm.v2i(p.pick(ROUND), XMM0, value, ZERO | QUIET);
    let ops = Away { subtract: p.pick(SUB), add: p.pick(ADD), compare: p.pick(COMPARE) };
    away(t, p, value, ops);
}

// ---- Constants ----

fn constant(t: &mut Translator<'_>, i: Insn, p: Precision) {
    let imm8 = i.bits(18, 16) << 5 | i.bits(9, 5);
    let shape = Shape { p, bytes: if i.q() { 16 } else { 8 } };
    let value = t.constant(shape.splat(expand_immediate(p, imm8).into()));
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v2(VMOVDQU, target, value);
    t.set_v(i.rd(), target);
}
