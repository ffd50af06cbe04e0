//! Estimates of reciprocals and of reciprocals of square roots, the steps that refine them, and the product that goes with
//! them (FMULX).
//!
//! Arm defines the estimates to the bit, as quotients and roots of small integers. The host's approximations are
//! better than that but not defined; one integer step makes them exact, and nothing on the way is recorded
//! as inexact. What is too small or too large for a normal result, and NaNs, are left to the interpreter.

use super::fp::{Precision, XMM0, XMM1, XMM2};
use super::fp_vector::{self, Shape, by_element, d_n, d_n_m};
use super::lines::{Family, Fp, Line};
use super::{Slow, Translator};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::Xmm;
use crate::x64::vector::{
    VCVTDQ2PS, VFNMADD231PD, VFNMADD231PS, VMOVDQA, VMOVDQU, VMULPD, VMULPS, VPADDD, VPAND,
    VPBLENDVB, VPCMPEQD, VPCMPEQQ, VPCMPGTD, VPMADDWD, VPMULLD, VPOR, VPSHUFD, VPSLLD_IMM,
    VPSLLQ_IMM, VPSRAD_IMM, VPSRLD_IMM, VPSRLQ_IMM, VPSUBD, VRCPPS, VRSQRTPS,
};

pub(super) const LINES: Family = &[
    (Op::FRECPE, Line::fp(Fp::Compares, singles, |t, i| estimate(t, i, reciprocal))),
    (Op::FRECPE_scalar, Line::fp(Fp::Compares, singles, |t, i| estimate(t, i, reciprocal))),
    (Op::FRSQRTE, Line::fp(Fp::Compares, singles, |t, i| estimate(t, i, root))),
    (Op::FRSQRTE_scalar, Line::fp(Fp::Compares, singles, |t, i| estimate(t, i, root))),
    (Op::FRECPS, Line::fp(Fp::Computes, d_n_m, |t, i| step(t, i, false))),
    (Op::FRECPS_scalar, Line::fp(Fp::Computes, d_n_m, |t, i| step(t, i, false))),
    (Op::FRSQRTS, Line::fp(Fp::Computes, d_n_m, |t, i| step(t, i, true))),
    (Op::FRSQRTS_scalar, Line::fp(Fp::Computes, d_n_m, |t, i| step(t, i, true))),
    (Op::FMULX, Line::fp(Fp::Computes, d_n_m, |t, i| product(t, i, false))),
    (Op::FMULX_scalar, Line::fp(Fp::Computes, d_n_m, |t, i| product(t, i, false))),
    (Op::FMULX_element, Line::fp(Fp::Computes, by_element, |t, i| product(t, i, true))),
    (Op::FMULX_element_scalar, Line::fp(Fp::Computes, by_element, |t, i| product(t, i, true))),
];

/// Doubles are rare.
fn singles(i: Insn) -> Option<Uses> {
    if i.bit(22) { None } else { d_n(i) }
}

// ---- Estimates ----

