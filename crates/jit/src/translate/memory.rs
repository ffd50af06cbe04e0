//! Loads and stores, also of single SIMD&FP registers.
//!
//! Where a register has two roles the result is the interpreter's: a stored base is stored as it was, a
//! loaded base keeps the written-back address, and of a pair loaded into one register the first stays
//! in X, the second in V. Loads of a pair go to scratch registers first, so that a fault of the second
//! half finds everything as it was.

use super::lines::{Family, Line};
use super::{RAX, RCX, RDX, Slow, Translator, ZERO, zr};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::{
    VMOVD_LOAD, VMOVD_STORE, VMOVDQU, VMOVDQU_STORE, VMOVQ, VMOVQ_STORE, VPEXTRB, VPEXTRW,
};
use crate::x64::{Cond, Mem, Rm, Shift, Width, Xmm};

const XMM0: Xmm = Xmm(0);
const XMM1: Xmm = Xmm(1);

// ---- Addressing modes ----

/// How an instruction forms its address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Scaled unsigned 12-bit offset.
    Unsigned,
    /// Signed 9-bit offset.
    Unscaled,
    /// The base; the offset is added afterwards.
    Post,
    /// The offset is added before.
    Pre,
    /// Another register, extended and scaled.
    Register,
    /// Scaled signed 7-bit offset of the pairs.
    Pair,
    PairPost,
    PairPre,
}

impl Mode {
    /// What the address takes and changes. The extensions from less than 32 bits are reserved.
    fn uses(self, i: Insn) -> Option<Uses> {
        let uses = Uses::NONE.reads_or_sp(i.rn());
        Some(match self {
            Self::Register if !i.bit(14) => return None,
            Self::Register => uses.reads(i.rm()),
            mode if mode.writes_back() => uses.writes_or_sp(i.rn()),
            _ => uses,
        })
    }

    fn writes_back(self) -> bool {
        matches!(self, Self::Post | Self::Pre | Self::PairPost | Self::PairPre)
    }

    /// The constant offset, given log2 of the bytes of a register.
    fn offset(self, i: Insn, scale: u32) -> i32 {
        let offset = match self {
            Self::Unsigned => i64::from(i.bits(21, 10)) << scale,
            Self::Unscaled | Self::Post | Self::Pre => i.sbits(20, 12),
            Self::Register => 0,
            Self::Pair | Self::PairPost | Self::PairPre => i.sbits(21, 15) << scale,
        };
        offset as i32
    }
}

/// Where an access goes.
struct Place {
    mem: Mem,
    slow: Option<Slow>,
    /// The base register and what is to be added to it.
    writeback: Option<(usize, i32)>,
}

