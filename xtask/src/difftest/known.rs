//! Where QEMU and we are meant to differ: data, with reasons.
//!
//! An exception names the fields that it explains and when, as narrowly as it can, so that another
//! difference in the same case is still a mismatch.

use jit::a64::PATTERNS;

use super::case::{Case, Outcome, Stop};
use super::compare::{self, Difference, Field};
use super::memory;

/// What a comparison found.
pub enum Comparison {
    /// All is equal.
    Equal,
    /// What differs should, for this reason.
    Excused(&'static str),
    /// What differs should not.
    Mismatch(Vec<Difference>),
}

/// Compares the outcomes of a case.
pub fn compare(case: &Case, ours: &Outcome, qemu: &Outcome) -> Comparison {
    let differences = compare::differences(ours, qemu);
    if differences.is_empty() {
        return Comparison::Equal;
    }
    let name = case.line.map_or("", |line| PATTERNS[line].name);
    let run = Run { case, name, ours, qemu };
    EXCEPTIONS
        .iter()
        .find(|e| differences.iter().all(|d| (e.explains)(&run, d.field)))
        .map_or(Comparison::Mismatch(differences), |e| Comparison::Excused(e.reason))
}

/// The model of QEMU for most lines: everything that it knows, without the extensions that an
/// Apple M1 lacks as far as they can be switched off, and without pointer authentication, whose
/// hint forms are then no-ops as they are with us.
const MAX: &str = "max,pauth=off,sve=off,sme=off";

/// Lines that need another model.
const OTHER_MODELS: &[(&str, &str)] = &[
    // `max` has cache lines of 512 bytes in user mode, this one has 64.
    ("DC_ZVA", "neoverse-n1"),
];

/// The model of QEMU for a line.
pub fn model(name: &str) -> &'static str {
    OTHER_MODELS.iter().find(|(line, _)| *line == name).map_or(MAX, |(_, model)| model)
}

/// Lines that QEMU's user mode does not have, and the test that they have instead.
const UNTESTED: &[(&str, &str)] = &[
    // In QEMU the register belongs to system emulation.
    ("DC_CVAP", "jit: cache_maintenance_needs_a_readable_page"),
];

/// The test of a line that QEMU cannot test.
pub fn other_test(name: &str) -> Option<&'static str> {
    UNTESTED.iter().find(|(line, _)| *line == name).map(|(_, test)| *test)
}

/// A case and its two outcomes.
struct Run<'a> {
    case: &'a Case,
    name: &'static str,
    ours: &'a Outcome,
    qemu: &'a Outcome,
}

impl Run<'_> {
    fn word(&self) -> u32 {
        self.case.word()
    }

    /// `Rt` or `Rd`.
    fn rt(&self) -> usize {
        (self.word() & 31) as usize
    }

    /// Whether the word has these bits under a mask.
    fn is(&self, mask: u32, value: u32) -> bool {
        self.word() & mask == value
    }
}

/// A difference that is no mistake of ours.
struct Exception {
    /// Whether it accounts for this field.
    explains: fn(&Run<'_>, Field) -> bool,
    /// Why.
    reason: &'static str,
}

const SIGILL: i32 = 4;
const SIGTRAP: i32 = 5;
const SIGBUS: i32 = 7;
const SIGSEGV: i32 = 11;

/// Number and address of a signal about memory.
fn memory_fault(outcome: &Outcome) -> Option<(i32, u64)> {
    match outcome.stop {
        Stop::Signal { number: number @ (SIGBUS | SIGSEGV), addr, .. } => Some((number, addr)),
        _ => None,
    }
}

fn is_undefined(outcome: &Outcome) -> bool {
    matches!(outcome.stop, Stop::Signal { number: SIGILL, .. })
}

/// `FPSR.UFC` and `FPSR.IXC`.
const UNDERFLOW: u32 = 1 << 3;
const INEXACT: u32 = 1 << 4;

/// Whether some element is the smallest normal number of its precision, with either sign.
fn has_smallest_normal(v: u128) -> bool {
    let has = |bits: u32, exponent: u32| {
        (0..128 / bits)
            .any(|n| (v >> (n * bits)) << (128 - bits) << 1 == 1 << (exponent + 129 - bits))
    };
    has(64, 52) || has(32, 23) || has(16, 10)
}

/// The reasons of all exceptions.
pub fn reasons() -> impl Iterator<Item = &'static str> {
    EXCEPTIONS.iter().map(|e| e.reason)
}

