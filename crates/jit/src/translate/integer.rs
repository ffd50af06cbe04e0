//! Data processing on general registers, apart from shifts and bit fields.

use super::flags::{Carry, Flags};
use super::lines::{Family, Line};
use super::{RAX, RCX, RDX, Translator, ZERO, zr};
use crate::a64::{Insn, Op};
use crate::interp::logical_immediate;
use crate::region::Uses;
use crate::x64::{Alu, Cond, Mem, Reg, Rm, Shift, Width};

/// An operand of an arithmetic instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value {
    /// A guest register, as numbered in `Homes`.
    Guest(usize),
    /// A constant, sign-extended.
    Constant(i32),
    /// A scratch register.
    Host(Reg),
}

// ---- What is read and written ----

const fn d(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes(i.rd()))
}

const fn d_n(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes(i.rd()).reads(i.rn()))
}

const fn d_n_m(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes(i.rd()).reads(i.rn()).reads(i.rm()))
}

const fn d_n_m_a(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes(i.rd()).reads(i.rn()).reads(i.rm()).reads(i.ra()))
}

/// Both are SP for 31.
const fn dsp_nsp(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes_or_sp(i.rd()).reads_or_sp(i.rn()))
}

const fn dflags_nsp(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes(i.rd()).reads_or_sp(i.rn()).writes_flags())
}

fn dsp_n_mask(i: Insn) -> Option<Uses> {
    logical_immediate(i)?;
    Some(Uses::NONE.writes_or_sp(i.rd()).reads(i.rn()))
}

fn dflags_n_mask(i: Insn) -> Option<Uses> {
    logical_immediate(i)?;
    Some(Uses::NONE.writes(i.rd()).reads(i.rn()).writes_flags())
}

/// A shifted register: shift amounts beyond the width are reserved, and ROR is with sums.
fn shifted(i: Insn) -> Option<Uses> {
    (i.sf() || !i.bit(15)).then_some(Uses::NONE.writes(i.rd()).reads(i.rn()).reads(i.rm()))
}

fn shifted_sum(i: Insn) -> Option<Uses> {
    if i.bits(23, 22) == 3 { None } else { shifted(i) }
}

fn shifted_flags(i: Insn) -> Option<Uses> {
    shifted(i).map(Uses::writes_flags)
}

fn shifted_sum_flags(i: Insn) -> Option<Uses> {
    shifted_sum(i).map(Uses::writes_flags)
}

fn extended(i: Insn) -> Option<Uses> {
    let uses = Uses::NONE.writes_or_sp(i.rd()).reads_or_sp(i.rn()).reads(i.rm());
    (i.bits(12, 10) <= 4).then_some(uses)
}

fn extended_flags(i: Insn) -> Option<Uses> {
    let uses = Uses::NONE.writes(i.rd()).reads_or_sp(i.rn()).reads(i.rm()).writes_flags();
    (i.bits(12, 10) <= 4).then_some(uses)
}

fn with_carry(i: Insn) -> Option<Uses> {
    d_n_m(i).map(Uses::reads_flags)
}

fn with_carry_flags(i: Insn) -> Option<Uses> {
    d_n_m(i).map(|uses| uses.reads_flags().writes_flags())
}

fn compare_if_register(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads(i.rn()).reads(i.rm()).reads_flags().writes_flags())
}

fn compare_if_immediate(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads(i.rn()).reads_flags().writes_flags())
}

/// `UBFM` and its like have no 32-bit form with `N` set, and `MOVK` none with a high half.
fn move_wide(i: Insn) -> Option<Uses> {
    if !i.sf() && i.bit(22) { None } else { d(i) }
}

fn move_keep(i: Insn) -> Option<Uses> {
    move_wide(i).map(|uses| uses.reads(i.rd()))
}

fn crc32c(i: Insn) -> Option<Uses> {
    if i.sf() == (i.bits(11, 10) == 3) { d_n_m(i) } else { None }
}

const fn line(uses: fn(Insn) -> Option<Uses>, emit: super::Emit) -> Line {
    Line::new(uses, emit)
}

