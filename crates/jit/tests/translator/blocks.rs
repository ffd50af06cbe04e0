//! Whole random programs: what translates instructions one by one may still be wrong about which
//! registers and flags live where, over branches, loops and accesses to memory.
//!
//! A program is a loop over random instructions, with branches among them, and runs on both
//! engines from the same state; registers, flags and memory must be the same afterwards.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use abi::mm::{Prot, map};
use engine::aarch64::Registers;
use engine::{Engine, Exit, Vcpu};
use host::Attention;
use jit::a64::{Insn, Op, PATTERNS, decode};
use jit::region::{Flow, Uses};
use jit::translate::{Mode, lines};
use jit::{Features, Interpreter, Jit};
use mem::{AddressSpace, Slab};

/// Where code and data are: the latter where displacements of 12 bits, scaled by 16, reach.
pub const CODE: u64 = 0x1_0000;
pub const DATA: u64 = 0x10_0000;
pub const DATA_SIZE: u64 = 0x4_0000;
const BASE: u64 = DATA + DATA_SIZE / 2;
/// The data's base, the loop's counter and the link register: no random instruction writes them.
const RESERVED: u32 = 1 << 20 | 1 << 28 | 1 << 30;
const PROGRAMS: u64 = 10_000;
/// Fewer, for a lesser processor: what is left to the interpreter there is what differs.
const LEVEL_PROGRAMS: u64 = 2_000;
/// Under other than the default FPCR.
const FPCR_PROGRAMS: u64 = 6_000;
/// Everything that any processor has is in the programs.
const ANY: Mode =
    Mode { features: Features::ALL, fpcr: 0, inexact: false, alone: false, slab_bits: 0 };
const LENGTH: usize = 40;

/// `FPSR.UFC`.
pub const UNDERFLOW: u32 = 1 << 3;

/// SplitMix64.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Values at which carries, signs and sizes change are the likely ones.
    fn value(&mut self) -> u64 {
        match self.below(6) {
            0 => self.next(),
            1 => 1 << self.below(64),
            2 => (1_u64 << self.below(64)).wrapping_sub(1),
            3 => self.next() >> self.below(64),
            4 => !(self.next() >> self.below(64)),
            _ => self.next() % 5,
        }
    }
}

struct Machine {
    space: Arc<AddressSpace>,
    engine: Box<dyn Engine>,
    vcpu: Box<dyn Vcpu>,
}

impl Machine {
    fn new(make: impl FnOnce(Arc<AddressSpace>) -> Box<dyn Engine>) -> Self {
        let space = Arc::new(AddressSpace::new(Arc::new(Slab::reserve().unwrap())));
        let flags = map::PRIVATE | map::ANONYMOUS | map::FIXED;
        space.mmap(CODE, 4096, Prot::all(), flags, None).unwrap();
        space.mmap(DATA, DATA_SIZE, Prot::READ | Prot::WRITE, flags, None).unwrap();
        let engine = make(space.clone());
        let vcpu = engine.vcpu(Arc::new(Attention::default())).unwrap();
        Self { space, engine, vcpu }
    }

    fn run(&mut self, program: &[u32], regs: &mut Registers, data: &[u8]) -> (Exit, Vec<u8>) {
        for (addr, word) in (CODE..).step_by(4).zip(program) {
            self.space.slab().store(addr, *word).unwrap();
        }
        self.engine.invalidate(CODE..CODE + 4096);
        self.space.slab().write_bytes(DATA, data).unwrap();
        let exit = self.vcpu.run(regs);
        let mut after = vec![0; data.len()];
        self.space.slab().read_bytes(DATA, &mut after).unwrap();
        (exit, after)
    }
}

