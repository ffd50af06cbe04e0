//! Half precision: arithmetic, comparison, rounding and moves, in vectors and in scalars; products of halves that are
//! added to singles.
//!
//! The host has no such arithmetic, but it converts. Sums, products, quotients and roots are computed in singles and
//! rounded again: their 24 bits are two more than twice the 11 of a half, so both roundings together are one (S. Figueroa,
//! When is double rounding innocuous?, 1995), and every product is exact. A product to which something is added is
//! computed in doubles, see [`Translator::narrow_doubles`].
//!
//! A scalar is computed as four equal ones, which raise what one raises. Results that are NaNs, and those of which the
//! two architectures may say different things about underflow, are left to the interpreter.
//!
//! Rejected: AVX512-FP16, which few processors have; it would be a second set of emitters.

use super::fp::{XMM0, XMM1, XMM2, predicate};
use super::fp_scalar::rounding::{CURRENT, DOWN, NEAREST, QUIET, UP, ZERO};
use super::fp_vector::Shape;
use super::lines::{Family, Fp, Line};
use super::{RAX, RCX, RDX, Slow, Translator};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::{
    VADDPS, VANDPS, VCMPPS, VCVTPD2PS, VCVTPH2PS, VCVTPS2PD, VCVTPS2PH, VDIVPS, VFMADD231PD,
    VFMADD231PS, VFMSUB231PD, VFNMADD231PD, VFNMADD231PS, VFNMSUB231PD, VHADDPS, VINSERTPS,
    VMOVD_FROM_GPR, VMOVD_TO_GPR, VMOVDQA, VMOVDQU, VMOVQ, VMULPS, VOp, VPACKSSDW, VPADDQ, VPAND,
    VPBROADCASTW, VPCMPEQW, VPCMPGTW, VPINSRD, VPMAXSW, VPMINSW, VPMOVMSKB, VPOR, VPSHUFD,
    VPSRAW_IMM, VPSRLDQ_IMM, VPSRLW_IMM, VPUNPCKLQDQ, VPXOR, VROUNDPS, VSQRTPS, VSUBPS, VXORPS,
};
use crate::x64::{Reg, Xmm};

/// All bits but the sign.
const MAGNITUDE: u16 = 0x7fff;
const SIGN: u16 = 0x8000;
/// What has a greater magnitude is a NaN.
const INFINITY: u16 = 0x7c00;
const SMALLEST_NORMAL: u16 = 0x0400;

// ---- What is read and written ----

/// How many halves: one in the scalar classes (bit 28), else what fills 64 or 128 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Halves(u32);

impl Halves {
    pub const SCALAR: Self = Self(1);

    pub fn of(i: Insn) -> Self {
        Self(if i.bit(28) { 1 } else { 4 << u32::from(i.q()) })
    }

    /// `element` in each element, zeros above.
    fn splat(self, element: u16) -> u128 {
        all(element) & u128::MAX >> (128 - 16 * self.0)
    }

    /// How many registers of four singles they fill.
    fn parts(self) -> u32 {
        self.0.div_ceil(4)
    }
}

/// `element` in all elements of a register.
fn all(element: u16) -> u128 {
    u128::from(element) * (u128::MAX / 0xffff)
}

fn d(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes_scalar(i.rd(), 2 * Halves::of(i).0))
}

pub(super) fn d_n(i: Insn) -> Option<Uses> {
    d(i).map(|uses| uses.reads_v(i.rn()))
}

pub(super) fn d_n_m(i: Insn) -> Option<Uses> {
    d_n(i).map(|uses| uses.reads_v(i.rm()))
}

fn d_n_m_a(i: Insn) -> Option<Uses> {
    d_n_m(i).map(|uses| uses.reads_v(i.ra()))
}

fn accumulate(i: Insn) -> Option<Uses> {
    d_n_m(i).map(|uses| uses.reads_v(i.rd()))
}

