//! Advanced SIMD by indexed element, vector and scalar: every lane of `Rn` meets one element of
//! `Rm`.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::Outcome;
use super::arith::Sign::{ByU, Signed};
use super::arith::{self, Lane, Sign, each_lane, instructions};
use super::shape::{HS, Shape, part};
use super::simd_three_same::dot_product;
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

/// The index, from `H`, `L` and `M`, and the register: of 16-bit elements only V0 to V15, as `M`
/// is part of their index.
fn index_and_register(i: Insn) -> Result<(u32, usize), Exit> {
    let (h, l, m) = (i.bits(11, 11), i.bits(21, 21), i.bits(20, 20));
    match i.size() {
        1 => Ok((h << 2 | l << 1 | m, i.bits(19, 16) as usize)),
        2 => Ok((h << 1 | l, i.rm())),
        _ => Err(Exit::Undefined(i.0)),
    }
}

/// The chosen element of `Rm`.
fn element(cpu: &Cpu<'_>, i: Insn, signed: bool) -> Result<i128, Exit> {
    let (index, register) = index_and_register(i)?;
    Ok(Shape::scalar(i.size()).int(cpu.regs.v[register], index, signed))
}

#[inline(always)]
fn by_element(cpu: &mut Cpu<'_>, i: Insn, sign: Sign, f: impl Fn(Lane<'_>) -> i128) -> Outcome {
    let shape = Shape::of(i, HS, HS)?;
    let signed = sign.is_signed(i);
    let (a, b) = (cpu.regs.v[i.rn()], element(cpu, i, signed)?);
    let operands = |n| (shape.int(a, n, signed), b);
    cpu.regs.v[i.rd()] = each_lane(cpu, i, shape, signed, operands, f);
    Ok(())
}

instructions! { by_element:
    MUL_element                                 = ByU, arith::mul;
    MLA_element                                 = ByU, arith::mla;
    MLS_element                                 = ByU, arith::mls;
    SQDMULH_element SQDMULH_element_scalar      = Signed, arith::sqdmulh;
    SQRDMULH_element SQRDMULH_element_scalar    = Signed, arith::sqrdmulh;
    SQRDMLAH_element SQRDMLAH_element_scalar    = Signed, arith::sqrdmlah;
    SQRDMLSH_element SQRDMLSH_element_scalar    = Signed, arith::sqrdmlsh;
}

#[inline(always)]
fn long_by_element(
    cpu: &mut Cpu<'_>,
    i: Insn,
    sign: Sign,
    f: impl Fn(Lane<'_>) -> i128,
) -> Outcome {
    let shape = Shape::narrow(i, HS, HS)?;
    let signed = sign.is_signed(i);
    let (a, b) = (part(i, cpu.regs.v[i.rn()]), element(cpu, i, signed)?);
    let operands = |n| (shape.int(a, n, signed), b);
    cpu.regs.v[i.rd()] = each_lane(cpu, i, shape.widened(), signed, operands, f);
    Ok(())
}

instructions! { long_by_element:
    SMULL_element UMULL_element                 = ByU, arith::mul;
    SMLAL_element UMLAL_element                 = ByU, arith::mla;
    SMLSL_element UMLSL_element                 = ByU, arith::mls;
    SQDMULL_element SQDMULL_element_scalar      = Signed, arith::sqdmull;
    SQDMLAL_element SQDMLAL_element_scalar      = Signed, arith::sqdmlal;
    SQDMLSL_element SQDMLSL_element_scalar      = Signed, arith::sqdmlsl;
}

pub fn SDOT_element(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (index, register) = index_and_register(i)?;
    let group = (cpu.regs.v[register] >> (32 * index)) as u32;
    dot_product(cpu, i, |_| group)
}
pub use self::SDOT_element as UDOT_element;
