//! Translations that one engine keeps in a directory and another one uses: random programs have the same
//! effect as interpreted, and files that are not as they were written are of no effect.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use abi::mm::{Prot, map};
use engine::aarch64::Registers;
use engine::{Engine, Exit};
use host::Attention;
use jit::{Features, Interpreter, Jit};
use mem::{AddressSpace, MappedFile, Slab};

use crate::blocks::{self, CODE, DATA, DATA_SIZE, Rng};
use crate::changes::{LOOPS, kick_from};

const PROGRAMS: u64 = 300;
/// Bytes between the beginnings of two programs.
const STEP: u64 = 1024;
/// How long a file must have been left alone for its translations to be kept.
const SETTLED: Duration = Duration::from_millis(2100);

/// A directory that goes with the test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("elfuse-kept-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn program(seed: u64) -> (Vec<u32>, Registers, Rng) {
    let mut rng = Rng(seed);
    let program = blocks::program(&mut rng, false);
    let mut regs = blocks::state(&mut rng);
    regs.pc = CODE + seed * STEP;
    (program, regs, rng)
}

/// All programs in a file.
pub fn programs(dir: &Path) -> File {
    settled(dir, (0..PROGRAMS).map(|seed| program(seed).0))
}

/// A file of such programs, which translations of are kept.
fn settled(dir: &Path, programs: impl Iterator<Item = Vec<u32>>) -> File {
    let mut bytes = Vec::new();
    for (number, program) in programs.enumerate() {
        bytes.resize(number * STEP as usize, 0);
        bytes.extend(program.iter().flat_map(|word| word.to_le_bytes()));
    }
    let path = dir.join("programs");
    File::create(&path).unwrap().write_all(&bytes).unwrap();
    std::thread::sleep(SETTLED);
    File::open(path).unwrap()
}

/// Guest memory with the programs in it.
pub fn space(file: &File) -> Arc<AddressSpace> {
    let space = Arc::new(AddressSpace::new(Arc::new(Slab::reserve().unwrap())));
    // What is not locked is not kept.
    space.note_shared();
    let flags = map::PRIVATE | map::FIXED;
    let (dev, ino, path) = (1, 1, "programs".into());
    let mapped = MappedFile { fd: file.as_fd(), offset: 0, max_prot: Prot::all(), dev, ino, path };
    let (code, data) = (Prot::READ | Prot::EXEC, Prot::READ | Prot::WRITE);
    let length = (PROGRAMS + LOOPS.len() as u64) * STEP;
    space.mmap(CODE, length, code, flags, Some(mapped)).unwrap();
    space.mmap(DATA, DATA_SIZE, data, flags | map::ANONYMOUS, None).unwrap();
    space
}

/// What each program leaves behind.
pub fn outcomes(engine: &dyn Engine, space: &AddressSpace) -> Vec<(Exit, Registers, Vec<u8>)> {
    let mut vcpu = engine.vcpu(Arc::new(Attention::default())).unwrap();
    let outcome = |seed| {
        let (_, mut regs, mut rng) = program(seed);
        let mut data: Vec<u8> = (0..DATA_SIZE / 8).flat_map(|_| rng.next().to_le_bytes()).collect();
        space.slab().write_bytes(DATA, &data).unwrap();
        let exit = vcpu.run(&mut regs);
        space.slab().read_bytes(DATA, &mut data).unwrap();
        (exit, regs, data)
    };
    (0..PROGRAMS).map(outcome).collect()
}

fn check(right: &[(Exit, Registers, Vec<u8>)], found: &[(Exit, Registers, Vec<u8>)], what: &str) {
    for (seed, (right, found)) in right.iter().zip(found).enumerate() {
        let mut regs = found.1.clone();
        regs.fpsr |= right.1.fpsr & blocks::UNDERFLOW;
        let differences = blocks::difference(&right.1, &regs);
        assert!(right.1 == regs, "{what}, program {seed}: {differences}");
        assert_eq!(right.0, found.0, "{what}, program {seed}");
        assert!(right.2 == found.2, "{what}, program {seed}: memory");
    }
}

