//! Cryptography: AES, SHA-1, SHA-2, the SHA-3 helpers, polynomial multiplication, CRC-32.
//!
//! The host has the same steps cut differently. Its AES rounds add the key last and Arm's first,
//! so a step of Arm's is one of the host's with a key of zero; a pair of AESE and AESMC, or AESD
//! and AESIMC, is one instruction. What the processor lacks is left to the interpreter.

use super::fp::{XMM0, XMM1, XMM2};
use super::lines::{Family, Line};
use super::{Features, RAX, RCX, RDX, Translator, zr};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::{
    VAESDEC, VAESDECLAST, VAESENC, VAESENCLAST, VAESIMC, VMOVD_FROM_GPR, VMOVDQA, VMOVQ_FROM_GPR,
    VMOVQ_TO_GPR, VOp, VPADDD, VPADDQ, VPALIGNR, VPAND, VPANDN, VPCLMULQDQ, VPEXTRD, VPEXTRQ, VPOR,
    VPSHUFD, VPSLLD_IMM, VPSLLDQ_IMM, VPSLLQ_IMM, VPSRLD_IMM, VPSRLDQ_IMM, VPSRLQ_IMM, VPUNPCKHQDQ,
    VPUNPCKLQDQ, VPXOR, VSHUFPD,
};
use crate::x64::{Alu, Legacy, Reg, Width, Xm, Xmm};

// ---- What is read and written ----

fn d_n(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rn()).writes_v(i.rd()))
}

fn d_n_m(i: Insn) -> Option<Uses> {
    d_n(i).map(|uses| uses.reads_v(i.rm()))
}

fn d_n_m_a(i: Insn) -> Option<Uses> {
    d_n_m(i).map(|uses| uses.reads_v(i.ra()))
}

fn modify(i: Insn) -> Option<Uses> {
    d_n(i).map(|uses| uses.reads_v(i.rd()))
}

fn modify_n_m(i: Insn) -> Option<Uses> {
    d_n_m(i).map(|uses| uses.reads_v(i.rd()))
}

fn rotated(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), 4))
}

/// The size and the width go together.
fn crc(i: Insn) -> Option<Uses> {
    let known = i.sf() == (i.bits(11, 10) == 3);
    known.then_some(Uses::NONE.writes(i.rd()).reads(i.rn()).reads(i.rm()))
}

macro_rules! lines {
    ($($needs:ident: { $($op:ident = $uses:ident, $emit:expr;)* })*) => {
        &[$($((Op::$op, Line::needing(Features::$needs, $uses, $emit)),)*)*]
    };
}

pub(super) const LINES: Family = lines! {
    AES: {
        AESE = modify, |t, i| aes_round(t, i, Op::AESMC, VAESENCLAST, VAESENC);
        AESD = modify, |t, i| aes_round(t, i, Op::AESIMC, VAESDECLAST, VAESDEC);
        AESMC = d_n, |t, i| aes_mix(t, i, Op::AESE);
        AESIMC = d_n, |t, i| aes_mix(t, i, Op::AESD);
    }
    SHA: {
        SHA1C = modify_n_m, |t, i| sha1_rounds(t, i, 0);
        SHA1P = modify_n_m, |t, i| sha1_rounds(t, i, 1);
        SHA1M = modify_n_m, |t, i| sha1_rounds(t, i, 2);
        SHA256H = modify_n_m, |t, i| sha256_rounds(t, i, true);
        SHA256H2 = modify_n_m, |t, i| sha256_rounds(t, i, false);
        SHA256SU0 = modify, sha256_schedule_0;
        SHA256SU1 = modify_n_m, sha256_schedule_1;
    }
    CLMUL: {
        PMULL_64bit = d_n_m, multiply_polynomials;
        CRC32 = crc, crc32;
    }
    NONE: {
        SHA1H = rotated, sha1_rotate;
        SHA1SU0 = modify_n_m, sha1_schedule_0;
        SHA1SU1 = modify, sha1_schedule_1;
        EOR3 = d_n_m_a, |t, i| combine(t, i, VPXOR);
        BCAX = d_n_m_a, |t, i| combine(t, i, VPANDN);
        RAX1 = d_n_m, rotate_and_xor;
        XAR = d_n_m, xor_and_rotate;
        SHA512H = modify_n_m, sha512_first;
        SHA512H2 = modify_n_m, sha512_second;
        SHA512SU0 = modify, sha512_schedule_0;
        SHA512SU1 = modify_n_m, sha512_schedule_1;
    }
};

