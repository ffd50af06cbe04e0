//! Advanced SIMD loads and stores of structures.
//!
//! A fault must find every register as it was, so all of a load's accesses come before its first
//! change: up to four registers' bytes (*rows*, in the order of memory) wait in the three scratch
//! registers and the home of one destination, which a faulting load leaves alone. The rows then go to the
//! destinations, whether these have homes or not, and are rearranged between there and the scratch
//! registers.

use super::lines::{Family, Line};
use super::simd::{UNPACK_HIGH, UNPACK_LOW, XMM0, XMM1, XMM2, bits};
use super::{RAX, RCX, RDX, Translator, zr};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::runtime::frame;
use crate::x64::vector::*;
use crate::x64::{Mem, Rm, Width, Xmm};

/// Lines by the number of registers.
macro_rules! lines {
    ($($uses:ident, $emit:ident: $($count:literal = $($op:ident)*;)*)*) => { &[
        $($($((Op::$op, Line::new(|i| $uses(i, $count), |t, i| $emit(t, i, $count))),)*)*)*
    ] };
}

pub(super) const LINES: Family = lines! {
    uses, load_consecutive:
        1 = LD1_multiple_1 LD1_multiple_1_post;
        2 = LD1_multiple_2 LD1_multiple_2_post;
        3 = LD1_multiple_3 LD1_multiple_3_post;
        4 = LD1_multiple_4 LD1_multiple_4_post;
    uses, store_consecutive:
        1 = ST1_multiple_1 ST1_multiple_1_post;
        2 = ST1_multiple_2 ST1_multiple_2_post;
        3 = ST1_multiple_3 ST1_multiple_3_post;
        4 = ST1_multiple_4 ST1_multiple_4_post;
    structure_uses, load_structures:
        2 = LD2_multiple LD2_multiple_post;
        3 = LD3_multiple LD3_multiple_post;
        4 = LD4_multiple LD4_multiple_post;
    structure_uses, store_structures:
        2 = ST2_multiple ST2_multiple_post;
        3 = ST3_multiple ST3_multiple_post;
        4 = ST4_multiple ST4_multiple_post;
    single_uses, load_single:
        1 = LD1_single LD1_single_post;
        2 = LD2_single LD2_single_post;
        3 = LD3_single LD3_single_post;
        4 = LD4_single LD4_single_post;
    single_uses, store_single:
        1 = ST1_single ST1_single_post;
        2 = ST2_single ST2_single_post;
        3 = ST3_single ST3_single_post;
        4 = ST4_single ST4_single_post;
    uses, load_replicated:
        1 = LD1R LD1R_post;
        2 = LD2R LD2R_post;
        3 = LD3R LD3R_post;
        4 = LD4R LD4R_post;
};

const SCRATCH: [Xmm; 3] = [XMM0, XMM1, XMM2];

/// `L`: a load.
fn is_load(i: Insn) -> bool {
    i.bit(22)
}

/// Register `k` of the list that starts with `Rt`.
fn register(i: Insn, k: u32) -> usize {
    (i.rd() + k as usize) % 32
}

fn uses(i: Insn, count: u32) -> Option<Uses> {
    let mut uses = Uses::NONE.reads_or_sp(i.rn());
    if i.bit(23) {
        uses = uses.writes_or_sp(i.rn()).reads(i.rm());
    }
    for k in 0..count {
        let n = register(i, k);
        uses = if is_load(i) { uses.writes_v(n) } else { uses.reads_v(n) };
    }
    Some(uses)
}

/// One 64-bit element per register is reserved.
fn structure_uses(i: Insn, count: u32) -> Option<Uses> {
    if i.bits(11, 10) == 3 && !i.q() { None } else { uses(i, count) }
}

fn single_uses(i: Insn, count: u32) -> Option<Uses> {
    size_and_index(i)?;
    let uses = uses(i, count)?;
    Some((0..count).fold(uses, |uses, k| uses.reads_v(register(i, k))))
}

