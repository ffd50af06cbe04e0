//! The signal frame: built when a handler starts, read back by rt_sigreturn(2).
//!
//! Bit for bit what arm64 Linux writes (`arch/arm64/kernel/signal.c`), because unwinders,
//! language runtimes and sanitizers look inside.

use abi::Errno;
use abi::aarch64::sigframe::{
    ESR_MAGIC, EsrContext, FPSIMD_MAGIC, FpsimdContext, FrameRecord, RecordHead, RtSigframe,
    Sigcontext, Ucontext,
};
use abi::signal::{AltStack, SigAction, SigInfo, SigSet, Signal, sa, ss};
use engine::aarch64::Registers;
use mem::UserPtr;
use zerocopy::{FromBytes, FromZeros, IntoBytes};

use super::fault;
use crate::Task;
use crate::syscall::SysResult;

/// The bits of PSTATE that user mode owns: NZCV.
const PSTATE_NZCV: u64 = 0xf000_0000;
/// The execution state and exception level, and what masks exceptions (SPSR_EL1, C5.2.19).
const PSTATE_MODE: u64 = 0x1f;
const PSTATE_DAIF: u64 = 0x3c0;

/// The other bits that it can change: DIT and SSBS.
const PSTATE_OTHER: u64 = 1 << 24 | 1 << 12;

/// Makes `task` enter the handler of `action` at its next instruction. `EFAULT` if the frame
/// cannot be written.
pub(super) fn push(
    task: &mut Task,
    signal: Signal,
    info: &SigInfo,
    action: &SigAction,
    saved_mask: SigSet,
) -> Result<(), Errno> {
    let stack = task.signals.alt_stack;
    let on_alt_stack = stack.is_enabled() && stack.contains(task.regs.sp);
    let mut sp = task.regs.sp;
    if action.flags & sa::ONSTACK != 0 && stack.is_enabled() && !on_alt_stack {
        sp = stack.sp.wrapping_add(stack.size);
    }
    let record_at = (sp & !15).wrapping_sub(size_of::<FrameRecord>() as u64);
    let frame_at = record_at.wrapping_sub(size_of::<RtSigframe>() as u64);
    if on_alt_stack && !stack.contains(frame_at) {
        // The nested frame does not fit on the alternate stack any more.
        return Err(Errno::EFAULT);
    }

    let mut frame = RtSigframe::new_zeroed();
    if action.flags & sa::SIGINFO != 0 {
        frame.info = *info;
    }
    frame.uc.stack = AltStack { pad: 0, ..stack };
    frame.uc.sigmask = saved_mask;
    save_registers(task, &mut frame.uc.mcontext);

    let record = FrameRecord { fp: task.regs.x[29], lr: task.regs.x[30] };
    UserPtr::new(record_at).write(task.space(), &record)?;
    UserPtr::new(frame_at).write(task.space(), &frame)?;

    if stack.flags & ss::AUTODISARM != 0 {
        task.signals.alt_stack = AltStack::DISABLED;
    }
    let restorer = if action.flags & sa::RESTORER != 0 {
        action.restorer
    } else {
        task.process.program.lock().vdso_sigreturn
    };
    let regs = &mut task.regs;
    regs.x[0] = u64::from(signal.number());
    if action.flags & sa::SIGINFO != 0 {
        regs.x[1] = frame_at + std::mem::offset_of!(RtSigframe, info) as u64;
        regs.x[2] = frame_at + std::mem::offset_of!(RtSigframe, uc) as u64;
    }
    regs.x[29] = record_at;
    regs.x[30] = restorer;
    regs.sp = frame_at;
    regs.pc = action.handler;
    Ok(())
}

fn save_registers(task: &Task, context: &mut Sigcontext) {
    let regs = &task.regs;
    context.fault_address = task.signals.fault.address;
    context.regs = regs.x;
    context.sp = regs.sp;
    context.pc = regs.pc;
    context.pstate = u64::from(regs.nzcv | regs.pstate);

    let mut records = Vec::with_capacity(size_of::<FpsimdContext>() + size_of::<EsrContext>());
    let fpsimd = FpsimdContext {
        head: head::<FpsimdContext>(FPSIMD_MAGIC),
        fpsr: regs.fpsr,
        fpcr: regs.fpcr,
        vregs: regs.v.map(u128::to_le_bytes),
    };
    records.extend_from_slice(fpsimd.as_bytes());
    if task.signals.fault.esr != 0 {
        let esr = EsrContext { head: head::<EsrContext>(ESR_MAGIC), esr: task.signals.fault.esr };
        records.extend_from_slice(esr.as_bytes());
    }
    // The rest stays zero, which ends the list.
    context.reserved[..records.len()].copy_from_slice(&records);
}

fn head<T>(magic: u32) -> RecordHead {
    RecordHead { magic, size: size_of::<T>() as u32 }
}

/// rt_sigreturn(2).
pub fn rt_sigreturn(task: &mut Task) -> SysResult {
    let at = task.regs.sp;
    match restore(task, at) {
        Some(()) => {}
        // Linux reports the stack pointer as the faulting address.
        None => fault::bad_frame(task, at),
    }
    // The result register was restored with the others.
    Ok(task.regs.x[0])
}

fn restore(task: &mut Task, at: u64) -> Option<()> {
    if !at.is_multiple_of(16) {
        return None;
    }
    let frame: RtSigframe = UserPtr::new(at).read(task.space()).ok()?;
    let Ucontext { sigmask, stack, mcontext, .. } = &frame.uc;
    let mut regs = Registers::new();
    regs.tpidr_el0 = task.regs.tpidr_el0;
    regs.x = mcontext.regs;
    regs.sp = mcontext.sp;
    regs.pc = mcontext.pc;
    // The rest of PSTATE must describe 64-bit user mode with no exception masked; Linux refuses
    // anything else (`valid_native_regs()`).
    if mcontext.pstate & (PSTATE_MODE | PSTATE_DAIF) != 0 {
        return None;
    }
    regs.nzcv = (mcontext.pstate & PSTATE_NZCV) as u32;
    regs.pstate = (mcontext.pstate & PSTATE_OTHER) as u32;
    let fpsimd = find_fpsimd(&mcontext.reserved)?;
    regs.fpsr = fpsimd.fpsr;
    regs.fpcr = fpsimd.fpcr;
    regs.v = fpsimd.vregs.map(u128::from_le_bytes);

    task.regs = regs;
    task.set_signal_mask(*sigmask);
    // As in Linux, a stack that cannot be set is not an error here.
    if stack.flags & !(ss::DISABLE | ss::ONSTACK | ss::AUTODISARM) == 0 {
        task.signals.alt_stack = AltStack { flags: stack.flags & !ss::ONSTACK, ..*stack };
    }
    Some(())
}

/// Walks the records; `None` for a malformed list or one without floating-point state.
fn find_fpsimd(mut records: &[u8]) -> Option<FpsimdContext> {
    let mut found = None;
    loop {
        let (head, _) = RecordHead::read_from_prefix(records).ok()?;
        match head.magic {
            0 if head.size == 0 => return found,
            FPSIMD_MAGIC if found.is_none() => {
                found = Some(FpsimdContext::read_from_prefix(records).ok()?.0);
            }
            ESR_MAGIC => {}
            _ => return None,
        }
        let size = head.size as usize;
        if size < size_of::<RecordHead>() || !size.is_multiple_of(16) {
            return None;
        }
        records = records.get(size..)?;
    }
}
