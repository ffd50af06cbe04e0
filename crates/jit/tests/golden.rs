//! The translations of chosen sequences, side by side with the guest's instructions, so that what a change
//! does to generated code is seen in its diff.
//!
//! `ELFUSE_BLESS=1` writes the listing anew.
#![cfg(target_arch = "x86_64")]

use std::fmt::Write;
use std::path::Path;

use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter};
use jit::region::analysis::Analysis;
use jit::region::discover::Discovery;
use jit::runtime::stubs::Stubs;
use jit::translate::{Features, Mode, lines, translate};
use jit::x64::Asm;

/// Where the guest's and the host's code stand.
const GUEST: u64 = 0x40_0000;
const HOST: usize = 0x10_0000;

/// Stubs at addresses that the listing shows by name.
const STUBS: Stubs = Stubs {
    enter: 0x1000,
    indirect: 0x1100,
    indirect_return: 0x1180,
    interpret: 0x1200,
    exit_link: 0x1300,
    exit_kicked: 0x1400,
    exit_syscall: 0x1500,
    exit_interpret: 0x1600,
    fault: 0x1700,
    slots: 0x2000,
    size: 0x800,
};

const NAMES: [(&str, &str); 8] = [
    ("0000000000001180h", "indirect_return"),
    ("0000000000001100h", "indirect"),
    ("0000000000001200h", "interpret"),
    ("0000000000001300h", "exit_link"),
    ("0000000000001400h", "exit_kicked"),
    ("0000000000001500h", "exit_syscall"),
    ("0000000000001600h", "exit_interpret"),
    ("[2000h]", "[slot]"),
];

/// A guest instruction: its word and what a disassembler says.
type Line = (u32, String);

fn sequences(text: &str) -> Vec<(String, Vec<Line>)> {
    let mut sequences: Vec<(String, Vec<Line>)> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("= ") {
            sequences.push((name.to_owned(), Vec::new()));
            continue;
        }
        let (word, assembly) = line.split_once(' ').expect("a word and its instruction");
        let word = u32::from_str_radix(word, 16).expect("a word");
        let (_, lines) = sequences.last_mut().expect("a name comes first");
        lines.push((word, assembly.to_owned()));
    }
    sequences
}

/// The host code of a sequence, and how much of it are instructions.
fn code(lines: &[Line]) -> (Vec<u8>, usize) {
    let fetch = |pc: u64| Some(lines.get(pc.checked_sub(GUEST)? as usize / 4)?.0);
    let mode = Mode { features: Features::ALL, ..Mode::default() };
    let uses = |op, insn| lines::uses(op, insn, mode);
    let region =
        Discovery::default().discover(GUEST, fetch, uses, |_| true).expect("there is code");
    let mut analysis = Analysis::new(&region, |_| false);
    let mut asm = Asm::new(HOST);
    let translation = translate(&mut asm, mode, &region, &mut analysis, &STUBS, 0);
    (asm.finish().to_vec(), translation.instructions)
}

/// Host instructions, one a line, up to the code that is off the usual way.
fn disassembly(code: &[u8]) -> (Vec<String>, usize) {
    let mut decoder = Decoder::with_ip(64, code, HOST as u64, DecoderOptions::NONE);
    let mut formatter = IntelFormatter::new();
    let (mut lines, mut instruction) = (Vec::new(), Instruction::default());
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        for (address, name) in NAMES {
            text = text.replace(address, name);
        }
        lines.push(format!("{:5x}  {text}", instruction.ip() as usize - HOST));
    }
    let count = lines.len();
    (lines, count)
}

fn listing(text: &str) -> String {
    let mut listing = String::from("# Written by the test `golden`; see sequences.txt.\n");
    for (name, lines) in sequences(text) {
        let (code, instructions) = code(&lines);
        let (host, count) = disassembly(&code[..instructions]);
        let guest = lines.len();
        writeln!(listing, "\n= {name}: {guest} to {count} instructions, {} bytes", code.len())
            .unwrap();
        for (at, (_, assembly)) in lines.iter().enumerate() {
            writeln!(listing, "{:x}  {assembly}", GUEST + 4 * at as u64).unwrap();
        }
        writeln!(listing, "--").unwrap();
        for line in host {
            writeln!(listing, "{line}").unwrap();
        }
        let constants = instructions.next_multiple_of(16);
        for (at, constant) in
            (constants..).step_by(16).zip(code[constants.min(code.len())..].chunks(16))
        {
            let value = u128::from_le_bytes(constant.try_into().expect("constants have 16 bytes"));
            writeln!(listing, "{at:5x}  {value:#034x}").unwrap();
        }
    }
    listing
}

#[test]
fn listings_are_what_they_were() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = std::fs::read_to_string(dir.join("sequences.txt")).unwrap();
    let new = listing(&text);
    assert!(!new.contains("(bad)"), "the encoder writes what a disassembler knows");
    let path = dir.join("listing.txt");
    if std::env::var_os("ELFUSE_BLESS").is_some() {
        return std::fs::write(path, new).unwrap();
    }
    let old = std::fs::read_to_string(path).unwrap_or_default();
    let changed = old.lines().zip(new.lines()).position(|(old, new)| old != new);
    let line = changed.unwrap_or(old.lines().count().min(new.lines().count()));
    assert!(
        old == new,
        "line {} was {:?} and is {:?}; if that is as it should be: ELFUSE_BLESS=1 cargo test -p jit --test golden",
        line + 1,
        old.lines().nth(line),
        new.lines().nth(line),
    );
}
