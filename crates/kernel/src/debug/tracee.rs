//! The threads' side: what they tell, and how they obey.

use std::collections::btree_map::Entry;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use abi::signal::{SigInfo, Signal, code};
use engine::aarch64::Registers;
use engine::{Exit, Vcpu};
use host::Attention;
use host::sync::MutexGuard;

use mem::AddressSpace;

use super::{BREAKPOINT, Debug, Go, Place, Report, State, Stop, Tracee, Watch};
use crate::signal::deliver;
use crate::task::Death;
use crate::{Process, Task, arch};

/// How long the end of a process waits for its debugger to hear of it.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a thread is to run guest code.
enum Pace {
    Run,
    Step,
    /// Step by step, because of watchpoints.
    Watched,
}

impl Task {
    /// Runs guest code to its next exit as the debugger wants it.
    pub(crate) fn run_debugged(&mut self, debug: &Debug) -> Exit {
        let pace = debug.enter(self);
        let exit = match pace {
            Pace::Run => self.run_engine(|vcpu, regs| vcpu.run(regs)),
            Pace::Step => self.run_engine(|vcpu, regs| vcpu.step(regs)).unwrap_or(Exit::Kicked),
            Pace::Watched => {
                let attention = self.attention.clone();
                let space = self.process.space.clone();
                self.run_engine(|vcpu, regs| {
                    watched(vcpu, regs, || {
                        attention.is_raised() || debug.watch(&space, false).is_some()
                    })
                })
            }
        };
        debug.leave(self);
        match exit {
            Exit::Breakpoint(_) if debug.has_breakpoint(self.regs.pc) => {
                debug.stop(self, Stop::Breakpoint);
                Exit::Kicked
            }
            Exit::Kicked => {
                if let Some(addr) = debug.watch(self.space(), true) {
                    debug.stop(self, Stop::Watch(addr));
                }
                exit
            }
            _ => exit,
        }
    }
}

/// Calls `stop`, in which a debugger may look at the thread. As on arm64 (`do_signal()`), it sees an interrupted call as one that has not
/// been made yet.
fn before_its_call<T>(task: &mut Task, stop: impl FnOnce(&mut Task) -> T) -> T {
    let Some(call) = task.interrupted else { return stop(task) };
    let regs = task.regs.clone();
    arch::rewind_syscall(&mut task.regs, call.arg0);
    let result = stop(task);
    // Unless the debugger has sent it elsewhere.
    if task.interrupted.is_some() {
        task.regs = regs;
    }
    result
}

/// Steps to an exit, or until `is_over`.
fn watched(vcpu: &mut dyn Vcpu, regs: &mut Registers, is_over: impl Fn() -> bool) -> Exit {
    loop {
        if let Some(exit) = vcpu.step(regs) {
            return exit;
        }
        if is_over() {
            return Exit::Kicked;
        }
    }
}

impl Debug {
    /// Before the thread runs guest code: waits while the process is halted.
    fn enter(&self, task: &mut Task) -> Pace {
        let tid = task.tid();
        loop {
            let mut state = self.state.lock();
            let State { is_halted, is_attached, is_new, watches, tracees, .. } = &mut *state;
            let tracee = tracees.entry(tid).or_insert_with(|| Tracee::new(&task.regs));
            let stop = if std::mem::take(is_new) && *is_attached {
                Some(Stop::Exec)
            } else {
                tracee.end_of_step(task.regs.pc).then_some(Stop::Step)
            };
            match stop {
                Some(stop) => {
                    drop(state);
                    self.stop(task, stop);
                }
                None if tracee.has_to_wait(*is_halted) => {
                    drop(self.park(task, state));
                    self.take_signal(task);
                }
                // What there is to deliver comes first.
                None if task.attention.is_raised() => return Pace::Run,
                None => {
                    tracee.place = Place::Guest;
                    tracee.has_moved = true;
                    return match tracee.go {
                        Go::Step(_) => Pace::Step,
                        _ if !watches.is_empty() => Pace::Watched,
                        _ => Pace::Run,
                    };
                }
            }
        }
    }

    /// Delivers the signal that the debugger has sent along, if any: not a word to it about that.
    fn take_signal(&self, task: &mut Task) {
        let signal = self.state.lock().tracee(task).signal.take();
        if let Some(signal) = signal {
            deliver::deliver(task, &SigInfo::new(signal, code::SI_USER));
            host::signal::set_mask(task.signals.mask);
        }
    }