impl Translator<'_> {
    /// Emits the accesses of an instruction of `bytes` in all, by `access` at its base, and moves the base
    /// for the post-indexed forms: by a register, or by the size for number 31. Clobbers RCX, which `access`
    /// must not, and RDX.
    fn structures(&mut self, i: Insn, bytes: u32, access: impl FnOnce(&mut Self, Mem)) {
        let n = i.rn();
        let mut slow = self.check_base(n);
        let mem = self.place_at(n, 0, &mut slow);
        access(self, mem);
        if i.bit(23) {
            let base = self.x(n, RCX);
            let target = self.target(n, RCX);
            let moved = if i.rm() == 31 {
                Mem::at(base, bytes as i32)
            } else {
                Mem::indexed(base, self.x(zr(i.rm()), RDX), 0, 0)
            };
            self.asm.lea(Width::W64, target, moved);
            self.set_x(n, target);
        }
        self.resume_all(slow);
    }

    /// Loads 8 or 16 bytes.
    fn load_row(&mut self, to: Xmm, mem: Mem, bytes: u32) {
        self.asm.v2(if bytes == 16 { VMOVDQU } else { VMOVQ }, to, mem);
        self.may_fault();
    }

    /// Stores 8 or 16 bytes.
    fn store_row(&mut self, mem: Mem, bytes: u32, from: Xmm) {
        self.asm.vstore(if bytes == 16 { VMOVDQU_STORE } else { VMOVQ_STORE }, mem, from);
        self.may_fault();
    }

    /// Loads `count` rows, by `load`, to the registers of the list.
    fn load_list(&mut self, i: Insn, count: u32, load: impl Fn(&mut Self, Xmm, u32)) {
        let home = (0..count).find(|k| self.v_home(register(i, *k)).is_some());
        let direct = home.unwrap_or(count - 1);
        let waiting: Vec<u32> = (0..count).filter(|k| *k != direct).collect();
        for (k, scratch) in waiting.iter().zip(SCRATCH) {
            load(self, scratch, *k);
        }
        let free = *SCRATCH.get(waiting.len()).unwrap_or(&XMM2);
        let last = self.v_target(register(i, direct), free);
        load(self, last, direct);
        self.set_v(register(i, direct), last);
        for (k, scratch) in waiting.iter().zip(SCRATCH) {
            self.set_v(register(i, *k), scratch);
        }
    }

    /// Loads four rows of 8 or 16 bytes to registers that have no home: the last one by general
    /// registers.
    fn load_four_homeless(&mut self, i: Insn, mem: Mem, bytes: u32) {
        for (row, scratch) in (0..).zip(SCRATCH) {
            self.load_row(scratch, mem.plus((row * bytes) as i32), bytes);
        }
        let last = mem.plus(3 * bytes as i32);
        let to = frame::v(register(i, 3));
        self.asm.mov(Width::W64, RAX, last);
        self.may_fault();
        if bytes == 16 {
            self.asm.mov(Width::W64, RDX, last.plus(8));
            self.may_fault();
            self.asm.store(Width::W64, to.plus(8), RDX);
        } else {
            self.asm.store_imm(Width::W64, to.plus(8), 0);
        }
        self.asm.store(Width::W64, to, RAX);
        for (row, scratch) in (0..).zip(SCRATCH) {
            self.set_v(register(i, row), scratch);
        }
    }

    /// Loads `count` rows of 8 or 16 bytes to the registers of the list.
    fn load_rows(&mut self, i: Insn, mem: Mem, count: u32, bytes: u32) {
        if count == 4 && (0..4).all(|k| self.v_home(register(i, k)).is_none()) {
            return self.load_four_homeless(i, mem, bytes);
        }
        self.load_list(i, count, |t, to, k| t.load_row(to, mem.plus((k * bytes) as i32), bytes));
    }
}

// ---- Whole registers ----

fn load_consecutive(t: &mut Translator<'_>, i: Insn, count: u32) {
    let bytes = bits(i) / 8;
    t.structures(i, count * bytes, |t, mem| t.load_rows(i, mem, count, bytes));
}

fn store_consecutive(t: &mut Translator<'_>, i: Insn, count: u32) {
    let bytes = bits(i) / 8;
    t.structures(i, count * bytes, |t, mem| {
        for k in 0..count {
            let value = t.v(register(i, k), XMM0);
            t.store_row(mem.plus((k * bytes) as i32), bytes, value);
        }
    });
}

// ---- Structures ----

/// log2 of the bytes of an element of a multiple structure.
fn size(i: Insn) -> u32 {
    i.bits(11, 10)
}