/// Only of the translator.
pub const TININESS: &str = "the translator has the host detect tininess, which does it after rounding: a \
    result rounded up to the smallest normal number does not set FPSR.UFC (A1.5.5)";

/// References are to the Arm Architecture Reference Manual, DDI 0487.
static EXCEPTIONS: &[Exception] = &[
    Exception {
        explains: |run, field| {
            let (ours, qemu) = (&run.ours.regs, &run.qemu.regs);
            field == Field::Fpsr
                && qemu.fpsr == ours.fpsr | UNDERFLOW
                && ours.fpsr & INEXACT != 0
                && has_smallest_normal(ours.v[run.rt()])
        },
        reason: TININESS,
    },
    Exception {
        explains: |run, field| {
            // Ours does all or nothing.
            let untouched = run.ours.regs == run.case.regs && run.ours.stop == run.qemu.stop;
            let word = run.word();
            untouched
                && memory_fault(run.qemu).is_some()
                && match field {
                    Field::Memory(_) | Field::V(_) => true,
                    Field::X(n) => n == run.rt() || n == (word >> 10 & 31) as usize,
                    _ => false,
                }
        },
        reason: "when an access of several parts faults, what became of the other parts is UNKNOWN \
                 (D1.3, Definition of a precise exception)",
    },
    Exception {
        explains: |run, field| {
            let (Some((SIGSEGV, ours)), Some((SIGSEGV, 0))) =
                (memory_fault(run.ours), memory_fault(run.qemu))
            else {
                return false;
            };
            field == Field::Stop && ours >= 1 << 47
        },
        reason: "the x86-64 host does not tell QEMU the address of an access above its own range",
    },
    Exception {
        explains: |run, _| {
            let Some((SIGBUS, addr)) = memory_fault(run.qemu) else { return false };
            let faults_too = memory_fault(run.ours).is_some_and(|(number, _)| number == SIGBUS);
            let bytes = memory::ordered_bytes(run.word());
            !faults_too
                && bytes.is_some_and(|bytes| !addr.is_multiple_of(bytes) && addr % 16 + bytes <= 16)
        },
        reason: "QEMU 7.2 lacks FEAT_LSE2: ordered accesses within 16 aligned bytes are no alignment \
                 faults (B2.2.1, single-copy atomicity; AArch64.UnalignedAccessFaults())",
    },
    Exception {
        explains: |run, field| {
            let (Some((SIGBUS, target)), Some((SIGSEGV, unmapped))) =
                (memory_fault(run.ours), memory_fault(run.qemu))
            else {
                return false;
            };
            field == Field::Stop && target == unmapped && target == run.ours.regs.pc
        },
        reason: "QEMU looks for code before it checks the alignment of PC, which comes first \
                 (D1.3, Prioritization of Synchronous exceptions; AArch64.CheckPCAlignment())",
    },
    Exception {
        explains: |run, field| {
            let ended = matches!(run.qemu.stop, Stop::Signal { number: SIGTRAP, .. });
            let cleans = run.name.starts_with("DC_C") || run.name == "IC_IVAU";
            cleans
                && ended
                && memory_fault(run.ours).is_some()
                && matches!(field, Field::Stop | Field::Pc)
        },
        reason: "cache maintenance is a no-op in QEMU's user mode, but the translation of its \
                 address might fault (C5.3, DC CVAC and others)",
    },
    Exception {
        explains: |run, _| other_test(run.name).is_some() && is_undefined(run.qemu),
        reason: "QEMU's user mode does not have the line; there is another test",
    },
    Exception {
        explains: |run, field| {
            let (Some((SIGSEGV, ours)), Some((SIGSEGV, qemu))) =
                (memory_fault(run.ours), memory_fault(run.qemu))
            else {
                return false;
            };
            run.name == "DC_ZVA" && field == Field::Stop && qemu == ours & !63
        },
        reason: "a fault of DC ZVA is reported at the address in the register (D19.2, FAR_EL1), by \
                 QEMU at the beginning of the line",
    },
    Exception {
        explains: |run, field| {
            let status = (run.word() >> 16 & 31) as usize;
            let failed = status == 31 || run.qemu.regs.x[status] == 1;
            ["STXR", "STXP"].contains(&run.name)
                && memory_fault(run.ours).is_some()
                && memory_fault(run.qemu).is_none()
                && failed
                && (matches!(field, Field::Stop | Field::Pc) || field == Field::X(status))
        },
        reason: "it is IMPLEMENTATION DEFINED whether a store-exclusive that cannot succeed looks at \
                 memory (AArch64.ExclusiveMonitorsPass()): ours does, QEMU's does not",
    },
    Exception {
        explains: |run, _| {
            let unaligned = |(number, addr)| number == SIGBUS && addr % 16 > 8;
            run.name == "LDAPR" && memory_fault(run.ours).is_some_and(unaligned)
        },
        reason: "QEMU does not check the alignment of LDAPR (B2.5.2, Alignment of data accesses)",
    },
    Exception {
        explains: |run, field| {
            run.name == "CASP" && run.is(0x001f_0000, 0x001e_0000) && field == Field::Sp
        },
        reason: "QEMU takes the second register of X30, XZR for SP (C6.2, CASP)",
    },
    Exception {
        explains: |run, field| {
            let denormal = run.case.regs.v[(run.word() >> 5 & 31) as usize] as u64;
            let flushed = denormal << 1 != 0 && denormal << 1 >> 53 == 0;
            let fz = run.case.regs.fpcr >> 24 & 1 == 1;
            run.name == "FJCVTZS" && flushed && fz && field == Field::Nzcv
        },
        reason: "QEMU takes a denormal that it flushed for an exact zero (FPToFixedJS(); its issue \
                 2375)",
    },
    Exception {
        explains: |run, field| {
            // A scalar with immh 001x.
            let half = run.is(0xdfe0_fc00, 0x5f00_fc00) && run.is(0x00f0_0000, 0x0010_0000);
            let d = run.rt();
            let differs = run.ours.regs.v[d] ^ run.qemu.regs.v[d];
            half && field == Field::V(d) && differs == 0xffff_0000
        },
        reason: "QEMU extends the sign of a half-precision FCVTZS (scalar, fixed-point) into the \
                 bits above the element (J1.1, V[]: a write clears them)",
    },
    Exception {
        explains: |run, _| run.is(0xbff8_fc00, 0x2f00_fc00) && is_undefined(run.ours),
        reason: "QEMU executes an unallocated encoding (C4.1.97, Advanced SIMD modified immediate: \
                 cmode 1111 and o2 with op)",
    },
    Exception {
        explains: |run, _| run.is(0xffff_fc00, 0x1e63_4000) && is_undefined(run.ours),
        reason: "an Apple M1 lacks FEAT_BF16",
    },
    Exception {
        explains: |run, field| {
            run.name == "MRS"
                && run.ours.stop == run.qemu.stop
                && describes_machine(run.word())
                && field == Field::X(run.rt())
        },
        reason: "the register describes the machine or tells its time",
    },
    Exception {
        explains: |run, _| {
            // CRn 9; RNDR and RNDRRS; TCO.
            let pmu = run.is(0xffff_f000, 0xd53b_9000);
            let random = run.is(0xffff_ff00, 0xd53b_2400);
            let tco = run.is(0xffff_ffe0, 0xd53b_42e0);
            run.name == "MRS" && (pmu || random || tco) && is_undefined(run.ours)
        },
        reason: "an Apple M1 lacks FEAT_PMUv3, FEAT_RNG and FEAT_MTE",
    },
    Exception {
        explains: |run, _| {
            // CRm 2 and 3.
            run.is(0xffff_fe00, 0xd538_0200) && is_undefined(run.qemu)
        },
        reason: "Linux lets user mode read the AArch32 feature registers since 6.2 \
                 (is_emulated() in arch/arm64/kernel/cpufeature.c)",
    },
    Exception {
        explains: |run, _| run.is(0xffff_ffc0, 0xd53b_f200) && is_undefined(run.qemu),
        reason: "registers of our own for the vDSO (IMPLEMENTATION DEFINED space, C5.1)",
    },
];

