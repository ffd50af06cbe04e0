//! Advanced SIMD three different, and its scalar forms: operations whose operands and results
//! differ in element size. The narrow side is a 64-bit half of a register.
#![allow(non_snake_case)] // The table's names are the manual's.

use super::Outcome;
use super::arith::Sign::{ByU, Signed};
use super::arith::{self, Lane, Sign, each_lane, instructions};
use super::shape::{BHS, HS, Shape, Sizes, part, with_part};
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

/// Long: both operands narrow.
#[inline(always)]
fn long(
    cpu: &mut Cpu<'_>,
    i: Insn,
    vector: Sizes,
    scalar: Sizes,
    sign: Sign,
    f: impl Fn(Lane<'_>) -> i128,
) -> Outcome {
    let shape = Shape::narrow(i, vector, scalar)?;
    let (a, b) = (part(i, cpu.regs.v[i.rn()]), part(i, cpu.regs.v[i.rm()]));
    let signed = sign.is_signed(i);
    let operands = |n| (shape.int(a, n, signed), shape.int(b, n, signed));
    cpu.regs.v[i.rd()] = each_lane(cpu, i, shape.widened(), signed, operands, f);
    Ok(())
}

instructions! { long:
    SADDL UADDL                     = BHS, 0, ByU, |l| l.a + l.b;
    SSUBL USUBL                     = BHS, 0, ByU, |l| l.a - l.b;
    SABDL UABDL                     = BHS, 0, ByU, |l| (l.a - l.b).abs();
    SABAL UABAL                     = BHS, 0, ByU, |l| l.d + (l.a - l.b).abs();
    SMULL_vector UMULL_vector       = BHS, 0, ByU, arith::mul;
    SMLAL_vector UMLAL_vector       = BHS, 0, ByU, arith::mla;
    SMLSL_vector UMLSL_vector       = BHS, 0, ByU, arith::mls;
    SQDMULL_vector SQDMULL_scalar   = HS, HS, Signed, arith::sqdmull;
    SQDMLAL_vector SQDMLAL_scalar   = HS, HS, Signed, arith::sqdmlal;
    SQDMLSL_vector SQDMLSL_scalar   = HS, HS, Signed, arith::sqdmlsl;
}

/// Wide: only `Rm` narrow.
#[inline(always)]
fn wide(cpu: &mut Cpu<'_>, i: Insn, f: impl Fn(Lane<'_>) -> i128) -> Outcome {
    let shape = Shape::narrow(i, BHS, 0)?;
    let (a, b) = (cpu.regs.v[i.rn()], part(i, cpu.regs.v[i.rm()]));
    let signed = ByU.is_signed(i);
    let operands = |n| (shape.widened().int(a, n, signed), shape.int(b, n, signed));
    cpu.regs.v[i.rd()] = each_lane(cpu, i, shape.widened(), signed, operands, f);
    Ok(())
}

instructions! { wide:
    SADDW UADDW     = |l| l.a + l.b;
    SSUBW USUBW     = |l| l.a - l.b;
}

/// High half, narrow result: both operands wide.
#[inline(always)]
fn high_half(cpu: &mut Cpu<'_>, i: Insn, f: impl Fn(i128, i128) -> i128) -> Outcome {
    let shape = Shape::narrow(i, BHS, 0)?;
    let wide = shape.widened();
    let (a, b, d) = (cpu.regs.v[i.rn()], cpu.regs.v[i.rm()], cpu.regs.v[i.rd()]);
    // U selects rounding here.
    let rounding = if i.bit(29) { 1 << (shape.esize - 1) } else { 0 };
    let result = shape.build(|n| {
        let sum = f(wide.int(a, n, false), wide.int(b, n, false)) + rounding;
        (sum >> shape.esize) as u64
    });
    cpu.regs.v[i.rd()] = with_part(i, d, result);
    Ok(())
}

instructions! { high_half:
    ADDHN RADDHN    = |a, b| a + b;
    SUBHN RSUBHN    = |a, b| a - b;
}

/// 8-bit polynomials with 16-bit products, or 64-bit ones with a 128-bit product.
pub fn PMULL(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let shape = Shape::vector(0, false);
    let (a, b) = (part(i, cpu.regs.v[i.rn()]), part(i, cpu.regs.v[i.rm()]));
    cpu.regs.v[i.rd()] = shape
        .widened()
        .build(|n| arith::polynomial_multiply(shape.get(a, n), shape.get(b, n)) as u64);
    Ok(())
}

pub fn PMULL_64bit(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (a, b) = (part(i, cpu.regs.v[i.rn()]), part(i, cpu.regs.v[i.rm()]));
    cpu.regs.v[i.rd()] = arith::polynomial_multiply(a as u64, b as u64);
    Ok(())
}
