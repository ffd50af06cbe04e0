//! Faults of guest code as signals.

use abi::signal::{SigAction, SigInfo, Signal, code};
use engine::{Access, Fault, FaultKind};
use mem::Prot;
use serde::{Deserialize, Serialize};

use super::deliver;
use crate::Task;
use crate::syscall::strace;
use crate::task::Death;

/// What signal frames say about the latest fault of a thread.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct FaultRecord {
    /// `FAR_EL1`.
    pub address: u64,
    /// `ESR_EL1`; zero before the first fault.
    pub esr: u64,
}

// Exception classes and fault status codes of ESR_EL1 (Arm manual D24.2.40).
const ESR_EC_UNKNOWN: u64 = 0x00 << 26;
const ESR_EC_IABT_LOW: u64 = 0x20 << 26;
const ESR_EC_PC_ALIGN: u64 = 0x22 << 26;
const ESR_EC_DABT_LOW: u64 = 0x24 << 26;
const ESR_EC_BRK64: u64 = 0x3c << 26;
const ESR_IL: u64 = 1 << 25;
const ESR_WNR: u64 = 1 << 6;
const ESR_FSC_TRANSLATION_L3: u64 = 0x07;
const ESR_FSC_PERMISSION_L3: u64 = 0x0f;
const ESR_FSC_EXTERNAL: u64 = 0x10;
const ESR_FSC_ALIGNMENT: u64 = 0x21;

/// A failed access: grows a stack, or becomes SIGSEGV or SIGBUS.
pub(crate) fn memory(task: &mut Task, fault: Fault) {
    // The map knows addresses without tag.
    let address = ((fault.addr << 8) as i64 >> 8) as u64;
    let wanted = match fault.access {
        Access::Read => Prot::READ,
        Access::Write => Prot::WRITE,
        Access::Execute => Prot::EXEC,
    };
    let fault = Fault { kind: judge(task, fault.kind, address, wanted), ..fault };
    if fault.kind == FaultKind::Page && task.space().handle_fault(address, wanted) {
        return;
    }
    let mapped = task.space().is_mapped(address);
    let (signal, code, status) = match fault.kind {
        FaultKind::Page if mapped => (Signal::SIGSEGV, code::SEGV_ACCERR, ESR_FSC_PERMISSION_L3),
        FaultKind::Page => (Signal::SIGSEGV, code::SEGV_MAPERR, ESR_FSC_TRANSLATION_L3),
        FaultKind::Bus => (Signal::SIGBUS, code::BUS_ADRERR, ESR_FSC_EXTERNAL),
        FaultKind::Alignment => (Signal::SIGBUS, code::BUS_ADRALN, ESR_FSC_ALIGNMENT),
    };
    let class = match (fault.access, fault.kind) {
        (Access::Execute, FaultKind::Alignment) => ESR_EC_PC_ALIGN,
        (Access::Execute, _) => ESR_EC_IABT_LOW | status,
        (Access::Read, _) => ESR_EC_DABT_LOW | status,
        (Access::Write, _) => ESR_EC_DABT_LOW | ESR_WNR | status,
    };
    task.signals.fault = FaultRecord { address: fault.addr, esr: class | ESR_IL };
    force(task, SigInfo::fault(signal, code, fault.addr));
}

/// What kind of fault it was. Not every host tells an access that is forbidden from one to memory
/// without backing (macOS raises SIGBUS for both), but the map does.
fn judge(task: &Task, kind: FaultKind, address: u64, wanted: Prot) -> FaultKind {
    match kind {
        FaultKind::Bus if !task.space().permits(address, wanted) => FaultKind::Page,
        kind => kind,
    }
}

/// An undefined instruction: SIGILL.
pub(crate) fn undefined(task: &mut Task, word: u32) {
    let pc = task.regs.pc;
    if task.process.diagnostics.is_verbose() {
        task.process.diagnostics.note(&format!("undefined instruction {word:#010x} at {pc:#x}"));
    }
    task.signals.fault = FaultRecord { address: pc, esr: ESR_EC_UNKNOWN | ESR_IL };
    force(task, SigInfo::fault(Signal::SIGILL, code::ILL_ILLOPC, pc));
}

/// `BRK`: SIGTRAP.
pub(crate) fn breakpoint(task: &mut Task, comment: u16) {
    let pc = task.regs.pc;
    task.signals.fault =
        FaultRecord { address: pc, esr: ESR_EC_BRK64 | ESR_IL | u64::from(comment) };
    force(task, SigInfo::fault(Signal::SIGTRAP, code::TRAP_BRKPT, pc));
}

/// rt_sigreturn(2) found no frame that it could use at `at`.
pub(super) fn bad_frame(task: &mut Task, at: u64) {
    let code = if task.space().is_mapped(at) { code::SEGV_ACCERR } else { code::SEGV_MAPERR };
    force(task, SigInfo::fault(Signal::SIGSEGV, code, at));
}

/// Delivers a signal that cannot wait: blocked or ignored, it takes its default action
/// (`force_sig_info`).
pub(super) fn force(task: &mut Task, info: SigInfo) {
    let Some(info) = deliver::asked(task, info) else { return };
    let Some(signal) = info.signal() else { return };
    let handler = task.process.actions.lock().get(signal).handler;
    if task.signals.mask.contains(signal)
        || matches!(handler, SigAction::SIG_DFL | SigAction::SIG_IGN)
    {
        if task.process.diagnostics.is_verbose() {
            report(task, &info, signal);
        }
        strace::delivery(task, &info);
        task.die(Death::Killed(signal));
        return;
    }
    deliver::deliver(task, &info);
    host::signal::set_mask(task.signals.mask);
}

fn report(task: &Task, info: &SigInfo, signal: Signal) {
    task.process.diagnostics.note(&format!(
        "killed by {signal} (code {}) at pc {:#x}, fault address {:#x}",
        info.code, task.regs.pc, task.signals.fault.address,
    ));
}