pub(super) const LINES: Family = &[
    (Op::ADR, line(d, adr)),
    (Op::ADRP, line(d, adrp)),
    (Op::ADD_immediate, line(dsp_nsp, |t, i| add_immediate(t, i, imm12(i)))),
    (Op::SUB_immediate, line(dsp_nsp, |t, i| add_immediate(t, i, -imm12(i)))),
    (Op::ADDS_immediate, line(dflags_nsp, |t, i| sum_flags(t, i, Alu::Add, constant(i)))),
    (Op::SUBS_immediate, line(dflags_nsp, |t, i| sum_flags(t, i, Alu::Sub, constant(i)))),
    (Op::AND_immediate, line(dsp_n_mask, |t, i| logical_mask(t, i, Alu::And))),
    (Op::ORR_immediate, line(dsp_n_mask, |t, i| logical_mask(t, i, Alu::Or))),
    (Op::EOR_immediate, line(dsp_n_mask, |t, i| logical_mask(t, i, Alu::Xor))),
    (Op::ANDS_immediate, line(dflags_n_mask, ands_immediate)),
    (Op::MOVN, line(move_wide, |t, i| t.set_x_const(zr(i.rd()), sized(i, !wide_immediate(i))))),
    (Op::MOVZ, line(move_wide, |t, i| t.set_x_const(zr(i.rd()), wide_immediate(i)))),
    (Op::MOVK, line(move_keep, movk)),
    (Op::AND_shifted, line(shifted, |t, i| logical(t, i, Alu::And, false))),
    (Op::BIC_shifted, line(shifted, |t, i| logical(t, i, Alu::And, true))),
    (Op::ORR_shifted, line(shifted, |t, i| logical(t, i, Alu::Or, false))),
    (Op::ORN_shifted, line(shifted, |t, i| logical(t, i, Alu::Or, true))),
    (Op::EOR_shifted, line(shifted, |t, i| logical(t, i, Alu::Xor, false))),
    (Op::EON_shifted, line(shifted, |t, i| logical(t, i, Alu::Xor, true))),
    (Op::ANDS_shifted, line(shifted_flags, |t, i| ands(t, i, false))),
    (Op::BICS_shifted, line(shifted_flags, |t, i| ands(t, i, true))),
    (Op::ADD_shifted, line(shifted_sum, add_shifted)),
    (Op::SUB_shifted, line(shifted_sum, sub_shifted)),
    (Op::ADDS_shifted, line(shifted_sum_flags, |t, i| sum_flags_shifted(t, i, Alu::Add))),
    (Op::SUBS_shifted, line(shifted_sum_flags, |t, i| sum_flags_shifted(t, i, Alu::Sub))),
    (Op::ADD_extended, line(extended, |t, i| sum_extended(t, i, Alu::Add))),
    (Op::SUB_extended, line(extended, |t, i| sum_extended(t, i, Alu::Sub))),
    (Op::ADDS_extended, line(extended_flags, |t, i| sum_flags_extended(t, i, Alu::Add))),
    (Op::SUBS_extended, line(extended_flags, |t, i| sum_flags_extended(t, i, Alu::Sub))),
    (Op::ADC, line(with_carry, |t, i| sum_with_carry(t, i, Alu::Adc))),
    (Op::ADCS, line(with_carry_flags, |t, i| sum_with_carry(t, i, Alu::Adc))),
    (Op::SBC, line(with_carry, |t, i| sum_with_carry(t, i, Alu::Sbb))),
    (Op::SBCS, line(with_carry_flags, |t, i| sum_with_carry(t, i, Alu::Sbb))),
    (Op::CCMN_register, line(compare_if_register, |t, i| compare_if(t, i, Alu::Add))),
    (Op::CCMP_register, line(compare_if_register, |t, i| compare_if(t, i, Alu::Cmp))),
    (Op::CCMN_immediate, line(compare_if_immediate, |t, i| compare_if(t, i, Alu::Add))),
    (Op::CCMP_immediate, line(compare_if_immediate, |t, i| compare_if(t, i, Alu::Cmp))),
    (Op::CSEL, line(with_carry, |t, i| select(t, i, Else::Same))),
    (Op::CSINC, line(with_carry, |t, i| select(t, i, Else::Increment))),
    (Op::CSINV, line(with_carry, |t, i| select(t, i, Else::Invert))),
    (Op::CSNEG, line(with_carry, |t, i| select(t, i, Else::Negate))),
    (Op::UDIV, line(d_n_m, |t, i| divide(t, i, false))),
    (Op::SDIV, line(d_n_m, |t, i| divide(t, i, true))),
    (Op::CRC32C, line(crc32c, crc32c_emit)),
    (Op::RBIT, line(d_n, reverse_bits)),
    (Op::REV16, line(d_n, reverse_16)),
    (Op::REV_word, line(d_n, reverse_32)),
    (Op::REV_doubleword, line(d_n, reverse_64)),
    (Op::CLZ, line(d_n, count_leading_zeros)),
    (Op::CLS, line(d_n, count_leading_signs)),
    (Op::MADD, line(d_n_m_a, |t, i| multiply_add(t, i, Alu::Add))),
    (Op::MSUB, line(d_n_m_a, |t, i| multiply_add(t, i, Alu::Sub))),
    (Op::SMADDL, line(d_n_m_a, |t, i| multiply_add_long(t, i, Alu::Add, true))),
    (Op::SMSUBL, line(d_n_m_a, |t, i| multiply_add_long(t, i, Alu::Sub, true))),
    (Op::UMADDL, line(d_n_m_a, |t, i| multiply_add_long(t, i, Alu::Add, false))),
    (Op::UMSUBL, line(d_n_m_a, |t, i| multiply_add_long(t, i, Alu::Sub, false))),
    (Op::SMULH, line(d_n_m, signed_multiply_high)),
    (Op::UMULH, line(d_n_m, unsigned_multiply_high)),
];

