//! ptrace(2), for a [companion](crate::process::companion) that looks at the process in whose memory it runs.
//!
//! That is what LeakSanitizer does: it attaches to each thread, waits until that has stopped, reads its registers, and lets
//! it go. A tracee stops as for a debugger, alone, and only because it is attached to: not for signals, calls or steps.
//! All other uses are refused with `EPERM`, as where ptrace is forbidden (`kernel.yama.ptrace_scope`): a tracer in
//! another host process would need all of this by messages.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use abi::Errno;
use abi::process::{ptrace, wait};
use abi::signal::Signal;
use engine::aarch64::Registers;
use mem::{UserPtr, UserSlice};

use super::{Debug, Place, State, Tracee};
use crate::fs::rw::Iovec;
use crate::syscall::SysResult;
use crate::{Process, Task};

/// How often a tracer looks for what nobody wakes it for.
const LOOK: Duration = Duration::from_millis(10);

/// What a tracer knows of a tracee.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tracer {
    /// Its number.
    pid: i32,
    /// The tracee is to stop, or has stopped.
    pub holds: bool,
    /// The tracer has heard of that.
    has_heard: bool,
}

/// ptrace(2).
pub fn ptrace(t: &mut Task, request: u64, pid: i32, addr: u64, data: u64) -> SysResult {
    let refuse = |what: &str| {
        t.process.diagnostics.note(&format!("ptrace({request:#x}) {what}: not supported"));
        Err(Errno::EPERM)
    };
    match request {
        ptrace::TRACEME => return refuse("of a process by its parent"),
        ptrace::SEIZE => return refuse("without stopping"),
        _ => {}
    }
    let Some(origin) = t.process.origin.clone() else {
        // Unless it is attached to, no other request is for a tracee.
        return if request == ptrace::ATTACH {
            refuse("of another process")
        } else {
            Err(Errno::ESRCH)
        };
    };
    let tracer = host::process::getpid();
    if request == ptrace::ATTACH {
        return attach(&origin, tracer, pid);
    }
    let debug = origin.debug.get().ok_or(Errno::ESRCH)?;
    match request {
        ptrace::CONT | ptrace::DETACH => {
            let signal = match data {
                0 => None,
                number => Some(u32::try_from(number).ok().and_then(Signal::new).ok_or(Errno::EIO)?),
            };
            debug.release(tracer, pid, signal, request == ptrace::DETACH)
        }
        ptrace::GETREGSET => {
            let regs = debug.with_stopped(tracer, pid, |tracee| tracee.regs.clone())?;
            let set = UserPtr::<Iovec>::new(data);
            let place = set.read(t.space())?.slice();
            let bytes = regset(&regs, addr)?;
            let len = bytes.len().min(place.len() as usize);
            UserSlice::new(place.addr(), len as u64).write_from(t.space(), &bytes[..len])?;
            set.write(t.space(), &Iovec::new(place.addr(), len as u64))?;
            Ok(0)
        }
        ptrace::PEEKTEXT | ptrace::PEEKDATA => {
            debug.with_stopped(tracer, pid, |_| ())?;
            let word = UserPtr::<u64>::new(addr).read(t.space()).map_err(|_| Errno::EIO)?;
            UserPtr::new(data).write(t.space(), &word)?;
            Ok(0)
        }
        ptrace::POKETEXT | ptrace::POKEDATA => {
            debug.with_stopped(tracer, pid, |_| ())?;
            t.space().poke(addr, &data.to_le_bytes()).map_err(|_| Errno::EIO)?;
            Ok(0)
        }
        _ => debug.with_stopped(tracer, pid, |_| ()).and(Err(Errno::EIO)),
    }
}

/// Has thread `tid` of `process` stop.
fn attach(process: &Arc<Process>, tracer: i32, tid: i32) -> SysResult {
    let thread = process.threads.get(tid).ok_or(Errno::ESRCH)?;
    let debug = process.debug.get_or_init(|| Arc::new(Debug::new(false)));
    debug.trace(tracer, tid)?;
    thread.kick();
    Ok(0)
}

