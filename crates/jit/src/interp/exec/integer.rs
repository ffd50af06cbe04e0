//! Data processing on general registers.
//!
//! 32-bit forms compute in 64 bits where that is the same and cut the result off: the upper half
//! of a register is zero after any 32-bit operation.
#![allow(non_snake_case)] // The table's names are the manual's.

use super::super::cpu::Cpu;
use super::{Outcome, undefined};
use crate::a64::Insn;

/// The low 32 or all 64 bits of a result.
#[inline]
fn sized(sf: bool, value: u64) -> u64 {
    if sf { value } else { u64::from(value as u32) }
}

/// `AddWithCarry()`: the sum and NZCV in bits 31–28.
#[inline]
fn add_with_carry(sf: bool, a: u64, b: u64, carry: bool) -> (u64, u32) {
    let (result, n, c, v) = if sf {
        let (sum, c1) = a.overflowing_add(b);
        let (sum, c2) = sum.overflowing_add(u64::from(carry));
        (sum, sum >> 63, c1 | c2, (!(a ^ b) & (a ^ sum)) >> 63)
    } else {
        let (a, b) = (a as u32, b as u32);
        let (sum, c1) = a.overflowing_add(b);
        let (sum, c2) = sum.overflowing_add(u32::from(carry));
        (u64::from(sum), u64::from(sum >> 31), c1 | c2, u64::from((!(a ^ b) & (a ^ sum)) >> 31))
    };
    let nzcv = (n as u32) << 3 | u32::from(result == 0) << 2 | u32::from(c) << 1 | v as u32;
    (result, nzcv << 28)
}

/// N and Z of a logical result; C and V are cleared.
fn logical_flags(sf: bool, result: u64) -> u32 {
    let n = if sf { result >> 63 } else { result >> 31 & 1 };
    (n as u32) << 31 | u32::from(result == 0) << 30
}

// ---- Immediate ----

fn imm12(i: Insn) -> u64 {
    u64::from(i.bits(21, 10)) << if i.bit(22) { 12 } else { 0 }
}

pub fn ADR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let offset = i.sbits(23, 5) << 2 | i64::from(i.bits(30, 29));
    cpu.set_x(i.rd(), cpu.regs.pc.wrapping_add(offset as u64));
    Ok(())
}

pub fn ADRP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let pages = i.sbits(23, 5) << 2 | i64::from(i.bits(30, 29));
    cpu.set_x(i.rd(), (cpu.regs.pc & !0xfff).wrapping_add((pages << 12) as u64));
    Ok(())
}

pub fn ADD_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let sum = cpu.x_or_sp(i.rn()).wrapping_add(imm12(i));
    cpu.set_x_or_sp(i.rd(), sized(i.sf(), sum));
    Ok(())
}

pub fn SUB_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let difference = cpu.x_or_sp(i.rn()).wrapping_sub(imm12(i));
    cpu.set_x_or_sp(i.rd(), sized(i.sf(), difference));
    Ok(())
}

pub fn ADDS_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    add_setting_flags(cpu, i, cpu.x_or_sp(i.rn()), imm12(i), false)
}

pub fn SUBS_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    add_setting_flags(cpu, i, cpu.x_or_sp(i.rn()), !imm12(i), true)
}

#[inline]
fn add_setting_flags(cpu: &mut Cpu<'_>, i: Insn, a: u64, b: u64, carry: bool) -> Outcome {
    let (result, nzcv) = add_with_carry(i.sf(), a, b, carry);
    cpu.regs.nzcv = nzcv;
    cpu.set_x(i.rd(), result);
    Ok(())
}

/// `DecodeBitMasks()`: wmask and tmask, or `None` for a reserved encoding.
fn bit_masks(sf: bool, n: bool, imms: u32, immr: u32, immediate: bool) -> Option<(u64, u64)> {
    if n && !sf {
        return None;
    }
    let len = (u32::from(n) << 6 | (!imms & 0x3f)).checked_ilog2()?;
    if len < 1 {
        return None;
    }
    let levels = (1 << len) - 1;
    if immediate && imms & levels == levels {
        return None;
    }
    let (s, r) = (imms & levels, immr & levels);
    let diff = s.wrapping_sub(r) & levels;
    let esize = 1u32 << len;
    let ones = |n: u32| u64::MAX >> (64 - n);
    let element = ones(esize);
    let welem = ones(s + 1);
    let telem = ones(diff + 1);
    let rotated = if r == 0 { welem } else { (welem >> r | welem << (esize - r)) & element };
    let replicate = |elem: u64| {
        let mut mask = elem;
        let mut width = esize;
        while width < 64 {
            mask |= mask << width;
            width *= 2;
        }
        mask
    };
    Some((replicate(rotated), replicate(telem)))
}