fn width(i: Insn) -> Width {
    Width::of(i.sf())
}

fn sized(i: Insn, value: u64) -> u64 {
    if i.sf() { value } else { u64::from(value as u32) }
}

// ---- The common shape ----

impl Translator<'_> {
    /// `op dst, value`.
    fn alu_value(&mut self, op: Alu, width: Width, dst: Reg, value: Value) {
        match value {
            Value::Guest(ZERO) => self.asm.alu_imm(op, width, dst, 0),
            Value::Guest(n) => {
                let operand = self.x_operand(n);
                self.asm.alu(op, width, dst, operand);
            }
            Value::Constant(value) => self.asm.alu_imm(op, width, dst, value),
            Value::Host(reg) => self.asm.alu(op, width, dst, reg),
        }
    }

    /// Whether computing in `target` would destroy `value`.
    fn is_in(&self, value: Value, target: Reg) -> bool {
        match value {
            Value::Guest(n) => self.home(n) == Some(target),
            Value::Constant(_) => false,
            Value::Host(reg) => reg == target,
        }
    }

    /// `d = n op value`. Clobbers RAX, or RDX if the value is in RAX.
    fn binary(&mut self, op: Alu, width: Width, d: usize, n: usize, value: Value) {
        let scratch = if value == Value::Host(RAX) { RDX } else { RAX };
        let mut target = self.target(d, scratch);
        let commutes = !matches!(op, Alu::Sub | Alu::Sbb | Alu::Cmp);
        if self.is_in(value, target) && self.home(n) != Some(target) {
            if commutes && n != ZERO {
                let n = self.x_operand(n);
                self.asm.alu(op, width, target, n);
                return self.set_x(d, target);
            }
            target = scratch;
        }
        if self.home(n) != Some(target) {
            self.copy_x(width, n, target);
        }
        self.alu_value(op, width, target, value);
        self.set_x(d, target);
    }

    /// `n - value` or `n & value` for its flags alone. Clobbers RAX.
    fn compare(&mut self, op: Alu, width: Width, n: usize, value: Value) {
        let n = match (n, value) {
            (ZERO, _) => self.x(n, RDX).into(),
            (_, Value::Constant(_)) => self.x_operand(n),
            _ => self.x(n, RDX).into(),
        };
        match (op, n, value) {
            (Alu::Cmp, Rm::Reg(n), Value::Constant(0)) => self.asm.test(width, n, n),
            (Alu::Cmp, n, Value::Constant(value)) => self.asm.alu_imm(Alu::Cmp, width, n, value),
            (Alu::And, n, Value::Constant(value)) => self.asm.test_imm(width, n, value),
            (Alu::And, n, Value::Host(value)) => self.asm.test(width, n, value),
            (Alu::And, n, Value::Guest(value)) => {
                let value = self.x(value, RAX);
                self.asm.test(width, n, value);
            }
            (_, Rm::Reg(n), value) => self.alu_value(Alu::Cmp, width, n, value),
            (_, Rm::Mem(_), _) => unreachable!("loaded above unless compared with a constant"),
        }
    }

    /// `Rm` as shifted: itself, or in RCX.
    fn shifted_operand(&mut self, i: Insn) -> Value {
        let (m, amount) = (zr(i.rm()), i.bits(15, 10) as u8);
        if amount == 0 || m == ZERO {
            return Value::Guest(m);
        }
        let op = [Shift::Shl, Shift::Shr, Shift::Sar, Shift::Ror][i.bits(23, 22) as usize];
        let m = self.x_operand(m);
        self.shift_const(op, width(i), RCX, m, amount);
        Value::Host(RCX)
    }

    /// `Rm` as extended and shifted: itself, or in RCX.
    fn extended_operand(&mut self, i: Insn) -> Value {
        let (m, option, amount) = (zr(i.rm()), i.bits(15, 13), i.bits(12, 10) as u8);
        if m == ZERO {
            return Value::Guest(ZERO);
        }
        if option & 3 == 3 && amount == 0 {
            return Value::Guest(m);
        }
        self.extend(option, m, RCX);
        if amount != 0 {
            self.shift_const(Shift::Shl, Width::W64, RCX, Rm::Reg(RCX), amount);
        }
        Value::Host(RCX)
    }

    /// `ExtendReg()` without the shift.
    pub(super) fn extend(&mut self, option: u32, m: usize, to: Reg) {
        if m == ZERO {
            return self.asm.mov_imm(to, 0);
        }
        let m = self.x_operand(m);
        if option & 4 == 0 {
            self.asm.load_zero(option & 3, to, m);
        } else {
            self.asm.load_sign(option & 3, Width::W64, to, m);
        }
    }
}

