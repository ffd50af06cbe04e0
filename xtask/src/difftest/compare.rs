//! What differs between two outcomes of a case, and how to say so.

use std::fmt::{self, Write as _};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use jit::a64::PATTERNS;

use super::case::{Batch, Case, Outcome, Stop};

/// A part of an [`Outcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Stop,
    X(usize),
    Sp,
    Pc,
    Tpidr,
    Nzcv,
    Pstate,
    Fpcr,
    Fpsr,
    V(usize),
    /// 16 bytes of the window, at this offset.
    Memory(usize),
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Field::X(n) => format!("x{n}"),
            Field::V(n) => format!("v{n}"),
            Field::Memory(at) => format!("+{at:#x}"),
            other => format!("{other:?}").to_lowercase(),
        };
        f.pad(&name)
    }
}

/// A field with two values.
#[derive(Clone, Debug)]
pub struct Difference {
    pub field: Field,
    values: [String; 2],
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [left, right] = &self.values;
        write!(f, "{:7} {left:34} | {right}", self.field)
    }
}

/// The fields that differ.
pub fn differences(left: &Outcome, right: &Outcome) -> Vec<Difference> {
    let mut all = Vec::new();
    if left.stop != right.stop {
        all.push(Difference {
            field: Field::Stop,
            values: [left.stop.to_string(), right.stop.to_string()],
        });
    }
    let mut check = |field, l: u128, r: u128, digits: usize| {
        if l != r {
            let hex = |value| format!("{value:#0width$x}", width = digits + 2);
            all.push(Difference { field, values: [hex(l), hex(r)] });
        }
    };
    let (l, r) = (&left.regs, &right.regs);
    for (i, (&l, &r)) in l.x.iter().zip(&r.x).enumerate() {
        check(Field::X(i), l.into(), r.into(), 16);
    }
    check(Field::Sp, l.sp.into(), r.sp.into(), 16);
    check(Field::Pc, l.pc.into(), r.pc.into(), 16);
    check(Field::Tpidr, l.tpidr_el0.into(), r.tpidr_el0.into(), 16);
    check(Field::Nzcv, l.nzcv.into(), r.nzcv.into(), 8);
    check(Field::Pstate, l.pstate.into(), r.pstate.into(), 8);
    check(Field::Fpcr, l.fpcr.into(), r.fpcr.into(), 8);
    check(Field::Fpsr, l.fpsr.into(), r.fpsr.into(), 8);
    for (i, (&l, &r)) in l.v.iter().zip(&r.v).enumerate() {
        check(Field::V(i), l, r, 32);
    }
    if left.window != right.window {
        for at in (0..left.window.len()).step_by(16) {
            check(Field::Memory(at), word_at(&left.window, at), word_at(&right.window, at), 32);
        }
    }
    all
}

fn word_at(window: &[u8], at: usize) -> u128 {
    u128::from_le_bytes(window[at..at + 16].try_into().expect("sixteen bytes"))
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stop::Signal { number, code, addr } = *self else {
            return f.write_str(if *self == Stop::Hang { "does not end" } else { "has died" });
        };
        let name = u32::try_from(number).ok().and_then(abi::signal::Signal::new);
        let name = name.map_or(number.to_string(), |signal| signal.to_string());
        write!(f, "{name}, code {code}, {addr:#x}")
    }
}

/// The report of one mismatch.
pub fn report(batch: &Batch, case: &Case, names: [&str; 2], differences: &[Difference]) -> String {
    let mut text = String::new();
    let word = case.word();
    let line = case.line.map(|line| &PATTERNS[line]);
    let code = disassemble(&case.code, case.regs.pc).unwrap_or_default().join("; ");
    let _ = writeln!(text, "{word:#010x}  {code}");
    if let Some(line) = line {
        let _ = writeln!(text, "  line    {} {}", line.name, line.diagram);
        let _ = writeln!(text, "          {} {word:032b}", " ".repeat(line.name.len()));
    }
    text.push_str("  before\n");
    for line in relevant_state(batch, case, differences) {
        let _ = writeln!(text, "    {line}");
    }
    let _ = writeln!(text, "  after   {} | {}", names[0], names[1]);
    for difference in differences {
        let _ = writeln!(text, "    {difference}");
    }
    if let Some(line) = line {
        let slot = Batch::slot_of(case);
        let seed = case.seed;
        let _ =
            writeln!(text, "  again   cargo xtask difftest --case {}:{seed:#x}:{slot}", line.name);
    }
    text
}

/// The registers whose numbers stand in the usual fields of the word, and all that differs.
fn relevant_state(batch: &Batch, case: &Case, differences: &[Difference]) -> Vec<String> {
    let (regs, word) = (&case.regs, case.word());
    let differs = |field| differences.iter().any(|d| d.field == field);
    let numbers = [0, 5, 10, 16].map(|at| (word >> at & 31) as usize);
    let vectors = word >> 26 & 1 == 1;
    let mut lines = vec![format!(
        "pc {:#x}, window {:#x}, nzcv {:#010x}, pstate {:#010x}, fpcr {:#010x}, fpsr {:#010x}",
        regs.pc, case.window, regs.nzcv, regs.pstate, regs.fpcr, regs.fpsr
    )];
    for n in (0..31).filter(|n| numbers.contains(n) || differs(Field::X(*n))) {
        lines.push(format!("x{n:<3} {:#018x}", regs.x[n]));
    }
    if numbers.contains(&31) {
        lines.push(format!("sp   {:#018x}", regs.sp));
    }
    for n in (0..32).filter(|n| vectors && numbers.contains(n) || differs(Field::V(*n))) {
        lines.push(format!("v{n:<3} {:#034x}", regs.v[n]));
    }
    for difference in differences {
        if let Field::Memory(at) = difference.field {
            lines.push(format!("+{at:#x} {:#034x}", word_at(batch.window_before(case), at)));
        }
    }
    lines
}

/// The instructions in assembly language, if the cross `objdump` is installed; one line per word,
/// with white space normalised.
pub fn disassemble(code: &[u32], pc: u64) -> std::io::Result<Vec<String>> {
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
