//! What gdb may ask of a process.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs::File;
use std::num::NonZeroUsize;

use abi::Errno;
use gdbstub::common::{Pid, Signal, Tid};
use gdbstub::stub::MultiThreadStopReason;
use gdbstub::target::ext::auxv::{Auxv, AuxvOps};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread::{
    MultiThreadBase, MultiThreadRangeStepping, MultiThreadRangeSteppingOps, MultiThreadResume,
    MultiThreadResumeOps, MultiThreadSchedulerLocking, MultiThreadSchedulerLockingOps,
    MultiThreadSingleStep, MultiThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint, SwBreakpointOps,
    WatchKind,
};
use gdbstub::target::ext::exec_file::{ExecFile, ExecFileOps};
use gdbstub::target::ext::extended_mode::{
    Args, AttachKind, CurrentActivePid, CurrentActivePidOps, ExtendedMode, ExtendedModeOps,
    ShouldTerminate,
};
use gdbstub::target::ext::host_io::HostIoOps;
use gdbstub::target::ext::thread_extra_info::{ThreadExtraInfo, ThreadExtraInfoOps};
use gdbstub::target::{TargetError, TargetResult};
use kernel::debug::{Control, Go, Report, Stop};

use crate::arch::{AArch64, WireRegisters};
use crate::signals::{from_gdb, to_gdb};

/// The largest piece of memory that is watched.
const WATCH_LIMIT: u64 = 1 << 16;

/// A process, for one session.
pub struct Target {
    pub(crate) control: Control,
    /// How threads are to go on, by number, when the process is resumed.
    actions: BTreeMap<i32, (Go, Option<abi::signal::Signal>)>,
    /// Those without an action stay.
    is_locked: bool,
    /// What gdb has open.
    pub(crate) files: BTreeMap<u32, File>,
}

impl Target {
    /// For the process that `control` is of.
    pub fn new(control: Control) -> Self {
        Self { control, actions: BTreeMap::new(), is_locked: false, files: BTreeMap::new() }
    }
}

/// What has happened, for gdb to read.
pub(crate) fn reason(report: Report) -> MultiThreadStopReason<u64> {
    let tid = tid_of(report.tid);
    let signal = |signal| MultiThreadStopReason::SignalWithThread { tid, signal };
    match report.stop {
        Stop::Interrupted => signal(Signal::SIGINT),
        Stop::Breakpoint => MultiThreadStopReason::SwBreak(tid),
        // As of a Linux process that executes a program without anybody having asked to hear of it in another way.
        Stop::Step | Stop::Exec => signal(Signal::SIGTRAP),
        Stop::Watch(addr) => MultiThreadStopReason::Watch { tid, kind: WatchKind::Write, addr },
        Stop::Signal(number) => signal(to_gdb(number)),
        Stop::Exited(status) => MultiThreadStopReason::Exited(status as u8),
        Stop::Killed(signal) => MultiThreadStopReason::Terminated(to_gdb(signal)),
    }
}

/// Threads of Linux have numbers from 1 on.
fn tid_of(tid: i32) -> Tid {
    NonZeroUsize::new(tid as usize).unwrap_or(NonZeroUsize::MIN)
}

fn number_of(tid: Tid) -> i32 {
    tid.get() as i32
}

fn failed(errno: Errno) -> TargetError<Infallible> {
    TargetError::Errno(u8::try_from(errno.raw()).unwrap_or(u8::MAX))
}

impl gdbstub::target::Target for Target {
    type Arch = AArch64;
    type Error = Infallible;

    fn base_ops(&mut self) -> BaseOps<'_, AArch64, Infallible> {
        BaseOps::MultiThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_extended_mode(&mut self) -> Option<ExtendedModeOps<'_, Self>> {
        Some(self)
    }

    fn support_host_io(&mut self) -> Option<HostIoOps<'_, Self>> {
        Some(self)
    }

    fn support_exec_file(&mut self) -> Option<ExecFileOps<'_, Self>> {
        Some(self)
    }

    fn support_auxv(&mut self) -> Option<AuxvOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadBase for Target {
    fn read_registers(&mut self, regs: &mut WireRegisters, tid: Tid) -> TargetResult<(), Self> {
        *regs = WireRegisters::of(&self.control.registers(number_of(tid)).map_err(failed)?);
        Ok(())
    }

    fn write_registers(&mut self, regs: &WireRegisters, tid: Tid) -> TargetResult<(), Self> {
        let store = |own: &mut _| regs.store(own);
        self.control.change_registers(number_of(tid), store).map_err(failed)
    }

    fn read_addrs(&mut self, addr: u64, data: &mut [u8], _: Tid) -> TargetResult<usize, Self> {
        match self.control.read(addr, data) {
            0 if !data.is_empty() => Err(failed(Errno::EFAULT)),
            len => Ok(len),
        }
    }

    fn write_addrs(&mut self, addr: u64, data: &[u8], _: Tid) -> TargetResult<(), Self> {
        self.control.write(addr, data).map_err(failed)
    }

    fn list_active_threads(&mut self, is_active: &mut dyn FnMut(Tid)) -> Result<(), Infallible> {
        self.control.threads().into_iter().for_each(|tid| is_active(tid_of(tid)));
        Ok(())
    }

    fn support_resume(&mut self) -> Option<MultiThreadResumeOps<'_, Self>> {
        Some(self)
    }

    fn support_thread_extra_info(&mut self) -> Option<ThreadExtraInfoOps<'_, Self>> {
        Some(self)
    }
}