fn by_element(i: Insn) -> Option<Uses> {
    d_n(i).map(|uses| uses.reads_v(element_register(i)))
}

fn accumulate_by_element(i: Insn) -> Option<Uses> {
    by_element(i).map(|uses| uses.reads_v(i.rd()))
}

/// The register is one of the first sixteen: `M` belongs to the index.
fn element_register(i: Insn) -> usize {
    i.bits(19, 16) as usize
}

fn long(i: Insn) -> Option<Uses> {
    let uses = Uses::NONE.reads_v(i.rn()).reads_v(i.rd());
    Some(uses.writes_scalar(i.rd(), Shape::of(i)?.bytes))
}

fn long_vector(i: Insn) -> Option<Uses> {
    long(i).map(|uses| uses.reads_v(i.rm()))
}

fn long_by_element(i: Insn) -> Option<Uses> {
    long(i).map(|uses| uses.reads_v(element_register(i)))
}

/// Where a second operand comes from.
#[derive(Clone, Copy)]
enum Second {
    Register(usize),
    /// This element of a register, for all elements of the first operand.
    Element(usize, u32),
}

impl Second {
    fn vector(i: Insn) -> Self {
        Self::Register(i.rm())
    }

    fn element(i: Insn) -> Self {
        let index = i.bits(11, 11) << 2 | i.bits(21, 20);
        Self::Element(element_register(i), index)
    }
}

macro_rules! lines {
    ($($fp:ident: { $($op:ident: $uses:ident, |$t:ident, $i:ident| $emit:expr;)* })*) => {
        &[$($((Op::$op, Line::fp(Fp::$fp, $uses, |$t, $i| $emit)),)*)*]
    };
}