impl Translator<'_> {
    /// Checks that SP, if it is the base, is aligned; once for every change of it.
    pub(super) fn check_base(&mut self, n: usize) -> Option<Slow> {
        if n != 31 || self.sp_aligned {
            return None;
        }
        self.clobber_flags();
        let slow = self.slow_path();
        let sp = self.x_operand(31);
        self.asm.test_imm(Width::W32, sp, 15);
        self.asm.jcc(Cond::NE, slow.label);
        self.sp_aligned = true;
        Some(slow)
    }

    /// The guest's memory at the address of `mem`. All operands that are the guest's memory are made here.
    ///
    /// With `--isolate` it is certain that the first byte is in the slab: another address goes to the slow path, which is
    /// `slow`, or becomes it. The bytes behind it are in the slab or its guard. A mask would cost a little less, and have
    /// a wild address hit what it happens to name in the slab instead of faulting. Clobbers RCX and RDX.
    pub(super) fn guest(&mut self, mem: Mem, slow: &mut Option<Slow>) -> Mem {
        if self.mode.slab_bits == 0 {
            return mem.in_guest();
        }
        self.clobber_flags();
        let slow = *slow.get_or_insert_with(|| self.slow_path());
        if mem != Mem::at(RCX, 0) {
            self.asm.lea(Width::W64, RCX, mem);
        }
        self.asm.mov(Width::W64, RDX, RCX);
        self.asm.shift_imm(Shift::Shr, Width::W64, RDX, self.mode.slab_bits);
        self.asm.jcc(Cond::NE, slow.label);
        Mem::at(RCX, 0).in_guest()
    }

    /// The memory at a constant address. Clobbers RCX and, with `--isolate`, RDX.
    fn constant_place(&mut self, addr: u64, slow: &mut Option<Slow>) -> Mem {
        match i32::try_from(addr) {
            // A slab has more than this.
            Ok(absolute) if absolute < 1 << 27 => Mem::absolute(absolute).in_guest(),
            Ok(absolute) => self.guest(Mem::absolute(absolute), slow),
            Err(_) => {
                self.asm.mov_imm(RCX, addr);
                self.guest(Mem::at(RCX, 0), slow)
            }
        }
    }

    /// The memory at `n + offset`. Clobbers RCX and, with `--isolate`, RDX.
    pub(super) fn place_at(&mut self, n: usize, offset: i32, slow: &mut Option<Slow>) -> Mem {
        if let Some(known) = self.known(n)
            && let addr = known.wrapping_add(i64::from(offset) as u64)
            && i32::try_from(addr).is_ok()
        {
            return self.constant_place(addr, slow);
        }
        let base = self.x(n, RCX);
        self.guest(Mem::at(base, offset), slow)
    }

    /// Clobbers RCX and RDX.
    fn place(&mut self, i: Insn, mode: Mode, scale: u32) -> Place {
        let n = i.rn();
        let mut slow = self.check_base(n);
        let offset = mode.offset(i, scale);
        let mem = match mode {
            Mode::Register => {
                let mem = self.indexed(i, scale);
                self.guest(mem, &mut slow)
            }
            Mode::Post | Mode::PairPost => self.place_at(n, 0, &mut slow),
            _ => self.place_at(n, offset, &mut slow),
        };
        Place { mem, slow, writeback: mode.writes_back().then_some((n, offset)) }
    }

    fn indexed(&mut self, i: Insn, scale: u32) -> Mem {
        let (m, option) = (zr(i.rm()), i.bits(15, 13));
        let base = self.x(i.rn(), RCX);
        let amount = if i.bit(12) { scale as u8 } else { 0 };
        if m == ZERO {
            return Mem::at(base, 0);
        }
        let mut index = RDX;
        if option & 3 == 3 {
            index = self.x(m, RDX);
        } else {
            self.extend(option, m, RDX);
        }
        if amount <= 3 {
            return Mem::indexed(base, index, amount, 0);
        }
        // Sixteen bytes: twice eight, without touching the flags.
        self.asm.lea(Width::W64, RDX, Mem::indexed(index, index, 0, 0));
        Mem::indexed(base, RDX, amount - 1, 0)
    }

    /// Ends an instruction that has accessed `place`.
    fn done(&mut self, place: Place) {
        if let Some((n, offset)) = place.writeback {
            let aligned = self.sp_aligned && offset % 16 == 0;
            let base = self.x(n, RCX);
            let target = self.target(n, RCX);
            self.asm.lea(Width::W64, target, Mem::at(base, offset));
            self.set_x(n, target);
            self.sp_aligned |= n == 31 && aligned;
        }
        self.resume_all(place.slow);
    }
}

// ---- General registers ----

/// A register that a load writes and a writeback too keeps the written-back address.
fn loads_base(i: Insn, mode: Mode, n: usize) -> bool {
    mode.writes_back() && i.rn() == n
}

fn load_uses(i: Insn, mode: Mode) -> Option<Uses> {
    Some(mode.uses(i)?.writes(i.rd()))
}

fn load_sign_uses(i: Insn, mode: Mode) -> Option<Uses> {
    // The size and the width go together.
    if i.bits(31, 30) + u32::from(i.bit(22)) < 3 { load_uses(i, mode) } else { None }
}

fn store_uses(i: Insn, mode: Mode) -> Option<Uses> {
    Some(mode.uses(i)?.reads(i.rd()))
}

fn load(t: &mut Translator<'_>, i: Insn, mode: Mode, sign: bool) {
    let size = i.bits(31, 30);
    let place = t.place(i, mode, size);
    let d = zr(i.rd());
    let keep = loads_base(i, mode, d);
    let target = if keep { RAX } else { t.target(d, RAX) };
    if sign {
        t.asm.load_sign(size, Width::of(!i.bit(22)), target, place.mem);
    } else {
        t.asm.load_zero(size, target, place.mem);
    }
    t.may_fault();
    if !keep {
        t.set_x(d, target);
    }
    t.done(place);
}

fn store(t: &mut Translator<'_>, i: Insn, mode: Mode) {
    let size = i.bits(31, 30);
    let place = t.place(i, mode, size);
    t.store_x(size, place.mem, zr(i.rd()));
    t.done(place);
}

