//! The translations of chosen sequences, side by side with the guest's instructions, so that what a change
//! does to generated code is seen in its diff.
//!
//! `ELFUSE_BLESS=1` writes the listing anew.
#![cfg(target_arch = "x86_64")]

use std::path::Path;

use jit::listing::Listing;
use jit::region::Item;
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
    gone: 0x11c0,
    bottom: 0x11e0,
    interpret: 0x1200,
    clock: 0x1280,
    exit_link: 0x1300,
    exit_kicked: 0x1400,
    exit_syscall: 0x1500,
    exit_interpret: 0x1600,
    fault: 0x1700,
    slots: 0x2000,
    size: 0x800,
};

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

/// The guest's instructions, each followed by the host's, and a line that counts them.
fn translation(name: &str, lines: &[Line]) -> String {
    let fetch = |pc: u64| Some(lines.get(pc.checked_sub(GUEST)? as usize / 4)?.0);
    // As for a slab of the usual size.
    let slab_bits = if name.starts_with("isolated: ") { 46 } else { 0 };
    let mode = Mode { features: Features::ALL, slab_bits, ..Mode::default() };
    let uses = |op, insn| lines::uses(op, insn, mode);
    let region =
        Discovery::default().discover(GUEST, fetch, uses, |_| true).expect("there is code");
    let mut analysis = Analysis::new(&region, |_| false);
    let mut asm = Asm::new(HOST);
    let translation = translate(&mut asm, mode, &region, &mut analysis, &STUBS, 0);
    let code = asm.finish();
    let listing = Listing {
        region: &region,
        translation: &translation,
        code,
        base: HOST,
        stubs: &STUBS,
        first_link: 0,
        faults: false,
    };
    let (guest, host) = (lines.len(), listing.host_instructions());
    let assembly = |_, item: &Item| lines[(item.pc - GUEST) as usize / 4].1.clone();
    let text = listing.side_by_side(assembly);
    format!("\n= {name}: {guest} to {host} instructions, {} bytes\n{text}", code.len())
}

fn listing(text: &str) -> String {
    let head = "# Written by the test `golden`; see sequences.txt.\n".to_owned();
    sequences(text).iter().fold(head, |text, (name, lines)| text + &translation(name, lines))
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