/// Lines that are of halves alone.
pub(super) const LINES: Family = lines! {
    Halves: {
        FADD_vector_half: d_n_m, |t, i| binary(t, i, Second::vector(i), VADDPS);
        FSUB_vector_half: d_n_m, |t, i| binary(t, i, Second::vector(i), VSUBPS);
        FMUL_vector_half: d_n_m, |t, i| binary(t, i, Second::vector(i), VMULPS);
        FDIV_vector_half: d_n_m, |t, i| binary(t, i, Second::vector(i), VDIVPS);
        FMUL_element_half: by_element, |t, i| binary(t, i, Second::element(i), VMULPS);
        FMUL_element_scalar_half: by_element, |t, i| binary(t, i, Second::element(i), VMULPS);
        FABD_half: d_n_m, |t, i| difference(t, i);
        FABD_scalar_half: d_n_m, |t, i| difference(t, i);
        FSQRT_vector_half: d_n, |t, i| square_root(t, i);
        FADDP_vector_half: d_n_m, |t, i| add_pairs(t, i);
        FADDP_scalar_half: d_n, |t, i| add_pair(t, i);
        FMLA_vector_half: accumulate, |t, i| fused(t, i, i.rd(), Second::vector(i), VFMADD231PD);
        FMLS_vector_half: accumulate, |t, i| fused(t, i, i.rd(), Second::vector(i), VFNMADD231PD);
        FMLA_element_half: accumulate_by_element,
            |t, i| fused(t, i, i.rd(), Second::element(i), VFMADD231PD);
        FMLS_element_half: accumulate_by_element,
            |t, i| fused(t, i, i.rd(), Second::element(i), VFNMADD231PD);
        FMLA_element_scalar_half: accumulate_by_element,
            |t, i| fused(t, i, i.rd(), Second::element(i), VFMADD231PD);
        FMLS_element_scalar_half: accumulate_by_element,
            |t, i| fused(t, i, i.rd(), Second::element(i), VFNMADD231PD);
        FMLAL_vector: long_vector, |t, i| fused_long(t, i, Second::vector(i), VFMADD231PS);
        FMLAL2_vector: long_vector, |t, i| fused_long(t, i, Second::vector(i), VFMADD231PS);
        FMLSL_vector: long_vector, |t, i| fused_long(t, i, Second::vector(i), VFNMADD231PS);
        FMLSL2_vector: long_vector, |t, i| fused_long(t, i, Second::vector(i), VFNMADD231PS);
        FMLAL_element: long_by_element, |t, i| fused_long(t, i, Second::element(i), VFMADD231PS);
        FMLAL2_element: long_by_element, |t, i| fused_long(t, i, Second::element(i), VFMADD231PS);
        FMLSL_element: long_by_element, |t, i| fused_long(t, i, Second::element(i), VFNMADD231PS);
        FMLSL2_element: long_by_element, |t, i| fused_long(t, i, Second::element(i), VFNMADD231PS);
        FMAX_vector_half: d_n_m, |t, i| extreme(t, i, VPMAXSW);
        FMIN_vector_half: d_n_m, |t, i| extreme(t, i, VPMINSW);
        FMAXNM_vector_half: d_n_m, |t, i| extreme(t, i, VPMAXSW);
        FMINNM_vector_half: d_n_m, |t, i| extreme(t, i, VPMINSW);
        FCMEQ_register_half: d_n_m, |t, i| compare(t, i, predicate::EQ_OQ, With::Number);
        FCMGE_register_half: d_n_m, |t, i| compare(t, i, predicate::GE_OS, With::Number);
        FCMGT_register_half: d_n_m, |t, i| compare(t, i, predicate::GT_OS, With::Number);
        FCMEQ_register_scalar_half: d_n_m, |t, i| compare(t, i, predicate::EQ_OQ, With::Number);
        FCMGE_register_scalar_half: d_n_m, |t, i| compare(t, i, predicate::GE_OS, With::Number);
        FCMGT_register_scalar_half: d_n_m, |t, i| compare(t, i, predicate::GT_OS, With::Number);
        FACGE_half: d_n_m, |t, i| compare(t, i, predicate::GE_OS, With::Magnitude);
        FACGT_half: d_n_m, |t, i| compare(t, i, predicate::GT_OS, With::Magnitude);
        FACGE_scalar_half: d_n_m, |t, i| compare(t, i, predicate::GE_OS, With::Magnitude);
        FACGT_scalar_half: d_n_m, |t, i| compare(t, i, predicate::GT_OS, With::Magnitude);
        FCMEQ_zero_half: d_n, |t, i| compare(t, i, predicate::EQ_OQ, With::Zero);
        FCMGE_zero_half: d_n, |t, i| compare(t, i, predicate::GE_OS, With::Zero);
        FCMGT_zero_half: d_n, |t, i| compare(t, i, predicate::GT_OS, With::Zero);
        FCMLE_zero_half: d_n, |t, i| compare(t, i, predicate::LE_OS, With::Zero);
        FCMLT_zero_half: d_n, |t, i| compare(t, i, predicate::LT_OS, With::Zero);
        FCMEQ_zero_scalar_half: d_n, |t, i| compare(t, i, predicate::EQ_OQ, With::Zero);
        FCMGE_zero_scalar_half: d_n, |t, i| compare(t, i, predicate::GE_OS, With::Zero);
        FCMGT_zero_scalar_half: d_n, |t, i| compare(t, i, predicate::GT_OS, With::Zero);
        FCMLE_zero_scalar_half: d_n, |t, i| compare(t, i, predicate::LE_OS, With::Zero);
        FCMLT_zero_scalar_half: d_n, |t, i| compare(t, i, predicate::LT_OS, With::Zero);
        FRINTN_vector_half: d_n, |t, i| round(t, i, NEAREST | QUIET);
        FRINTM_vector_half: d_n, |t, i| round(t, i, DOWN | QUIET);
        FRINTP_vector_half: d_n, |t, i| round(t, i, UP | QUIET);
        FRINTZ_vector_half: d_n, |t, i| round(t, i, ZERO | QUIET);
        FRINTI_vector_half: d_n, |t, i| round(t, i, CURRENT | QUIET);
        FRINTX_vector_half: d_n, |t, i| round(t, i, CURRENT);
    }
    Nothing: {
        FABS_vector_half: d_n, |t, i| absolute(t, i);
        FNEG_vector_half: d_n, |t, i| negate(t, i);
        FMOV_vector_immediate_half: d, |t, i| constant(t, i, i.bits(18, 16) << 5 | i.bits(9, 5));
    }
};

