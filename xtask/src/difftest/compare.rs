//! What differs between two outcomes of a case, and how to say so.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use jit::a64::PATTERNS;

use super::case::{Batch, Case, Outcome, Stop};
use super::guest::frame;

/// The fields that differ, one line each; empty if the outcomes are equal.
pub fn differences(left: &Outcome, right: &Outcome) -> Vec<String> {
    let mut all = Vec::new();
    if left.stop != right.stop {
        all.push(format!("stop    {:40} | {}", describe(left.stop), describe(right.stop)));
    }
    let mut wide = |name: String, l: u128, r: u128, digits: usize| {
        if l != r {
            all.push(format!("{name:7} {l:#0width$x} | {r:#0width$x}", width = digits + 2));
        }
    };
    let (l, r) = (&left.regs, &right.regs);
    for (i, (&l, &r)) in l.x.iter().zip(&r.x).enumerate() {
        wide(format!("x{i}"), l.into(), r.into(), 16);
    }
    wide("sp".into(), l.sp.into(), r.sp.into(), 16);
    wide("pc".into(), l.pc.into(), r.pc.into(), 16);
    wide("tpidr".into(), l.tpidr_el0.into(), r.tpidr_el0.into(), 16);
    wide("nzcv".into(), l.nzcv.into(), r.nzcv.into(), 8);
    wide("pstate".into(), l.pstate.into(), r.pstate.into(), 8);
    wide("fpcr".into(), l.fpcr.into(), r.fpcr.into(), 8);
    wide("fpsr".into(), l.fpsr.into(), r.fpsr.into(), 8);
    for (i, (&l, &r)) in l.v.iter().zip(&r.v).enumerate() {
        wide(format!("v{i}"), l, r, 32);
    }
    let bytes = |o: &Outcome, at: usize| {
        u128::from_le_bytes(o.window[at..at + 16].try_into().expect("sixteen bytes"))
    };
    for at in (0..left.window.len()).step_by(16) {
        wide(format!("+{at:#x}"), bytes(left, at), bytes(right, at), 32);
    }
    all
}

/// What a report says about the end of a case.
pub fn describe(stop: Stop) -> String {
    let Stop::Signal { number, code, addr } = stop else {
        return format!("{stop:?}");
    };
    let name = match number {
        4 => "SIGILL",
        5 => "SIGTRAP",
        7 => "SIGBUS",
        8 => "SIGFPE",
        11 => "SIGSEGV",
        _ => return format!("signal {number}, code {code}, {addr:#x}"),
    };
    format!("{name}, code {code}, {addr:#x}")
}

/// The report of one mismatch.
pub fn report(batch: &Batch, case: &Case, names: [&str; 2], differences: &[String]) -> String {
    let mut text = String::new();
    let word = case.word();
    let line = case.line.map(|line| &PATTERNS[line]);
    let _ = writeln!(text, "{word:#010x}  {}", disassemble(&case.code, case.regs.pc));
    if let Some(line) = line {
        let _ = writeln!(text, "  line    {} {}", line.name, line.diagram);
        let _ = writeln!(text, "          {} {word:032b}", " ".repeat(line.name.len()));
    }
    text.push_str("  before\n");
    for line in relevant_state(case, differences) {
        let _ = writeln!(text, "    {line}");
    }
    let memory = differences.iter().filter_map(|d| d.strip_prefix("+0x"));
    for at in memory.filter_map(|d| usize::from_str_radix(d.split(' ').next()?, 16).ok()) {
        let before = &batch.window_before(case)[at..at + 16];
        let before = u128::from_le_bytes(before.try_into().expect("sixteen bytes"));
        let _ = writeln!(text, "    +{at:#x} {before:#034x}");
    }
    let _ = writeln!(text, "  after   {} | {}", names[0], names[1]);
    for difference in differences {
        let _ = writeln!(text, "    {difference}");
    }
    if let Some(line) = line {
        let _ = writeln!(
            text,
            "  again   cargo xtask difftest --case {}:{:#x}:{}",
            line.name,
            case.seed,
            (case.regs.pc - Batch::slot(0)) / super::case::SLOT_BYTES as u64,
        );
    }
    text
}

/// The registers whose numbers stand in the usual fields of the word, and those that differ.
fn relevant_state(case: &Case, differences: &[String]) -> Vec<String> {
    let (regs, word) = (&case.regs, case.word());
    let differing = |name: &str| differences.iter().any(|d| d.split(' ').next() == Some(name));
    let mut numbers: Vec<usize> = [0, 5, 10, 16].map(|at| (word >> at & 31) as usize).to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    let named = |n: usize, kind: &str| numbers.contains(&n) || differing(&format!("{kind}{n}"));
    let mut lines = vec![format!(
        "pc {:#x}, window {:#x}, nzcv {:#010x}, pstate {:#010x}, fpcr {:#010x}, fpsr {:#010x}",
        regs.pc, case.window, regs.nzcv, regs.pstate, regs.fpcr, regs.fpsr
    )];
    lines
        .extend((0..31).filter(|&n| named(n, "x")).map(|n| format!("x{n:<2} {:#018x}", regs.x[n])));
    lines.push(format!("sp  {:#018x}", regs.sp));
    lines
        .extend((0..32).filter(|&n| named(n, "v")).map(|n| format!("v{n:<2} {:#034x}", regs.v[n])));
    lines
}

/// The instructions in assembly language, if the cross `objdump` is installed.
pub fn disassemble(code: &[u32], pc: u64) -> String {
    let lines = disassemble_all(code, pc).unwrap_or_default();
    lines.join("; ")
}

/// One line per word, with white space normalised.
pub fn disassemble_all(code: &[u32], pc: u64) -> std::io::Result<Vec<String>> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("elfuse-difftest-{}-{number}.bin", std::process::id());
    let path = std::env::temp_dir().join(name);
    let bytes: Vec<u8> = code.iter().flat_map(|w| w.to_le_bytes()).collect();
    std::fs::write(&path, bytes)?;
    let output = Command::new("aarch64-linux-gnu-objdump")
        .args(["-D", "-z", "-b", "binary", "-m", "aarch64"])
        .arg(format!("--adjust-vma={pc:#x}"))
        .arg(&path)
        .output();
    std::fs::remove_file(&path)?;
    let text = String::from_utf8_lossy(&output?.stdout).into_owned();
    // "  address:\tword \tmnemonic\toperands"
    let instruction = |line: &str| -> Option<String> {
        let mut parts = line.splitn(3, '\t');
        parts.next()?.trim().strip_suffix(':')?;
        parts.next()?;
        Some(parts.next()?.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    Ok(text.lines().filter_map(instruction).collect())
}

const _: () = assert!(frame::V + 512 == super::guest::FRAME);
