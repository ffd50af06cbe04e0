//! Complex numbers, whose parts are neighbours: addition of one that is rotated, and the halves of a product.
//!
//! Signs are changed before anything is computed, as the manual says; what that makes of a NaN is no matter, because
//! those are the interpreter's. Halves are too.

use super::Translator;
use super::fp::{Precision, XMM0, XMM1, XMM2};
use super::fp_vector::{self, Shape};
use super::lines::{Family, Fp, Line};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::Xmm;
use crate::x64::vector::{
    VADDSUBPD, VADDSUBPS, VFMADD231PD, VFMADD231PS, VFNMADD231PD, VFNMADD231PS, VMOVDQA, VPSHUFD,
    VXORPS,
};

pub(super) const LINES: Family = &[
    (Op::FCADD, Line::fp(Fp::Computes, add_uses, add)),
    (Op::FCMLA_vector, Line::fp(Fp::Computes, multiply_uses, multiply)),
    (Op::FCMLA_element, Line::fp(Fp::Computes, by_element, multiply_by_element)),
];

/// Bit 23 of `size` is clear for halves, and for bytes, which are reserved.
fn add_uses(i: Insn) -> Option<Uses> {
    if i.bit(23) { fp_vector::d_n_m(i) } else { None }
}

fn multiply_uses(i: Insn) -> Option<Uses> {
    add_uses(i).map(|uses| uses.reads_v(i.rd()))
}

/// Only singles, and all of a vector: the index is `H`, and `L` is reserved.
fn by_element(i: Insn) -> Option<Uses> {
    if i.bit(22) || i.bit(21) || !i.q() { None } else { multiply_uses(i) }
}

/// `to` = the numbers in `value` with their parts exchanged.
fn exchange(t: &mut Translator<'_>, p: Precision, to: Xmm, value: Xmm) {
    t.asm.v2i(VPSHUFD, to, value, p.pick((0xb1, 0x4e)));
}

/// The signs of the parts of each number with this index.
fn signs(shape: Shape, part: u32) -> u128 {
    let bits = 8 * shape.p.bytes();
    let (step, mut signs) = (2 * bits, 0);
    for at in (0..8 * shape.bytes).step_by(step as usize) {
        signs |= shape.p.sign() << (at + part * bits);
    }
    signs
}

/// By 90 degrees: the imaginary part is subtracted from the real one, the real part added to the imaginary one. By 270
/// degrees (bit 12), the same of the negative number.
fn add(t: &mut Translator<'_>, i: Insn) {
    let shape = Shape::checked(i);
    let m = t.elements(i.rm(), shape, XMM1);
    exchange(t, shape.p, XMM1, m);
    if i.bit(12) {
        let sign = t.constant(shape.splat(shape.p.sign()));
        t.asm.v3(VXORPS, XMM1, XMM1, sign);
    }
    let n = t.elements(i.rn(), shape, XMM0);
    t.asm.v3(shape.p.pick((VADDSUBPS, VADDSUBPD)), XMM0, n, XMM1);
    let slow = t.unless_nans(shape.p, XMM0, XMM0);
    t.set_computed(i.rd(), shape, XMM0);
    t.resume(slow);
}

fn multiply(t: &mut Translator<'_>, i: Insn) {
    let (shape, rotation) = (Shape::checked(i), i.bits(12, 11));
    let m = t.elements(i.rm(), shape, XMM2);
    if rotation & 1 != 0 {
        exchange(t, shape.p, XMM2, m);
    } else if m != XMM2 {
        t.asm.v2(VMOVDQA, XMM2, m);
    }
    accumulate(t, i, shape, rotation);
}

fn multiply_by_element(t: &mut Translator<'_>, i: Insn) {
    let (shape, rotation) = (Shape::checked(i), i.bits(14, 13));
    let parts = if rotation & 1 != 0 { 0x11 } else { 0x44 };
    // The number with index 1 has elements 2 and 3.
    let selector = if i.bit(11) { parts | 0xaa } else { parts };
    let m = t.v_operand(i.rm());
    t.asm.v2i(VPSHUFD, XMM2, m, selector);
    accumulate(t, i, shape, rotation);
}

/// Adds the product of XMM2 with the real part of `Vn`, or after an odd number of quarter turns the imaginary one.
fn accumulate(t: &mut Translator<'_>, i: Insn, shape: Shape, rotation: u32) {
    let p = shape.p;
    let selector = if rotation & 1 != 0 { p.pick((0xf5, 0xee)) } else { p.pick((0xa0, 0x44)) };
    let n = t.elements(i.rn(), shape, XMM1);
    t.asm.v2i(VPSHUFD, XMM1, n, selector);
    let op = match rotation {
        2 => p.pick((VFNMADD231PS, VFNMADD231PD)),
        _ => p.pick((VFMADD231PS, VFMADD231PD)),
    };
    if rotation & 1 != 0 {
        let sign = t.constant(signs(shape, rotation >> 1));
        t.asm.v3(VXORPS, XMM2, XMM2, sign);
    }
    let sum = t.elements(i.rd(), shape, XMM0);
    if sum != XMM0 {
        t.asm.v2(VMOVDQA, XMM0, sum);
    }
    t.asm.v3(op, XMM0, XMM1, XMM2);
    let slow = t.unless_nans(p, XMM0, XMM0);
    t.set_computed(i.rd(), shape, XMM0);
    t.resume(slow);
}