/// Instances of half precision of the lines for scalars.
pub(super) const SCALARS: Family = lines! {
    Halves: {
        FADD_scalar: d_n_m, |t, i| binary(t, i, Second::vector(i), VADDPS);
        FSUB_scalar: d_n_m, |t, i| binary(t, i, Second::vector(i), VSUBPS);
        FMUL_scalar: d_n_m, |t, i| binary(t, i, Second::vector(i), VMULPS);
        FDIV_scalar: d_n_m, |t, i| binary(t, i, Second::vector(i), VDIVPS);
        FNMUL_scalar: d_n_m, |t, i| negated_product(t, i);
        FSQRT_scalar: d_n, |t, i| square_root(t, i);
        FMADD: d_n_m_a, |t, i| fused(t, i, i.ra(), Second::vector(i), VFMADD231PD);
        FMSUB: d_n_m_a, |t, i| fused(t, i, i.ra(), Second::vector(i), VFNMADD231PD);
        FNMADD: d_n_m_a, |t, i| fused(t, i, i.ra(), Second::vector(i), VFNMSUB231PD);
        FNMSUB: d_n_m_a, |t, i| fused(t, i, i.ra(), Second::vector(i), VFMSUB231PD);
        FMAX_scalar: d_n_m, |t, i| extreme(t, i, VPMAXSW);
        FMIN_scalar: d_n_m, |t, i| extreme(t, i, VPMINSW);
        FMAXNM_scalar: d_n_m, |t, i| extreme(t, i, VPMAXSW);
        FMINNM_scalar: d_n_m, |t, i| extreme(t, i, VPMINSW);
        FRINTN_scalar: d_n, |t, i| round(t, i, NEAREST | QUIET);
        FRINTM_scalar: d_n, |t, i| round(t, i, DOWN | QUIET);
        FRINTP_scalar: d_n, |t, i| round(t, i, UP | QUIET);
        FRINTZ_scalar: d_n, |t, i| round(t, i, ZERO | QUIET);
        FRINTI_scalar: d_n, |t, i| round(t, i, CURRENT | QUIET);
        FRINTX_scalar: d_n, |t, i| round(t, i, CURRENT);
    }
    Nothing: {
        FABS_scalar: d_n, |t, i| absolute(t, i);
        FNEG_scalar: d_n, |t, i| negate(t, i);
        FMOV_register: d_n, |t, i| copy(t, i);
        FMOV_scalar_immediate: d, |t, i| constant(t, i, i.bits(20, 13));
    }
};

// ---- Conversions on the way in and out ----