fn load_structures(t: &mut Translator<'_>, i: Insn, count: u32) {
    t.structures(i, count * bits(i) / 8, |t, mem| match (count, i.q()) {
        (2, true) => load_pairs(t, i, mem),
        (2, false) => load_short_pairs(t, i, mem),
        (3, _) => load_triples(t, i, mem),
        (_, true) => load_quadruples(t, i, mem),
        (_, false) => load_short_quadruples(t, i, mem),
    });
}

/// Within 16 bytes of structures of `count` elements: all first elements, then all second ones, ...
/// Nothing to do if each of these is as long as `16 / count` bytes already.
fn sort(t: &mut Translator<'_>, i: Insn, count: u32, to: Xmm, row: Xmm) {
    let (size, each) = (size(i), 16 / count);
    if 1 << size == each {
        if to != row {
            t.asm.v2(VMOVDQA, to, row);
        }
        return;
    }
    let control = t.shuffle(|byte| {
        let (field, within) = (byte / each, byte % each);
        let element = (within >> size) * count + field;
        Some((element << size) + (within & ((1 << size) - 1)))
    });
    t.asm.v3(VPSHUFB, to, row, control);
}

fn load_pairs(t: &mut Translator<'_>, i: Insn, mem: Mem) {
    t.load_row(XMM0, mem, 16);
    t.load_row(XMM1, mem.plus(16), 16);
    sort(t, i, 2, XMM0, XMM0);
    sort(t, i, 2, XMM1, XMM1);
    t.asm.v3(VPUNPCKLQDQ, XMM2, XMM0, XMM1);
    t.asm.v3(VPUNPCKHQDQ, XMM0, XMM0, XMM1);
    t.set_v(register(i, 0), XMM2);
    t.set_v(register(i, 1), XMM0);
}

fn load_short_pairs(t: &mut Translator<'_>, i: Insn, mem: Mem) {
    t.load_row(XMM0, mem, 16);
    sort(t, i, 2, XMM0, XMM0);
    set_halves(t, i, 0, XMM0);
}

/// Register `k` of the list becomes the lower half of `pair`, the next one the upper half.
fn set_halves(t: &mut Translator<'_>, i: Insn, k: u32, pair: Xmm) {
    t.asm.vshift(VPSRLDQ_IMM, XMM1, pair, 8);
    t.set_v(register(i, k + 1), XMM1);
    t.asm.v2(VMOVQ, pair, pair);
    t.set_v(register(i, k), pair);
}

/// From each row what belongs to a register, by a shuffle, all of them combined.
fn load_triples(t: &mut Translator<'_>, i: Insn, mem: Mem) {
    let (size, rows) = (size(i), if i.q() { 3 } else { 2 });
    t.load_row(XMM0, mem, 16);
    t.load_row(XMM1, mem.plus(16), if i.q() { 16 } else { 8 });
    if i.q() {
        t.load_row(XMM2, mem.plus(32), 16);
    }
    for (row, scratch) in (0..rows).zip(SCRATCH) {
        t.set_v(register(i, row), scratch);
    }
    let part = |t: &mut Translator<'_>, row: u32, field: u32, to: Xmm| {
        let control = t.shuffle(|byte| {
            let from = (((byte >> size) * 3 + field) << size) + (byte & ((1 << size) - 1));
            (byte < bits(i) / 8 && from / 16 == row).then_some(from % 16)
        });
        let row = t.v(register(i, row), to);
        t.asm.v3(VPSHUFB, to, row, control);
    };
    for (field, all, more) in [(0, XMM0, XMM1), (1, XMM1, XMM2)] {
        part(t, 0, field, all);
        for row in 1..rows {
            part(t, row, field, more);
            t.asm.v3(VPOR, all, all, more);
        }
    }
    // Row 0 is needed once more; then its register takes the first result.
    part(t, 0, 2, XMM2);
    t.set_v(register(i, 0), XMM0);
    for row in 1..rows {
        part(t, row, 2, XMM0);
        t.asm.v3(VPOR, XMM2, XMM2, XMM0);
    }
    t.set_v(register(i, 1), XMM1);
    t.set_v(register(i, 2), XMM2);
}