#[inline]
pub(crate) fn logical_immediate(i: Insn) -> Option<u64> {
    bit_masks(i.sf(), i.bit(22), i.bits(15, 10), i.bits(21, 16), true).map(|masks| masks.0)
}

macro_rules! logical_immediates {
    ($($name:ident = $op:tt;)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let Some(mask) = logical_immediate(i) else { return undefined(cpu, i) };
            cpu.set_x_or_sp(i.rd(), sized(i.sf(), cpu.x(i.rn()) $op mask));
            Ok(())
        }
    )*};
}
logical_immediates! {
    AND_immediate = &;
    ORR_immediate = |;
    EOR_immediate = ^;
}

pub fn ANDS_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(mask) = logical_immediate(i) else { return undefined(cpu, i) };
    let result = sized(i.sf(), cpu.x(i.rn()) & mask);
    cpu.regs.nzcv = logical_flags(i.sf(), result);
    cpu.set_x(i.rd(), result);
    Ok(())
}

/// The shift of a wide move, unless it is reserved.
fn wide_shift(i: Insn) -> Option<u32> {
    (i.sf() || !i.bit(22)).then(|| i.bits(22, 21) * 16)
}

pub fn MOVZ(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(shift) = wide_shift(i) else { return undefined(cpu, i) };
    cpu.set_x(i.rd(), u64::from(i.bits(20, 5)) << shift);
    Ok(())
}

pub fn MOVN(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(shift) = wide_shift(i) else { return undefined(cpu, i) };
    cpu.set_x(i.rd(), sized(i.sf(), !(u64::from(i.bits(20, 5)) << shift)));
    Ok(())
}

pub fn MOVK(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(shift) = wide_shift(i) else { return undefined(cpu, i) };
    let kept = cpu.x(i.rd()) & !(0xffff << shift);
    cpu.set_x(i.rd(), sized(i.sf(), kept | u64::from(i.bits(20, 5)) << shift));
    Ok(())
}

/// `wmask` and `tmask` of a bitfield move, unless it is reserved.
fn bitfield_masks(i: Insn) -> Option<(u64, u64)> {
    let (immr, imms) = (i.bits(21, 16), i.bits(15, 10));
    if i.bit(22) != i.sf() || !i.sf() && (immr | imms) & 0x20 != 0 {
        return None;
    }
    bit_masks(i.sf(), i.bit(22), imms, immr, false)
}

fn rotate_right(sf: bool, value: u64, by: u32) -> u64 {
    if sf { value.rotate_right(by) } else { u64::from((value as u32).rotate_right(by)) }
}

pub fn UBFM(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some((wmask, tmask)) = bitfield_masks(i) else { return undefined(cpu, i) };
    let bottom = rotate_right(i.sf(), cpu.x(i.rn()), i.bits(21, 16)) & wmask;
    cpu.set_x(i.rd(), sized(i.sf(), bottom & tmask));
    Ok(())
}

pub fn SBFM(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some((wmask, tmask)) = bitfield_masks(i) else { return undefined(cpu, i) };
    let source = cpu.x(i.rn());
    let bottom = rotate_right(i.sf(), source, i.bits(21, 16)) & wmask;
    let top = if source >> i.bits(15, 10) & 1 != 0 { u64::MAX } else { 0 };
    cpu.set_x(i.rd(), sized(i.sf(), top & !tmask | bottom & tmask));
    Ok(())
}

pub fn BFM(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some((wmask, tmask)) = bitfield_masks(i) else { return undefined(cpu, i) };
    let old = cpu.x(i.rd());
    let rotated = rotate_right(i.sf(), cpu.x(i.rn()), i.bits(21, 16));
    let bottom = old & !wmask | rotated & wmask;
    cpu.set_x(i.rd(), sized(i.sf(), old & !tmask | bottom & tmask));
    Ok(())
}

pub fn EXTR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let lsb = i.bits(15, 10);
    if i.bit(22) != i.sf() || !i.sf() && lsb >= 32 {
        return undefined(cpu, i);
    }
    let (high, low) = (cpu.x(i.rn()), cpu.x(i.rm()));
    let result = if i.sf() {
        (u128::from(high) << 64 | u128::from(low)) >> lsb
    } else {
        u128::from((high << 32 | low & 0xffff_ffff) >> lsb)
    };
    cpu.set_x(i.rd(), sized(i.sf(), result as u64));
    Ok(())
}