    /// After the thread has run guest code.
    fn leave(&self, task: &mut Task) {
        let mut state = self.state.lock();
        if let Some(tracee) = state.tracees.get_mut(&task.tid()) {
            tracee.place = Place::Call;
            tracee.regs = task.regs.clone();
        }
        if state.is_halted {
            self.changed.notify_all();
        }
    }

    /// Where bytes that are watched have changed, if anywhere; with `forget`, it is the only time that this is said.
    fn watch(&self, space: &AddressSpace, forget: bool) -> Option<u64> {
        let mut state = self.state.lock();
        state.watches.iter_mut().find_map(|Watch { addr, bytes }| {
            let mut now = vec![0; bytes.len()];
            let has_changed = space.read_bytes(*addr, &mut now).is_ok() && now != *bytes;
            if has_changed && forget {
                *bytes = now;
            }
            has_changed.then_some(*addr)
        })
    }

    /// Halts the process because of this thread, and waits until it goes on. Another one may have halted it at the same
    /// time; then that one's reason is told, and this one's will be found again.
    fn stop(&self, task: &mut Task, stop: Stop) {
        let mut state = self.state.lock();
        if !state.is_halted && state.is_attached {
            state.halt(task.tid(), stop);
            drop(state);
            task.process.threads.state().kick_others(task.tid());
            self.tell();
            state = self.state.lock();
        }
        drop(self.park(task, state));
        self.take_signal(task);
    }

    /// Waits until the thread may go on. Its registers are what the debugger has made of them then.
    fn park<'a>(
        &'a self,
        task: &mut Task,
        mut state: MutexGuard<'a, State>,
    ) -> MutexGuard<'a, State> {
        let tid = task.tid();
        state.tracee(task).place = Place::Parked;
        self.changed.notify_all();
        loop {
            let is_halted = state.is_halted;
            let tracee = state.tracee(task);
            if let Some(job) = tracee.job.take() {
                drop(state);
                // Raised, it would keep the host's calls from being made. Whatever raised it is looked at later.
                task.attention.clear(Attention::SIGNAL | Attention::KICK);
                job(task);
                task.attention.raise(Attention::KICK);
                state = self.state.lock();
            } else if tracee.has_to_wait(is_halted) {
                state = self.changed.wait(state);
            } else {
                break;
            }
        }
        if let Some(tracee) = state.tracees.get_mut(&tid) {
            tracee.place = Place::Call;
            if std::mem::take(&mut tracee.is_changed) {
                let engine = task.regs.engine.clone();
                task.regs = Registers { engine, ..tracee.regs.clone() };
                // It is to go on elsewhere.
                task.interrupted = None;
            }
        }
        state
    }

    /// Before a signal is delivered: asks the debugger, which may have another one delivered instead, or none.
    pub(crate) fn signal(&self, task: &mut Task, info: &SigInfo) -> Option<SigInfo> {
        let signal = info.signal()?;
        if !self.is_active() {
            return Some(*info);
        }
        match before_its_call(task, |task| self.ask(task, signal)) {
            Some(given) if given == signal => Some(*info),
            other => other.map(|given| SigInfo::new(given, code::SI_USER)),
        }
    }

    /// A call of the thread's has been interrupted, and no signal is there to be delivered: waits while the process is
    /// halted, or the thread is held. A signal that the debugger sends along is then one that has interrupted the call.
    pub(crate) fn linger(&self, task: &mut Task) {
        let has_to_wait = || {
            let state = self.state.lock();
            state.is_halted || state.tracees.get(&task.tid()).is_some_and(Tracee::is_held)
        };
        if self.is_active() && has_to_wait() {
            before_its_call(task, |task| drop(self.park(task, self.state.lock())));
            self.take_signal(task);
        }
    }

    /// Halts for `signal`. Returns what is to be delivered.
    fn ask(&self, task: &mut Task, signal: Signal) -> Option<Signal> {
        loop {
            let mut state = self.state.lock();
            if !state.is_attached {
                return Some(signal);
            }
            // It makes no step before this is decided.
            state.tracee(task).has_moved = true;
            if state.is_halted {
                // Somebody else was first.
                drop(self.park(task, state));
                continue;
            }
            state.tracee(task).signal = Some(signal);
            state.halt(task.tid(), Stop::Signal(signal));
            drop(state);
            task.process.threads.state().kick_others(task.tid());
            self.tell();
            let state = self.state.lock();
            let mut state = self.park(task, state);
            return state.tracee(task).signal.take();
        }
    }

    /// The thread runs no guest code any more.
    pub(crate) fn gone(&self, tid: i32) {
        self.state.lock().tracees.remove(&tid);
        self.changed.notify_all();
    }

    /// The process executes another program: the only thread is the caller, and memory is new.
    pub(crate) fn executed(&self) {
        let mut state = self.state.lock();
        state.tracees.clear();
        state.breakpoints.clear();
        state.watches.clear();
        state.is_new = state.is_attached;
    }

    /// The process is about to end. Returns when the debugger has heard of it.
    pub(crate) fn ended(&self, task: &mut Task, death: Death) {
        let stop = match death {
            Death::Exited(status) | Death::Thread(status) => Stop::Exited(status),
            Death::Killed(signal) => Stop::Killed(signal),
        };
        let mut state = self.state.lock();
        while state.is_halted {
            state.tracee(task).has_moved = true;
            state = self.park(task, state);
        }
        if !state.is_attached {
            return;
        }
        state.report = Some(Report { tid: task.tid(), stop });
        drop(state);
        self.tell();
        let deadline = Instant::now() + FAREWELL;
        let mut state = self.state.lock();
        while state.is_attached {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            state = self.changed.wait_for(state, left);
        }
    }

    /// The caller is the only thread of a child of a fork, in which there is no debugger: takes out what the parent's has
    /// put in.
    pub(crate) fn forked(&self, process: &Process) {
        if !self.is_active.swap(false, Ordering::Relaxed) {
            return;
        }
        let mut state = self.state.lock();
        state.tracees.clear();
        state.watches.clear();
        (state.is_attached, state.is_halted) = (false, false);
        for (addr, code) in std::mem::take(&mut state.breakpoints) {
            // If the guest has unmapped it, nobody misses it.
            let _ = process.space.poke(addr, &code);
        }
        drop(state);
        process.actions.lock().observe(false);
    }

    /// Calls `f`, which hands memory to a child, while the guest's own code is there. No thread runs guest code.
    pub(crate) fn without_breakpoints<T>(&self, space: &AddressSpace, f: impl FnOnce() -> T) -> T {
        let breakpoints = self.state.lock().breakpoints.clone();
        // What cannot be written is not there any more.
        for (addr, code) in &breakpoints {
            let _ = space.poke(*addr, code);
        }
        let result = f();
        for addr in breakpoints.keys() {
            let _ = space.poke(*addr, &BREAKPOINT);
        }
        result
    }

    fn has_breakpoint(&self, addr: u64) -> bool {
        self.state.lock().breakpoints.contains_key(&addr)
    }
}

