//! Where QEMU and we are meant to differ: data, with reasons.

use abi::signal::code;
use jit::a64::PATTERNS;

use super::case::{Case, Outcome, Stop};
use super::compare;

/// What a comparison found, known differences taken out.
pub enum Known {
    /// They differ, for this reason.
    Excused(&'static str),
    /// What differs and should not; empty if nothing does.
    Differences(Vec<String>),
}

/// A difference that is no mistake.
struct Exception {
    /// The lines it is about; empty for all.
    lines: &'static [&'static str],
    /// Whether a case of these lines is one.
    applies: fn(&Case, &Outcome, &Outcome) -> bool,
    /// Why.
    reason: &'static str,
}

static EXCEPTIONS: &[Exception] = &[
    Exception {
        lines: &[
            "LDXR", "STXR", "LDXP", "STXP", "LDAR", "STLR", "CAS", "CASP", "LDADD", "LDCLR",
            "LDEOR", "LDSET", "LDSMAX", "LDSMIN", "LDUMAX", "LDUMIN", "SWP", "LDAPUR", "LDAPURS",
            "STLUR",
        ],
        applies: |case, ours, qemu| {
            let within_16 = |addr| addr % 16 + atomic_bytes(case) <= 16;
            misaligned(qemu).is_some_and(within_16) && misaligned(ours).is_none()
        },
        reason: "QEMU 7.2 lacks FEAT_LSE2: see AArch64.UnalignedAccessFaults()",
    },
    Exception {
        lines: &["LDAPR"],
        applies: |case, ours, qemu| {
            let across_16 = |addr| addr % 16 + atomic_bytes(case) > 16;
            misaligned(ours).is_some_and(across_16) && misaligned(qemu).is_none()
        },
        reason: "QEMU 7.2 does not check the alignment of LDAPR: see AArch64.UnalignedAccessFaults()",
    },
    Exception {
        lines: &["STXR", "STXP"],
        applies: |case, ours, qemu| {
            let across_16 = |addr| addr % 16 + atomic_bytes(case) > 16;
            misaligned(ours).is_some_and(across_16) && misaligned(qemu).is_none()
        },
        reason: "QEMU looks at the monitor first, AArch64.ExclusiveMonitorsPass() at the alignment",
    },
    Exception {
        lines: &["CASP"],
        applies: |case, ours, qemu| {
            let mut corrected = qemu.clone();
            corrected.regs.sp = case.regs.sp;
            register_field(case, 16) == 30 && compare::differences(ours, &corrected).is_empty()
        },
        reason: "QEMU takes the register behind X30 for SP; it is XZR (CASP's pseudocode: X[s+1])",
    },
    Exception {
        lines: &["BR", "BLR", "RET"],
        applies: |_, ours, qemu| {
            misaligned(ours).is_some_and(|pc| pc % 4 != 0 && segv(qemu) == Some(pc))
        },
        reason: "QEMU fetches before it checks PC, AArch64.CheckPCAlignment() comes first",
    },
    Exception {
        lines: &[],
        applies: |_, ours, qemu| {
            let not_canonical = |addr: u64| addr >> 47 != 0;
            segv(ours).is_some_and(not_canonical) && segv(qemu) == Some(0)
        },
        reason: "QEMU takes the fault's address from the host, which has none for such addresses",
    },
    Exception {
        lines: &[],
        applies: |case, ours, qemu| {
            segv(ours).is_some() && ours.stop == qemu.stop && ours.regs == case.regs
        },
        reason: "QEMU keeps what it has transferred before a fault; what is left then is UNKNOWN",
    },
    Exception {
        lines: &["DC_CVAC", "DC_CVAU", "DC_CIVAC", "IC_IVAU"],
        applies: |_, ours, qemu| segv(ours).is_some() && is_trap(qemu),
        reason: "QEMU in user mode does nothing; AArch64.DC() and AArch64.IC() translate the address",
    },
    Exception {
        lines: &["DC_CVAP"],
        applies: |_, _, qemu| matches!(qemu.stop, Stop::Signal { number: 4, .. }),
        reason: "QEMU has it in system mode only; jit's tests/interpreter/faults.rs",
    },
    Exception {
        lines: &["DC_ZVA"],
        applies: |_, ours, qemu| {
            let block = |outcome| segv(outcome).map(|addr| addr / 512);
            ours.regs == qemu.regs && block(ours) == block(qemu)
        },
        reason: "QEMU's blocks have 512 bytes, ours 64; jit's tests/interpreter/faults.rs",
    },
    Exception {
        lines: &["MRS"],
        applies: |case, ours, qemu| {
            // CRn: identification, the performance monitor, timers.
            (is_trap(ours) || is_trap(qemu)) && matches!(case.word() >> 12 & 15, 0 | 9 | 14)
        },
        reason: "QEMU's model has other features, timers, and a PMU; jit's tests/interpreter/registers.rs",
    },
];

/// The bytes that an atomic, exclusive or ordered instruction accesses.
fn atomic_bytes(case: &Case) -> u64 {
    let word = case.word();
    // C4.1.95: exclusive pairs (CASP among them) have bit 31 or bit 23 say so, and sz in bit 30.
    let is_pair =
        matches!(case.line.map(|line| PATTERNS[line].name), Some("LDXP" | "STXP" | "CASP"));
    if is_pair { 8 << (word >> 30 & 1) } else { 1 << (word >> 30) }
}

/// The five bits of the instruction from `lowest` on.
fn register_field(case: &Case, lowest: u32) -> u32 {
    case.word() >> lowest & 31
}

/// The address of an alignment fault.
fn misaligned(outcome: &Outcome) -> Option<u64> {
    match outcome.stop {
        Stop::Signal { number: 7, code: code::BUS_ADRALN, addr } => Some(addr),
        _ => None,
    }
}

/// The address of a SIGSEGV.
fn segv(outcome: &Outcome) -> Option<u64> {
    match outcome.stop {
        Stop::Signal { number: 11, addr, .. } => Some(addr),
        _ => None,
    }
}

/// Whether the instruction did what it should and the case came to its end.
fn is_trap(outcome: &Outcome) -> bool {
    matches!(outcome.stop, Stop::Signal { number: 5, .. })
}

/// Compares the outcomes of a case.
pub fn differences(case: &Case, ours: &Outcome, qemu: &Outcome) -> Known {
    let name = case.line.map_or("", |line| PATTERNS[line].name);
    let differences = compare::differences(ours, qemu);
    if differences.is_empty() {
        return Known::Differences(differences);
    }
    EXCEPTIONS
        .iter()
        .filter(|e| e.lines.is_empty() || e.lines.contains(&name))
        .find(|e| (e.applies)(case, ours, qemu))
        .map_or(Known::Differences(differences), |e| Known::Excused(e.reason))
}

/// Lines that this tool cannot test, and the tests that do.
static UNTESTED: &[(&str, &str)] = &[
    // QEMU has it in system mode only.
    ("DC_CVAP", "jit, tests/interpreter/faults.rs: cache_maintenance_needs_a_readable_page"),
];

/// Whether a line is tested elsewhere.
pub fn is_untested(name: &str) -> bool {
    UNTESTED.iter().any(|(line, _)| *line == name)
}
