//! Advanced SIMD three same, and its scalar forms: lane-wise operations on `Rn` and `Rm`.
#![allow(non_snake_case)] // The table's names are the manual's.

use std::cmp::{max, min};

use super::Outcome;
use super::arith::Sign::{ByU, Signed};
use super::arith::{self, Lane, Sign, each_lane, instructions, mask, shift};
use super::lanes::sized;
use super::shape::{B, BHS, BHSD, D, HS, Shape, Sizes};
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

/// `vector` and `scalar` are the element sizes of the two forms.
#[inline(always)]
fn three_same(
    cpu: &mut Cpu<'_>,
    i: Insn,
    vector: Sizes,
    scalar: Sizes,
    sign: Sign,
    f: impl Fn(Lane<'_>) -> i128,
) -> Outcome {
    let shape = Shape::of(i, vector, scalar)?;
    let (a, b) = (cpu.regs.v[i.rn()], cpu.regs.v[i.rm()]);
    let signed = sign.is_signed(i);
    let operands = |n| (shape.int(a, n, signed), shape.int(b, n, signed));
    cpu.regs.v[i.rd()] = each_lane(cpu, i, shape, signed, operands, f);
    Ok(())
}

instructions! { three_same:
    ADD_vector ADD_scalar                       = BHSD, D, ByU, |l| l.a + l.b;
    SUB_vector SUB_scalar                       = BHSD, D, ByU, |l| l.a - l.b;
    SHADD UHADD                                 = BHS, 0, ByU, |l| (l.a + l.b) >> 1;
    SRHADD URHADD                               = BHS, 0, ByU, |l| (l.a + l.b + 1) >> 1;
    SHSUB UHSUB                                 = BHS, 0, ByU, |l| (l.a - l.b) >> 1;
    SQADD SQADD_scalar UQADD UQADD_scalar       = BHSD, BHSD, ByU, |l| l.saturate(l.a + l.b);
    SQSUB SQSUB_scalar UQSUB UQSUB_scalar       = BHSD, BHSD, ByU, |l| l.saturate(l.a - l.b);
    SMAX UMAX                                   = BHS, 0, ByU, |l| max(l.a, l.b);
    SMIN UMIN                                   = BHS, 0, ByU, |l| min(l.a, l.b);
    SABD UABD                                   = BHS, 0, ByU, |l| (l.a - l.b).abs();
    SABA UABA                                   = BHS, 0, ByU, |l| l.d + (l.a - l.b).abs();
    CMEQ_register CMEQ_register_scalar          = BHSD, D, ByU, |l| mask(l.a == l.b);
    CMTST CMTST_scalar                          = BHSD, D, ByU, |l| mask(l.a & l.b != 0);
    CMGE_register CMGE_register_scalar
        CMHS_register CMHS_register_scalar      = BHSD, D, ByU, |l| mask(l.a >= l.b);
    CMGT_register CMGT_register_scalar
        CMHI_register CMHI_register_scalar      = BHSD, D, ByU, |l| mask(l.a > l.b);
    SSHL SSHL_scalar USHL USHL_scalar           = BHSD, D, ByU, |l| by_register(l, false);
    SRSHL SRSHL_scalar URSHL URSHL_scalar       = BHSD, D, ByU, |l| by_register(l, true);
    SQSHL_register SQSHL_register_scalar
        UQSHL_register UQSHL_register_scalar    = BHSD, BHSD, ByU,
        |l| l.saturate(by_register(l, false));
    SQRSHL SQRSHL_scalar UQRSHL UQRSHL_scalar   = BHSD, BHSD, ByU,
        |l| l.saturate(by_register(l, true));
    MUL_vector                                  = BHS, 0, ByU, arith::mul;
    MLA_vector                                  = BHS, 0, ByU, arith::mla;
    MLS_vector                                  = BHS, 0, ByU, arith::mls;
    PMUL                                        = B, 0, ByU, polynomial;
    SQDMULH_vector SQDMULH_scalar               = HS, HS, Signed, arith::sqdmulh;
    SQRDMULH_vector SQRDMULH_scalar             = HS, HS, Signed, arith::sqrdmulh;
    SQRDMLAH_vector SQRDMLAH_scalar             = HS, HS, Signed, arith::sqrdmlah;
    SQRDMLSH_vector SQRDMLSH_scalar             = HS, HS, Signed, arith::sqrdmlsh;
}

/// The amount is the signed low byte of the `Rm` element, whatever the signedness of the data.
fn by_register(l: Lane<'_>, round: bool) -> i128 {
    shift(l.a, i32::from(l.b as i8), round)
}

fn polynomial(l: Lane<'_>) -> i128 {
    arith::polynomial_multiply(l.a as u64, l.b as u64) as i128
}

/// Adjacent elements of `Rn`, then those of `Rm`.
#[inline(always)]
fn pairwise(cpu: &mut Cpu<'_>, i: Insn, sizes: Sizes, f: impl Fn(i128, i128) -> i128) -> Outcome {
    let shape = Shape::of(i, sizes, 0)?;
    let sources = [cpu.regs.v[i.rn()], cpu.regs.v[i.rm()]];
    let element =
        |n: u32| shape.int(sources[(n / shape.count) as usize], n % shape.count, ByU.is_signed(i));
    cpu.regs.v[i.rd()] = shape.build(|n| f(element(2 * n), element(2 * n + 1)) as u64);
    Ok(())
}

instructions! { pairwise:
    ADDP_vector     = BHSD, |a, b| a + b;
    SMAXP UMAXP     = BHS, max;
    SMINP UMINP     = BHS, min;
}

/// Whole registers: `f(n, m, d)`.
#[inline(always)]
fn logical(cpu: &mut Cpu<'_>, i: Insn, f: impl Fn(u128, u128, u128) -> u128) -> Outcome {
    let v = &mut cpu.regs.v;
    v[i.rd()] = sized(f(v[i.rn()], v[i.rm()], v[i.rd()]), i.q());
    Ok(())
}

instructions! { logical:
    AND_vector              = |n, m, _| n & m;
    BIC_vector_register     = |n, m, _| n & !m;
    ORR_vector_register     = |n, m, _| n | m;
    ORN_vector              = |n, m, _| n | !m;
    EOR_vector              = |n, m, _| n ^ m;
    BSL                     = |n, m, d| d & n | !d & m;
    BIT                     = |n, m, d| n & m | d & !m;
    BIF                     = |n, m, d| n & !m | d & m;
}

/// Each 32-bit lane accumulates the dot product of its four bytes.
pub fn SDOT_vector(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let m = cpu.regs.v[i.rm()];
    dot_product(cpu, i, |n| (m >> (32 * n)) as u32)
}
pub use self::SDOT_vector as UDOT_vector;

/// `group(n)` is the four `Rm` bytes for lane `n`.
pub fn dot_product(cpu: &mut Cpu<'_>, i: Insn, group: impl Fn(u32) -> u32) -> Outcome {
    let (bytes, words) = (Shape::vector(0, i.q()), Shape::vector(2, i.q()));
    let (a, d) = (cpu.regs.v[i.rn()], cpu.regs.v[i.rd()]);
    let signed = ByU.is_signed(i);
    let product =
        |n, k| bytes.int(a, 4 * n + k, signed) * bytes.int(u128::from(group(n)), k, signed);
    cpu.regs.v[i.rd()] = words.build(|n| {
        (0..4).map(|k| product(n, k)).fold(words.get(d, n), |sum, p| sum.wrapping_add(p as u64))
    });
    Ok(())
}