/// A random instruction that the translator handles and that does no harm.
fn instruction(rng: &mut Rng) -> u32 {
    loop {
        let pattern = &PATTERNS[rng.below(PATTERNS.len())];
        let word = rng.next() as u32 & !pattern.mask | pattern.value;
        let op = decode(word);
        if op != Some(pattern.op) || Flow::of(op, Insn(word), CODE) != Flow::Next {
            continue;
        }
        let is_memory = ["LD", "ST", "PRF", "DC_", "CAS", "SWP"];
        if is_memory.iter().any(|name| pattern.name.starts_with(name))
            || pattern.name.ends_with("_FPSR")
        {
            continue;
        }
        // The registers that are reserved stay what they are.
        let Some(uses) = lines::uses(pattern.op, Insn(word), ANY) else { continue };
        if uses.x_write & (RESERVED | 1 << 31) == 0 && uses != Uses::NONE {
            return word;
        }
    }
}

/// A load or store at a constant distance from the base, or a read-modify-write there.
fn access(rng: &mut Rng) -> u32 {
    const OPS: [Op; 31] = [
        Op::LDR_immediate,
        Op::LDRS_immediate,
        Op::STR_immediate,
        Op::LDUR,
        Op::STUR,
        Op::LDP,
        Op::STP,
        Op::LDPSW,
        Op::LDR_fp_immediate,
        Op::STR_fp_immediate,
        Op::LDP_fp,
        Op::STP_fp,
        Op::LD1_multiple_1,
        Op::LD1_multiple_3,
        Op::LD1_multiple_4,
        Op::LD2_multiple,
        Op::LD3_multiple,
        Op::LD4_multiple,
        Op::LD1_single,
        Op::LD4_single,
        Op::LD4R,
        Op::ST1_multiple_4,
        Op::ST2_multiple,
        Op::ST3_multiple,
        Op::ST4_multiple,
        Op::ST3_single,
        Op::LDADD,
        Op::SWP,
        Op::CAS,
        Op::LDXR,
        Op::STXR,
    ];
    loop {
        let pattern = &PATTERNS[OPS[rng.below(OPS.len())] as usize];
        let word = (rng.next() as u32 & !pattern.mask | pattern.value) & !(31 << 5) | 20 << 5;
        let uses = lines::uses(pattern.op, Insn(word), ANY);
        if decode(word) == Some(pattern.op) && uses.is_some_and(|uses| uses.x_write & RESERVED == 0)
        {
            return word;
        }
    }
}

/// Floating-point arithmetic on a few registers: what is emitted together and shares its looks at
/// NaNs, and what stands between that.
fn arithmetic(rng: &mut Rng) -> u32 {
    const OPS: [Op; 20] = [
        Op::FADD_scalar,
        Op::FSUB_scalar,
        Op::FMUL_scalar,
        Op::FDIV_scalar,
        Op::FNMUL_scalar,
        Op::FMADD,
        Op::FMSUB,
        Op::FNMADD,
        Op::FNMSUB,
        Op::FMAX_scalar,
        Op::FADD_vector,
        Op::FMUL_vector,
        Op::FMLA_vector,
        Op::FMLS_vector,
        Op::FMLA_element,
        Op::FCMP,
        Op::FCCMP,
        Op::FCSEL,
        Op::CSINC,
        Op::FABS_scalar,
    ];
    // All but the lowest three bits of each register's number.
    const HIGH: u32 = 0x18 << 16 | 0x18 << 10 | 0x18 << 5 | 0x18;
    loop {
        // The first ones follow one another more often than not.
        let op = if rng.below(3) == 0 { rng.below(OPS.len()) } else { rng.below(10) };
        let pattern = &PATTERNS[OPS[op] as usize];
        let word = rng.next() as u32 & !pattern.mask & !HIGH | pattern.value;
        let uses = lines::uses(OPS[op], Insn(word), ANY);
        if decode(word) == Some(pattern.op) && uses.is_some() {
            return word;
        }
    }
}