// ---- Addresses and sums ----

fn adr(t: &mut Translator<'_>, i: Insn) {
    let offset = i.sbits(23, 5) << 2 | i64::from(i.bits(30, 29));
    t.set_x_const(zr(i.rd()), t.pc().wrapping_add(offset as u64));
}

fn adrp(t: &mut Translator<'_>, i: Insn) {
    let pages = i.sbits(23, 5) << 2 | i64::from(i.bits(30, 29));
    t.set_x_const(zr(i.rd()), (t.pc() & !0xfff).wrapping_add((pages << 12) as u64));
}

fn imm12(i: Insn) -> i32 {
    (i.bits(21, 10) << if i.bit(22) { 12 } else { 0 }) as i32
}

fn constant(i: Insn) -> Value {
    Value::Constant(imm12(i))
}

/// A sum that sets no flags: by LEA where that saves a move, or the flags.
fn add_immediate(t: &mut Translator<'_>, i: Insn, value: i32) {
    let (d, n) = (i.rd(), i.rn());
    if let (Some(known), true) = (t.known(n), i.sf()) {
        return t.set_x_const(d, known.wrapping_add(i64::from(value) as u64));
    }
    let target = t.target(d, RAX);
    if t.home(n) == Some(target) && !t.flags_busy() && value != 0 {
        t.clobber_flags();
        t.asm.alu_imm(Alu::Add, width(i), target, value);
    } else if value == 0 {
        t.copy_x(width(i), n, target);
    } else {
        let n = t.x(n, RAX);
        t.asm.lea(width(i), target, Mem::at(n, value));
    }
    // A stack frame of whole 16 bytes, as compilers make them.
    let aligned = t.sp_aligned && n == 31 && i.sf() && value % 16 == 0;
    t.set_x(d, target);
    t.sp_aligned |= d == 31 && aligned;
}

fn sum_flags(t: &mut Translator<'_>, i: Insn, op: Alu, value: Value) {
    let (d, n) = (zr(i.rd()), i.rn());
    flags_of_sum(t, width(i), op, d, n, value);
}

fn flags_of_sum(t: &mut Translator<'_>, width: Width, op: Alu, d: usize, n: usize, value: Value) {
    t.clobber_flags();
    if op == Alu::Sub && d == ZERO {
        t.compare(Alu::Cmp, width, n, value);
    } else if d == ZERO {
        t.copy_x(width, n, RAX);
        t.alu_value(op, width, RAX, value);
    } else {
        t.binary(op, width, d, n, value);
    }
    t.flags_are(if op == Alu::Sub { Flags::INVERTED } else { Flags::PLAIN });
}

fn add_shifted(t: &mut Translator<'_>, i: Insn) {
    let (d, n, m) = (zr(i.rd()), zr(i.rn()), zr(i.rm()));
    let (shift, amount) = (i.bits(23, 22), i.bits(15, 10) as u8);
    let target = t.target(d, RAX);
    let in_place = amount == 0 && (t.home(n) == Some(target) || t.home(m) == Some(target));
    if (in_place && !t.flags_busy()) || shift != 0 || amount > 3 || n == ZERO || m == ZERO {
        t.clobber_flags();
        let value = t.shifted_operand(i);
        return t.binary(Alu::Add, width(i), d, n, value);
    }
    let (n, m) = (t.x(n, RAX), t.x(m, RCX));
    t.asm.lea(width(i), target, Mem::indexed(n, m, amount, 0));
    t.set_x(d, target);
}

fn sub_shifted(t: &mut Translator<'_>, i: Insn) {
    let (d, n, m) = (zr(i.rd()), zr(i.rn()), zr(i.rm()));
    if t.flags_busy() && i.bits(15, 10) == 0 && m != ZERO {
        t.copy_x(width(i), m, RCX);
        return sub_beside_flags(t, d, n, width(i));
    }
    t.clobber_flags();
    let value = t.shifted_operand(i);
    if n != ZERO {
        return t.binary(Alu::Sub, width(i), d, n, value);
    }
    let target = t.target(d, RAX);
    match value {
        Value::Guest(m) => t.copy_x(width(i), m, target),
        Value::Host(reg) => t.asm.mov(width(i), target, reg),
        Value::Constant(_) => unreachable!("a register operand"),
    }
    t.asm.neg(width(i), target);
    t.set_x(d, target);
}