// ---- AES ----

/// The other half of a pair in the same block, `step` items away, if both work on one register.
fn partner(t: &Translator<'_>, step: isize, op: Op) -> bool {
    let Some(at) = t.current.checked_add_signed(step) else { return false };
    if !t.block_items.contains(&at) {
        return false;
    }
    let (item, other) = (t.item(), &t.region.items[at]);
    let (first, second) = if step < 0 { (other, item) } else { (item, other) };
    let d = first.insn.rd();
    other.op == Some(op) && second.insn.rd() == d && second.insn.rn() == d
}

fn aes_round(t: &mut Translator<'_>, i: Insn, columns: Op, alone: VOp, with_columns: VOp) {
    let op = if partner(t, 1, columns) { with_columns } else { alone };
    let d = t.v(i.rd(), XMM0);
    let n = t.v_operand(i.rn());
    t.asm.v3(VPXOR, XMM0, d, n);
    t.asm.v3(VPXOR, XMM1, XMM1, XMM1);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(op, target, XMM0, XMM1);
    t.set_v(i.rd(), target);
}

/// Nothing is left to do behind a round of this kind on the same register.
fn aes_mix(t: &mut Translator<'_>, i: Insn, round: Op) {
    if partner(t, -1, round) {
        return;
    }
    let target = t.v_target(i.rd(), XMM0);
    if round == Op::AESD {
        let n = t.v_operand(i.rn());
        t.asm.v2(VAESIMC, target, n);
    } else {
        // Two steps that cancel out around the one that is wanted.
        let n = t.v(i.rn(), XMM0);
        t.asm.v3(VPXOR, XMM1, XMM1, XMM1);
        t.asm.v3(VAESDECLAST, XMM0, n, XMM1);
        t.asm.v3(VAESENC, target, XMM0, XMM1);
    }
    t.set_v(i.rd(), target);
}

// ---- SHA-1 ----

/// What the host's rounds add by themselves, and Arm's do not (FIPS 180-4, 4.2.1).
const SHA1_CONSTANTS: [u32; 3] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc];

/// The host has a in the top element, and e in the top element of the schedule.
fn sha1_rounds(t: &mut Translator<'_>, i: Insn, kind: u8) {
    const REVERSE: u8 = 0x1b;
    let constant = u128::from(SHA1_CONSTANTS[usize::from(kind)].wrapping_neg());
    let constant = t.constant(constant * 0x0000_0001_0000_0001_0000_0001_0000_0001);
    let m = t.v_operand(i.rm());
    t.asm.v2i(VPSHUFD, XMM1, m, REVERSE);
    t.asm.v3(VPADDD, XMM1, XMM1, constant);
    let n = t.v(i.rn(), XMM2);
    t.asm.vshift(VPSLLDQ_IMM, XMM2, n, 12);
    t.asm.v3(VPADDD, XMM1, XMM1, XMM2);
    let d = t.v_operand(i.rd());
    t.asm.v2i(VPSHUFD, XMM0, d, REVERSE);
    t.asm.sha1rnds4(XMM0, XMM1, kind);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v2i(VPSHUFD, target, XMM0, REVERSE);
    t.set_v(i.rd(), target);
}

fn sha1_rotate(t: &mut Translator<'_>, i: Insn) {
    let n = t.v(i.rn(), XMM0);
    t.asm.v_to_reg(crate::x64::vector::VMOVD_TO_GPR, RAX, n);
    t.asm.rorx(Width::W32, RAX, RAX, 2);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v_from_reg(VMOVD_FROM_GPR, target, RAX);
    t.set_v(i.rd(), target);
}

fn sha1_schedule_0(t: &mut Translator<'_>, i: Insn) {
    let d = t.v(i.rd(), XMM0);
    let (n, m) = (t.v_operand(i.rn()), t.v_operand(i.rm()));
    t.asm.v3(VPXOR, XMM1, d, m);
    // The upper half of d below the lower half of n.
    t.asm.v3i(VSHUFPD, XMM0, d, n, 1);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VPXOR, target, XMM0, XMM1);
    t.set_v(i.rd(), target);
}