/// An engine with `dir`; what its programs do, and what it says about itself.
fn run(file: &File, dir: &Path) -> (Vec<(Exit, Registers, Vec<u8>)>, String) {
    let space = space(file);
    let features = Features::of_host().expect("a processor of level x86-64-v3");
    let engine = Jit::eager(space.clone(), features).unwrap().count();
    engine.keep_in(dir).unwrap();
    let outcomes = outcomes(&engine, &space);
    engine.keep();
    (outcomes, engine.report().unwrap())
}

/// The number in front of `what` in a report.
fn number(report: &str, what: &str) -> u64 {
    let before = report.split(what).next().unwrap();
    before
        .split(|c: char| !c.is_ascii_digit())
        .rfind(|word| !word.is_empty())
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn programs_have_the_same_effect_by_translations_of_another_engine() {
    let scratch = Scratch::new("programs");
    let file = programs(&scratch.0);
    let plain = space(&file);
    let right = outcomes(&Interpreter::new(plain.clone()), &plain);
    let dir = scratch.0.join("cache");
    for round in 0..3 {
        let (found, report) = run(&file, &dir);
        check(&right, &found, &format!("round {round}"));
        let (new, old) = (number(&report, " regions of"), number(&report, " times found there"));
        let written = number(&report, " files written");
        match round {
            0 => assert_eq!((new >= PROGRAMS, old, written), (true, 0, 1), "{report}"),
            _ => assert_eq!((new, old >= PROGRAMS, written), (0, true, 0), "{report}"),
        }
    }
    damaged_files_are_of_no_effect(&file, &dir, &right);
}

#[test]
fn an_endless_loop_in_translations_of_another_engine_is_left_when_the_attention_word_is_set() {
    let scratch = Scratch::new("loops");
    // So few instructions as the loops have would not be worth a file.
    let others = (0..PROGRAMS).map(|seed| program(seed).0);
    let loops = LOOPS.iter().map(|(_, code)| code.to_vec());
    let file = settled(&scratch.0, others.chain(loops));
    let dir = scratch.0.join("cache");
    for round in 0..2 {
        let space = space(&file);
        let features = Features::of_host().expect("a processor of level x86-64-v3");
        let engine = Jit::eager(space.clone(), features).unwrap().count();
        engine.keep_in(&dir).unwrap();
        outcomes(&engine, &space);
        for (number, (name, _)) in (PROGRAMS..).zip(LOOPS) {
            space.slab().store(DATA, 0_u64).unwrap();
            let mut regs = Registers::new();
            (regs.pc, regs.x[1], regs.x[2]) = (CODE + number * STEP, DATA, 1);
            kick_from(&engine, &format!("{name}, round {round}"), regs);
        }
        engine.keep();
        let report = engine.report().unwrap();
        let (new, old) = (number(&report, " regions of"), number(&report, " times found there"));
        let all = PROGRAMS + LOOPS.len() as u64;
        let is_right = if round == 0 { new >= all && old == 0 } else { new == 0 && old >= all };
        assert!(is_right, "round {round}: {report}");
    }
}

/// Cut off, changed, or another's.
fn damaged_files_are_of_no_effect(file: &File, dir: &Path, right: &[(Exit, Registers, Vec<u8>)]) {
    let path = fs::read_dir(dir).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&path).unwrap();
    let mut damaged: Vec<Vec<u8>> = [0, 1, 7, 100, 255, 256, 4096, good.len() / 2, good.len() - 1]
        .iter()
        .map(|&length| good[..length].to_vec())
        .collect();
    damaged.push([&good[..], &[0]].concat());
    let mut rng = Rng(1);
    let anywhere = std::array::from_fn::<_, 10, _>(|_| rng.next() as usize);
    for at in (0..300).step_by(20).chain(anywhere) {
        let mut bytes = good.clone();
        bytes[at % good.len()] ^= 1 << (rng.next() % 8);
        damaged.push(bytes);
    }
    for (number_of, bytes) in damaged.iter().enumerate() {
        fs::write(&path, bytes).unwrap();
        let (found, report) = run(file, dir);
        check(right, &found, &format!("damage {number_of}"));
        assert_eq!(number(&report, " times found there"), 0, "damage {number_of}: {report}");
        assert!(fs::read(&path).unwrap() == good, "a good file takes the place of a bad one");
    }
}