/// The registers as a core file has them (`linux/elf.h`); `EINVAL` for a set that is not there.
fn regset(regs: &Registers, set: u64) -> Result<Vec<u8>, Errno> {
    /// General registers: `struct user_pt_regs`.
    const NT_PRSTATUS: u64 = 1;
    /// `struct user_fpsimd_state`.
    const NT_PRFPREG: u64 = 2;
    /// `TPIDR_EL0`, and `TPIDR2_EL0` where there is SME.
    const NT_ARM_TLS: u64 = 0x401;
    Ok(match set {
        NT_PRSTATUS => {
            let pstate = u64::from(regs.nzcv | regs.pstate);
            let special = [regs.sp, regs.pc, pstate];
            regs.x.iter().chain(&special).flat_map(|word| word.to_le_bytes()).collect()
        }
        NT_PRFPREG => {
            let mut bytes: Vec<u8> = regs.v.iter().flat_map(|v| v.to_le_bytes()).collect();
            bytes.extend([regs.fpsr, regs.fpcr, 0, 0].iter().flat_map(|word| word.to_le_bytes()));
            bytes
        }
        NT_ARM_TLS => regs.tpidr_el0.to_le_bytes().into(),
        _ => return Err(Errno::EINVAL),
    })
}

/// For wait4(2): a tracee of the caller's that `pid` means and that has stopped, with its status. `None` if the caller has
/// none there.
pub(crate) fn wait(t: &Task, pid: i32, options: u32) -> Result<Option<(i32, i32)>, Errno> {
    let debug = t.process.origin.as_ref().and_then(|origin| origin.debug.get());
    let Some(debug) = debug else { return Ok(None) };
    let tracer = host::process::getpid();
    let mut state = debug.state.lock();
    loop {
        let mut found =
            state.traced(tracer).filter(|(tid, _)| pid == -1 || pid == **tid).peekable();
        if found.peek().is_none() {
            return Ok(None);
        }
        for (tid, tracee) in found {
            let stopped = tracee.place == Place::Parked;
            if let Some(tracer) = &mut tracee.tracer
                && stopped
                && tracer.holds
                && !std::mem::replace(&mut tracer.has_heard, true)
            {
                // `W_STOPCODE`.
                return Ok(Some((*tid, i32::from(Signal::SIGSTOP.number()) << 8 | 0x7f)));
            }
        }
        if options & wait::NOHANG != 0 {
            return Ok(Some((0, 0)));
        }
        if t.attention.is_raised() {
            return Err(Errno::EINTR);
        }
        state = debug.changed.wait_for(state, LOOK);
    }
}

impl Debug {
    /// Has thread `tid` stop for `tracer`. `EPERM` if somebody else has it.
    fn trace(&self, tracer: i32, tid: i32) -> Result<(), Errno> {
        let mut state = self.state.lock();
        if state.is_attached || self.teller.get().is_some() {
            return Err(Errno::EPERM);
        }
        self.is_active.store(true, Ordering::Relaxed);
        let tracee = state.tracees.entry(tid).or_insert_with(|| Tracee::new(&Registers::new()));
        if tracee.tracer.is_some() {
            return Err(Errno::EPERM);
        }
        tracee.tracer = Some(Tracer { pid: tracer, holds: true, has_heard: false });
        Ok(())
    }

    /// What `f` says of a tracee that has stopped, as the tracer has heard. `ESRCH` if it is none.
    fn with_stopped<T>(
        &self,
        tracer: i32,
        tid: i32,
        f: impl FnOnce(&mut Tracee) -> T,
    ) -> Result<T, Errno> {
        let mut state = self.state.lock();
        let is_it = |tracee: &&mut Tracee| {
            tracee.tracer.is_some_and(|t| t.pid == tracer && t.has_heard && t.holds)
        };
        let tracee = state.tracees.get_mut(&tid).filter(is_it).ok_or(Errno::ESRCH)?;
        Ok(f(tracee))
    }

    /// Lets a tracee go on, with `signal`.
    fn release(&self, tracer: i32, tid: i32, signal: Option<Signal>, for_good: bool) -> SysResult {
        self.with_stopped(tracer, tid, |tracee| {
            tracee.signal = signal;
            tracee.tracer =
                tracee.tracer.filter(|_| !for_good).map(|t| Tracer { holds: false, ..t });
        })?;
        self.rest_if_unused();
        Ok(0)
    }

    /// Lets all tracees of `tracer` go.
    pub(crate) fn release_all(&self, tracer: i32) {
        self.state.lock().traced(tracer).for_each(|(_, tracee)| tracee.tracer = None);
        self.rest_if_unused();
    }

    /// Without tracees, threads need not ask here any more.
    fn rest_if_unused(&self) {
        let state = self.state.lock();
        if self.teller.get().is_none()
            && state.tracees.values().all(|tracee| tracee.tracer.is_none())
        {
            self.is_active.store(false, Ordering::Relaxed);
        }
        self.changed.notify_all();
    }
}

impl State {
    fn traced(&mut self, tracer: i32) -> impl Iterator<Item = (&i32, &mut Tracee)> {
        self.tracees
            .iter_mut()
            .filter(move |(_, tracee)| tracee.tracer.is_some_and(|t| t.pid == tracer))
    }
}