/// `to` = each word rotated left by one, with XMM2 as scratch.
fn rotate_words(t: &mut Translator<'_>, to: Xmm, from: Xmm) {
    t.asm.vshift(VPSRLD_IMM, XMM2, from, 31);
    t.asm.vshift(VPSLLD_IMM, to, from, 1);
    t.asm.v3(VPOR, to, to, XMM2);
}

fn sha1_schedule_1(t: &mut Translator<'_>, i: Insn) {
    let n = t.v(i.rn(), XMM0);
    let d = t.v_operand(i.rd());
    t.asm.vshift(VPSRLDQ_IMM, XMM0, n, 4);
    t.asm.v3(VPXOR, XMM0, XMM0, d);
    rotate_words(t, XMM0, XMM0);
    t.asm.vshift(VPSLLDQ_IMM, XMM1, XMM0, 12);
    rotate_words(t, XMM1, XMM1);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VPXOR, target, XMM0, XMM1);
    t.set_v(i.rd(), target);
}

// ---- SHA-256 ----

/// The host has a, b, e and f in one register, a in its top element, and the other four in
/// another; two rounds exchange the two and make one new.
///
/// Programs do all this twice: for a to d, and with what these were before for e to h. If both
/// stand together the second one is done with the first.
fn sha256_rounds(t: &mut Translator<'_>, i: Insn, abcd: bool) {
    if t.current < t.run_end {
        return;
    }
    /// Exchanges the elements of each half.
    const SWAP: u8 = 0xb1;
    let (first, second) = if abcd { (i.rd(), i.rn()) } else { (i.rn(), i.rd()) };
    let efgh = t.v(second, XMM0);
    let abcd_operand = t.v_operand(first);
    t.asm.v3(VPUNPCKHQDQ, XMM1, efgh, abcd_operand);
    t.asm.v3(VPUNPCKLQDQ, XMM2, efgh, abcd_operand);
    t.asm.v2i(VPSHUFD, XMM1, XMM1, SWAP);
    t.asm.v2i(VPSHUFD, XMM2, XMM2, SWAP);
    let schedule = t.v(i.rm(), XMM0);
    if schedule != XMM0 {
        t.asm.v2(VMOVDQA, XMM0, schedule);
    }
    t.asm.legacy(Legacy::Sha256Rnds2, XMM1, XMM2);
    t.asm.v2i(VPSHUFD, XMM0, XMM0, 0xee);
    t.asm.legacy(Legacy::Sha256Rnds2, XMM2, XMM1);
    t.asm.v2i(VPSHUFD, XMM1, XMM1, SWAP);
    t.asm.v2i(VPSHUFD, XMM2, XMM2, SWAP);
    let both = abcd && is_pair(t);
    if both {
        let target = t.v_target(second, XMM0);
        t.asm.v3(VPUNPCKLQDQ, target, XMM2, XMM1);
        t.set_v(second, target);
        t.run_end = t.current + 2;
    }
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(if abcd { VPUNPCKHQDQ } else { VPUNPCKLQDQ }, target, XMM2, XMM1);
    t.set_v(i.rd(), target);
}

/// Whether the current SHA256H is followed by a SHA256H2 that does the same rounds: its a to d are
/// in a register that has been copied to or from the one that is about to change.
fn is_pair(t: &Translator<'_>) -> bool {
    let at = t.current;
    if !t.block_items.contains(&(at + 1)) {
        return false;
    }
    let (h, next) = (t.item().insn, &t.region.items[at + 1]);
    let h2 = next.insn;
    let pair = next.op == Some(Op::SHA256H2) && h2.rm() == h.rm() && h2.rd() == h.rn();
    let registers = 1 << h.rd() | 1 << h2.rn();
    let copy = t.region.items[t.block_items.start..at]
        .iter()
        .rev()
        .find(|item| item.uses.is_none_or(|uses| uses.v_write & registers != 0));
    // Nothing that the second one reads is what the first one writes.
    let apart = h.rd() != h.rn() && h.rd() != h.rm() && h2.rd() != h2.rn();
    pair && apart
        && copy.is_some_and(|item| {
            let i = item.insn;
            let is_move = item.op == Some(Op::ORR_vector_register) && i.q() && i.rn() == i.rm();
            is_move && i.rd() != i.rn() && 1 << i.rd() | 1 << i.rn() == registers
        })
}

