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
    let mut bytes = Vec::new();
    for seed in 0..PROGRAMS {
        bytes.resize((seed * STEP) as usize, 0);
        bytes.extend(program(seed).0.iter().flat_map(|word| word.to_le_bytes()));
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
    space.mmap(CODE, PROGRAMS * STEP, code, flags, Some(mapped)).unwrap();
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