impl State {
    fn tracee(&mut self, task: &Task) -> &mut Tracee {
        match self.tracees.entry(task.tid()) {
            Entry::Occupied(entry) => {
                let tracee = entry.into_mut();
                if tracee.place != Place::Parked {
                    tracee.regs = task.regs.clone();
                }
                tracee
            }
            Entry::Vacant(entry) => entry.insert(Tracee::new(&task.regs)),
        }
    }
}

impl Tracee {
    pub(super) fn new(regs: &Registers) -> Self {
        Self {
            place: Place::Call,
            regs: regs.clone(),
            is_changed: false,
            go: Go::Continue,
            has_moved: false,
            signal: None,
            job: None,
            tracer: None,
        }
    }

    /// Whether it may not run guest code now. The first step of those that it is to make it makes, though another
    /// thread may have halted the process meanwhile: or, among many that do, it would never get anywhere.
    fn has_to_wait(&self, is_halted: bool) -> bool {
        self.go == Go::Stay || self.is_held() || is_halted && !self.owes_step()
    }

    /// Whether it has to wait for a tracer.
    fn is_held(&self) -> bool {
        self.tracer.is_some_and(|tracer| tracer.holds)
    }

    /// Whether it is about to make the first of its steps.
    pub(super) fn owes_step(&self) -> bool {
        matches!(self.go, Go::Step(_)) && !self.has_moved
    }

    /// Whether it was to step, has done so, and is about to execute the instruction at `pc`. It continues then.
    fn end_of_step(&mut self, pc: u64) -> bool {
        let Go::Step(range) = &self.go else { return false };
        let is_over = self.has_moved && !range.contains(&pc);
        if is_over {
            self.go = Go::Continue;
        }
        is_over
    }
}