/// `d = n - rcx` in a form that leaves EFLAGS alone: the opposite of a number is one more than its complement.
fn sub_beside_flags(t: &mut Translator<'_>, d: usize, n: usize, width: Width) {
    let target = t.target(d, RAX);
    t.asm.not(width, RCX);
    let sum = if n == ZERO { Mem::at(RCX, 1) } else { Mem::indexed(t.x(n, RAX), RCX, 0, 1) };
    t.asm.lea(width, target, sum);
    t.set_x(d, target);
}

fn sum_flags_shifted(t: &mut Translator<'_>, i: Insn, op: Alu) {
    t.clobber_flags();
    let value = t.shifted_operand(i);
    flags_of_sum(t, width(i), op, zr(i.rd()), zr(i.rn()), value);
}

fn sum_extended(t: &mut Translator<'_>, i: Insn, op: Alu) {
    t.clobber_flags();
    let value = t.extended_operand(i);
    t.binary(op, width(i), i.rd(), i.rn(), value);
}

fn sum_flags_extended(t: &mut Translator<'_>, i: Insn, op: Alu) {
    t.clobber_flags();
    let value = t.extended_operand(i);
    flags_of_sum(t, width(i), op, zr(i.rd()), i.rn(), value);
}

/// With the carry; x86's borrow is the inverse of Arm's.
fn sum_with_carry(t: &mut Translator<'_>, i: Insn, op: Alu) {
    let carry = if op == Alu::Sbb { Carry::Inverted } else { Carry::Plain };
    t.preserve_flags();
    t.carry(carry);
    t.binary(op, width(i), zr(i.rd()), zr(i.rn()), Value::Guest(zr(i.rm())));
    t.forget_flags();
    if t.writes_flags() {
        t.flags_are(if op == Alu::Sbb { Flags::INVERTED } else { Flags::PLAIN });
    }
}

// ---- Logic ----

fn logical_mask(t: &mut Translator<'_>, i: Insn, op: Alu) {
    let (d, n) = (i.rd(), zr(i.rn()));
    let mask = sized(i, logical_immediate(i).expect("checked by the line"));
    if n == ZERO {
        return t.set_x_const(d, if op == Alu::And { 0 } else { mask });
    }
    if op == Alu::And && matches!(mask, 0xff | 0xffff | 0xffff_ffff) {
        let target = t.target(d, RAX);
        let n = t.x_operand(n);
        t.asm.load_zero(mask.count_ones() / 16, target, n);
        return t.set_x(d, target);
    }
    t.clobber_flags();
    // A mask without upper half makes the upper half of the result zero.
    let (width, value) = mask_operand(t, op, mask, width(i));
    t.binary(op, width, d, n, value);
}

/// A mask as an operand, and the width to use: in RCX unless it fits in an immediate.
fn mask_operand(t: &mut Translator<'_>, op: Alu, mask: u64, width: Width) -> (Width, Value) {
    let short = width == Width::W32 || op == Alu::And && mask <= u64::from(u32::MAX);
    if short {
        (Width::W32, Value::Constant(mask as u32 as i32))
    } else if mask as i64 == i64::from(mask as i32) {
        (width, Value::Constant(mask as i32))
    } else {
        t.asm.mov_imm(RCX, mask);
        (width, Value::Host(RCX))
    }
}

fn ands_immediate(t: &mut Translator<'_>, i: Insn) {
    let (d, n) = (zr(i.rd()), zr(i.rn()));
    let mask = sized(i, logical_immediate(i).expect("checked by the line"));
    t.clobber_flags();
    // A 32-bit operation would take the sign from bit 31.
    let short = i.sf() && mask > 0x7fff_ffff;
    let (width, value) = if short && mask <= u64::from(u32::MAX) {
        t.asm.mov_imm(RCX, mask);
        (Width::W64, Value::Host(RCX))
    } else {
        mask_operand(t, Alu::And, mask, width(i))
    };
    and_flags(t, width, d, n, value);
}

fn and_flags(t: &mut Translator<'_>, width: Width, d: usize, n: usize, value: Value) {
    if d == ZERO {
        t.compare(Alu::And, width, n, value);
    } else {
        t.binary(Alu::And, width, d, n, value);
    }
    t.flags_are(Flags::PLAIN);
}