// ---- Shifted and extended registers ----

/// `ShiftReg()`; the amount is below the register size.
fn shift(sf: bool, value: u64, kind: u32, by: u32) -> u64 {
    match (sf, kind) {
        (true, 0) => value << by,
        (true, 1) => value >> by,
        (true, 2) => (value as i64 >> by) as u64,
        (true, _) => value.rotate_right(by),
        (false, 0) => u64::from((value as u32) << by),
        (false, 1) => u64::from(value as u32 >> by),
        (false, 2) => u64::from((value as i32 >> by) as u32),
        (false, _) => u64::from((value as u32).rotate_right(by)),
    }
}

/// The second operand of a shifted-register instruction, unless the amount is reserved.
#[inline]
fn shifted(cpu: &Cpu<'_>, i: Insn) -> Option<u64> {
    let by = i.bits(15, 10);
    (i.sf() || by < 32).then(|| shift(i.sf(), cpu.x(i.rm()), i.bits(23, 22), by))
}

macro_rules! logical_shifted {
    ($($name:ident = |$a:ident, $b:ident| $result:expr;)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let Some($b) = shifted(cpu, i) else { return undefined(cpu, i) };
            let $a = cpu.x(i.rn());
            cpu.set_x(i.rd(), sized(i.sf(), $result));
            Ok(())
        }
    )*};
}
logical_shifted! {
    AND_shifted = |a, b| a & b;
    BIC_shifted = |a, b| a & !b;
    ORR_shifted = |a, b| a | b;
    ORN_shifted = |a, b| a | !b;
    EOR_shifted = |a, b| a ^ b;
    EON_shifted = |a, b| a ^ !b;
}

fn and_setting_flags(cpu: &mut Cpu<'_>, i: Insn, b: u64) -> Outcome {
    let result = sized(i.sf(), cpu.x(i.rn()) & b);
    cpu.regs.nzcv = logical_flags(i.sf(), result);
    cpu.set_x(i.rd(), result);
    Ok(())
}

pub fn ANDS_shifted(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = shifted(cpu, i) else { return undefined(cpu, i) };
    and_setting_flags(cpu, i, b)
}

pub fn BICS_shifted(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = shifted(cpu, i) else { return undefined(cpu, i) };
    and_setting_flags(cpu, i, !b)
}

/// As [`shifted`], for additions, where rotation is reserved too.
#[inline]
fn shifted_addend(cpu: &Cpu<'_>, i: Insn) -> Option<u64> {
    if i.bits(23, 22) == 3 { None } else { shifted(cpu, i) }
}

pub fn ADD_shifted(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = shifted_addend(cpu, i) else { return undefined(cpu, i) };
    cpu.set_x(i.rd(), sized(i.sf(), cpu.x(i.rn()).wrapping_add(b)));
    Ok(())
}

pub fn SUB_shifted(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = shifted_addend(cpu, i) else { return undefined(cpu, i) };
    cpu.set_x(i.rd(), sized(i.sf(), cpu.x(i.rn()).wrapping_sub(b)));
    Ok(())
}

pub fn ADDS_shifted(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = shifted_addend(cpu, i) else { return undefined(cpu, i) };
    add_setting_flags(cpu, i, cpu.x(i.rn()), b, false)
}

pub fn SUBS_shifted(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = shifted_addend(cpu, i) else { return undefined(cpu, i) };
    add_setting_flags(cpu, i, cpu.x(i.rn()), !b, true)
}

/// `ExtendReg()`: `option` is UXTB, UXTH, UXTW, UXTX, SXTB, SXTH, SXTW, SXTX.
#[inline]
pub(super) fn extend(value: u64, option: u32, by: u32) -> u64 {
    let extended = match option {
        0 => u64::from(value as u8),
        1 => u64::from(value as u16),
        2 => u64::from(value as u32),
        4 => value as i8 as u64,
        5 => value as i16 as u64,
        6 => value as i32 as u64,
        _ => value,
    };
    extended << by
}

/// The second operand of an extended-register addition, unless the shift is reserved.
fn extended(cpu: &Cpu<'_>, i: Insn) -> Option<u64> {
    let by = i.bits(12, 10);
    (by <= 4).then(|| extend(cpu.x(i.rm()), i.bits(15, 13), by))
}

pub fn ADD_extended(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = extended(cpu, i) else { return undefined(cpu, i) };
    cpu.set_x_or_sp(i.rd(), sized(i.sf(), cpu.x_or_sp(i.rn()).wrapping_add(b)));
    Ok(())
}

