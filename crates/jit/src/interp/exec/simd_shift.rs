//! Advanced SIMD shift by immediate, vector and scalar.
//!
//! `immh:immb` holds size and amount together: its highest set bit gives the element size, and the
//! rest is the amount for left shifts, or what is left to twice the size for right shifts.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::Outcome;
use super::arith::Sign::{ByU, Signed};
use super::arith::{Lane, Sign, each_lane, instructions, shift};
use super::shape::{BHS, BHSD, D, Shape, Sizes, part, with_part};
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

/// The element size from `immh`, if it is in `vector` or `scalar`.
fn size(i: Insn, vector: Sizes, scalar: Sizes) -> Result<u32, Exit> {
    let allowed = match (i.bit(28), i.q()) {
        (true, _) => scalar,
        (false, true) => vector,
        // One 64-bit lane is reserved.
        (false, false) => vector & !D,
    };
    let immh = i.bits(22, 19);
    // Below the 64-bit pattern 1xxx come 01xx, 001x and 0001; 0000 is another class or nothing.
    match immh.checked_ilog2() {
        Some(size) if allowed >> size & 1 != 0 => Ok(size),
        _ => Err(Exit::Undefined(i.0)),
    }
}

/// `immh:immb` as a left shift.
fn left(i: Insn, esize: u32) -> i32 {
    i.bits(22, 16) as i32 - esize as i32
}

/// `immh:immb` as a right shift: negative, as [`shift`] takes it.
fn right(i: Insn, esize: u32) -> i32 {
    i.bits(22, 16) as i32 - 2 * esize as i32
}

/// Source and destination of one size: `f(lane, left amount, right amount)`.
#[inline(always)]
fn same_size(
    cpu: &mut Cpu<'_>,
    i: Insn,
    scalar: Sizes,
    sign: Sign,
    f: impl Fn(Lane<'_>, i32, i32) -> i128,
) -> Outcome {
    let size = size(i, BHSD, scalar)?;
    let shape = if i.bit(28) { Shape::scalar(size) } else { Shape::vector(size, i.q()) };
    let a = cpu.regs.v[i.rn()];
    let signed = sign.is_signed(i);
    let (left, right) = (left(i, shape.esize), right(i, shape.esize));
    let operands = |n| (shape.int(a, n, signed), 0);
    cpu.regs.v[i.rd()] = each_lane(cpu, i, shape, signed, operands, |l| f(l, left, right));
    Ok(())
}

instructions! { same_size:
    SSHR SSHR_scalar USHR USHR_scalar       = D, ByU, |l, _, by| shift(l.a, by, false);
    SRSHR SRSHR_scalar URSHR URSHR_scalar   = D, ByU, |l, _, by| shift(l.a, by, true);
    SSRA SSRA_scalar USRA USRA_scalar       = D, ByU, |l, _, by| l.d + shift(l.a, by, false);
    SRSRA SRSRA_scalar URSRA URSRA_scalar   = D, ByU, |l, _, by| l.d + shift(l.a, by, true);
    SRI SRI_scalar                          = D, ByU, |l, _, by| insert(l, by);
    SHL SHL_scalar                          = D, ByU, |l, by, _| l.a << by;
    SLI SLI_scalar                          = D, ByU, |l, by, _| insert(l, by);
    SQSHLU SQSHLU_scalar                    = BHSD, Signed,
        |l, by, _| l.saturate_unsigned(l.a << by);
    SQSHL_immediate SQSHL_immediate_scalar
        UQSHL_immediate UQSHL_immediate_scalar
                                            = BHSD, ByU, |l, by, _| l.saturate(l.a << by);
}

/// The shifted source where its bits went, the destination elsewhere.
fn insert(l: Lane<'_>, by: i32) -> i128 {
    let moved = shift(l.unsigned(-1), by, false);
    shift(l.a, by, false) & moved | l.d & !moved
}

/// Right shift of wide elements into narrow ones.
#[inline(always)]
fn narrow(
    cpu: &mut Cpu<'_>,
    i: Insn,
    scalar: Sizes,
    sign: Sign,
    f: impl Fn(Lane<'_>, i32) -> i128,
) -> Outcome {
    let size = size(i, BHS, scalar)?;
    let shape = if i.bit(28) { Shape::scalar(size) } else { Shape::vector(size, false) };
    let (a, d) = (cpu.regs.v[i.rn()], cpu.regs.v[i.rd()]);
    let signed = sign.is_signed(i);
    let by = right(i, shape.esize);
    let operands = |n| (shape.widened().int(a, n, signed), 0);
    let result = each_lane(cpu, i, shape, signed, operands, |l| f(l, by));
    cpu.regs.v[i.rd()] = with_part(i, d, result);
    Ok(())
}

instructions! { narrow:
    SHRN                                    = 0, ByU, |l, by| shift(l.a, by, false);
    RSHRN                                   = 0, ByU, |l, by| shift(l.a, by, true);
    SQSHRN SQSHRN_scalar UQSHRN UQSHRN_scalar
                                            = BHS, ByU, |l, by| l.saturate(shift(l.a, by, false));
    SQRSHRN SQRSHRN_scalar UQRSHRN UQRSHRN_scalar
                                            = BHS, ByU, |l, by| l.saturate(shift(l.a, by, true));
    SQSHRUN SQSHRUN_scalar                  = BHS, Signed,
        |l, by| l.saturate_unsigned(shift(l.a, by, false));
    SQRSHRUN SQRSHRUN_scalar                = BHS, Signed,
        |l, by| l.saturate_unsigned(shift(l.a, by, true));
}

/// Left shift of narrow elements into wide ones; by 0 it is SXTL or UXTL.
pub fn SSHLL(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let shape = Shape::vector(size(i, BHS, 0)?, false);
    let a = part(i, cpu.regs.v[i.rn()]);
    let by = left(i, shape.esize);
    cpu.regs.v[i.rd()] =
        shape.widened().build(|n| (shape.int(a, n, ByU.is_signed(i)) << by) as u64);
    Ok(())
}
pub use self::SSHLL as USHLL;
