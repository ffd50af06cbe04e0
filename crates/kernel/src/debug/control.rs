//! The debugger's side.

use std::ffi::CString;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use abi::Errno;
use abi::fs::{AT_FDCWD, o};
use abi::signal::Signal;
use engine::aarch64::Registers;
use host::sync::MutexGuard;

use super::{BREAKPOINT, Debug, Go, Place, Report, State, Tracee, Watch};
use crate::process::info;
use crate::syscall::arg::DirFd;
use crate::{Process, Task};

/// How long threads in system calls have to leave them before the process counts as halted.
const GRACE: Duration = Duration::from_millis(200);

/// A process in the hands of a debugger. All but [`interrupt`](Self::interrupt) is for while it is halted.
#[derive(Clone)]
pub struct Control {
    process: Arc<Process>,
    debug: Arc<Debug>,
}

impl Process {
    /// The means to debug this process; `None` if it was not made for that ([`Config::debug`](crate::Config)).
    pub fn control(self: &Arc<Self>) -> Option<Control> {
        let debug = self.debug.get()?.clone();
        Some(Control { process: self.clone(), debug })
    }
}

impl Control {
    /// Has `tell` called, by threads of the guest, whenever [`settle`](Self::settle) may have something to report. Once.
    pub fn on_stop(&self, tell: impl Fn() + Send + Sync + 'static) {
        let _ = self.debug.teller.set(Box::new(tell));
    }

    /// The debugger takes over, and the process halts.
    pub fn attach(&self) {
        self.process.actions.lock().observe(true);
        self.state().is_attached = true;
        self.halt();
    }

    /// Halts the process without a report.
    fn halt(&self) {
        let mut state = self.state();
        (state.is_halted, state.report) = (true, None);
        drop(state);
        self.process.threads.state().kick_others(0);
        self.rest();
    }

    /// The debugger leaves, and the process goes on without it. Signals that it was asked about are delivered.
    pub fn detach(&self) {
        // The connection may have been lost while it ran.
        self.halt();
        let addresses: Vec<u64> = self.state().breakpoints.keys().copied().collect();
        for addr in addresses {
            let _ = self.remove_breakpoint(addr);
        }
        self.process.actions.lock().observe(false);
        let mut state = self.state();
        (state.is_attached, state.is_halted, state.is_new) = (false, false, false);
        state.report = None;
        state.watches.clear();
        state.tracees.values_mut().for_each(|tracee| tracee.go = Go::Continue);
        self.debug.changed.notify_all();
    }

    /// Halts the process, which [`settle`](Self::settle) reports.
    pub fn interrupt(&self) {
        let mut state = self.state();
        if state.is_halted {
            return;
        }
        let leader = host::process::getpid();
        let first = state.tracees.keys().next().copied().unwrap_or(leader);
        let tid = if state.tracees.contains_key(&leader) { leader } else { first };
        state.halt(tid, super::Stop::Interrupted);
        drop(state);
        self.process.threads.state().kick_others(0);
        self.debug.tell();
    }

    /// What has happened, if the debugger has not heard of it. When the process has halted, no thread runs guest code any
    /// more when this returns.
    pub fn settle(&self) -> Option<Report> {
        let report = self.state().report.take()?;
        if self.state().is_halted {
            self.rest();
        }
        Some(report)
    }

    /// Waits until no thread runs guest code, and for a moment until all are parked.
    fn rest(&self) {
        let deadline = Instant::now() + GRACE;
        let mut state = self.state();
        loop {
            let runs = |tracee: &Tracee| match tracee.place {
                Place::Guest => true,
                Place::Call => false,
                Place::Parked => tracee.owes_step(),
            };
            let running = state.tracees.values().any(runs);
            let parked = state.tracees.values().all(|tracee| tracee.place == Place::Parked);
            let left = deadline.saturating_duration_since(Instant::now());
            if parked || (!running && left.is_zero()) {
                return;
            }
            state = self.debug.changed.wait_for(state, left.max(Duration::from_millis(1)));
        }
    }