/// Sorted, each row has four words, one for each register: a matrix to transpose.
fn load_quadruples(t: &mut Translator<'_>, i: Insn, mem: Mem) {
    t.load_rows(i, mem, 4, 16);
    let [r0, r1, r2, r3] = [0, 1, 2, 3].map(|k| register(i, k));
    if size(i) == 3 {
        // Two rows to a structure.
        let odd = t.v_operand(r1);
        t.asm.v2(VMOVDQU, XMM1, odd);
        for (even, odd, from) in [(r0, r1, r2), (r2, r3, r3)] {
            let first = if even == r0 { t.v(r0, XMM0) } else { XMM1 };
            let second = t.v_operand(from);
            t.asm.v3(VPUNPCKLQDQ, XMM2, first, second);
            t.asm.v3(VPUNPCKHQDQ, XMM0, first, second);
            t.set_v(even, XMM2);
            t.set_v(odd, XMM0);
        }
        return;
    }
    for row in [r0, r1, r2, r3] {
        if size(i) < 2 {
            let from = t.v(row, XMM0);
            let to = t.v_target(row, XMM0);
            sort(t, i, 4, to, from);
            t.set_v(row, to);
        }
    }
    for (even, odd) in [(r2, r3), (r0, r1)] {
        let (first, second) = (t.v(even, XMM2), t.v_operand(odd));
        t.asm.v3(VPUNPCKLDQ, XMM0, first, second);
        t.asm.v3(VPUNPCKHDQ, XMM1, first, second);
        if even == r2 {
            t.set_v(r2, XMM0);
            t.set_v(r3, XMM1);
        }
    }
    for (low, even, odd, from) in [(XMM0, r0, r1, r2), (XMM1, r2, r3, r3)] {
        let high = t.v_operand(from);
        t.asm.v3(VPUNPCKLQDQ, XMM2, low, high);
        t.asm.v3(VPUNPCKHQDQ, XMM0, low, high);
        t.set_v(even, XMM2);
        t.set_v(odd, XMM0);
    }
}

fn load_short_quadruples(t: &mut Translator<'_>, i: Insn, mem: Mem) {
    t.load_row(XMM0, mem, 16);
    t.load_row(XMM1, mem.plus(16), 16);
    sort(t, i, 4, XMM0, XMM0);
    sort(t, i, 4, XMM1, XMM1);
    t.asm.v3(VPUNPCKLDQ, XMM2, XMM0, XMM1);
    t.asm.v3(VPUNPCKHDQ, XMM0, XMM0, XMM1);
    set_halves(t, i, 0, XMM2);
    set_halves(t, i, 2, XMM0);
}

fn store_structures(t: &mut Translator<'_>, i: Insn, count: u32) {
    t.structures(i, count * bits(i) / 8, |t, mem| match count {
        2 => store_pairs(t, i, mem),
        3 => store_triples(t, i, mem),
        _ => store_quadruples(t, i, mem),
    });
}

/// The ways to interleave halves: the lower ones, and for whole registers the upper ones, too.
fn interleavings(i: Insn) -> &'static [[VOp; 4]] {
    if i.q() { &[UNPACK_LOW, UNPACK_HIGH] } else { &[UNPACK_LOW] }
}

fn store_pairs(t: &mut Translator<'_>, i: Insn, mem: Mem) {
    for (row, unpack) in (0..).zip(interleavings(i)) {
        let (a, b) = (t.v(register(i, 0), XMM0), t.v_operand(register(i, 1)));
        t.asm.v3(unpack[size(i) as usize], XMM2, a, b);
        t.store_row(mem.plus(16 * row), 16, XMM2);
    }
}

fn store_triples(t: &mut Translator<'_>, i: Insn, mem: Mem) {
    let size = size(i);
    for row in 0..if i.q() { 3 } else { 2 } {
        for field in 0..3 {
            let control = t.shuffle(|byte| {
                let at = 16 * row + byte;
                let element = at >> size;
                let from = ((element / 3) << size) + (at & ((1 << size) - 1));
                (element % 3 == field && from < 16).then_some(from)
            });
            let to = if field == 0 { XMM0 } else { XMM1 };
            let from = t.v(register(i, field), to);
            t.asm.v3(VPSHUFB, to, from, control);
            if field > 0 {
                t.asm.v3(VPOR, XMM0, XMM0, XMM1);
            }
        }
        let bytes = if row == 1 && !i.q() { 8 } else { 16 };
        t.store_row(mem.plus(16 * row as i32), bytes, XMM0);
    }
}

