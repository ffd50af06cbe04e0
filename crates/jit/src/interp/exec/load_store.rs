//! Loads and stores of general and SIMD&FP registers.
//!
//! All addressing modes come down to three values: the address to access, the base to write back
//! (if any), and the transfer. The base is written last, so that a fault leaves it alone.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::super::cpu::Cpu;
use super::integer::extend;
use super::{Outcome, undefined};
use crate::a64::Insn;

/// Where an instruction accesses memory and what it leaves in its base register.
struct Place {
    addr: u64,
    writeback: Option<u64>,
}

impl Place {
    fn at(addr: u64) -> Self {
        Self { addr, writeback: None }
    }

    fn write_back(&self, cpu: &mut Cpu<'_>, i: Insn) {
        if let Some(base) = self.writeback {
            cpu.set_x_or_sp(i.rn(), base);
        }
    }
}

// ---- Addressing ----

/// Scaled unsigned 12-bit offset.
#[inline]
fn unsigned_offset(cpu: &Cpu<'_>, i: Insn, scale: u32) -> Result<Place, Exit> {
    Ok(Place::at(cpu.base(i.rn())?.wrapping_add(u64::from(i.bits(21, 10)) << scale)))
}

/// Signed 9-bit offset; bits 11–10 say unscaled (or unprivileged), post- or pre-indexed.
#[inline]
fn signed_offset(cpu: &Cpu<'_>, i: Insn) -> Result<Place, Exit> {
    let base = cpu.base(i.rn())?;
    let moved = base.wrapping_add(i.sbits(20, 12) as u64);
    Ok(match i.bits(11, 10) {
        1 => Place { addr: base, writeback: Some(moved) },
        3 => Place { addr: moved, writeback: Some(moved) },
        _ => Place::at(moved),
    })
}

/// Register offset, extended and scaled; `None` for the reserved extensions.
#[inline]
fn register_offset(cpu: &Cpu<'_>, i: Insn, scale: u32) -> Result<Option<Place>, Exit> {
    let option = i.bits(15, 13);
    if option & 2 == 0 {
        return Ok(None);
    }
    let offset = extend(cpu.x(i.rm()), option, if i.bit(12) { scale } else { 0 });
    Ok(Some(Place::at(cpu.base(i.rn())?.wrapping_add(offset))))
}

/// Signed scaled 7-bit offset of the pairs; bits 24–23 say no-allocate, post-indexed, plain or
/// pre-indexed.
#[inline]
fn pair_offset(cpu: &Cpu<'_>, i: Insn, scale: u32) -> Result<Place, Exit> {
    let base = cpu.base(i.rn())?;
    let moved = base.wrapping_add((i.sbits(21, 15) << scale) as u64);
    Ok(match i.bits(24, 23) {
        1 => Place { addr: base, writeback: Some(moved) },
        3 => Place { addr: moved, writeback: Some(moved) },
        _ => Place::at(moved),
    })
}

fn literal(cpu: &Cpu<'_>, i: Insn) -> u64 {
    cpu.regs.pc.wrapping_add((i.sbits(23, 5) << 2) as u64)
}

// ---- Transfers ----

/// Loads `1 << size` bytes, zero-extended.
#[inline]
fn load(cpu: &Cpu<'_>, addr: u64, size: u32) -> Result<u64, Exit> {
    Ok(match size {
        0 => u64::from(cpu.load::<u8>(addr)?),
        1 => u64::from(cpu.load::<u16>(addr)?),
        2 => u64::from(cpu.load::<u32>(addr)?),
        _ => cpu.load(addr)?,
    })
}

/// Stores the low `1 << size` bytes.
#[inline]
fn store(cpu: &Cpu<'_>, addr: u64, size: u32, value: u64) -> Result<(), Exit> {
    match size {
        0 => cpu.store(addr, value as u8),
        1 => cpu.store(addr, value as u16),
        2 => cpu.store(addr, value as u32),
        _ => cpu.store(addr, value),
    }
}

/// Sign-extends `1 << size` bytes to a register of 32 bits (`narrow`) or 64.
fn sign_extend(value: u64, size: u32, narrow: bool) -> u64 {
    let unused = 64 - (8 << size);
    let extended = ((value << unused) as i64 >> unused) as u64;
    if narrow { u64::from(extended as u32) } else { extended }
}

fn str(cpu: &mut Cpu<'_>, i: Insn, place: Place) -> Outcome {
    store(cpu, place.addr, i.bits(31, 30), cpu.x(i.rd()))?;
    place.write_back(cpu, i);
    Ok(())
}

fn ldr(cpu: &mut Cpu<'_>, i: Insn, place: Place) -> Outcome {
    let value = load(cpu, place.addr, i.bits(31, 30))?;
    place.write_back(cpu, i);
    cpu.set_x(i.rd(), value);
    Ok(())
}