impl Translator<'_> {
    /// Stores the low `1 << size` bytes of `n` to guest memory. Clobbers RAX.
    fn store_x(&mut self, size: u32, mem: Mem, n: usize) {
        match self.known(n) {
            Some(value) if size < 3 || value as i64 == i64::from(value as i32) => {
                self.asm.store_imm_sized(size, mem, value as i32);
            }
            _ => {
                let value = self.x(n, RAX);
                self.asm.store_sized(size, mem, value);
            }
        }
        self.may_fault();
    }
}

// ---- Pairs ----

fn pair_load_uses(i: Insn, mode: Mode) -> Option<Uses> {
    Some(mode.uses(i)?.writes(i.rd()).writes(i.ra()))
}

fn pair_store_uses(i: Insn, mode: Mode) -> Option<Uses> {
    Some(mode.uses(i)?.reads(i.rd()).reads(i.ra()))
}

fn load_pair(t: &mut Translator<'_>, i: Insn, mode: Mode, sign: bool) {
    let size = if i.sf() { 3 } else { 2 };
    let place = t.place(i, mode, size);
    let (first, second) = (zr(i.rd()), zr(i.ra()));
    let next = place.mem.plus(1 << size);
    let load = |t: &mut Translator<'_>, to, from: Mem| {
        if sign {
            t.asm.load_sign(2, Width::W64, to, from);
        } else {
            t.asm.load_zero(size, to, from);
        }
        t.may_fault();
    };
    let keeps = |n| loads_base(i, mode, n);
    // A home changes only with the last access.
    load(t, RDX, next);
    let target = if first == second || keeps(first) { RAX } else { t.target(first, RAX) };
    load(t, target, place.mem);
    // In this order: the first stays if both are one register.
    for (n, value) in [(second, RDX), (first, target)] {
        if !keeps(n) {
            t.set_x(n, value);
        }
    }
    t.done(place);
}

fn store_pair(t: &mut Translator<'_>, i: Insn, mode: Mode) {
    let size = if i.sf() { 3 } else { 2 };
    let place = t.place(i, mode, size);
    // The upper half first: a pair that runs into a page where it faults is not stored in part.
    t.store_x(size, place.mem.plus(1 << size), zr(i.ra()));
    t.store_x(size, place.mem, zr(i.rd()));
    t.done(place);
}

// ---- SIMD&FP registers ----

/// log2 of the bytes, from `opc<1>:size`.
fn fp_size(i: Insn) -> Option<u32> {
    let size = u32::from(i.bit(23)) << 2 | i.bits(31, 30);
    (size <= 4).then_some(size)
}

/// As [`fp_size`] for pairs and literals, from `opc`.
fn fp_pair_size(i: Insn) -> Option<u32> {
    let opc = i.bits(31, 30);
    (opc < 3).then_some(2 + opc)
}

fn load_fp_uses(i: Insn, mode: Mode) -> Option<Uses> {
    Some(mode.uses(i)?.writes_scalar(i.rd(), 1 << fp_size(i)?))
}

fn store_fp_uses(i: Insn, mode: Mode) -> Option<Uses> {
    fp_size(i)?;
    Some(mode.uses(i)?.reads_v(i.rd()))
}

fn pair_load_fp_uses(i: Insn, mode: Mode) -> Option<Uses> {
    let bytes = 1 << fp_pair_size(i)?;
    Some(mode.uses(i)?.writes_scalar(i.rd(), bytes).writes_scalar(i.ra(), bytes))
}

fn pair_store_fp_uses(i: Insn, mode: Mode) -> Option<Uses> {
    fp_pair_size(i)?;
    Some(mode.uses(i)?.reads_v(i.rd()).reads_v(i.ra()))
}

impl Translator<'_> {
    /// Loads `1 << size` bytes of guest memory, zero-extended to 128 bits. Clobbers RAX.
    pub(super) fn load_v(&mut self, size: u32, to: Xmm, mem: Mem) {
        match size {
            0 | 1 => self.asm.load_zero(size, RAX, mem),
            2 => self.asm.v2(VMOVD_LOAD, to, mem),
            3 => self.asm.v2(VMOVQ, to, mem),
            _ => self.asm.v2(VMOVDQU, to, mem),
        }
        self.may_fault();
        if size < 2 {
            self.asm.v_from_reg(VMOVD_LOAD, to, RAX);
        }
    }

    /// Stores the low `1 << size` bytes of `V[n]` to guest memory. Clobbers XMM0.
    pub(super) fn store_v(&mut self, size: u32, mem: Mem, n: usize) {
        let value = self.v(n, XMM0);
        match size {
            0 => self.asm.vextract(VPEXTRB, Rm::Mem(mem), value, 0),
            1 => self.asm.vextract(VPEXTRW, Rm::Mem(mem), value, 0),
            2 => self.asm.vstore(VMOVD_STORE, mem, value),
            3 => self.asm.vstore(VMOVQ_STORE, mem, value),
            _ => self.asm.vstore(VMOVDQU_STORE, mem, value),
        }
        self.may_fault();
    }
}