/// ID registers that Linux emulates; CTR_EL0, DCZID_EL0, CNTFRQ_EL0, CNTVCT_EL0.
fn describes_machine(word: u32) -> bool {
    let register = word & 0xffff_ffe0;
    register & 0xffff_f800 == 0xd538_0000
        || [0xd53b_0020, 0xd53b_00e0, 0xd53b_e000, 0xd53b_e040].contains(&register)
}

/// Extensions that QEMU's model has and an Apple M1 lacks, with their words as in the decoder table.
#[rustfmt::skip]
const FOREIGN: &[(&str, &str)] = &[
    ("FEAT_BF16",     "0x101110010xxxxx111111xxxxxxxxxx"), // BFDOT (vector)
    ("FEAT_BF16",     "0x00111101xxxxxx1111x0xxxxxxxxxx"), // BFDOT (by element)
    ("FEAT_BF16",     "0x101110110xxxxx111111xxxxxxxxxx"), // BFMLAL (vector)
    ("FEAT_BF16",     "0x00111111xxxxxx1111x0xxxxxxxxxx"), // BFMLAL (by element)
    ("FEAT_BF16",     "01101110010xxxxx111011xxxxxxxxxx"), // BFMMLA
    ("FEAT_BF16",     "0x00111010100001011010xxxxxxxxxx"), // BFCVTN
    ("FEAT_I8MM",     "01x01110100xxxxx10100xxxxxxxxxxx"), // SMMLA, UMMLA
    ("FEAT_I8MM",     "01001110100xxxxx10101xxxxxxxxxxx"), // USMMLA
    ("FEAT_I8MM",     "0x001110100xxxxx100111xxxxxxxxxx"), // USDOT (vector)
    ("FEAT_I8MM",     "0x001111x0xxxxxx1111x0xxxxxxxxxx"), // USDOT, SUDOT (by element)
    ("FEAT_MTE",      "1x0100011xxxxxxxxxxxxxxxxxxxxxxx"), // ADDG, SUBG
    ("FEAT_MTE",      "10011010110xxxxx0001xxxxxxxxxxxx"), // IRG, GMI
    ("FEAT_MTE",      "1x111010110xxxxx000000xxxxxxxxxx"), // SUBPS
    ("FEAT_MTE",      "10011010110xxxxx000000xxxxxxxxxx"), // SUBP
    ("FEAT_MTE",      "11011001xx1xxxxxxxxxxxxxxxxxxxxx"), // STG, STZG, ST2G, STZ2G, LDG
    ("FEAT_MTE",      "0110100xx0xxxxxxxxxxxxxxxxxxxxxx"), // STGP
    ("FEAT_SM3",      "11001110010xxxxxxxxxxxxxxxxxxxxx"), // SM3SS1, SM3TT1A …
    ("FEAT_SM3",      "11001110011xxxxx1100xxxxxxxxxxxx"), // SM3PARTW1, SM3PARTW2
    ("FEAT_SM4",      "11001110011xxxxx110010xxxxxxxxxx"), // SM4EKEY
    ("FEAT_SM4",      "1100111011000000100001xxxxxxxxxx"), // SM4E
];