/// What the translator may make one of together with the word before it, and the beginnings of
/// such pairs: AESE and AESMC; SHA256H, behind a copy, and SHA256H2.
fn pair(rng: &mut Rng, last: u32) -> u32 {
    let register = |rng: &mut Rng| rng.below(5) as u32;
    let (d, n, m) = (last & 31, last >> 5 & 31, last >> 16 & 31);
    match decode(last) {
        Some(Op::AESE) => 0x4e28_6800 | d << 5 | d,
        Some(Op::AESD) => 0x4e28_7800 | d << 5 | d,
        Some(Op::ORR_vector_register) => {
            let (d, other) = if rng.below(2) == 0 { (d, n) } else { (n, d) };
            let n = if rng.below(8) == 0 { other } else { register(rng) };
            0x5e00_4000 | register(rng) << 16 | n << 5 | d
        }
        Some(Op::SHA256H) => 0x5e00_5000 | m << 16 | register(rng) << 5 | n,
        _ => {
            let (d, n) = (register(rng), register(rng));
            match rng.below(4) {
                0 => 0x4e28_4800 | n << 5 | d,
                1 => 0x4e28_5800 | n << 5 | d,
                _ => 0x4ea0_1c00 | n << 16 | n << 5 | d,
            }
        }
    }
}

/// A number, an infinity or a NaN; single or double.
fn number(rng: &mut Rng) -> u128 {
    const NUMBERS: [f64; 8] = [0.0, 1.0, 1.5, 3.0, 1e5, 0.1, f64::INFINITY, f64::NAN];
    let sign = rng.next() & 1 << 63;
    let double = |rng: &mut Rng| match rng.below(18) {
        16 => rng.next() >> 12 & !(rng.next() & 0xff << 23),
        17 => 1 << 52 | 1 << 23,
        0 => 0x7ff0_0000_dead_beef,
        1 => 0x7ff8_0000_0000_1234,
        2 => 0x7f80_1234_7fc0_1234,
        3..8 => (NUMBERS[rng.below(6)] as f32).to_bits().into(),
        _ => NUMBERS[rng.below(8)].to_bits(),
    };
    let upper = if rng.below(3) == 0 { double(rng) } else { 0 };
    u128::from(upper) << 64 | u128::from(double(rng) ^ sign)
}

/// A branch over at most `room` instructions, conditional in one of the four ways.
fn branch(rng: &mut Rng, room: usize) -> u32 {
    let distance = 1 + rng.below(room) as u32;
    let register = rng.below(20) as u32;
    match rng.below(4) {
        0 => 0x5400_0000 | distance << 5 | rng.below(14) as u32,
        1 => 0x3400_0000 | (rng.next() as u32 & 0x8100_0000) | distance << 5 | register,
        2 => 0x3600_0000 | (rng.next() as u32 & 0x81f8_0000) | distance << 5 | register,
        _ => 0x1400_0000 | distance,
    }
}

/// The loop, and what ends it.
pub fn program(rng: &mut Rng, numeric: bool) -> Vec<u32> {
    let mut words = Vec::new();
    for at in 0..LENGTH {
        let room = LENGTH - at;
        words.push(match rng.below(10) {
            0 | 1 if !numeric || rng.below(4) == 0 => branch(rng, room),
            3..=5 if numeric => pair(rng, words.last().copied().unwrap_or_default()),
            _ if numeric => arithmetic(rng),
            2..=4 => access(rng),
            5 => 0x9400_0000 | (LENGTH - at + 3) as u32, // bl function
            _ => instruction(rng),
        });
    }
    words.push(0xf100_079c); // subs x28, x28, #1
    words.push(0x5400_0001 | (-(LENGTH as i32 + 1) as u32 & 0x7_ffff) << 5); // b.ne start
    words.push(0xd400_0001); // svc #0
    // The function.
    words.extend((0..4).map(|_| instruction(rng)));
    words.push(0xd65f_03c0); // ret
    words
}

pub fn state(rng: &mut Rng) -> Registers {
    let mut regs = Registers::new();
    for x in &mut regs.x {
        *x = rng.value();
    }
    for v in &mut regs.v {
        *v = u128::from(rng.value()) << 64 | u128::from(rng.value());
    }
    regs.nzcv = (rng.next() as u32) & 0xf000_0000;
    regs.sp = BASE;
    regs.x[20] = BASE;
    regs.x[28] = 3;
    regs.pc = CODE;
    regs
}