pub fn SUB_extended(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = extended(cpu, i) else { return undefined(cpu, i) };
    cpu.set_x_or_sp(i.rd(), sized(i.sf(), cpu.x_or_sp(i.rn()).wrapping_sub(b)));
    Ok(())
}

pub fn ADDS_extended(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = extended(cpu, i) else { return undefined(cpu, i) };
    add_setting_flags(cpu, i, cpu.x_or_sp(i.rn()), b, false)
}

pub fn SUBS_extended(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let Some(b) = extended(cpu, i) else { return undefined(cpu, i) };
    add_setting_flags(cpu, i, cpu.x_or_sp(i.rn()), !b, true)
}

// ---- With carry and conditions ----

fn carry(cpu: &Cpu<'_>) -> bool {
    cpu.regs.nzcv & 1 << 29 != 0
}

macro_rules! with_carry {
    ($($name:ident = |$b:ident| $operand:expr, flags: $flags:literal;)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let $b = cpu.x(i.rm());
            let (result, nzcv) = add_with_carry(i.sf(), cpu.x(i.rn()), $operand, carry(cpu));
            if $flags {
                cpu.regs.nzcv = nzcv;
            }
            cpu.set_x(i.rd(), result);
            Ok(())
        }
    )*};
}
with_carry! {
    ADC = |b| b, flags: false;
    ADCS = |b| b, flags: true;
    SBC = |b| !b, flags: false;
    SBCS = |b| !b, flags: true;
}

/// `CCMP` and `CCMN`: compares if the condition holds, else sets the flags to the immediate.
fn conditional_compare(cpu: &mut Cpu<'_>, i: Insn, b: u64, subtract: bool) -> Outcome {
    cpu.regs.nzcv = if cpu.condition(i.bits(15, 12)) {
        let b = if subtract { !b } else { b };
        add_with_carry(i.sf(), cpu.x(i.rn()), b, subtract).1
    } else {
        i.bits(3, 0) << 28
    };
    Ok(())
}

pub fn CCMN_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    conditional_compare(cpu, i, cpu.x(i.rm()), false)
}

pub fn CCMP_register(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    conditional_compare(cpu, i, cpu.x(i.rm()), true)
}

pub fn CCMN_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    conditional_compare(cpu, i, u64::from(i.bits(20, 16)), false)
}

pub fn CCMP_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    conditional_compare(cpu, i, u64::from(i.bits(20, 16)), true)
}

macro_rules! conditional_selects {
    ($($name:ident = |$b:ident| $otherwise:expr;)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let result = if cpu.condition(i.bits(15, 12)) {
                cpu.x(i.rn())
            } else {
                let $b = cpu.x(i.rm());
                $otherwise
            };
            cpu.set_x(i.rd(), sized(i.sf(), result));
            Ok(())
        }
    )*};
}
conditional_selects! {
    CSEL = |b| b;
    CSINC = |b| b.wrapping_add(1);
    CSINV = |b| !b;
    CSNEG = |b| b.wrapping_neg();
}

// ---- Flag manipulation ----

pub fn RMIF(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let rotated = cpu.x(i.rn()).rotate_right(i.bits(20, 15)) as u32;
    let mask = i.bits(3, 0) << 28;
    cpu.regs.nzcv = cpu.regs.nzcv & !mask | rotated << 28 & mask;
    Ok(())
}

/// `SETF8` and `SETF16`: flags of a value of `bits` bits; C is kept.
fn set_flags(cpu: &mut Cpu<'_>, i: Insn, bits: u32) -> Outcome {
    let value = cpu.x(i.rn()) as u32;
    let n = value >> (bits - 1) & 1;
    let z = u32::from(value & ((1 << bits) - 1) == 0);
    let v = (value >> bits ^ value >> (bits - 1)) & 1;
    cpu.regs.nzcv = cpu.regs.nzcv & 1 << 29 | n << 31 | z << 30 | v << 28;
    Ok(())
}

pub fn SETF8(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    set_flags(cpu, i, 8)
}

pub fn SETF16(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    set_flags(cpu, i, 16)
}

// ---- One, two and three sources ----

pub fn UDIV(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (a, b) = (sized(i.sf(), cpu.x(i.rn())), sized(i.sf(), cpu.x(i.rm())));
    cpu.set_x(i.rd(), a.checked_div(b).unwrap_or(0));
    Ok(())
}

pub fn SDIV(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (a, b) = (cpu.x(i.rn()), cpu.x(i.rm()));
    let quotient = if i.sf() {
        if b == 0 { 0 } else { (a as i64).wrapping_div(b as i64) as u64 }
    } else if b as u32 == 0 {
        0
    } else {
        u64::from((a as i32).wrapping_div(b as i32) as u32)
    };
    cpu.set_x(i.rd(), quotient);
    Ok(())
}