/// The extension that an Apple M1 lacks and this word belongs to.
pub fn foreign(word: u32) -> Option<&'static str> {
    let matches = |diagram: &str| {
        diagram.bytes().rev().enumerate().all(|(bit, letter)| match letter {
            b'x' => true,
            digit => word >> bit & 1 == u32::from(digit - b'0'),
        })
    };
    FOREIGN.iter().find(|(_, diagram)| matches(diagram)).map(|(feature, _)| *feature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_lines_of_the_table() {
        let is_line = |name: &str| PATTERNS.iter().any(|p| p.name == name);
        assert!(UNTESTED.iter().chain(OTHER_MODELS).all(|(name, _)| is_line(name)));
        assert!(FOREIGN.iter().all(|(_, diagram)| diagram.len() == 32));
    }

    #[test]
    fn smallest_normal_numbers_are_found() {
        for v in
            [1 << 52, 1 << 63 | 1 << 52, 1 << 116, 1 << 23 | 1 << 40, 1 << 95 | 1 << 87, 1 << 26]
        {
            assert!(has_smallest_normal(v), "{v:#x}");
        }
        assert!(!has_smallest_normal(0));
        assert!(!has_smallest_normal(1 << 53));
    }

    #[test]
    fn foreign_words_are_found() {
        assert_eq!(foreign(0x9a1f_1400 | 0x00c0_0000), Some("FEAT_MTE"));
        assert_eq!(foreign(0x4f5d_f04a), Some("FEAT_BF16"));
        assert_eq!(foreign(0x8b1f_03ff), None);
    }
}