impl Translator<'_> {
    /// `to` = four singles: the lower or upper (`part` 1) halves of `V[n]`, or the lowest one four times.
    pub(super) fn singles(&mut self, n: usize, shape: Halves, part: u32, to: Xmm) {
        let n = self.v_operand(n);
        match (shape, part) {
            (Halves::SCALAR, _) => self.asm.v2(VPBROADCASTW, to, n),
            (_, 0) => return self.asm.v2(VCVTPH2PS, to, n),
            _ => self.asm.v2i(VPSHUFD, to, n, 0xee),
        }
        self.asm.v2(VCVTPH2PS, to, to);
    }

    /// `to` = one element of `V[n]`, four times, as singles.
    fn element_as_singles(&mut self, n: usize, index: u32, to: Xmm) {
        let mut value = self.v_operand(n);
        if index != 0 {
            let n = self.v(n, to);
            self.asm.vshift(VPSRLDQ_IMM, to, n, 2 * index as u8);
            value = to.into();
        }
        self.asm.v2(VPBROADCASTW, to, value);
        self.asm.v2(VCVTPH2PS, to, to);
    }

    fn seconds(&mut self, second: Second, shape: Halves, part: u32, to: Xmm) {
        match second {
            Second::Register(n) => self.singles(n, shape, part, to),
            Second::Element(n, index) => self.element_as_singles(n, index, to),
        }
    }

    /// `to` = two halves of `V[n]` as doubles, or the lowest one twice.
    fn doubles(&mut self, n: usize, shape: Halves, pair: u32, to: Xmm) {
        let n = self.v_operand(n);
        match shape {
            Halves::SCALAR => self.asm.v2(VPBROADCASTW, to, n),
            _ => self.asm.v2i(VPSHUFD, to, n, 0x55 * pair as u8),
        }
        self.asm.v2(VCVTPH2PS, to, to);
        self.asm.v2(VCVTPS2PD, to, to);
    }

    /// Four singles to four halves, zeros above.
    fn narrow_singles(&mut self, value: Xmm) {
        self.asm.vextract(VCVTPS2PH, Reg(value.0), value, CURRENT);
    }

    /// Two doubles to two halves, zeros above, rounded once: of what a single has no room for, its last bit says
    /// whether there was something, so the first conversion is exact and the second sees it.
    ///
    /// A sum of a half and a product of two is not always exact in a double. If it is not, the smaller one is 2^31 times
    /// smaller than the last bit of a half, and which way the sum was rounded makes no difference to the nearest half; to
    /// other rounding modes, it was rounded alike.
    pub(super) fn narrow_doubles(&mut self, value: Xmm, scratch: Xmm) {
        const CUT_OFF: u128 = (1 << 29) - 1;
        let cut_off = CUT_OFF << 64 | CUT_OFF;
        let [cut_off, kept] = [cut_off, !cut_off].map(|mask| self.constant(mask));
        self.asm.v3(VPAND, scratch, value, cut_off);
        self.asm.v3(VPADDQ, scratch, scratch, cut_off);
        self.asm.v3(VPOR, value, value, scratch);
        self.asm.v3(VPAND, value, value, kept);
        self.asm.v2(VCVTPD2PS, value, value);
        self.narrow_singles(value);
    }

    /// Calls `emit` for each register of singles, with its number, where its result belongs and a scratch register.
    fn in_parts(&mut self, shape: Halves, emit: impl Fn(&mut Self, u32, Xmm, Xmm)) {
        emit(self, 0, XMM0, XMM1);
        if shape.parts() == 2 {
            emit(self, 1, XMM1, XMM2);
        }
    }

    /// XMM0 = the halves of what `emit` computes in singles.
    pub(super) fn compute_in_singles(
        &mut self,
        shape: Halves,
        emit: impl Fn(&mut Self, u32, Xmm, Xmm),
    ) {
        self.in_parts(shape, |t, part, to, scratch| {
            emit(t, part, to, scratch);
            t.narrow_singles(to);
        });
        if shape.parts() == 2 {
            self.asm.v3(VPUNPCKLQDQ, XMM0, XMM0, XMM1);
        }
    }

    /// `V[d]` becomes the halves in `value`, above which there may be others.
    pub(super) fn set_halves(&mut self, d: usize, shape: Halves, value: Xmm) {
        let mut from = value;
        if shape.0 < 8 {
            let target = self.v_target(d, XMM0);
            self.keep_halves(shape, target, value);
            from = target;
        }
        self.set_v(d, from);
    }

    /// `to` = the halves of a vector or scalar, zeros above.
    fn keep_halves(&mut self, shape: Halves, to: Xmm, value: Xmm) {
        if shape == Halves::SCALAR {
            let mask = self.constant(0xffff);
            self.asm.v3(VPAND, to, value, mask);
        } else {
            self.asm.v2(VMOVQ, to, value);
        }
    }

    /// `V[d]` becomes the halves in XMM0, with zeros above them or copies of the scalar.
    pub(super) fn set_computed_halves(&mut self, d: usize, shape: Halves) {
        if shape == Halves::SCALAR { self.set_halves(d, shape, XMM0) } else { self.set_v(d, XMM0) }
    }

    /// Leaves for the interpreter if some half in XMM0 is a NaN, or the smallest normal number: whether rounding made it
    /// that is what tininess depends on. Clobbers RCX, XMM1 and XMM2.
    fn unless_halves_are_special(&mut self) -> Slow {
        let [magnitude, infinity, smallest] =
            [MAGNITUDE, INFINITY, SMALLEST_NORMAL].map(|half| self.constant(all(half)));
        self.asm.v3(VPAND, XMM1, XMM0, magnitude);
        self.asm.v3(VPCMPGTW, XMM2, XMM1, infinity);
        self.asm.v3(VPCMPEQW, XMM1, XMM1, smallest);
        self.asm.v3(VPOR, XMM1, XMM1, XMM2);
        self.unless_any_by(VPMOVMSKB, XMM1, None)
    }
}

