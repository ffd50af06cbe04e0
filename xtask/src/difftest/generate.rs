//! Random cases for a line of the decoder table, or for a random word.

use engine::aarch64::Registers;
use jit::a64::{PATTERNS, Pattern, decode};

use super::case::{Batch, Case, POOL, SLOT_BYTES, SLOT_WORDS, WINDOW, layout};
use super::memory;
use super::rng::Rng;
use super::values;

/// A system call number that Linux does not have.
const NO_SYSCALL: u64 = 0xffff;

/// A case for a line, in slot `slot`; `None` if every word of the line belongs to another one.
pub fn case(line: usize, seed: u64, slot: usize) -> Option<Case> {
    let mut rng = Rng::new(seed);
    let pc = Batch::slot(slot);
    let pattern = &PATTERNS[line];
    let word = (0..10_000)
        .map(|_| word(&mut rng, pattern))
        .find(|&word| decode(word).is_some_and(|op| op as usize == line) && !loops(word, pc))?;
    Some(around(word, Some(line), seed, slot, &mut rng))
}

/// A case for a random word that the table does not have.
pub fn hole(seed: u64, slot: usize) -> Case {
    let mut rng = Rng::new(seed);
    let pc = Batch::slot(slot);
    loop {
        let word = rng.next() as u32;
        if decode(word).is_none() && !loops(word, pc) && !is_semihosting(word) {
            let mut case = around(word, None, seed, slot, &mut rng);
            // Whatever it is, it should find memory.
            case.regs.x.fill_with(|| memory::LOW + rng.below(32) * 16);
            case.regs.sp = memory::LOW + 512;
            case.regs.x[8] = NO_SYSCALL;
            return case;
        }
    }
}

/// `HLT #0xf000`, which QEMU takes for a request to itself.
fn is_semihosting(word: u32) -> bool {
    word == 0xd45e_0000
}

/// The memory contents of every batch: the same in all, so that a case does not depend on its batch.
pub fn pool() -> Vec<u8> {
    let mut rng = Rng::new(0);
    let mut pool = Vec::with_capacity(POOL);
    while pool.len() < POOL {
        let lanes = values::lanes(&mut rng);
        pool.extend_from_slice(&values::vector(&mut rng, lanes).to_le_bytes());
    }
    pool
}

/// A random instance of a line.
fn word(rng: &mut Rng, pattern: &Pattern) -> u32 {
    if pattern.name == "MRS" && !rng.one_in(4) {
        return readable_register(rng);
    }
    let mut word = pattern.value;
    let mut registers = Vec::new();
    let bytes = pattern.diagram.as_bytes();
    for (at, &letter) in bytes.iter().enumerate() {
        if matches!(letter, b'0' | b'1') || bytes[..at].contains(&letter) {
            continue;
        }
        let bits: Vec<usize> = (0..32).filter(|&bit| bytes[31 - bit] == letter).collect();
        let mut value = field(rng, letter, bits.len() as u32, &mut registers);
        for bit in bits {
            word |= ((value & 1) as u32) << bit;
            value >>= 1;
        }
    }
    shorten(word, rng)
}

/// A value for a field; `registers` are the register numbers chosen so far.
fn field(rng: &mut Rng, letter: u8, width: u32, registers: &mut Vec<u64>) -> u64 {
    let max = u64::MAX >> (64 - width);
    if width == 5 && b"dnmat".contains(&letter) {
        let number = match rng.below(10) {
            0 => 31,
            1 if !registers.is_empty() => rng.pick(registers),
            _ => rng.below(32),
        };
        registers.push(number);
        return number;
    }
    if letter != b'i' {
        return rng.next() & max;
    }
    match rng.below(8) {
        0 => 0,
        1 => max,
        2 => rng.below(16) & max,
        3 => 0u64.wrapping_sub(rng.below(16)) & max,
        _ => rng.next() & max,
    }
}

/// The lowest bit and the width of the offset of a direct branch (C4.1.94): B and BL; B.cond, CBZ
/// and CBNZ; TBZ and TBNZ.
fn branch_offset(word: u32) -> Option<(u32, u32)> {
    if word & 0x7c00_0000 == 0x1400_0000 {
        Some((0, 26))
    } else if word & 0xff00_0000 == 0x5400_0000 || word & 0x7e00_0000 == 0x3400_0000 {
        Some((5, 19))
    } else if word & 0x7e00_0000 == 0x3600_0000 {
        Some((5, 14))
    } else {
        None
    }
}

