//! Loads and stores of general and SIMD&FP registers.
//!
//! A line of the table is a transfer in an addressing mode. A mode gives the address to access and
//! the base to write back, if any; the base is written last, so that a fault leaves it alone. Where
//! a register has two roles, the manual leaves the result open: we do as QEMU. A base that is also
//! stored is stored as it was; one that is also loaded keeps the written-back address; of a pair
//! loaded into one register, the first stays in X, the second in V.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::{Access, Exit};

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

    #[inline]
    fn write_back(&self, cpu: &mut Cpu<'_>, i: Insn) {
        if let Some(base) = self.writeback {
            cpu.set_x_or_sp(i.rn(), base);
        }
    }
}

// ---- Addressing modes ----

/// An addressing mode: the place, given log2 of the bytes that one register transfers.
trait Mode: Fn(&Cpu<'_>, Insn, u32) -> Result<Place, Exit> {}
impl<F: Fn(&Cpu<'_>, Insn, u32) -> Result<Place, Exit>> Mode for F {}

/// Scaled unsigned 12-bit offset.
#[inline]
fn unsigned_offset(cpu: &Cpu<'_>, i: Insn, scale: u32) -> Result<Place, Exit> {
    Ok(Place::at(cpu.base(i.rn())?.wrapping_add(u64::from(i.bits(21, 10)) << scale)))
}

/// Signed 9-bit offset.
#[inline]
fn unscaled(cpu: &Cpu<'_>, i: Insn, _scale: u32) -> Result<Place, Exit> {
    Ok(Place::at(cpu.base(i.rn())?.wrapping_add(i.sbits(20, 12) as u64)))
}

#[inline]
fn post_indexed(cpu: &Cpu<'_>, i: Insn, _scale: u32) -> Result<Place, Exit> {
    let addr = cpu.base(i.rn())?;
    Ok(Place { addr, writeback: Some(addr.wrapping_add(i.sbits(20, 12) as u64)) })
}

#[inline]
fn pre_indexed(cpu: &Cpu<'_>, i: Insn, scale: u32) -> Result<Place, Exit> {
    let Place { addr, .. } = unscaled(cpu, i, scale)?;
    Ok(Place { addr, writeback: Some(addr) })
}

/// Register offset, extended and scaled. The extensions from less than 32 bits are reserved.
#[inline]
fn register_offset(cpu: &Cpu<'_>, i: Insn, scale: u32) -> Result<Place, Exit> {
    let option = i.bits(15, 13);
    if option & 2 == 0 {
        return Err(Exit::Undefined(i.0));
    }
    let offset = extend(cpu.x(i.rm()), option, if i.bit(12) { scale } else { 0 });
    Ok(Place::at(cpu.base(i.rn())?.wrapping_add(offset)))
}

/// Signed scaled 7-bit offset of the pairs.
#[inline]
fn pair_offset(cpu: &Cpu<'_>, i: Insn, scale: u32) -> Result<Place, Exit> {
    Ok(Place::at(cpu.base(i.rn())?.wrapping_add((i.sbits(21, 15) << scale) as u64)))
}

#[inline]
fn pair_post_indexed(cpu: &Cpu<'_>, i: Insn, scale: u32) -> Result<Place, Exit> {
    let addr = cpu.base(i.rn())?;
    Ok(Place { addr, writeback: Some(addr.wrapping_add((i.sbits(21, 15) << scale) as u64)) })
}

#[inline]
fn pair_pre_indexed(cpu: &Cpu<'_>, i: Insn, scale: u32) -> Result<Place, Exit> {
    let Place { addr, .. } = pair_offset(cpu, i, scale)?;
    Ok(Place { addr, writeback: Some(addr) })
}

#[inline]
fn literal(cpu: &Cpu<'_>, i: Insn, _scale: u32) -> Result<Place, Exit> {
    Ok(Place::at(cpu.regs.pc.wrapping_add((i.sbits(23, 5) << 2) as u64)))
}

// ---- Memory ----

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
fn store(cpu: &Cpu<'_>, addr: u64, size: u32, value: u64) -> Outcome {
    match size {
        0 => cpu.store(addr, value as u8),
        1 => cpu.store(addr, value as u16),
        2 => cpu.store(addr, value as u32),
        _ => cpu.store(addr, value),
    }
}

/// Two registers of 32 or 64 bits (`wide`) as memory holds them, first register lowest.
#[inline]
pub(super) fn joined(first: u64, second: u64, wide: bool) -> u128 {
    if wide {
        u128::from(second) << 64 | u128::from(first)
    } else {
        u128::from(second << 32 | first & 0xffff_ffff)
    }
}

/// The opposite of [`joined`].
#[inline]
pub(super) fn split(value: u128, wide: bool) -> (u64, u64) {
    if wide {
        (value as u64, (value >> 64) as u64)
    } else {
        (u64::from(value as u32), u64::from((value >> 32) as u32))
    }
}

/// Loads two registers of `1 << size` bytes, 4 or 8, in one access: where the 16 bytes are aligned,
/// FEAT_LSE2 makes it single-copy atomic (B2.2.1).
#[inline]
fn load_pair(cpu: &Cpu<'_>, addr: u64, size: u32) -> Result<(u64, u64), Exit> {
    Ok(if size == 3 {
        split(cpu.load(addr)?, true)
    } else {
        split(u128::from(cpu.load::<u64>(addr)?), false)
    })
}

/// Stores two registers as [`load_pair`] loads them; if the second half faults, the first half is
/// not written either.
#[inline]
fn store_pair(cpu: &Cpu<'_>, addr: u64, size: u32, first: u64, second: u64) -> Outcome {
    let value = joined(first, second, size == 3);
    if size == 3 { cpu.store(addr, value) } else { cpu.store(addr, value as u64) }
}

/// Loads a SIMD&FP register from `1 << size` bytes; the rest of it is zero.
#[inline]
fn load_fp(cpu: &Cpu<'_>, addr: u64, size: u32) -> Result<u128, Exit> {
    if size == 4 { cpu.load(addr) } else { load(cpu, addr, size).map(u128::from) }
}

#[inline]
fn store_fp(cpu: &Cpu<'_>, addr: u64, size: u32, value: u128) -> Outcome {
    if size == 4 { cpu.store(addr, value) } else { store(cpu, addr, size, value as u64) }
}

// ---- Transfers ----

/// Sign-extends `1 << size` bytes to a register of 32 bits (`narrow`) or 64.
#[inline]
fn sign_extend(value: u64, size: u32, narrow: bool) -> u64 {
    let unused = 64 - (8 << size);
    let extended = ((value << unused) as i64 >> unused) as u64;
    if narrow { u64::from(extended as u32) } else { extended }
}

/// Whether a sign-extending load's size and register width (bit 22: W) go together.
#[inline]
fn ldrs_is_allocated(i: Insn) -> bool {
    i.bits(31, 30) + u32::from(i.bit(22)) < 3
}

/// log2 of the bytes of a SIMD&FP transfer, from `opc<1>:size`; there is none above 16 bytes.
#[inline]
fn fp_size(i: Insn) -> Result<u32, Exit> {
    let size = u32::from(i.bit(23)) << 2 | i.bits(31, 30);
    if size <= 4 { Ok(size) } else { Err(Exit::Undefined(i.0)) }
}

/// As [`fp_size`] for pairs and literals, from `opc`.
#[inline]
fn fp_pair_size(i: Insn) -> Result<u32, Exit> {
    let opc = i.bits(31, 30);
    if opc < 3 { Ok(2 + opc) } else { Err(Exit::Undefined(i.0)) }
}

#[inline]
fn str(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    let size = i.bits(31, 30);
    let place = mode(cpu, i, size)?;
    store(cpu, place.addr, size, cpu.x(i.rd()))?;
    place.write_back(cpu, i);
    Ok(())
}

#[inline]
fn ldr(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    let size = i.bits(31, 30);
    let place = mode(cpu, i, size)?;
    let value = load(cpu, place.addr, size)?;
    cpu.set_x(i.rd(), value);
    place.write_back(cpu, i);
    Ok(())
}

#[inline]
fn ldrs(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    if !ldrs_is_allocated(i) {
        return undefined(cpu, i);
    }
    let size = i.bits(31, 30);
    let place = mode(cpu, i, size)?;
    let value = load(cpu, place.addr, size)?;
    cpu.set_x(i.rd(), sign_extend(value, size, i.bit(22)));
    place.write_back(cpu, i);
    Ok(())
}

#[inline]
fn str_fp(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    let size = fp_size(i)?;
    let place = mode(cpu, i, size)?;
    store_fp(cpu, place.addr, size, cpu.regs.v[i.rd()])?;
    place.write_back(cpu, i);
    Ok(())
}

#[inline]
fn ldr_fp(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    let size = fp_size(i)?;
    let place = mode(cpu, i, size)?;
    cpu.regs.v[i.rd()] = load_fp(cpu, place.addr, size)?;
    place.write_back(cpu, i);
    Ok(())
}

#[inline]
fn stp(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    let size = if i.sf() { 3 } else { 2 };
    let place = mode(cpu, i, size)?;
    store_pair(cpu, place.addr, size, cpu.x(i.rd()), cpu.x(i.ra()))?;
    place.write_back(cpu, i);
    Ok(())
}

#[inline]
fn ldp(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    let size = if i.sf() { 3 } else { 2 };
    let place = mode(cpu, i, size)?;
    let (first, second) = load_pair(cpu, place.addr, size)?;
    cpu.set_x(i.ra(), second);
    cpu.set_x(i.rd(), first);
    place.write_back(cpu, i);
    Ok(())
}

#[inline]
fn ldpsw(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    let place = mode(cpu, i, 2)?;
    let (first, second) = load_pair(cpu, place.addr, 2)?;
    cpu.set_x(i.ra(), sign_extend(second, 2, false));
    cpu.set_x(i.rd(), sign_extend(first, 2, false));
    place.write_back(cpu, i);
    Ok(())
}

#[inline]
fn stp_fp(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    let size = fp_pair_size(i)?;
    let place = mode(cpu, i, size)?;
    let (first, second) = (cpu.regs.v[i.rd()], cpu.regs.v[i.ra()]);
    if size == 4 {
        cpu.store(place.addr, first)?;
        cpu.store(place.addr.wrapping_add(16), second)?;
    } else {
        store_pair(cpu, place.addr, size, first as u64, second as u64)?;
    }
    place.write_back(cpu, i);
    Ok(())
}

#[inline]
fn ldp_fp(cpu: &mut Cpu<'_>, i: Insn, mode: impl Mode) -> Outcome {
    let size = fp_pair_size(i)?;
    let place = mode(cpu, i, size)?;
    let (first, second) = if size == 4 {
        (cpu.load(place.addr)?, cpu.load(place.addr.wrapping_add(16))?)
    } else {
        let (first, second) = load_pair(cpu, place.addr, size)?;
        (u128::from(first), u128::from(second))
    };
    cpu.regs.v[i.rd()] = first;
    cpu.regs.v[i.ra()] = second;
    place.write_back(cpu, i);
    Ok(())
}

macro_rules! transfers {
    ($($name:ident = $transfer:ident($mode:ident);)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            $transfer(cpu, i, $mode)
        }
    )*};
}
transfers! {
    STR_immediate = str(unsigned_offset);
    LDR_immediate = ldr(unsigned_offset);
    LDRS_immediate = ldrs(unsigned_offset);
    STR_fp_immediate = str_fp(unsigned_offset);
    LDR_fp_immediate = ldr_fp(unsigned_offset);

    STR_immediate_post = str(post_indexed);
    LDR_immediate_post = ldr(post_indexed);
    LDRS_immediate_post = ldrs(post_indexed);
    STR_fp_immediate_post = str_fp(post_indexed);
    LDR_fp_immediate_post = ldr_fp(post_indexed);

    STR_immediate_pre = str(pre_indexed);
    LDR_immediate_pre = ldr(pre_indexed);
    LDRS_immediate_pre = ldrs(pre_indexed);
    STR_fp_immediate_pre = str_fp(pre_indexed);
    LDR_fp_immediate_pre = ldr_fp(pre_indexed);

    STUR = str(unscaled);
    LDUR = ldr(unscaled);
    LDURS = ldrs(unscaled);
    STUR_fp = str_fp(unscaled);
    LDUR_fp = ldr_fp(unscaled);

    STR_register = str(register_offset);
    LDR_register = ldr(register_offset);
    LDRS_register = ldrs(register_offset);
    STR_fp_register = str_fp(register_offset);
    LDR_fp_register = ldr_fp(register_offset);

    STP = stp(pair_offset);
    LDP = ldp(pair_offset);
    LDPSW = ldpsw(pair_offset);
    STP_fp = stp_fp(pair_offset);
    LDP_fp = ldp_fp(pair_offset);

    STP_post = stp(pair_post_indexed);
    LDP_post = ldp(pair_post_indexed);
    LDPSW_post = ldpsw(pair_post_indexed);
    STP_fp_post = stp_fp(pair_post_indexed);
    LDP_fp_post = ldp_fp(pair_post_indexed);

    STP_pre = stp(pair_pre_indexed);
    LDP_pre = ldp(pair_pre_indexed);
    LDPSW_pre = ldpsw(pair_pre_indexed);
    STP_fp_pre = stp_fp(pair_pre_indexed);
    LDP_fp_pre = ldp_fp(pair_pre_indexed);
}

