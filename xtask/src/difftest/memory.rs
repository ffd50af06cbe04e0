//! Where the accesses of a case go: mostly into its window, now and then where they fail.
//!
//! The base register is chosen last, so that base and offset together hit a chosen address whatever
//! the offset is. The address is computed here, from the encoding, and not asked of an engine: a
//! wrong engine must not choose its own tests.

use super::case::{Case, WINDOW, layout};
use super::rng::Rng;

/// The window that begins where the writable pages do; below it is the page that may be read.
pub const LOW: u64 = layout::DATA;
/// The window across the border of two writable pages.
pub const MIDDLE: u64 = layout::DATA + layout::PAGE - WINDOW as u64 / 2;
/// The window at the end of the writable pages; nothing is mapped behind it.
pub const HIGH: u64 = layout::DATA_END - WINDOW as u64;

/// The largest access: four vector registers, or a cache line.
const LARGEST: u64 = 64;

/// Bits 29-24 of the classes of loads and stores (C4.1.95), as far as they matter here.
fn is_load_or_store(word: u32) -> bool {
    word >> 25 & 0b101 == 0b100
}

/// `DC` and `IC` with an address in Rt (C4.1.94, system instructions).
fn is_cache_maintenance(word: u32) -> bool {
    word & 0xfff8_f000 == 0xd508_7000
}

/// Compare-and-swap, exclusives, ordered accesses and atomic operations: what insists on alignment.
fn is_ordered(word: u32) -> bool {
    word >> 24 & 0x3f == 0b00_1000
        || word >> 24 & 0x3f == 0b01_1001
        || word >> 24 & 0x3f == 0b11_1000 && word >> 21 & 1 == 1 && word >> 10 & 3 == 0
}

/// How many bytes a load or store accesses if it is one that insists on alignment.
pub fn ordered_bytes(word: u32) -> Option<u64> {
    let exclusive_pair =
        word >> 24 & 0x3f == 0b00_1000 && word >> 21 & 1 == 1 && word >> 23 & 1 == 0;
    let size = word >> 30;
    // CASP has its size in bit 30 alone, with bit 31 clear.
    let size = if exclusive_pair { 2 + (size & 1) } else { size };
    is_ordered(word).then_some(if exclusive_pair { 2 << size } else { 1 << size })
}

/// Sets the base register of a load, store or cache operation, if it has one.
pub fn aim(case: &mut Case, rng: &mut Rng) {
    let word = case.word();
    let base = if is_cache_maintenance(word) {
        word & 31
    } else if is_load_or_store(word) && !is_literal(word) {
        word >> 5 & 31
    } else {
        return;
    };
    if is_register_offset(word) && !rng.one_in(8) {
        let index = (word >> 16 & 31) as usize;
        if index != 31 {
            case.regs.x[index] = super::values::integer(rng);
        }
    }
    prepare_exclusive(case, rng);
    let wanted = address(case, rng);
    let value = wanted.wrapping_sub(offset(word, case));
    match base as usize {
        // SP must be aligned to 16; QEMU does not check that.
        31 if is_load_or_store(word) => case.regs.sp = value & !15,
        31 => {}
        n => case.regs.x[n] = value,
    }
}

/// Before a store-exclusive: mostly the load-exclusive without which it cannot succeed.
fn prepare_exclusive(case: &mut Case, rng: &mut Rng) {
    let word = case.word();
    let is_store_exclusive = word & 0x3fc0_0000 == 0x0800_0000;
    if !is_store_exclusive || rng.one_in(8) {
        return;
    }
    // The same size, pair and base; L set, Rs all ones; into the zero register, or for a pair into
    // that and one that is not the base.
    let pair = word & 1 << 21;
    let rn = word >> 5 & 31;
    let rt2 = if pair != 0 { (rn + 1) % 31 } else { 31 };
    let load = word & 0xc000_0000 | 0x085f_001f | pair | rt2 << 10 | rn << 5;
    case.code.insert(0, load);
}

/// The address of the first byte.
fn address(case: &Case, rng: &mut Rng) -> u64 {
    let word = case.word();
    let align =
        if is_ordered(word) && !rng.one_in(16) { 16 } else { rng.pick(&[1, 1, 2, 4, 8, 16, 64]) };
    // SP is rounded down, so one step from the start.
    let inside = 16 + rng.below(WINDOW as u64 - 32 - LARGEST);
    let place = match rng.below(24) {
        0 => return layout::NOWHERE + rng.below(4096),
        1 => layout::READ_ONLY + rng.below(layout::PAGE - LARGEST),
        2 | 3 if case.window == LOW => case.window + rng.below(16),
        2 | 3 if case.window == HIGH => case.window + WINDOW as u64 - rng.below(LARGEST + 16),
        4 if case.window == LOW => case.window.wrapping_sub(rng.below(LARGEST)),
        // A tag, which does not matter.
        5 | 6 => (case.window + inside) | rng.below(256) << 56,
        _ => case.window + inside,
    };
    place & !(align - 1)
}

fn is_literal(word: u32) -> bool {
    word >> 24 & 0x3b == 0b01_1000
}

fn is_register_offset(word: u32) -> bool {
    word >> 24 & 0x3b == 0b11_1000 && word >> 21 & 1 == 1 && word >> 10 & 3 == 0b10
}

/// What a load or store adds to its base register before the access (C4.1.95).
fn offset(word: u32, case: &Case) -> u64 {
    let vector = word >> 26 & 1 == 1;
    let size = word >> 30;
    let scale = if vector { size | (word >> 23 & 1) << 2 } else { size };
    let signed =
        |low: u32, width: u32| i64::from((word << (32 - low - width)) as i32 >> (32 - width));
    let class = word >> 24 & 0x3b;
    let offset = if class & 0b11_1010 == 0b10_1000 {
        // A pair. Bits 24-23: 01 is post-index.
        let scale = if vector { 2 + size } else { 2 + (size >> 1) };
        if word >> 23 & 3 == 1 { 0 } else { signed(15, 7) << scale }
    } else if class == 0b11_1001 {
        i64::from(word >> 10 & 0xfff) << scale
    } else if is_register_offset(word) {
        return register_offset(word, case, scale);
    } else if class == 0b11_1000 && word >> 21 & 1 == 0 && word >> 10 & 3 != 1
        || class == 0b01_1001 && word >> 21 & 1 == 0 && word >> 10 & 3 == 0
    {
        // Unscaled, unprivileged, pre-index; LDAPUR and STLUR.
        signed(12, 9)
    } else {
        0
    };
    offset as u64
}

fn register_offset(word: u32, case: &Case, scale: u32) -> u64 {
    let index = match word >> 16 & 31 {
        31 => 0,
        m => case.regs.x[m as usize],
    };
    let extended = match word >> 13 & 7 {
        0b010 => u64::from(index as u32),
        0b110 => i64::from(index as i32) as u64,
        _ => index,
    };
    if word >> 12 & 1 == 1 { extended << scale } else { extended }
}