/// Bit 22 of the sign-extending loads: to a W register.
fn ldrs(cpu: &mut Cpu<'_>, i: Insn, place: Place) -> Outcome {
    let value = load(cpu, place.addr, i.bits(31, 30))?;
    place.write_back(cpu, i);
    cpu.set_x(i.rd(), sign_extend(value, i.bits(31, 30), i.bit(22)));
    Ok(())
}

/// Whether a sign-extending load's size and register width go together.
fn ldrs_is_allocated(i: Insn) -> bool {
    i.bits(31, 30) + u32::from(i.bit(22)) < 3
}

/// log2 of the bytes of a SIMD&FP transfer, from `opc<1>:size`; `None` above 16 bytes.
fn fp_size(i: Insn) -> Option<u32> {
    let size = u32::from(i.bit(23)) << 2 | i.bits(31, 30);
    (size <= 4).then_some(size)
}

fn load_fp(cpu: &Cpu<'_>, addr: u64, size: u32) -> Result<u128, Exit> {
    if size == 4 { cpu.load(addr) } else { load(cpu, addr, size).map(u128::from) }
}

fn store_fp(cpu: &Cpu<'_>, addr: u64, size: u32, value: u128) -> Result<(), Exit> {
    if size == 4 { cpu.store(addr, value) } else { store(cpu, addr, size, value as u64) }
}

fn str_fp(cpu: &mut Cpu<'_>, i: Insn, place: Place, size: u32) -> Outcome {
    store_fp(cpu, place.addr, size, cpu.regs.v[i.rd()])?;
    place.write_back(cpu, i);
    Ok(())
}

fn ldr_fp(cpu: &mut Cpu<'_>, i: Insn, place: Place, size: u32) -> Outcome {
    let value = load_fp(cpu, place.addr, size)?;
    place.write_back(cpu, i);
    cpu.regs.v[i.rd()] = value;
    Ok(())
}

// ---- Literal ----

pub fn LDR_literal(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = load(cpu, literal(cpu, i), if i.bit(30) { 3 } else { 2 })?;
    cpu.set_x(i.rd(), value);
    Ok(())
}

pub fn LDRSW_literal(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value: u32 = cpu.load(literal(cpu, i))?;
    cpu.set_x(i.rd(), value as i32 as u64);
    Ok(())
}

pub fn LDR_fp_literal(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if i.bits(31, 30) == 3 {
        return undefined(cpu, i);
    }
    cpu.regs.v[i.rd()] = load_fp(cpu, literal(cpu, i), 2 + i.bits(31, 30))?;
    Ok(())
}

/// Prefetches never fault.
pub fn PRFM_literal(_: &mut Cpu<'_>, _: Insn) -> Outcome {
    Ok(())
}

pub use PRFM_literal as PRFM_immediate;
pub use PRFM_literal as PRFUM;

pub fn PRFM_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if i.bit(14) { Ok(()) } else { undefined(cpu, i) }
}

// ---- Immediate offset ----

pub fn STR_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let place = unsigned_offset(cpu, i, i.bits(31, 30))?;
    str(cpu, i, place)
}

pub fn LDR_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let place = unsigned_offset(cpu, i, i.bits(31, 30))?;
    ldr(cpu, i, place)
}

pub fn LDRS_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if !ldrs_is_allocated(i) {
        return undefined(cpu, i);
    }
    let place = unsigned_offset(cpu, i, i.bits(31, 30))?;
    ldrs(cpu, i, place)
}

pub fn STR_fp_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(size) = fp_size(i) else { return undefined(cpu, i) };
    let place = unsigned_offset(cpu, i, size)?;
    str_fp(cpu, i, place, size)
}

pub fn LDR_fp_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(size) = fp_size(i) else { return undefined(cpu, i) };
    let place = unsigned_offset(cpu, i, size)?;
    ldr_fp(cpu, i, place, size)
}

// ---- Unscaled, unprivileged, pre- and post-indexed ----

pub fn STR_unscaled_or_indexed(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let place = signed_offset(cpu, i)?;
    str(cpu, i, place)
}

pub fn LDR_unscaled_or_indexed(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let place = signed_offset(cpu, i)?;
    ldr(cpu, i, place)
}

pub fn LDRS_unscaled_or_indexed(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if !ldrs_is_allocated(i) {
        return undefined(cpu, i);
    }
    let place = signed_offset(cpu, i)?;
    ldrs(cpu, i, place)
}

/// There is no unprivileged form of the SIMD&FP transfers.
fn fp_indexed_size(i: Insn) -> Option<u32> {
    if i.bits(11, 10) == 2 { None } else { fp_size(i) }
}

pub fn STR_fp_unscaled_or_indexed(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(size) = fp_indexed_size(i) else { return undefined(cpu, i) };
    let place = signed_offset(cpu, i)?;
    str_fp(cpu, i, place, size)
}