fn logical(t: &mut Translator<'_>, i: Insn, op: Alu, invert: bool) {
    let (d, n, m) = (zr(i.rd()), zr(i.rn()), zr(i.rm()));
    let plain = i.bits(15, 10) == 0;
    if op == Alu::Or && n == ZERO && plain {
        // MOV and MVN of registers.
        let target = t.target(d, RAX);
        t.copy_x(width(i), m, target);
        if invert {
            t.asm.not(width(i), target);
        }
        return t.set_x(d, target);
    }
    t.clobber_flags();
    let value = inverted_operand(t, i, invert);
    t.binary(op, width(i), d, n, value);
}

fn inverted_operand(t: &mut Translator<'_>, i: Insn, invert: bool) -> Value {
    let value = t.shifted_operand(i);
    if !invert {
        return value;
    }
    match value {
        Value::Guest(ZERO) => return Value::Constant(-1),
        Value::Guest(m) => t.copy_x(width(i), m, RCX),
        _ => {}
    }
    t.asm.not(width(i), RCX);
    Value::Host(RCX)
}

fn ands(t: &mut Translator<'_>, i: Insn, invert: bool) {
    t.clobber_flags();
    let value = inverted_operand(t, i, invert);
    and_flags(t, width(i), zr(i.rd()), zr(i.rn()), value);
}

// ---- Constants ----

fn wide_immediate(i: Insn) -> u64 {
    u64::from(i.bits(20, 5)) << (16 * i.bits(22, 21))
}

fn movk(t: &mut Translator<'_>, i: Insn) {
    let d = zr(i.rd());
    let shift = 16 * i.bits(22, 21);
    let (mask, value) = (0xffff_u64 << shift, wide_immediate(i));
    if let Some(known) = t.known(d) {
        return t.set_x_const(d, sized(i, known & !mask | value));
    }
    t.clobber_flags();
    let (width, mask) = mask_operand(t, Alu::And, sized(i, !mask), width(i));
    t.binary(Alu::And, width, d, d, mask);
    let (_, value) = mask_operand(t, Alu::Or, value, self::width(i));
    t.binary(Alu::Or, self::width(i), d, d, value);
}

// ---- Conditions ----

/// What becomes of the second operand if the condition does not hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Else {
    Same,
    Increment,
    Invert,
    Negate,
}

fn select(t: &mut Translator<'_>, i: Insn, otherwise: Else) {
    let (d, n, m, cond) = (zr(i.rd()), zr(i.rn()), zr(i.rm()), i.bits(15, 12));
    let width = width(i);
    if cond >= 14 {
        let target = t.target(d, RAX);
        t.copy_x(width, n, target);
        return t.set_x(d, target);
    }
    let cond = t.condition(cond);
    if n == ZERO && m == ZERO && otherwise == Else::Increment {
        t.asm.setcc(cond.negate(), RAX);
        let target = t.target(d, RAX);
        t.asm.load_zero(0, target, RAX);
        return t.set_x(d, target);
    }
    let carries = matches!(cond, Cond::B | Cond::AE) && n == m && n != ZERO;
    if otherwise == Else::Increment && carries && !t.flags_live() {
        return increment_by_carry(t, width, d, n, cond);
    }
    let home = t.target(d, RCX);
    let target = if t.home(n) == Some(home) { RCX } else { home };
    if otherwise == Else::Same && target == RCX && home != RCX && m != ZERO {
        // The destination is the first operand: replace it if the condition does not hold.
        let m = t.x_operand(m);
        t.asm.cmov(cond.negate(), width, home, m);
        return t.set_x(d, home);
    }
    if otherwise == Else::Increment && m != ZERO {
        let m = t.x(m, target);
        t.asm.lea(width, target, Mem::at(m, 1));
    } else {
        t.copy_x(width, m, target);
    }
    match otherwise {
        Else::Increment if m == ZERO => t.asm.lea(width, target, Mem::at(target, 1)),
        Else::Same | Else::Increment => {}
        Else::Invert => t.asm.not(width, target),
        Else::Negate => {
            t.asm.not(width, target);
            t.asm.lea(width, target, Mem::at(target, 1));
        }
    }
    if target != home {
        t.asm.cmov(cond.negate(), width, home, target);
        return t.set_x(d, home);
    }
    let n = if n == ZERO { t.x(n, RAX).into() } else { t.x_operand(n) };
    t.asm.cmov(cond, width, target, n);
    t.set_x(d, target);
}

/// One more than `n` unless the condition holds, which is one of the carry flag's: as sums of 128 bits end.
fn increment_by_carry(t: &mut Translator<'_>, width: Width, d: usize, n: usize, cond: Cond) {
    let target = t.target(d, RCX);
    if t.home(n) != Some(target) {
        t.copy_x(width, n, target);
    }
    match cond {
        Cond::AE => t.asm.alu_imm(Alu::Adc, width, target, 0),
        _ => t.asm.alu_imm(Alu::Sbb, width, target, -1),
    }
    t.forget_flags();
    t.set_x(d, target);
}

