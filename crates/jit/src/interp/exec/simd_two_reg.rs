//! Advanced SIMD two-register miscellaneous and across lanes, integer: operations on one source.
#![allow(non_snake_case)] // The table's names are the manual's.

use std::cmp::{max, min};

use super::Outcome;
use super::arith::Sign::{ByU, Signed};
use super::arith::{Lane, Sign, each_lane, instructions, mask};
use super::lanes::sized;
use super::shape::{B, BHS, BHSD, D, H, Shape, Sizes, part, with_part};
use super::undefined;
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

/// `vector` and `scalar` are the element sizes of the two forms.
#[inline(always)]
fn two_reg(
    cpu: &mut Cpu<'_>,
    i: Insn,
    vector: Sizes,
    scalar: Sizes,
    sign: Sign,
    f: impl Fn(Lane<'_>) -> i128,
) -> Outcome {
    let shape = Shape::of(i, vector, scalar)?;
    let a = cpu.regs.v[i.rn()];
    let signed = sign.is_signed(i);
    let operands = |n| (shape.int(a, n, signed), 0);
    cpu.regs.v[i.rd()] = each_lane(cpu, i, shape, signed, operands, f);
    Ok(())
}

instructions! { two_reg:
    ABS ABS_scalar                      = BHSD, D, Signed, |l| l.a.abs();
    NEG_vector NEG_scalar               = BHSD, D, Signed, |l| -l.a;
    SQABS SQABS_scalar                  = BHSD, BHSD, Signed, |l| l.saturate(l.a.abs());
    SQNEG SQNEG_scalar                  = BHSD, BHSD, Signed, |l| l.saturate(-l.a);
    SUQADD SUQADD_scalar                = BHSD, BHSD, ByU, |l| l.saturate(l.d + l.unsigned(l.a));
    USQADD USQADD_scalar                = BHSD, BHSD, ByU, |l| l.saturate(l.d + l.signed(l.a));
    CMEQ_zero CMEQ_zero_scalar          = BHSD, D, Signed, |l| mask(l.a == 0);
    CMGE_zero CMGE_zero_scalar          = BHSD, D, Signed, |l| mask(l.a >= 0);
    CMGT_zero CMGT_zero_scalar          = BHSD, D, Signed, |l| mask(l.a > 0);
    CMLE_zero CMLE_zero_scalar          = BHSD, D, Signed, |l| mask(l.a <= 0);
    CMLT_zero CMLT_zero_scalar          = BHSD, D, Signed, |l| mask(l.a < 0);
    CLS_vector                          = BHS, 0, Signed, leading_sign_bits;
    CLZ_vector                          = BHS, 0, ByU, leading_zeros;
    CNT                                 = B, 0, ByU, |l| i128::from(l.unsigned(l.a).count_ones());
}

fn leading_zeros(l: Lane<'_>) -> i128 {
    i128::from(l.a.leading_zeros() - (128 - l.esize))
}

/// Bits below the sign bit that equal it.
fn leading_sign_bits(l: Lane<'_>) -> i128 {
    i128::from((l.a ^ l.a >> 1).leading_zeros() - (128 - l.esize) - 1)
}

pub fn NOT(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.regs.v[i.rd()] = sized(!cpu.regs.v[i.rn()], i.q());
    Ok(())
}

/// Reverses the bits of each byte.
pub fn RBIT_vector(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let bytes = cpu.regs.v[i.rn()].to_le_bytes().map(u8::reverse_bits);
    cpu.regs.v[i.rd()] = sized(u128::from_le_bytes(bytes), i.q());
    Ok(())
}

/// Reverses the elements within each group of `bits`.
fn reverse(cpu: &mut Cpu<'_>, i: Insn, sizes: Sizes, bits: u32) -> Outcome {
    let shape = Shape::of(i, sizes, 0)?;
    let source = cpu.regs.v[i.rn()];
    let last = bits / shape.esize - 1;
    cpu.regs.v[i.rd()] = shape.build(|n| shape.get(source, n ^ last));
    Ok(())
}

instructions! { reverse:
    REV64               = BHS, 64;
    REV32_vector        = B | H, 32;
    REV16_vector        = B, 16;
}

/// Sums of adjacent elements, twice as wide, onto `start` of the destination's element.
fn add_pairs(cpu: &mut Cpu<'_>, i: Insn, start: impl Fn(Lane<'_>) -> i128) -> Outcome {
    let shape = Shape::of(i, BHS, 0)?;
    let a = cpu.regs.v[i.rn()];
    let signed = ByU.is_signed(i);
    let sums = Shape { count: shape.count / 2, ..shape.widened() };
    let pair = |n| (shape.int(a, 2 * n, signed), shape.int(a, 2 * n + 1, signed));
    cpu.regs.v[i.rd()] = each_lane(cpu, i, sums, signed, pair, |l| start(l) + l.a + l.b);
    Ok(())
}

instructions! { add_pairs:
    SADDLP UADDLP       = |_| 0;
    SADALP UADALP       = |l| l.d;
}

/// Wide elements to narrow ones, in the half that Q says.
#[inline(always)]
fn narrow(
    cpu: &mut Cpu<'_>,
    i: Insn,
    scalar: Sizes,
    sign: Sign,
    f: impl Fn(Lane<'_>) -> i128,
) -> Outcome {
    let shape = Shape::narrow(i, BHS, scalar)?;
    let (a, d) = (cpu.regs.v[i.rn()], cpu.regs.v[i.rd()]);
    let signed = sign.is_signed(i);
    let operands = |n| (shape.widened().int(a, n, signed), 0);
    let result = each_lane(cpu, i, shape, signed, operands, f);
    cpu.regs.v[i.rd()] = with_part(i, d, result);
    Ok(())
}

instructions! { narrow:
    XTN                                         = 0, Signed, |l| l.a;
    SQXTN SQXTN_scalar UQXTN UQXTN_scalar       = BHS, ByU, |l| l.saturate(l.a);
    SQXTUN SQXTUN_scalar                        = BHS, Signed, |l| l.saturate_unsigned(l.a);
}

/// Shifts left by the element size into elements of twice the size.
pub fn SHLL(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let shape = Shape::narrow(i, BHS, 0)?;
    let a = part(i, cpu.regs.v[i.rn()]);
    cpu.regs.v[i.rd()] = shape.widened().build(|n| shape.get(a, n) << shape.esize);
    Ok(())
}

/// Combines all lanes into one element of `widen` times the size.
fn across(cpu: &mut Cpu<'_>, i: Insn, widen: u32, f: impl Fn(i128, i128) -> i128) -> Outcome {
    let shape = Shape::of(i, BHS, 0)?;
    if shape.count < 4 {
        // Two 32-bit lanes: reserved.
        return undefined(cpu, i);
    }
    let a = cpu.regs.v[i.rn()];
    let element = |n| shape.int(a, n, ByU.is_signed(i));
    let total = (1..shape.count).fold(element(0), |total, n| f(total, element(n)));
    let result = Shape { esize: shape.esize * widen, count: 1 };
    cpu.regs.v[i.rd()] = result.build(|_| total as u64);
    Ok(())
}

instructions! { across:
    ADDV                = 1, |a, b| a + b;
    SADDLV UADDLV       = 2, |a, b| a + b;
    SMAXV UMAXV         = 1, max;
    SMINV UMINV         = 1, min;
}

/// The sum of both 64-bit halves.
pub fn ADDP_scalar(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let a = cpu.regs.v[i.rn()];
    cpu.regs.v[i.rd()] = u128::from((a as u64).wrapping_add((a >> 64) as u64));
    Ok(())
}