// User mode is as unprivileged as an access can be.
pub use {LDUR as LDTR, LDURS as LDTRS, STUR as STTR};
// That the data will not be used again soon changes nothing that a program could see.
pub use {LDP as LDNP, LDP_fp as LDNP_fp, STP as STNP, STP_fp as STNP_fp};

// ---- Literal ----

pub fn LDR_literal(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let size = if i.bit(30) { 3 } else { 2 };
    let value = load(cpu, literal(cpu, i, size)?.addr, size)?;
    cpu.set_x(i.rd(), value);
    Ok(())
}

pub fn LDRSW_literal(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value: u32 = cpu.load(literal(cpu, i, 2)?.addr)?;
    cpu.set_x(i.rd(), value as i32 as u64);
    Ok(())
}

pub fn LDR_fp_literal(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let size = fp_pair_size(i)?;
    cpu.regs.v[i.rd()] = load_fp(cpu, literal(cpu, i, size)?.addr, size)?;
    Ok(())
}

// ---- Prefetch ----

/// Prefetches never fault, not even for a misaligned SP.
pub fn PRFM_literal(_: &mut Cpu<'_>, _: Insn) -> Outcome {
    Ok(())
}

pub use {PRFM_literal as PRFM_immediate, PRFM_literal as PRFUM};

pub fn PRFM_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if i.bit(14) { Ok(()) } else { undefined(cpu, i) }
}

// ---- Load-acquire RCpc and store-release, unscaled (FEAT_LRCPC2) ----

pub fn STLUR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Place { addr, .. } = unscaled(cpu, i, 0)?;
    cpu.store_release(addr, 1 << i.bits(31, 30), cpu.x(i.rd()))
}

pub fn LDAPUR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Place { addr, .. } = unscaled(cpu, i, 0)?;
    let value = cpu.load_acquire(addr, 1 << i.bits(31, 30), Access::Read)?;
    cpu.set_x(i.rd(), value as u64);
    Ok(())
}

pub fn LDAPURS(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    if !ldrs_is_allocated(i) {
        return undefined(cpu, i);
    }
    let size = i.bits(31, 30);
    let Place { addr, .. } = unscaled(cpu, i, 0)?;
    let value = cpu.load_acquire(addr, 1 << size, Access::Read)?;
    cpu.set_x(i.rd(), sign_extend(value as u64, size, i.bit(22)));
    Ok(())
}