impl ThreadExtraInfo for Target {
    fn thread_extra_info(&self, tid: Tid, buf: &mut [u8]) -> Result<usize, Infallible> {
        let name = self.control.thread_name(number_of(tid));
        Ok(copy(&name, 0, buf))
    }
}

/// Copies what is at `offset` of `from`, as far as there is room. Returns how much.
fn copy(from: &[u8], offset: u64, buf: &mut [u8]) -> usize {
    let from = usize::try_from(offset).ok().and_then(|at| from.get(at..)).unwrap_or_default();
    let len = from.len().min(buf.len());
    buf[..len].copy_from_slice(&from[..len]);
    len
}

impl Target {
    fn act(&mut self, tid: Tid, go: Go, signal: Option<Signal>) {
        self.actions.insert(number_of(tid), (go, signal.and_then(from_gdb)));
    }
}

impl MultiThreadResume for Target {
    fn resume(&mut self) -> Result<(), Infallible> {
        let others = if self.is_locked { Go::Stay } else { Go::Continue };
        let actions = std::mem::take(&mut self.actions);
        self.control.resume(|tid| actions.get(&tid).cloned().unwrap_or((others.clone(), None)));
        Ok(())
    }

    fn clear_resume_actions(&mut self) -> Result<(), Infallible> {
        self.actions.clear();
        self.is_locked = false;
        Ok(())
    }

    fn set_resume_action_continue(
        &mut self,
        tid: Tid,
        signal: Option<Signal>,
    ) -> Result<(), Infallible> {
        self.act(tid, Go::Continue, signal);
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<MultiThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_range_step(&mut self) -> Option<MultiThreadRangeSteppingOps<'_, Self>> {
        Some(self)
    }

    fn support_scheduler_locking(&mut self) -> Option<MultiThreadSchedulerLockingOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadSingleStep for Target {
    fn set_resume_action_step(
        &mut self,
        tid: Tid,
        signal: Option<Signal>,
    ) -> Result<(), Infallible> {
        self.act(tid, Go::Step(0..0), signal);
        Ok(())
    }
}

impl MultiThreadRangeStepping for Target {
    fn set_resume_action_range_step(
        &mut self,
        tid: Tid,
        start: u64,
        end: u64,
    ) -> Result<(), Infallible> {
        self.act(tid, Go::Step(start..end), None);
        Ok(())
    }
}

impl MultiThreadSchedulerLocking for Target {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), Infallible> {
        self.is_locked = true;
        Ok(())
    }
}

impl Breakpoints for Target {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl SwBreakpoint for Target {
    fn add_sw_breakpoint(&mut self, addr: u64, _: usize) -> TargetResult<bool, Self> {
        match self.control.insert_breakpoint(addr) {
            Ok(()) | Err(Errno::EEXIST) => Ok(true),
            Err(errno) => Err(failed(errno)),
        }
    }

    fn remove_sw_breakpoint(&mut self, addr: u64, _: usize) -> TargetResult<bool, Self> {
        match self.control.remove_breakpoint(addr) {
            Ok(()) => Ok(true),
            // It went with the program that it was in.
            Err(Errno::ENOENT | Errno::EFAULT) => Ok(true),
            Err(errno) => Err(failed(errno)),
        }
    }
}

/// Changes are seen, and reads are not: of the latter gdb is told that they are not served.
impl HwWatchpoint for Target {
    fn add_hw_watchpoint(
        &mut self,
        addr: u64,
        len: u64,
        kind: WatchKind,
    ) -> TargetResult<bool, Self> {
        let end = addr.checked_add(len).filter(|_| len <= WATCH_LIMIT);
        match end {
            Some(end) if kind == WatchKind::Write => {
                self.control.insert_watch(addr..end).map_err(failed)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn remove_hw_watchpoint(
        &mut self,
        addr: u64,
        len: u64,
        _: WatchKind,
    ) -> TargetResult<bool, Self> {
        Ok(self.control.remove_watch(&(addr..addr.saturating_add(len))).is_ok())
    }
}

impl Auxv for Target {
    fn get_auxv(&self, offset: u64, length: usize, buf: &mut [u8]) -> TargetResult<usize, Self> {
        let len = length.min(buf.len());
        Ok(copy(&self.control.auxv(), offset, &mut buf[..len]))
    }
}

impl ExecFile for Target {
    fn get_exec_file(
        &self,
        _: Option<Pid>,
        offset: u64,
        length: usize,
        buf: &mut [u8],
    ) -> TargetResult<usize, Self> {
        let len = length.min(buf.len());
        Ok(copy(self.control.exe().as_bytes(), offset, &mut buf[..len]))
    }
}

/// There is one process, which runs already. Of the extended mode this is of use: its number, and its end.
impl ExtendedMode for Target {
    fn run(&mut self, _: Option<&[u8]>, _: Args<'_, '_>) -> TargetResult<Pid, Self> {
        Err(failed(Errno::EBUSY))
    }

    fn attach(&mut self, pid: Pid) -> TargetResult<(), Self> {
        if number_of(pid) == host::process::getpid() { Ok(()) } else { Err(failed(Errno::ESRCH)) }
    }

    fn query_if_attached(&mut self, _: Pid) -> TargetResult<AttachKind, Self> {
        Ok(AttachKind::Attach)
    }

    fn kill(&mut self, _: Option<Pid>) -> TargetResult<ShouldTerminate, Self> {
        Ok(ShouldTerminate::Yes)
    }

    fn restart(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn support_current_active_pid(&mut self) -> Option<CurrentActivePidOps<'_, Self>> {
        Some(self)
    }
}

impl CurrentActivePid for Target {
    fn current_active_pid(&mut self) -> Result<Pid, Infallible> {
        Ok(tid_of(host::process::getpid()))
    }
}