/// A shift by a register, modulo the register size.
fn shift_variable(cpu: &mut Cpu<'_>, i: Insn, kind: u32) -> Outcome {
    let by = cpu.x(i.rm()) as u32 % if i.sf() { 64 } else { 32 };
    cpu.set_x(i.rd(), shift(i.sf(), cpu.x(i.rn()), kind, by));
    Ok(())
}

pub fn LSLV(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    shift_variable(cpu, i, 0)
}

pub fn LSRV(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    shift_variable(cpu, i, 1)
}

pub fn ASRV(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    shift_variable(cpu, i, 2)
}

pub fn RORV(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    shift_variable(cpu, i, 3)
}

/// CRC of the low `1 << sz` bytes with a bit-reflected polynomial.
fn crc32(cpu: &mut Cpu<'_>, i: Insn, polynomial: u32) -> Outcome {
    let size = i.bits(11, 10);
    if (size == 3) != i.sf() {
        return undefined(cpu, i);
    }
    let mut crc = cpu.x(i.rn()) as u32;
    for byte in cpu.x(i.rm()).to_le_bytes().iter().take(1 << size) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ if crc & 1 != 0 { polynomial } else { 0 };
        }
    }
    cpu.set_x(i.rd(), u64::from(crc));
    Ok(())
}

pub fn CRC32(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    crc32(cpu, i, 0x04c1_1db7_u32.reverse_bits())
}

pub fn CRC32C(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    crc32(cpu, i, 0x1edc_6f41_u32.reverse_bits())
}

macro_rules! one_source {
    ($($name:ident = |$a:ident| $wide:expr, $narrow:expr;)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let result = if i.sf() {
                let $a = cpu.x(i.rn());
                u64::from($wide)
            } else {
                let $a = cpu.x(i.rn()) as u32;
                u64::from($narrow)
            };
            cpu.set_x(i.rd(), result);
            Ok(())
        }
    )*};
}
one_source! {
    RBIT = |a| a.reverse_bits(), a.reverse_bits();
    REV16 = |a| (a & 0x00ff_00ff_00ff_00ff) << 8 | a >> 8 & 0x00ff_00ff_00ff_00ff,
        (a & 0x00ff_00ff) << 8 | a >> 8 & 0x00ff_00ff;
    // REV of a W register; REV32 of an X register.
    REV_word = |a| a.swap_bytes().rotate_right(32), a.swap_bytes();
    CLZ = |a| a.leading_zeros(), a.leading_zeros();
    // Sign bits behind the first; the result of `^` has a zero on top for each.
    CLS = |a| ((a ^ a << 1) | 1).leading_zeros(), ((a ^ a << 1) | 1).leading_zeros();
}

pub fn REV_doubleword(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.set_x(i.rd(), cpu.x(i.rn()).swap_bytes());
    Ok(())
}

/// `Ra ± product`.
fn multiply_add(cpu: &mut Cpu<'_>, i: Insn, product: u64) -> Outcome {
    let addend = cpu.x(i.ra());
    // Bit 15 is o0: subtract.
    let sum = if i.bit(15) { addend.wrapping_sub(product) } else { addend.wrapping_add(product) };
    cpu.set_x(i.rd(), sized(i.sf(), sum));
    Ok(())
}

pub fn MADD(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    multiply_add(cpu, i, cpu.x(i.rn()).wrapping_mul(cpu.x(i.rm())))
}

pub fn SMADDL(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (a, b) = (cpu.x(i.rn()) as i32, cpu.x(i.rm()) as i32);
    multiply_add(cpu, i, (i64::from(a) * i64::from(b)) as u64)
}

pub fn UMADDL(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (a, b) = (cpu.x(i.rn()) as u32, cpu.x(i.rm()) as u32);
    multiply_add(cpu, i, u64::from(a) * u64::from(b))
}

pub use MADD as MSUB;
pub use SMADDL as SMSUBL;
pub use UMADDL as UMSUBL;

pub fn SMULH(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (a, b) = (cpu.x(i.rn()) as i64, cpu.x(i.rm()) as i64);
    cpu.set_x(i.rd(), ((i128::from(a) * i128::from(b)) >> 64) as u64);
    Ok(())
}

pub fn UMULH(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (a, b) = (cpu.x(i.rn()), cpu.x(i.rm()));
    cpu.set_x(i.rd(), ((u128::from(a) * u128::from(b)) >> 64) as u64);
    Ok(())
}