/// Lets every other direct branch go to the end of its slot: most of what is in reach is unmapped.
fn shorten(word: u32, rng: &mut Rng) -> u32 {
    match branch_offset(word) {
        Some((low, width)) if rng.one_in(2) => {
            let mask = (1 << width) - 1;
            word & !(mask << low) | (1 + rng.below(SLOT_WORDS as u64 - 1) as u32) << low
        }
        _ => word,
    }
}

/// Whether a direct branch at `pc` goes to a slot (which might branch back) other than its own end.
fn loops(word: u32, pc: u64) -> bool {
    let Some((low, width)) = branch_offset(word) else { return false };
    let words = (word << (32 - low - width)) as i32 >> (32 - width);
    let target = pc.wrapping_add((i64::from(words) * 4) as u64);
    let slots = layout::CODE..layout::CODE + layout::CODE_SIZE;
    let own_end = pc + 4..pc + SLOT_BYTES as u64;
    slots.contains(&target) && !own_end.contains(&target)
}

/// Registers that some core lets user mode read, as op1, CRn, CRm and op2 (op0 is 3): TPIDR2_EL0,
/// SCXTNUM_EL0, PMCR_EL0, PMUSERENR_EL0, RNDR, TCO, CNTPCT_EL0, CNTVCTSS_EL0, AMCR_EL0.
const PERHAPS_READABLE: [[u64; 4]; 9] = [
    [3, 13, 0, 5],
    [3, 13, 0, 7],
    [3, 9, 12, 0],
    [3, 9, 14, 0],
    [3, 2, 4, 0],
    [3, 4, 2, 7],
    [3, 14, 0, 1],
    [3, 14, 0, 6],
    [3, 13, 2, 0],
];

/// An `MRS` of a register that may exist.
fn readable_register(rng: &mut Rng) -> u32 {
    let [op1, crn, crm, op2] = match rng.below(4) {
        0 => rng.pick(&PERHAPS_READABLE),
        1 => [3, rng.pick(&[0, 4, 13, 14]), 0, rng.below(8)],
        // Ours.
        2 => [3, 15, 2, rng.below(2)],
        // ID registers.
        _ => [0, 0, rng.below(8), rng.below(8)],
    };
    (0xd538_0000 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | rng.below(32)) as u32
}

/// A case for `word` with random state.
fn around(word: u32, line: Option<usize>, seed: u64, slot: usize, rng: &mut Rng) -> Case {
    let mut regs = Registers::new();
    for x in &mut regs.x {
        *x = values::integer(rng);
    }
    let lanes = values::lanes(rng);
    for v in &mut regs.v {
        let lanes = if rng.one_in(6) { values::lanes(rng) } else { lanes };
        *v = values::vector(rng, lanes);
    }
    regs.sp = values::integer(rng);
    regs.tpidr_el0 = values::integer(rng);
    regs.nzcv = (rng.below(16) as u32) << 28;
    regs.pstate = values::pstate(rng);
    regs.fpcr = values::fpcr(rng);
    regs.fpsr = values::fpsr(rng);
    regs.pc = Batch::slot(slot);
    let window = rng.pick(&[memory::LOW, memory::MIDDLE, memory::HIGH]);
    let pool_offset = rng.below(((POOL - WINDOW) / 16) as u64) as usize * 16;
    let mut case = Case { line, seed, code: vec![word], regs, window, pool_offset };
    if word & 0xffe0_001f == 0xd400_0001 {
        // SVC
        case.regs.x[8] = NO_SYSCALL;
    }
    memory::aim(&mut case, rng);
    if is_indirect_branch(word) {
        let target = branch_target(rng, case.regs.pc);
        let register = (word >> 5 & 31) as usize;
        if register != 31 {
            case.regs.x[register] = target;
        }
    }
    case
}

/// BR, BLR, RET (C4.1.94, unconditional branch, register).
fn is_indirect_branch(word: u32) -> bool {
    word & 0xff9f_fc1f == 0xd61f_0000
}

/// Where an indirect branch goes.
fn branch_target(rng: &mut Rng, pc: u64) -> u64 {
    match rng.below(8) {
        0 => layout::NOWHERE + rng.below(1 << 20) * 4,
        1 => layout::NOWHERE + rng.below(1 << 20),
        2 => pc + 4 + rng.below(12),
        _ => pc + 4 * (1 + rng.below(3)),
    }
}