// ---- Arithmetic ----

fn binary(t: &mut Translator<'_>, i: Insn, second: Second, op: VOp) {
    let shape = Halves::of(i);
    compute_binary(t, i, second, op);
    let slow = t.unless_halves_are_special();
    t.set_computed_halves(i.rd(), shape);
    t.resume(slow);
}

fn compute_binary(t: &mut Translator<'_>, i: Insn, second: Second, op: VOp) {
    let shape = Halves::of(i);
    t.compute_in_singles(shape, |t, part, to, scratch| {
        t.singles(i.rn(), shape, part, to);
        t.seconds(second, shape, part, scratch);
        t.asm.v3(op, to, to, scratch);
    });
}

fn difference(t: &mut Translator<'_>, i: Insn) {
    compute_binary(t, i, Second::vector(i), VSUBPS);
    let slow = t.unless_halves_are_special();
    let magnitude = t.constant(Halves::of(i).splat(MAGNITUDE));
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VPAND, target, XMM0, magnitude);
    t.set_v(i.rd(), target);
    t.resume(slow);
}

fn negated_product(t: &mut Translator<'_>, i: Insn) {
    compute_binary(t, i, Second::vector(i), VMULPS);
    let slow = t.unless_halves_are_special();
    let sign = t.constant(all(SIGN));
    t.asm.v3(VPXOR, XMM0, XMM0, sign);
    t.set_halves(i.rd(), Halves::SCALAR, XMM0);
    t.resume(slow);
}

fn square_root(t: &mut Translator<'_>, i: Insn) {
    let shape = Halves::of(i);
    t.compute_in_singles(shape, |t, part, to, _| {
        t.singles(i.rn(), shape, part, to);
        t.asm.v2(VSQRTPS, to, to);
    });
    let slow = t.unless_halves_are_special();
    t.set_computed_halves(i.rd(), shape);
    t.resume(slow);
}

fn add_pairs(t: &mut Translator<'_>, i: Insn) {
    let shape = Halves::of(i);
    t.compute_in_singles(shape, |t, part, to, scratch| {
        // Each register's pairs fill half of the result.
        let (first, second) = match (shape.parts(), part) {
            (1, _) => ((i.rn(), 0), (i.rm(), 0)),
            (_, 0) => ((i.rn(), 0), (i.rn(), 1)),
            _ => ((i.rm(), 0), (i.rm(), 1)),
        };
        t.singles(first.0, shape, first.1, to);
        t.singles(second.0, shape, second.1, scratch);
        t.asm.v3(VHADDPS, to, to, scratch);
    });
    let slow = t.unless_halves_are_special();
    t.set_computed_halves(i.rd(), shape);
    t.resume(slow);
}