/// One of the two estimates, part by part, of the numbers in XMM0.
type Estimate = fn(&mut Translator<'_>, Part);

/// What an estimate is made of.
#[derive(Clone, Copy)]
enum Part {
    /// XMM2 = negative in elements that are not for us.
    Check,
    /// XMM2 = the estimate in units of 1/256, from 256 to 511.
    Compute,
    /// XMM1 = sign and exponent of the result.
    Exponent,
}

fn estimate(t: &mut Translator<'_>, i: Insn, which: Estimate) {
    let (shape, n) = (Shape::checked(i), i.rn());
    t.clobber_flags();
    let slow = t.rare_path();
    load(t, shape, n);
    which(t, Part::Check);
    t.unless_marked(Precision::Single, &slow);
    which(t, Part::Compute);
    mask(t, XMM2, 0xff);
    t.asm.vshift(VPSLLD_IMM, XMM2, XMM2, 15);
    load(t, shape, n);
    which(t, Part::Exponent);
    t.asm.v3(VPOR, XMM0, XMM1, XMM2);
    t.set_elements(i.rd(), shape, XMM0);
    t.resume(slow);
}

/// XMM0 = the elements of `V[n]`, repeated if there are fewer than four.
fn load(t: &mut Translator<'_>, shape: Shape, n: usize) {
    let n = t.v_operand(n);
    match shape.bytes {
        16 => t.asm.v2(VMOVDQU, XMM0, n),
        8 => t.asm.v2i(VPSHUFD, XMM0, n, 0x44),
        _ => t.asm.v2i(VPSHUFD, XMM0, n, 0x00),
    }
}

/// One element in all lanes.
fn splat(t: &mut Translator<'_>, element: u32) -> crate::x64::Mem {
    t.constant(Precision::Single.splat(element.into()))
}

fn mask(t: &mut Translator<'_>, to: Xmm, element: u32) {
    let element = splat(t, element);
    t.asm.v3(VPAND, to, to, element);
}

fn add(t: &mut Translator<'_>, to: Xmm, element: u32) {
    let element = splat(t, element);
    t.asm.v3(VPADDD, to, to, element);
}

/// XMM2 = negative in elements of XMM1 that are not from 1 to `most`.
fn check(t: &mut Translator<'_>, most: u32) {
    let limit = splat(t, most - 1);
    add(t, XMM1, u32::MAX);
    t.asm.v3(VPCMPGTD, XMM2, XMM1, limit);
    t.asm.v3(VPOR, XMM2, XMM2, XMM1);
}

/// XMM2 = its fraction with the leading one, as an integer from 512 to 1023: the approximations have one
/// exponent.
fn leading_bits(t: &mut Translator<'_>) {
    mask(t, XMM2, 0x7f_ffff);
    let one = splat(t, 1 << 23);
    t.asm.v3(VPOR, XMM2, XMM2, one);
    t.asm.vshift(VPSRLD_IMM, XMM2, XMM2, 14);
}

/// XMM2 = half of what it was, less one for each of XMM0 and XMM1 that is greater than the limit, and 2 more:
/// that rounds up, and takes the candidate above if that is not too great either.
fn settle(t: &mut Translator<'_>, limit: u32) {
    let limit = splat(t, limit);
    t.asm.v3(VPCMPGTD, XMM0, XMM0, limit);
    t.asm.v3(VPCMPGTD, XMM1, XMM1, limit);
    t.asm.v3(VPADDD, XMM2, XMM2, XMM0);
    t.asm.v3(VPADDD, XMM2, XMM2, XMM1);
    add(t, XMM2, 2);
    t.asm.vshift(VPSRLD_IMM, XMM2, XMM2, 1);
}

/// `RecipEstimate`: of the nine leading bits a, half of 2^19 / (2a + 1), rounded up.
fn reciprocal(t: &mut Translator<'_>, part: Part) {
    match part {
        Part::Check => {
            // From 2^126 on results are denormal.
            t.asm.vshift(VPSLLD_IMM, XMM1, XMM0, 1);
            t.asm.vshift(VPSRLD_IMM, XMM1, XMM1, 24);
            check(t, 252);
        }
        Part::Compute => {
            t.asm.vshift(VPSRLD_IMM, XMM1, XMM0, 14);
            mask(t, XMM1, 0x1fe);
            add(t, XMM1, 0x201);
            t.asm.v2(VCVTDQ2PS, XMM2, XMM1);
            t.asm.v2(VRCPPS, XMM2, XMM2);
            leading_bits(t);
            // The divisor times the candidate, and times the next.
            t.asm.v3(VPMADDWD, XMM0, XMM1, XMM2);
            t.asm.v3(VPADDD, XMM1, XMM1, XMM0);
            settle(t, 1 << 19);
        }
        Part::Exponent => {
            t.asm.v2(VMOVDQA, XMM1, XMM0);
            mask(t, XMM1, 0x8000_0000);
            mask(t, XMM0, 0x7f80_0000);
            add(t, XMM1, 253 << 23);
            t.asm.v3(VPSUBD, XMM1, XMM1, XMM0);
        }
    }
}

/// `RecipSqrtEstimate`: of the operand between a quarter and one, a in units of 2^-10, half of the greatest b with
/// a × b² < 2^28, rounded up.
fn root(t: &mut Translator<'_>, part: Part) {
    match part {
        Part::Check => {
            t.asm.vshift(VPSRAD_IMM, XMM1, XMM0, 23);
            check(t, 254);
        }
        Part::Compute => {
            // Odd exponents are those of what is below a half.
            t.asm.vshift(VPSRLD_IMM, XMM1, XMM0, 14);
            mask(t, XMM1, 0x1fc);
            add(t, XMM1, 0x202);
            t.asm.vshift(VPSRLD_IMM, XMM2, XMM0, 15);
            mask(t, XMM2, 0xfe);
            add(t, XMM2, 0x101);
            t.asm.vshift(VPSLLD_IMM, XMM0, XMM0, 8);
            t.asm.vshift(VPSRAD_IMM, XMM0, XMM0, 31);
            t.asm.v4(VPBLENDVB, XMM1, XMM1, XMM2, XMM0);
            t.asm.v2(VCVTDQ2PS, XMM2, XMM1);
            t.asm.v2(VRSQRTPS, XMM2, XMM2);
            leading_bits(t);
            // a × b², and a × (b + 1)² by adding a × (2b + 1).
            t.asm.v3(VPMADDWD, XMM0, XMM2, XMM2);
            t.asm.v3(VPMULLD, XMM0, XMM0, XMM1);
            t.asm.v3(VPADDD, XMM2, XMM2, XMM2);
            add(t, XMM2, 1);
            t.asm.v3(VPMADDWD, XMM1, XMM1, XMM2);
            t.asm.v3(VPADDD, XMM1, XMM1, XMM0);
            t.asm.vshift(VPSRLD_IMM, XMM2, XMM2, 1);
            settle(t, (1 << 28) - 1);
        }
        Part::Exponent => {
            t.asm.vshift(VPSRLD_IMM, XMM0, XMM0, 23);
            add(t, XMM0, 1);
            t.asm.vshift(VPSRLD_IMM, XMM0, XMM0, 1);
            t.asm.vshift(VPSLLD_IMM, XMM0, XMM0, 23);
            let exponent = splat(t, 190 << 23);
            t.asm.v2(VMOVDQU, XMM1, exponent);
            t.asm.v3(VPSUBD, XMM1, XMM1, XMM0);
        }
    }
}

// ---- Steps and products ----

/// Leaves if some element is an infinity or a NaN. Clobbers RCX, XMM2 and EFLAGS.
fn unless_infinite(t: &mut Translator<'_>, p: Precision, operands: [Xmm; 2], slow: &Slow) {
    let (left, right, equal) =
        p.pick(((VPSLLD_IMM, VPSRLD_IMM, VPCMPEQD), (VPSLLQ_IMM, VPSRLQ_IMM, VPCMPEQQ)));
    let (bits, greatest) = p.pick(((24, 0xff), (53, 0x7ff)));
    let greatest = t.constant(p.splat(greatest));
    for operand in operands {
        t.asm.vshift(left, XMM2, operand, 1);
        t.asm.vshift(right, XMM2, XMM2, bits);
        t.asm.v3(equal, XMM2, XMM2, greatest);
        t.unless_marked(p, slow);
    }
}

/// A product, in which zero times an infinity is two.
fn product(t: &mut Translator<'_>, i: Insn, with_element: bool) {
    let shape = Shape::checked(i);
    let p = shape.p;
    t.clobber_flags();
    let slow = t.rare_path();
    let n = t.elements(i.rn(), shape, XMM1);
    let m = if with_element {
        fp_vector::element(t, i, shape);
        t.asm.v2(VMOVDQA, XMM0, XMM2);
        XMM0
    } else {
        t.elements(i.rm(), shape, XMM0)
    };
    unless_infinite(t, p, [n, m], &slow);
    t.asm.v3(p.pick((VMULPS, VMULPD)), XMM0, n, m);
    let nan = t.unless_nans(p, XMM0, XMM0);
    t.set_v(i.rd(), XMM0);
    t.resume(slow);
    t.resume(nan);
}

/// `2 - n × m`, or `(3 - n × m) / 2` from half of n. Infinities are left to the interpreter: times zero they are no
/// invalid operation here.
fn step(t: &mut Translator<'_>, i: Insn, root: bool) {
    let shape = Shape::checked(i);
    let p = shape.p;
    t.clobber_flags();
    let slow = t.rare_path();
    let n = t.elements(i.rn(), shape, XMM1);
    let m = t.elements(i.rm(), shape, XMM0);
    unless_infinite(t, p, [n, m], &slow);
    let mut factor = n;
    if root {
        // What has no exact half.
        t.unless_small_elements(p, p.pick((2 << 23, 2 << 52)), n, &slow);
        let half = p.pick((u128::from(0.5_f32.to_bits()), u128::from(0.5_f64.to_bits())));
        let half = t.constant(p.splat(half));
        t.asm.v3(p.pick((VMULPS, VMULPD)), XMM1, n, half);
        factor = XMM1;
    }
    let minuend = if root { 1.5 } else { 2.0 };
    let bits = p.pick((u128::from((minuend as f32).to_bits()), u128::from(f64::to_bits(minuend))));
    let minuend = t.constant(shape.splat(bits));
    t.asm.v2(VMOVDQU, XMM2, minuend);
    t.asm.v3(p.pick((VFNMADD231PS, VFNMADD231PD)), XMM2, factor, m);
    t.asm.v2(VMOVDQA, XMM0, XMM2);
    let nan = t.unless_nans(p, XMM0, XMM0);
    t.set_computed(i.rd(), shape, XMM0);
    t.resume(slow);
    t.resume(nan);
}