fn store_quadruples(t: &mut Translator<'_>, i: Insn, mem: Mem) {
    let [r0, r1, r2, r3] = [0, 1, 2, 3].map(|k| register(i, k));
    let size = size(i) as usize;
    let mut place = mem;
    for unpack in interleavings(i) {
        for (to, even, odd) in [(XMM0, r0, r1), (XMM1, r2, r3)] {
            let (first, second) = (t.v(even, to), t.v_operand(odd));
            t.asm.v3(unpack[size], to, first, second);
        }
        for half in [UNPACK_LOW, UNPACK_HIGH] {
            match half.get(size + 1) {
                Some(pairs) => {
                    t.asm.v3(*pairs, XMM2, XMM0, XMM1);
                    t.store_row(place, 16, XMM2);
                }
                // Pairs of 64 bits are rows.
                None => {
                    let row = if half == UNPACK_LOW { XMM0 } else { XMM1 };
                    t.store_row(place, 16, row);
                }
            }
            place = place.plus(16);
        }
    }
}

// ---- Single structures ----

/// Size and index of a single structure: `opcode`, `Q`, `S` and `size` hold the index and then, in
/// what the index leaves, the size.
fn size_and_index(i: Insn) -> Option<(u32, u32)> {
    let index = u32::from(i.q()) << 3 | i.bits(12, 10);
    match (i.bits(15, 14), index & 7) {
        (0, _) => Some((0, index)),
        (1, 0 | 2 | 4 | 6) => Some((1, index >> 1)),
        (2, 0 | 4) => Some((2, index >> 2)),
        (2, 1) => Some((3, index >> 3)),
        _ => None,
    }
}

fn load_single(t: &mut Translator<'_>, i: Insn, count: u32) {
    let (size, index) = size_and_index(i).expect("checked by the line");
    let insert = [VPINSRB, VPINSRW, VPINSRD, VPINSRQ][size as usize];
    t.structures(i, count << size, |t, mem| {
        load_fourth(t, mem, size, count);
        t.load_list(i, count.min(3), |t, to, k| {
            let old = t.v(register(i, k), to);
            let from: Rm = mem.plus((k << size) as i32).into();
            t.asm.v3i_from_reg(insert, to, old, from, index as u8);
            t.may_fault();
        });
        if count == 4 {
            let n = register(i, 3);
            let (old, to) = (t.v(n, XMM0), t.v_target(n, XMM0));
            t.asm.v3i_from_reg(insert, to, old, RAX, index as u8);
            t.set_v(n, to);
        }
    });
}

/// There are scratch registers for three elements; a fourth one waits in RAX.
fn load_fourth(t: &mut Translator<'_>, mem: Mem, size: u32, count: u32) {
    if count == 4 {
        t.asm.load_zero(size, RAX, mem.plus(3 << size));
        t.may_fault();
    }
}

fn store_single(t: &mut Translator<'_>, i: Insn, count: u32) {
    let (size, index) = size_and_index(i).expect("checked by the line");
    let extract = [VPEXTRB, VPEXTRW, VPEXTRD, VPEXTRQ][size as usize];
    t.structures(i, count << size, |t, mem| {
        for k in 0..count {
            let from = t.v(register(i, k), XMM0);
            t.asm.vextract(extract, mem.plus((k << size) as i32), from, index as u8);
            t.may_fault();
        }
    });
}

fn load_replicated(t: &mut Translator<'_>, i: Insn, count: u32) {
    let size = size(i);
    let op = [VPBROADCASTB, VPBROADCASTW, VPBROADCASTD, VPBROADCASTQ][size as usize];
    t.structures(i, count << size, |t, mem| {
        load_fourth(t, mem, size, count);
        t.load_list(i, count.min(3), |t, to, k| {
            t.asm.v2(op, to, mem.plus((k << size) as i32));
            t.may_fault();
        });
        if count == 4 {
            t.asm.v_from_reg(VMOVQ_FROM_GPR, XMM0, RAX);
            t.asm.v2(op, XMM0, XMM0);
            t.set_v(register(i, 3), XMM0);
        }
        if !i.q() {
            for k in 0..count {
                let value = t.v(register(i, k), XMM0);
                t.finish_v(register(i, k), 64, value);
            }
        }
    });
}