pub fn difference(interpreter: &Registers, translator: &Registers) -> String {
    let mut text = String::new();
    for n in 0..31 {
        let (a, b) = (interpreter.x[n], translator.x[n]);
        if a != b {
            writeln!(text, "x{n}: {a:#x}, translated {b:#x}").unwrap();
        }
    }
    for n in 0..32 {
        let (a, b) = (interpreter.v[n], translator.v[n]);
        if a != b {
            writeln!(text, "v{n}: {a:#034x}, translated {b:#034x}").unwrap();
        }
    }
    let rest = |regs: &Registers| (regs.pc, regs.sp, regs.nzcv, regs.fpsr, regs.fpcr);
    writeln!(text, "{:x?}, translated {:x?}", rest(interpreter), rest(translator)).unwrap();
    text
}

#[test]
fn random_programs_have_the_same_effect_on_both_engines() {
    compare(false, native(), false, 0..PROGRAMS);
}

#[test]
fn numeric_programs_have_the_same_effect_on_both_engines() {
    compare(true, native(), false, 0..PROGRAMS);
}

#[test]
fn programs_have_the_same_effect_on_the_least_processor() {
    compare(false, Features::NONE, false, PROGRAMS..PROGRAMS + LEVEL_PROGRAMS);
    compare(true, Features::NONE, false, PROGRAMS..PROGRAMS + LEVEL_PROGRAMS);
}

/// Programs that begin with any of the values that FPCR may have.
#[test]
fn programs_have_the_same_effect_under_every_fpcr() {
    compare(true, native(), false, 2 * PROGRAMS..2 * PROGRAMS + FPCR_PROGRAMS);
    compare(false, native(), false, 2 * PROGRAMS..2 * PROGRAMS + FPCR_PROGRAMS);
}

#[test]
fn isolated_programs_have_the_same_effect() {
    compare(false, native(), true, PROGRAMS..PROGRAMS + LEVEL_PROGRAMS);
    compare(false, Features::NONE, true, PROGRAMS..PROGRAMS + LEVEL_PROGRAMS);
}

fn native() -> Features {
    Features::of_host().expect("a processor of level x86-64-v3")
}

fn compare(numeric: bool, features: Features, isolated: bool, seeds: Range<u64>) {
    let mut interpreter = Machine::new(|space| Box::new(Interpreter::new(space)));
    let mut translator = Machine::new(|space| {
        if features == Features::NONE {
            // Locked operations, too.
            space.note_shared();
        }
        let translator = Jit::eager(space, features).unwrap();
        Box::new(if isolated { translator.isolate() } else { translator })
    });
    for seed in seeds {
        let mut rng = Rng(seed);
        let program = program(&mut rng, numeric);
        let mut before = state(&mut rng);
        if numeric {
            before.v = std::array::from_fn(|_| number(&mut rng));
        }
        if seed >= 2 * PROGRAMS {
            // FZ16, RMode, FZ, DN and AHP; IXC, which it takes for results to be flushed in translations.
            before.fpcr =
                rng.next() as u32 & rng.next() as u32 & 0x0708_0000 | (rng.next() as u32 & 3) << 22;
            before.fpsr = rng.next() as u32 & 1 << 4;
        }
        let data: Vec<u8> = (0..DATA_SIZE / 8).flat_map(|_| rng.next().to_le_bytes()).collect();
        let (mut left, mut right) = (before.clone(), before);
        let (left_exit, left_data) = interpreter.run(&program, &mut left, &data);
        let (right_exit, right_data) = translator.run(&program, &mut right, &data);
        let listing: String = program.iter().fold(String::new(), |text, &word| {
            let name = decode(word).map_or("?", |op| PATTERNS[op as usize].name);
            text + &format!("{word:#010x} {name}\n")
        });
        // The translator does not set it for what rounding makes the smallest normal number.
        right.fpsr |= left.fpsr & UNDERFLOW;
        let same = left == right && left_exit == right_exit && left_data == right_data;
        assert!(
            same,
            "program {seed}: {left_exit:?}, translated {right_exit:?}, memory is the same: {}\n{}{listing}",
            left_data == right_data,
            difference(&left, &right),
        );
    }
}