fn add_pair(t: &mut Translator<'_>, i: Insn) {
    let n = t.v_operand(i.rn());
    t.asm.v2i(VPSHUFD, XMM0, n, 0);
    t.asm.v2(VCVTPH2PS, XMM0, XMM0);
    t.asm.v3(VHADDPS, XMM0, XMM0, XMM0);
    t.narrow_singles(XMM0);
    let slow = t.unless_halves_are_special();
    t.set_halves(i.rd(), Halves::SCALAR, XMM0);
    t.resume(slow);
}

/// `Vd = ±V[a] ± Vn × second`, two at a time: the results wait in general registers.
fn fused(t: &mut Translator<'_>, i: Insn, a: usize, second: Second, op: VOp) {
    const WAITING: [Reg; 3] = [RAX, RCX, RDX];
    let shape = Halves::of(i);
    let pairs = shape.0.div_ceil(2);
    for pair in 0..pairs {
        t.doubles(i.rn(), shape, pair, XMM0);
        match second {
            Second::Register(n) => t.doubles(n, shape, pair, XMM1),
            Second::Element(n, index) => {
                t.element_as_singles(n, index, XMM1);
                t.asm.v2(VCVTPS2PD, XMM1, XMM1);
            }
        }
        t.doubles(a, shape, pair, XMM2);
        t.asm.v3(op, XMM2, XMM0, XMM1);
        t.narrow_doubles(XMM2, XMM0);
        if pair + 1 < pairs {
            t.asm.v_to_reg(VMOVD_TO_GPR, WAITING[pair as usize], XMM2);
        }
    }
    if pairs == 1 {
        t.asm.v2(VMOVDQA, XMM0, XMM2);
    } else {
        t.asm.v_from_reg(VMOVD_FROM_GPR, XMM0, RAX);
        for pair in 1..pairs - 1 {
            t.asm.v3i_from_reg(VPINSRD, XMM0, XMM0, WAITING[pair as usize], pair as u8);
        }
        // Element 0 of XMM2.
        t.asm.v3i(VINSERTPS, XMM0, XMM0, XMM2, (pairs as u8 - 1) << 4);
    }
    let slow = t.unless_halves_are_special();
    t.set_computed_halves(i.rd(), shape);
    t.resume(slow);
}

/// Products of halves, exact in singles, added to singles. A vector of two takes its halves twice over.
fn fused_long(t: &mut Translator<'_>, i: Insn, second: Second, op: VOp) {
    let shape = Shape::checked(i);
    let upper = u32::from(i.bit(29));
    let widen = |t: &mut Translator<'_>, n: usize, to: Xmm| {
        let n = t.v_operand(n);
        let selector = if i.q() { [0x44, 0xee] } else { [0x00, 0x55] };
        t.asm.v2i(VPSHUFD, to, n, selector[upper as usize]);
        t.asm.v2(VCVTPH2PS, to, to);
    };
    widen(t, i.rn(), XMM1);
    match second {
        Second::Register(n) => widen(t, n, XMM2),
        Second::Element(n, index) => t.element_as_singles(n, index, XMM2),
    }
    let sum = t.elements(i.rd(), shape, XMM0);
    if sum != XMM0 {
        t.asm.v2(VMOVDQA, XMM0, sum);
    }
    t.asm.v3(op, XMM0, XMM1, XMM2);
    let slow = t.unless_nans(shape.p, XMM0, XMM0);
    t.set_elements(i.rd(), shape, XMM0);
    t.resume(slow);
}

// ---- Minimum and maximum ----