fn sha256_schedule_0(t: &mut Translator<'_>, i: Insn) {
    let d = t.v(i.rd(), XMM0);
    if d != XMM0 {
        t.asm.v2(VMOVDQA, XMM0, d);
    }
    let n = t.v(i.rn(), XMM1);
    t.asm.legacy(Legacy::Sha256Msg1, XMM0, n);
    t.set_v(i.rd(), XMM0);
}

fn sha256_schedule_1(t: &mut Translator<'_>, i: Insn) {
    let m = t.v(i.rm(), XMM1);
    let (n, d) = (t.v_operand(i.rn()), t.v_operand(i.rd()));
    t.asm.v3i(VPALIGNR, XMM0, m, n, 4);
    t.asm.v3(VPADDD, XMM0, XMM0, d);
    t.asm.legacy(Legacy::Sha256Msg2, XMM0, m);
    t.set_v(i.rd(), XMM0);
}

// ---- SHA-512: the host has nothing for it but rotations ----

/// `RDX = from >>> a ^ from >>> b ^ from >>> c`, for rising amounts. Clobbers EFLAGS.
fn rotated_thrice(t: &mut Translator<'_>, from: Reg, [a, b, c]: [u8; 3]) {
    t.asm.rorx(Width::W64, RDX, from, c - b);
    t.asm.alu(Alu::Xor, Width::W64, RDX, from);
    t.asm.rorx(Width::W64, RDX, RDX, b - a);
    t.asm.alu(Alu::Xor, Width::W64, RDX, from);
    t.asm.rorx(Width::W64, RDX, RDX, a);
}

/// FIPS 180-4, 4.1.3: the rotations of Σ1 and Σ0.
const SIGMA_1: [u8; 3] = [14, 18, 41];
const SIGMA_0: [u8; 3] = [28, 34, 39];

/// Exchanges the halves.
const EXCHANGE: u8 = 0x4e;

/// Half of what makes the new (e, f): two rounds, each of which needs the result of the one before. What
/// the choices are made of is prepared for both; XMM1 has their first operand.
fn sha512_first(t: &mut Translator<'_>, i: Insn) {
    t.clobber_flags();
    let (d, n, m) = (t.v_operand(i.rd()), t.v_operand(i.rn()), t.v_operand(i.rm()));
    // ch(e, f, g) + h of the first round: e is the upper half of m.
    t.asm.v2i(VPSHUFD, XMM1, m, EXCHANGE);
    t.asm.v2i(VPSHUFD, XMM0, n, EXCHANGE);
    t.asm.v3(VPANDN, XMM0, XMM1, XMM0);
    t.asm.v3(VPAND, XMM2, XMM1, n);
    t.asm.v3(VPOR, XMM0, XMM0, XMM2);
    t.asm.v2i(VPSHUFD, XMM2, d, EXCHANGE);
    t.asm.v3(VPADDQ, XMM0, XMM0, XMM2);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RAX, XMM1);
    rotated_thrice(t, RAX, SIGMA_1);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RAX, XMM0);
    t.asm.alu(Alu::Add, Width::W64, RAX, RDX);
    t.asm.v_from_reg(VMOVQ_FROM_GPR, XMM2, RAX);
    // The second round's e.
    t.asm.vextract(VPEXTRQ, RCX, XMM1, 1);
    t.asm.alu(Alu::Add, Width::W64, RCX, RAX);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RAX, XMM1);
    t.asm.alu(Alu::And, Width::W64, RAX, RCX);
    sha512_lower(t, n, RDX);
    t.asm.andn(Width::W64, RDX, RCX, RDX);
    t.asm.alu(Alu::Add, Width::W64, RAX, RDX);
    rotated_thrice(t, RCX, SIGMA_1);
    t.asm.alu(Alu::Add, Width::W64, RAX, RDX);
    sha512_finish(t, i, d);
}