pub fn LDR_fp_unscaled_or_indexed(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(size) = fp_indexed_size(i) else { return undefined(cpu, i) };
    let place = signed_offset(cpu, i)?;
    ldr_fp(cpu, i, place, size)
}

// ---- Register offset ----

pub fn STR_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(place) = register_offset(cpu, i, i.bits(31, 30))? else { return undefined(cpu, i) };
    str(cpu, i, place)
}

pub fn LDR_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(place) = register_offset(cpu, i, i.bits(31, 30))? else { return undefined(cpu, i) };
    ldr(cpu, i, place)
}

pub fn LDRS_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if !ldrs_is_allocated(i) {
        return undefined(cpu, i);
    }
    let Some(place) = register_offset(cpu, i, i.bits(31, 30))? else { return undefined(cpu, i) };
    ldrs(cpu, i, place)
}

pub fn STR_fp_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(size) = fp_size(i) else { return undefined(cpu, i) };
    let Some(place) = register_offset(cpu, i, size)? else { return undefined(cpu, i) };
    str_fp(cpu, i, place, size)
}

pub fn LDR_fp_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(size) = fp_size(i) else { return undefined(cpu, i) };
    let Some(place) = register_offset(cpu, i, size)? else { return undefined(cpu, i) };
    ldr_fp(cpu, i, place, size)
}

// ---- Pairs ----

pub fn STP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let size = if i.sf() { 3 } else { 2 };
    let place = pair_offset(cpu, i, size)?;
    // Both or none where the host can tell: an access to the second page may fault.
    let (first, second) = (cpu.x(i.rd()), cpu.x(i.ra()));
    if size == 3 {
        cpu.store(place.addr, u128::from(second) << 64 | u128::from(first))?;
    } else {
        cpu.store(place.addr, second << 32 | first & 0xffff_ffff)?;
    }
    place.write_back(cpu, i);
    Ok(())
}

pub fn LDP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let size = if i.sf() { 3 } else { 2 };
    let place = pair_offset(cpu, i, size)?;
    let first = load(cpu, place.addr, size)?;
    let second = load(cpu, place.addr.wrapping_add(1 << size), size)?;
    place.write_back(cpu, i);
    cpu.set_x(i.rd(), first);
    cpu.set_x(i.ra(), second);
    Ok(())
}

pub fn LDPSW(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if i.bits(24, 23) == 0 {
        return undefined(cpu, i);
    }
    let place = pair_offset(cpu, i, 2)?;
    let first: u32 = cpu.load(place.addr)?;
    let second: u32 = cpu.load(place.addr.wrapping_add(4))?;
    place.write_back(cpu, i);
    cpu.set_x(i.rd(), first as i32 as u64);
    cpu.set_x(i.ra(), second as i32 as u64);
    Ok(())
}

pub fn STP_fp(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let size = 2 + i.bits(31, 30);
    if size == 5 {
        return undefined(cpu, i);
    }
    let place = pair_offset(cpu, i, size)?;
    store_fp(cpu, place.addr, size, cpu.regs.v[i.rd()])?;
    store_fp(cpu, place.addr.wrapping_add(1 << size), size, cpu.regs.v[i.ra()])?;
    place.write_back(cpu, i);
    Ok(())
}

pub fn LDP_fp(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let size = 2 + i.bits(31, 30);
    if size == 5 {
        return undefined(cpu, i);
    }
    let place = pair_offset(cpu, i, size)?;
    let first = load_fp(cpu, place.addr, size)?;
    let second = load_fp(cpu, place.addr.wrapping_add(1 << size), size)?;
    place.write_back(cpu, i);
    cpu.regs.v[i.rd()] = first;
    cpu.regs.v[i.ra()] = second;
    Ok(())
}

// ---- Load-acquire RCpc and store-release, unscaled (FEAT_LRCPC2) ----

fn unscaled(cpu: &Cpu<'_>, i: Insn) -> Result<u64, Exit> {
    Ok(cpu.base(i.rn())?.wrapping_add(i.sbits(20, 12) as u64))
}

pub fn STLUR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let addr = unscaled(cpu, i)?;
    cpu.store_release(addr, i.bits(31, 30), cpu.x(i.rd()))
}

pub fn LDAPUR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = cpu.load_acquire(unscaled(cpu, i)?, i.bits(31, 30))?;
    cpu.set_x(i.rd(), value);
    Ok(())
}

pub fn LDAPURS(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if !ldrs_is_allocated(i) {
        return undefined(cpu, i);
    }
    let value = cpu.load_acquire(unscaled(cpu, i)?, i.bits(31, 30))?;
    cpu.set_x(i.rd(), sign_extend(value, i.bits(31, 30), i.bit(22)));
    Ok(())
}