/// As integers: the bits of negative numbers are in reverse order, and zeros have an order, too, as they should.
fn extreme(t: &mut Translator<'_>, i: Insn, op: VOp) {
    let [magnitude, infinity] = [MAGNITUDE, INFINITY].map(|half| t.constant(all(half)));
    for (n, to) in [(i.rn(), XMM0), (i.rm(), XMM1)] {
        let n = t.v(n, to);
        t.asm.v3(VPAND, to, n, magnitude);
    }
    t.asm.v3(VPMAXSW, XMM0, XMM0, XMM1);
    t.asm.v3(VPCMPGTW, XMM0, XMM0, infinity);
    let slow = t.unless_any_by(VPMOVMSKB, XMM0, None);
    for (n, to) in [(i.rn(), XMM0), (i.rm(), XMM1)] {
        let n = t.v(n, XMM2);
        reverse_negative(t, to, n);
    }
    t.asm.v3(op, XMM1, XMM0, XMM1);
    reverse_negative(t, XMM0, XMM1);
    t.set_halves(i.rd(), Halves::of(i), XMM0);
    t.resume(slow);
}

/// From numbers to integers in the same order, or back.
fn reverse_negative(t: &mut Translator<'_>, to: Xmm, from: Xmm) {
    t.asm.vshift(VPSRAW_IMM, to, from, 15);
    t.asm.vshift(VPSRLW_IMM, to, to, 1);
    t.asm.v3(VPXOR, to, to, from);
}

// ---- Comparison ----

/// What is compared with what.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    Number,
    /// The magnitudes of both.
    Magnitude,
    Zero,
}

fn compare(t: &mut Translator<'_>, i: Insn, predicate: u8, with: With) {
    let shape = Halves::of(i);
    t.in_parts(shape, |t, part, to, scratch| {
        t.singles(i.rn(), shape, part, to);
        match with {
            With::Zero => t.asm.v3(VXORPS, scratch, scratch, scratch),
            _ => t.singles(i.rm(), shape, part, scratch),
        }
        if with == With::Magnitude {
            let magnitude = t.constant(u128::from(i32::MAX as u32) * (u128::MAX / 0xffff_ffff));
            t.asm.v3(VANDPS, to, to, magnitude);
            t.asm.v3(VANDPS, scratch, scratch, magnitude);
        }
        t.asm.v3i(VCMPPS, to, to, scratch, predicate);
    });
    let upper = if shape.parts() == 2 { XMM1 } else { XMM0 };
    t.asm.v3(VPACKSSDW, XMM0, XMM0, upper);
    t.set_halves(i.rd(), shape, XMM0);
}

// ---- Rounding to integral values ----

/// NaNs keep sign and payload and become quiet on both architectures; all else is exact.
fn round(t: &mut Translator<'_>, i: Insn, mode: u8) {
    let shape = Halves::of(i);
    t.compute_in_singles(shape, |t, part, to, _| {
        t.singles(i.rn(), shape, part, to);
        t.asm.v2i(VROUNDPS, to, to, mode);
    });
    t.set_computed_halves(i.rd(), shape);
}

// ---- Moves, signs, constants ----

fn copy(t: &mut Translator<'_>, i: Insn) {
    let n = t.v(i.rn(), XMM0);
    t.set_halves(i.rd(), Halves::of(i), n);
}

fn absolute(t: &mut Translator<'_>, i: Insn) {
    let magnitude = t.constant(Halves::of(i).splat(MAGNITUDE));
    let n = t.v(i.rn(), XMM0);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VPAND, target, n, magnitude);
    t.set_v(i.rd(), target);
}

fn negate(t: &mut Translator<'_>, i: Insn) {
    let sign = t.constant(all(SIGN));
    let n = t.v(i.rn(), XMM0);
    t.asm.v3(VPXOR, XMM0, n, sign);
    t.set_halves(i.rd(), Halves::of(i), XMM0);
}

/// `VFPExpandImm`: sign, exponent and four bits of fraction.
fn constant(t: &mut Translator<'_>, i: Insn, imm8: u32) {
    let exponent = if imm8 & 0x40 != 0 { 0x3000 } else { 0x4000 };
    let half = (imm8 & 0x80) << 8 | exponent | (imm8 & 0x3f) << 6;
    let value = t.constant(Halves::of(i).splat(half as u16));
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v2(VMOVDQU, target, value);
    t.set_v(i.rd(), target);
}