fn load_fp(t: &mut Translator<'_>, i: Insn, mode: Mode) {
    let size = fp_size(i).expect("checked by the line");
    let place = t.place(i, mode, size);
    let target = t.v_target(i.rd(), XMM0);
    t.load_v(size, target, place.mem);
    t.set_v(i.rd(), target);
    t.done(place);
}

fn store_fp(t: &mut Translator<'_>, i: Insn, mode: Mode) {
    let size = fp_size(i).expect("checked by the line");
    let place = t.place(i, mode, size);
    t.store_v(size, place.mem, i.rd());
    t.done(place);
}

fn load_pair_fp(t: &mut Translator<'_>, i: Insn, mode: Mode) {
    let size = fp_pair_size(i).expect("checked by the line");
    let place = t.place(i, mode, size);
    t.load_v(size, XMM0, place.mem);
    t.load_v(size, XMM1, place.mem.plus(1 << size));
    t.set_v(i.rd(), XMM0);
    t.set_v(i.ra(), XMM1);
    t.done(place);
}

fn store_pair_fp(t: &mut Translator<'_>, i: Insn, mode: Mode) {
    let size = fp_pair_size(i).expect("checked by the line");
    let place = t.place(i, mode, size);
    t.store_v(size, place.mem.plus(1 << size), i.ra());
    t.store_v(size, place.mem, i.rd());
    t.done(place);
}

// ---- Literals ----

fn literal_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes(i.rd()))
}

fn literal_fp_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes_scalar(i.rd(), 1 << fp_pair_size(i)?))
}

/// Where the literal of an instruction is.
fn literal(t: &mut Translator<'_>, i: Insn, slow: &mut Option<Slow>) -> Mem {
    let addr = t.pc().wrapping_add((i.sbits(23, 5) << 2) as u64);
    t.constant_place(addr, slow)
}

fn load_literal(t: &mut Translator<'_>, i: Insn, sign: bool) {
    let mut slow = None;
    let mem = literal(t, i, &mut slow);
    let target = t.target(zr(i.rd()), RAX);
    if sign {
        t.asm.load_sign(2, Width::W64, target, mem);
    } else {
        t.asm.load_zero(if i.bit(30) { 3 } else { 2 }, target, mem);
    }
    t.may_fault();
    t.set_x(zr(i.rd()), target);
    t.resume_all(slow);
}

fn load_literal_fp(t: &mut Translator<'_>, i: Insn) {
    let mut slow = None;
    let mem = literal(t, i, &mut slow);
    let target = t.v_target(i.rd(), XMM0);
    t.load_v(fp_pair_size(i).expect("checked by the line"), target, mem);
    t.set_v(i.rd(), target);
    t.resume_all(slow);
}

// ---- Prefetches and clearing ----

/// Prefetches never fault, and hint at a cache that the host manages well by itself.
fn nothing(_: &mut Translator<'_>, _: Insn) {}

fn no_uses(_: Insn) -> Option<Uses> {
    Some(Uses::NONE)
}

fn prefetch_register(i: Insn) -> Option<Uses> {
    i.bit(14).then_some(Uses::NONE)
}

/// 64 bytes, aligned: all of them on one page.
fn zero_block(t: &mut Translator<'_>, i: Insn) {
    t.clobber_flags();
    t.copy_x(Width::W64, zr(i.rd()), RCX);
    t.asm.shift_imm(Shift::Shr, Width::W64, RCX, 6);
    t.asm.shift_imm(Shift::Shl, Width::W64, RCX, 6);
    let mut slow = None;
    let mem = t.guest(Mem::at(RCX, 0), &mut slow);
    t.asm.v3(crate::x64::vector::VPXOR, XMM0, XMM0, XMM0);
    for part in 0..4 {
        t.asm.vstore(VMOVDQU_STORE, mem.plus(16 * part), XMM0);
        t.may_fault();
    }
    t.resume_all(slow);
}

fn zero_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads(i.rd()))
}