    /// Lets the process go on, each thread as `go` says, which is given its number, with a signal for it.
    pub fn resume(&self, go: impl Fn(i32) -> (Go, Option<Signal>)) {
        let mut state = self.state();
        for (tid, tracee) in &mut state.tracees {
            (tracee.go, tracee.signal) = go(*tid);
            tracee.has_moved = false;
        }
        state.is_halted = false;
        self.debug.changed.notify_all();
    }

    /// The debugger has heard that the process ends.
    pub fn farewell(&self) {
        self.state().is_attached = false;
        self.debug.changed.notify_all();
    }

    /// Ends the process.
    pub fn kill(&self) -> ! {
        host::process::die_by(Signal::SIGKILL)
    }

    /// The threads, by number, in ascending order.
    pub fn threads(&self) -> Vec<i32> {
        self.state().tracees.keys().copied().collect()
    }

    /// What a thread calls itself (`PR_SET_NAME`).
    pub fn thread_name(&self, tid: i32) -> Vec<u8> {
        let name = self.with(Some(tid), move |_| host::process::name()).unwrap_or_default();
        name.into_iter().take_while(|byte| *byte != 0).collect()
    }

    /// A thread's registers; those before the call if it is in one that cannot be interrupted. `ESRCH` if there is none.
    pub fn registers(&self, tid: i32) -> Result<Registers, Errno> {
        let state = self.state();
        state.tracees.get(&tid).map(|tracee| tracee.regs.clone()).ok_or(Errno::ESRCH)
    }

    /// Changes a thread's registers. `EBUSY` if it is in a call that cannot be interrupted.
    pub fn change_registers(
        &self,
        tid: i32,
        change: impl FnOnce(&mut Registers),
    ) -> Result<(), Errno> {
        let mut state = self.state();
        let tracee = state.tracees.get_mut(&tid).ok_or(Errno::ESRCH)?;
        if tracee.place != Place::Parked {
            return Err(Errno::EBUSY);
        }
        change(&mut tracee.regs);
        tracee.is_changed = true;
        Ok(())
    }

    /// Reads guest memory; breakpoints are not seen. Returns how much could be read.
    pub fn read(&self, addr: u64, bytes: &mut [u8]) -> usize {
        let space = &self.process.space;
        let len = match space.read_bytes(addr, bytes) {
            Ok(()) => bytes.len(),
            Err(error) => (error.addr.saturating_sub(addr) as usize).min(bytes.len()),
        };
        let end = addr.saturating_add(len as u64);
        for (at, code) in self.state().breakpoints.range(addr.saturating_sub(3)..end) {
            overlay(addr, &mut bytes[..len], *at, code);
        }
        len
    }

    /// Writes guest memory, whatever its protection; breakpoints stay. Errors: see
    /// [`poke`](mem::AddressSpace::poke).
    pub fn write(&self, addr: u64, bytes: &[u8]) -> Result<(), Errno> {
        let mut bytes = bytes.to_vec();
        let mut state = self.state();
        let end = addr.saturating_add(bytes.len() as u64);
        for (at, code) in state.breakpoints.range_mut(addr.saturating_sub(3)..end) {
            overlay(*at, code, addr, &bytes);
            overlay(addr, &mut bytes, *at, &BREAKPOINT);
        }
        self.process.space.poke(addr, &bytes)
    }

    /// Has threads stop at `addr`. `EINVAL` if no instruction can be there, `EEXIST` if there is one already; and see
    /// [`poke`](mem::AddressSpace::poke).
    pub fn insert_breakpoint(&self, addr: u64) -> Result<(), Errno> {
        if !addr.is_multiple_of(4) {
            return Err(Errno::EINVAL);
        }
        let mut state = self.state();
        if state.breakpoints.contains_key(&addr) {
            return Err(Errno::EEXIST);
        }
        let mut code = [0; 4];
        self.process.space.read_bytes(addr, &mut code).map_err(|_| Errno::EFAULT)?;
        self.process.space.poke(addr, &BREAKPOINT)?;
        state.breakpoints.insert(addr, code);
        Ok(())
    }