/// `to` = the lower half of an operand.
fn sha512_lower(t: &mut Translator<'_>, v: Xm, to: Reg) {
    match v {
        Xm::Reg(v) => t.asm.v_to_reg(VMOVQ_TO_GPR, to, v),
        Xm::Mem(v) => t.asm.mov(Width::W64, to, v),
    }
}

/// The result: XMM2 above the sum of RAX and what was the lower half of the destination.
fn sha512_finish(t: &mut Translator<'_>, i: Insn, d: Xm) {
    sha512_lower(t, d, RDX);
    t.asm.alu(Alu::Add, Width::W64, RAX, RDX);
    t.asm.v_from_reg(VMOVQ_FROM_GPR, XMM0, RAX);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VPUNPCKLQDQ, target, XMM0, XMM2);
    t.set_v(i.rd(), target);
}

/// The same for the new (a, b). A majority is what two have in common, and of where they differ what the
/// third has; the two are a and b, of which the second round's is made as well.
fn sha512_second(t: &mut Translator<'_>, i: Insn) {
    t.clobber_flags();
    let (d, n) = (t.v_operand(i.rd()), t.v_operand(i.rn()));
    let m = t.v(i.rm(), XMM0);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RCX, m);
    t.asm.v2i(VPSHUFD, XMM1, m, EXCHANGE);
    t.asm.v3(VPAND, XMM2, XMM1, m);
    t.asm.v3(VPXOR, XMM1, XMM1, m);
    t.asm.v3(VPAND, XMM0, XMM1, n);
    t.asm.v3(VPADDQ, XMM0, XMM0, XMM2);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RAX, XMM0);
    t.asm.v2i(VPSHUFD, XMM0, d, EXCHANGE);
    rotated_thrice(t, RCX, SIGMA_0);
    t.asm.alu(Alu::Add, Width::W64, RAX, RDX);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RCX, XMM0);
    t.asm.alu(Alu::Add, Width::W64, RCX, RAX);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RAX, XMM1);
    t.asm.alu(Alu::And, Width::W64, RAX, RCX);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RDX, XMM2);
    t.asm.alu(Alu::Add, Width::W64, RAX, RDX);
    t.asm.v_from_reg(VMOVQ_FROM_GPR, XMM2, RCX);
    rotated_thrice(t, RCX, SIGMA_0);
    t.asm.alu(Alu::Add, Width::W64, RAX, RDX);
    sha512_finish(t, i, d);
}

/// `XMM0 ^= from >>> by`. Clobbers XMM1.
fn xor_rotated(t: &mut Translator<'_>, from: Xmm, by: u8) {
    for (op, by) in [(VPSRLQ_IMM, by), (VPSLLQ_IMM, 64 - by)] {
        t.asm.vshift(op, XMM1, from, by);
        t.asm.v3(VPXOR, XMM0, XMM0, XMM1);
    }
}

fn sha512_schedule_0(t: &mut Translator<'_>, i: Insn) {
    let d = t.v(i.rd(), XMM0);
    let n = t.v_operand(i.rn());
    // The upper half of d below the lower half of n.
    t.asm.v3i(VSHUFPD, XMM2, d, n, 1);
    t.asm.vshift(VPSRLQ_IMM, XMM0, XMM2, 7);
    xor_rotated(t, XMM2, 1);
    xor_rotated(t, XMM2, 8);
    t.accumulate_v(i, 128, VPADDQ, XMM0);
}

fn sha512_schedule_1(t: &mut Translator<'_>, i: Insn) {
    let n = t.v(i.rn(), XMM2);
    t.asm.vshift(VPSRLQ_IMM, XMM0, n, 6);
    xor_rotated(t, n, 19);
    xor_rotated(t, n, 61);
    let m = t.v_operand(i.rm());
    t.asm.v3(VPADDQ, XMM0, XMM0, m);
    t.accumulate_v(i, 128, VPADDQ, XMM0);
}

// ---- SHA-3 ----

/// `n ^ m ^ a`, or with `VPANDN` `n ^ (m & !a)`.
fn combine(t: &mut Translator<'_>, i: Insn, op: VOp) {
    let a = t.v(i.ra(), XMM0);
    let (n, m) = (t.v_operand(i.rn()), t.v_operand(i.rm()));
    t.asm.v3(op, XMM0, a, m);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VPXOR, target, XMM0, n);
    t.set_v(i.rd(), target);
}