/// The flags of a comparison if the condition holds, else a constant.
fn compare_if(t: &mut Translator<'_>, i: Insn, op: Alu) {
    let (n, cond, width) = (zr(i.rn()), i.bits(15, 12), width(i));
    let value =
        if i.bit(11) { Value::Constant(i.bits(20, 16) as i32) } else { Value::Guest(zr(i.rm())) };
    let (compare, done) = (t.asm.label(), t.asm.label());
    if cond < 14 {
        let cond = t.condition(cond);
        t.asm.jcc(cond, compare);
        let inverted = u32::from(op == Alu::Cmp) << 29;
        let saved = super::flags::from_nzcv(i.bits(3, 0) << 28 ^ inverted);
        t.asm.mov_imm(RAX, saved);
        t.asm.add_al(0x7f);
        t.asm.sahf();
        t.asm.jmp(done);
    }
    t.asm.bind(compare);
    if op == Alu::Cmp {
        t.compare(Alu::Cmp, width, n, value);
    } else {
        t.copy_x(width, n, RAX);
        t.alu_value(op, width, RAX, value);
    }
    t.asm.bind(done);
    t.flags_are(if op == Alu::Cmp { Flags::INVERTED } else { Flags::PLAIN });
}

// ---- Multiplication and division ----

fn multiply_add(t: &mut Translator<'_>, i: Insn, op: Alu) {
    let (d, n, m, a) = (zr(i.rd()), zr(i.rn()), zr(i.rm()), zr(i.ra()));
    if t.flags_busy() && n != ZERO && m != ZERO {
        return multiply_add_beside_flags(t, i, op);
    }
    t.clobber_flags();
    if n == ZERO || m == ZERO {
        t.asm.mov_imm(RAX, 0);
    } else if a == ZERO && op == Alu::Add {
        let target = t.target(d, RAX);
        let (n, m) = if t.home(m) == Some(target) { (m, n) } else { (n, m) };
        if t.home(n) != Some(target) {
            t.copy_x(width(i), n, target);
        }
        let m = t.x_operand(m);
        t.asm.imul(width(i), target, m);
        return t.set_x(d, target);
    } else {
        t.copy_x(width(i), n, RAX);
        let m = t.x_operand(m);
        t.asm.imul(width(i), RAX, m);
    }
    accumulate(t, i, op, width(i));
}

/// By the one multiplication that leaves EFLAGS alone. Of a product of 32 bits, the lower half does not depend on the upper
/// halves of its factors.
fn multiply_add_beside_flags(t: &mut Translator<'_>, i: Insn, op: Alu) {
    let (d, a) = (zr(i.rd()), zr(i.ra()));
    t.copy_x(width(i), zr(i.rn()), RDX);
    let m = t.x(zr(i.rm()), RCX);
    t.asm.mulx(RAX, RCX, m);
    if op == Alu::Sub {
        return sub_beside_flags(t, d, a, width(i));
    }
    let target = t.target(d, RAX);
    if a == ZERO {
        t.asm.mov(width(i), target, RCX);
    } else {
        let a = t.x(a, RAX);
        t.asm.lea(width(i), target, Mem::indexed(a, RCX, 0, 0));
    }
    t.set_x(d, target);
}

/// `d = a ± rax`.
fn accumulate(t: &mut Translator<'_>, i: Insn, op: Alu, width: Width) {
    let (d, a) = (zr(i.rd()), zr(i.ra()));
    if a == ZERO {
        if op == Alu::Sub {
            t.asm.neg(width, RAX);
        }
        return t.set_x(d, RAX);
    }
    t.binary(op, width, d, a, Value::Host(RAX));
}

fn multiply_add_long(t: &mut Translator<'_>, i: Insn, op: Alu, signed: bool) {
    t.clobber_flags();
    let option = if signed { 6 } else { 2 };
    t.extend(option, zr(i.rn()), RAX);
    t.extend(option, zr(i.rm()), RCX);
    t.asm.imul(Width::W64, RAX, RCX);
    accumulate(t, i, op, Width::W64);
}

fn signed_multiply_high(t: &mut Translator<'_>, i: Insn) {
    t.clobber_flags();
    t.copy_x(Width::W64, zr(i.rn()), RAX);
    let m = t.x(zr(i.rm()), RCX);
    t.asm.imul_wide(Width::W64, m);
    t.set_x(zr(i.rd()), RDX);
}