    /// The opposite. `ENOENT` if there is none.
    pub fn remove_breakpoint(&self, addr: u64) -> Result<(), Errno> {
        let mut state = self.state();
        let code = state.breakpoints.remove(&addr).ok_or(Errno::ENOENT)?;
        self.process.space.poke(addr, &code)
    }

    /// Has threads stop when what is at these addresses changes. `EFAULT` if it cannot be read.
    pub fn insert_watch(&self, range: Range<u64>) -> Result<(), Errno> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        self.process.space.read_bytes(range.start, &mut bytes).map_err(|_| Errno::EFAULT)?;
        self.state().watches.push(Watch { addr: range.start, bytes });
        Ok(())
    }

    /// The opposite. `ENOENT` if there is none.
    pub fn remove_watch(&self, range: &Range<u64>) -> Result<(), Errno> {
        let watches = &mut self.state().watches;
        let is_it = |w: &Watch| w.addr == range.start && w.addr + w.bytes.len() as u64 == range.end;
        let at = watches.iter().position(is_it).ok_or(Errno::ENOENT)?;
        watches.remove(at);
        Ok(())
    }

    /// The auxiliary vector.
    pub fn auxv(&self) -> Vec<u8> {
        self.with(None, |task| info::auxv(task)).unwrap_or_default()
    }

    /// The absolute path, as the guest knows it, of the program that runs.
    pub fn exe(&self) -> CString {
        self.process.program.lock().exe.clone()
    }

    /// Opens a file by its path in the guest, for reading. `EBUSY` if all threads are in calls.
    pub fn open(&self, path: CString) -> Result<OwnedFd, Errno> {
        self.with(None, move |task| {
            let file = task.open(DirFd(AT_FDCWD), path, o::RDONLY | o::CLOEXEC, 0)?;
            // What of `/proc` is ours is empty before.
            task.renew(&file, Some(0))?;
            host::fs::dup(file.host())
        })?
    }

    /// Where a symbolic link of the guest's leads. `EBUSY` if all threads are in calls.
    pub fn read_link(&self, path: CString) -> Result<Vec<u8>, Errno> {
        self.with(None, move |task| task.link_at(DirFd(AT_FDCWD), path))?
    }

    /// Has a parked thread, this one or any, do what needs a thread of the guest. `EBUSY` if there is none.
    fn with<T: Send + 'static>(
        &self,
        tid: Option<i32>,
        work: impl FnOnce(&mut Task) -> T + Send + 'static,
    ) -> Result<T, Errno> {
        let mut state = self.state();
        let is_it = |id: i32| tid.is_none_or(|tid| tid == id);
        let mut parked = state.tracees.iter_mut();
        let (_, tracee) =
            parked.find(|(id, t)| is_it(**id) && t.place == Place::Parked).ok_or(Errno::EBUSY)?;
        let (say, hear) = mpsc::channel();
        tracee.job = Some(Box::new(move |task| {
            let _ = say.send(work(task));
        }));
        drop(state);
        self.debug.changed.notify_all();
        hear.recv().map_err(|_| Errno::EBUSY)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.debug.state.lock()
    }
}

/// Writes those of `new`'s bytes, which are at `new_at`, over `old`'s, at `old_at`, that have the same addresses.
fn overlay(old_at: u64, old: &mut [u8], new_at: u64, new: &[u8]) {
    for (at, byte) in (new_at..).zip(new) {
        let place = at.checked_sub(old_at).and_then(|at| old.get_mut(at as usize));
        if let Some(place) = place {
            *place = *byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::overlay;

    #[test]
    fn overlay_writes_what_overlaps() {
        let mut old = [0; 4];
        overlay(10, &mut old, 8, &[1, 2, 3]);
        assert_eq!(old, [3, 0, 0, 0]);
        overlay(10, &mut old, 12, &[7, 8, 9]);
        assert_eq!(old, [3, 0, 7, 8]);
        overlay(10, &mut old, 20, &[5]);
        assert_eq!(old, [3, 0, 7, 8]);
    }
}