/// Lines that differ in the addressing mode.
macro_rules! lines {
    ($($op:ident: $uses:ident, $emit:ident($mode:ident $(, $sign:literal)?);)*) => {
        &[
            $((Op::$op, Line::new(|i| $uses(i, Mode::$mode), |t, i| $emit(t, i, Mode::$mode $(, $sign)?))),)*
            (Op::LDR_literal, Line::new(literal_uses, |t, i| load_literal(t, i, false))),
            (Op::LDRSW_literal, Line::new(literal_uses, |t, i| load_literal(t, i, true))),
            (Op::LDR_fp_literal, Line::new(literal_fp_uses, load_literal_fp)),
            (Op::PRFM_literal, Line::new(no_uses, nothing)),
            (Op::PRFM_immediate, Line::new(no_uses, nothing)),
            (Op::PRFUM, Line::new(no_uses, nothing)),
            (Op::PRFM_register, Line::new(prefetch_register, nothing)),
            (Op::DC_ZVA, Line::new(zero_uses, zero_block)),
        ]
    };
}

pub(super) const LINES: Family = lines! {
    LDR_immediate: load_uses, load(Unsigned, false);
    LDR_immediate_post: load_uses, load(Post, false);
    LDR_immediate_pre: load_uses, load(Pre, false);
    LDUR: load_uses, load(Unscaled, false);
    LDTR: load_uses, load(Unscaled, false);
    LDR_register: load_uses, load(Register, false);
    LDRS_immediate: load_sign_uses, load(Unsigned, true);
    LDRS_immediate_post: load_sign_uses, load(Post, true);
    LDRS_immediate_pre: load_sign_uses, load(Pre, true);
    LDURS: load_sign_uses, load(Unscaled, true);
    LDTRS: load_sign_uses, load(Unscaled, true);
    LDRS_register: load_sign_uses, load(Register, true);
    STR_immediate: store_uses, store(Unsigned);
    STR_immediate_post: store_uses, store(Post);
    STR_immediate_pre: store_uses, store(Pre);
    STUR: store_uses, store(Unscaled);
    STTR: store_uses, store(Unscaled);
    STR_register: store_uses, store(Register);
    LDP: pair_load_uses, load_pair(Pair, false);
    LDNP: pair_load_uses, load_pair(Pair, false);
    LDP_post: pair_load_uses, load_pair(PairPost, false);
    LDP_pre: pair_load_uses, load_pair(PairPre, false);
    LDPSW: pair_load_uses, load_pair(Pair, true);
    LDPSW_post: pair_load_uses, load_pair(PairPost, true);
    LDPSW_pre: pair_load_uses, load_pair(PairPre, true);
    STP: pair_store_uses, store_pair(Pair);
    STNP: pair_store_uses, store_pair(Pair);
    STP_post: pair_store_uses, store_pair(PairPost);
    STP_pre: pair_store_uses, store_pair(PairPre);
    LDR_fp_immediate: load_fp_uses, load_fp(Unsigned);
    LDR_fp_immediate_post: load_fp_uses, load_fp(Post);
    LDR_fp_immediate_pre: load_fp_uses, load_fp(Pre);
    LDUR_fp: load_fp_uses, load_fp(Unscaled);
    LDR_fp_register: load_fp_uses, load_fp(Register);
    STR_fp_immediate: store_fp_uses, store_fp(Unsigned);
    STR_fp_immediate_post: store_fp_uses, store_fp(Post);
    STR_fp_immediate_pre: store_fp_uses, store_fp(Pre);
    STUR_fp: store_fp_uses, store_fp(Unscaled);
    STR_fp_register: store_fp_uses, store_fp(Register);
    LDP_fp: pair_load_fp_uses, load_pair_fp(Pair);
    LDNP_fp: pair_load_fp_uses, load_pair_fp(Pair);
    LDP_fp_post: pair_load_fp_uses, load_pair_fp(PairPost);
    LDP_fp_pre: pair_load_fp_uses, load_pair_fp(PairPre);
    STP_fp: pair_store_fp_uses, store_pair_fp(Pair);
    STNP_fp: pair_store_fp_uses, store_pair_fp(Pair);
    STP_fp_post: pair_store_fp_uses, store_pair_fp(PairPost);
    STP_fp_pre: pair_store_fp_uses, store_pair_fp(PairPre);
};