fn unsigned_multiply_high(t: &mut Translator<'_>, i: Insn) {
    t.copy_x(Width::W64, zr(i.rn()), RDX);
    let m = t.x(zr(i.rm()), RCX);
    let target = t.target(zr(i.rd()), RCX);
    t.asm.mulx(target, RAX, m);
    t.set_x(zr(i.rd()), target);
}

/// Division by zero gives zero, and the one overflow wraps.
fn divide(t: &mut Translator<'_>, i: Insn, signed: bool) {
    let width = width(i);
    t.clobber_flags();
    t.copy_x(width, zr(i.rn()), RAX);
    t.copy_x(width, zr(i.rm()), RCX);
    let (by_zero, done) = (t.asm.label(), t.asm.label());
    t.asm.test(width, RCX, RCX);
    t.asm.jcc(Cond::E, by_zero);
    if signed {
        let by_minus_one = t.asm.label();
        t.asm.alu_imm(Alu::Cmp, width, RCX, -1);
        t.asm.jcc(Cond::E, by_minus_one);
        t.asm.sign_into_rdx(width);
        t.asm.idiv(width, RCX);
        t.asm.jmp(done);
        t.asm.bind(by_minus_one);
        t.asm.neg(width, RAX);
    } else {
        t.asm.mov_imm(RDX, 0);
        t.asm.div(width, RCX);
    }
    t.asm.jmp(done);
    t.asm.bind(by_zero);
    t.asm.mov_imm(RAX, 0);
    t.asm.bind(done);
    t.set_x(zr(i.rd()), RAX);
}

fn crc32c_emit(t: &mut Translator<'_>, i: Insn) {
    t.copy_x(Width::W32, zr(i.rn()), RAX);
    t.copy_x(Width::W64, zr(i.rm()), RCX);
    t.asm.crc32(i.bits(11, 10), RAX, RCX);
    t.set_x(zr(i.rd()), RAX);
}

// ---- One operand ----

/// Computes in RAX from the operand there.
fn unary(t: &mut Translator<'_>, i: Insn, emit: impl FnOnce(&mut Translator<'_>)) {
    t.copy_x(width(i), zr(i.rn()), RAX);
    emit(t);
    t.set_x(zr(i.rd()), RAX);
}

/// Exchanges neighbouring groups of `bits` bits in RAX. Clobbers RCX, RDX and the flags.
fn exchange(t: &mut Translator<'_>, width: Width, mask: u64, bits: u8) {
    let mask = if width == Width::W32 { u64::from(mask as u32) } else { mask };
    t.asm.mov_imm(RDX, mask);
    t.asm.mov(Width::W64, RCX, RAX);
    t.asm.shift_imm(Shift::Shr, width, RCX, bits);
    t.asm.alu(Alu::And, width, RCX, RDX);
    t.asm.alu(Alu::And, width, RAX, RDX);
    t.asm.shift_imm(Shift::Shl, width, RAX, bits);
    t.asm.alu(Alu::Or, width, RAX, RCX);
}

fn reverse_bits(t: &mut Translator<'_>, i: Insn) {
    t.clobber_flags();
    unary(t, i, |t| {
        t.asm.bswap(width(i), RAX);
        exchange(t, width(i), 0x0f0f_0f0f_0f0f_0f0f, 4);
        exchange(t, width(i), 0x3333_3333_3333_3333, 2);
        exchange(t, width(i), 0x5555_5555_5555_5555, 1);
    });
}

fn reverse_16(t: &mut Translator<'_>, i: Insn) {
    t.clobber_flags();
    unary(t, i, |t| exchange(t, width(i), 0x00ff_00ff_00ff_00ff, 8));
}

fn reverse_32(t: &mut Translator<'_>, i: Insn) {
    unary(t, i, |t| {
        t.asm.bswap(width(i), RAX);
        if i.sf() {
            t.asm.rorx(Width::W64, RAX, RAX, 32);
        }
    });
}

fn reverse_64(t: &mut Translator<'_>, i: Insn) {
    unary(t, i, |t| t.asm.bswap(Width::W64, RAX));
}

fn count_leading_zeros(t: &mut Translator<'_>, i: Insn) {
    t.clobber_flags();
    unary(t, i, |t| t.asm.lzcnt(width(i), RAX, RAX));
}

/// The sign bit's repetitions are the leading zeros of the value with each bit compared to the next.
fn count_leading_signs(t: &mut Translator<'_>, i: Insn) {
    t.clobber_flags();
    unary(t, i, |t| {
        t.asm.mov(Width::W64, RCX, RAX);
        t.asm.shift_imm(Shift::Sar, width(i), RCX, 1);
        t.asm.alu(Alu::Xor, width(i), RAX, RCX);
        t.asm.lzcnt(width(i), RAX, RAX);
        t.asm.alu_imm(Alu::Sub, width(i), RAX, 1);
    });
}