fn rotate_and_xor(t: &mut Translator<'_>, i: Insn) {
    let m = t.v(i.rm(), XMM0);
    t.asm.vshift(VPSRLQ_IMM, XMM1, m, 63);
    t.asm.v3(VPADDQ, XMM0, m, m);
    t.asm.v3(VPOR, XMM0, XMM0, XMM1);
    let n = t.v_operand(i.rn());
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VPXOR, target, XMM0, n);
    t.set_v(i.rd(), target);
}

fn xor_and_rotate(t: &mut Translator<'_>, i: Insn) {
    let count = i.bits(15, 10) as u8;
    let n = t.v(i.rn(), XMM0);
    let m = t.v_operand(i.rm());
    t.asm.v3(VPXOR, XMM0, n, m);
    // A count of 64, by which nothing is left, is right for no rotation, too.
    t.asm.vshift(VPSLLQ_IMM, XMM1, XMM0, 64 - count);
    t.asm.vshift(VPSRLQ_IMM, XMM0, XMM0, count);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VPOR, target, XMM0, XMM1);
    t.set_v(i.rd(), target);
}

// ---- Polynomials ----

/// The lower halves, or in the second form the upper ones.
fn multiply_polynomials(t: &mut Translator<'_>, i: Insn) {
    let n = t.v(i.rn(), XMM0);
    let m = t.v_operand(i.rm());
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3i(VPCLMULQDQ, target, n, m, if i.q() { 0x11 } else { 0 });
    t.set_v(i.rd(), target);
}

/// The polynomial of CRC-32 (IEEE 802.3), bit n being the coefficient of x^n.
const POLYNOMIAL: u128 = 0x1_04c1_1db7;

/// x^96 divided by it: what Barrett's reduction of 64 bits multiplies with. Reflected, as the
/// message is, with the coefficient of x^64 in bit 0; that of x^0 does not matter.
const QUOTIENT: u64 = {
    let (mut quotient, mut rest, mut degree) = (0_u128, 1_u128 << 96, 96);
    while degree >= 32 {
        if rest >> degree & 1 != 0 {
            quotient |= 1 << (degree - 32);
            rest ^= POLYNOMIAL << (degree - 32);
        }
        degree -= 1;
    }
    ((quotient >> 1) as u64).reverse_bits()
};

/// The polynomial reflected, with the coefficient of x^32 in bit 0.
const REFLECTED: u64 = (POLYNOMIAL as u64).reverse_bits() >> 31;

/// The remainder of `(crc ^ data) * x^32`, shifted to the top of 64 bits, by Barrett's method; of
/// less than 32 bits of data, what is left of the old value is added.
fn crc32(t: &mut Translator<'_>, i: Insn) {
    let size = i.bits(11, 10);
    let bits = 8 << size;
    let (n, m) = (zr(i.rn()), zr(i.rm()));
    let quotient = t.constant(QUOTIENT.into());
    let polynomial = t.constant(REFLECTED.into());
    let (crc, data) = (t.x(n, RAX), t.x(m, RCX));
    t.asm.v_from_reg(VMOVD_FROM_GPR, XMM1, crc);
    t.asm.v_from_reg(VMOVQ_FROM_GPR, XMM0, data);
    t.asm.v3(VPXOR, XMM0, XMM0, XMM1);
    if size < 3 {
        t.asm.vshift(VPSLLQ_IMM, XMM0, XMM0, 64 - bits);
    }
    t.asm.v3i(VPCLMULQDQ, XMM0, XMM0, quotient, 0);
    t.asm.v3i(VPCLMULQDQ, XMM0, XMM0, polynomial, 0);
    // The remainder is in the third word.
    if size < 2 {
        t.asm.vshift(VPSLLDQ_IMM, XMM1, XMM1, 8);
        t.asm.vshift(VPSRLQ_IMM, XMM1, XMM1, bits);
        t.asm.v3(VPXOR, XMM0, XMM0, XMM1);
    }
    let target = t.target(zr(i.rd()), RAX);
    t.asm.vextract(VPEXTRD, target, XMM0, 2);
    t.set_x(zr(i.rd()), target);
}
