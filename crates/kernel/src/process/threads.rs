//! The threads of a process: which there are, and how all but one end.
//!
//! A guest thread is a host thread, so the host's kernel schedules it, finds it for a signal, and
//! ends all of them at once in `exit_group`. What it cannot know is when one of *ours* is done with
//! the guest's memory. So a thread that must go (another one executes a program) is told so, leaves
//! whatever it sleeps in, and ends itself at its next boundary; the one that waits for it goes on
//! when the last has left the register below. Nobody tears down what others might still use.
//!
//! The process's first thread is the one whose number is the process's. The host has no way to give
//! that number to another thread, so its host thread stays until the end: when the guest's first
//! thread has ended it waits here, unseen, to end the process with its exit status or to take over
//! a program that another thread executes.
//!
//! `tests/models.rs` compiles this file a second time and runs its threads in every order.
//!
//! Rejected: `pthread_cancel`-like killing from outside, which leaves locks held.

use std::collections::BTreeMap;
use std::sync::Arc;

use abi::Errno;
use host::Attention;
use host::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering, fence};
use host::sync::{Condvar, Mutex, MutexGuard, Rank};
use host::thread::Handle;

use super::exec::Successor;

/// What other threads may know of a thread.
#[derive(Debug)]
pub struct Thread {
    pub(crate) handle: Handle,
    pub(crate) attention: Arc<Attention>,
    /// `set_robust_list(2)`; zero before.
    pub(crate) robust_list: AtomicU64,
    /// Whether it runs guest code, where somebody may [`rest`](Threads::rest) it.
    in_guest: AtomicBool,
}

impl Thread {
    pub(crate) fn new(handle: Handle, attention: Arc<Attention>) -> Arc<Self> {
        let (robust_list, in_guest) = (AtomicU64::new(0), AtomicBool::new(false));
        Arc::new(Self { handle, attention, robust_list, in_guest })
    }

    /// Makes it pass through its run loop soon, whatever it does.
    pub(crate) fn kick(&self) {
        self.attention.raise(Attention::KICK);
        self.handle.interrupt();
    }
}

/// The register of a process's threads.
#[derive(Debug)]
pub(crate) struct Threads {
    state: Mutex<State>,
    changed: Condvar,
    /// While all threads but one are to end: that one. Zero otherwise.
    survivor: AtomicI32,
    /// While no thread may run guest code: the one that wants it. Zero otherwise.
    rest: AtomicI32,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Those that run guest code, by number.
    alive: BTreeMap<i32, Arc<Thread>>,
    /// The first thread has ended, and its host thread waits.
    leader_waits: bool,
    /// The status of the thread that ended last: the process's, if nothing else ends it (since Linux
    /// 5.19, `synchronize_group_exit()`).
    status: i32,
    /// What the first host thread is to go on with.
    successor: Option<Box<Successor>>,
}

impl Default for Threads {
    fn default() -> Self {
        let state = Mutex::new(Rank::Threads, State::default());
        let (survivor, rest) = (AtomicI32::new(0), AtomicI32::new(0));
        Self { state, changed: Condvar::default(), survivor, rest }
    }
}

impl State {
    /// Registers a thread that will run guest code.
    pub(crate) fn add(&mut self, thread: Arc<Thread>) {
        self.alive.insert(thread.handle.tid(), thread);
    }

    /// Makes all but `tid` pass through their run loops soon.
    pub(crate) fn kick_others(&self, tid: i32) {
        self.alive.iter().filter(|(other, _)| **other != tid).for_each(|(_, thread)| thread.kick());
    }
}

impl Threads {
    /// Registers a thread that starts, or lets its creator finish first.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The thread with this number.
    pub(crate) fn get(&self, tid: i32) -> Option<Arc<Thread>> {
        self.state().alive.get(&tid).cloned()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Thread>> {
        self.state().alive.values().cloned().collect()
    }

    /// Whether no thread may be added, because all but one are to end. Under the lock of `state`.
    pub(crate) fn is_ending(&self) -> bool {
        self.survivor.load(Ordering::SeqCst) != 0
    }

    /// Whether thread `tid` has to end, because another one is to survive.
    pub(crate) fn must_end(&self, tid: i32) -> bool {
        let survivor = self.survivor.load(Ordering::SeqCst);
        survivor != 0 && survivor != tid
    }

    /// Ends all threads but `tid`, the caller, and waits until they have. `EAGAIN` if another one
    /// does the same, so that the caller is one of those who end.
    pub(crate) fn survive(&self, tid: i32) -> Result<(), Errno> {
        let mut state = self.state();
        match self.survivor.compare_exchange(0, tid, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => {}
            Err(present) if present == tid => {}
            Err(_) => return Err(Errno::EAGAIN),
        }
        // The order matters: a thread that clears its word finds the survivor set.
        state.kick_others(tid);
        let leader = host::process::getpid();
        while state.alive.len() > 1 || (tid != leader && !state.leader_waits) {
            state = self.changed.wait(state);
        }
        Ok(())
    }

    /// Ends what [`survive`](Self::survive) began: threads may be made again.
    pub(crate) fn survived(&self) {
        self.survivor.store(0, Ordering::SeqCst);
    }

    /// A thread other than the first has ended with `status`, or hands its program to the first.
    pub(crate) fn leave(&self, tid: i32, status: i32, successor: Option<Box<Successor>>) {
        let mut state = self.state();
        let ends_others = self.is_ending();
        state.alive.remove(&tid);
        state.status = status;
        if successor.is_some() {
            state.successor = successor;
            self.survived();
        }
        // A call of the host that most threads can do without.
        if ends_others || state.leader_waits {
            self.changed.notify_all();
        }
    }

    /// The first thread has ended with `status`: waits until it is to go on with another program,
    /// or for the end of the last thread, whose status is the error.
    pub(crate) fn wait_as_leader(&self, status: i32) -> Result<Box<Successor>, i32> {
        let mut state = self.state();
        state.status = status;
        state.alive.remove(&host::process::getpid());
        state.leader_waits = true;
        self.changed.notify_all();
        loop {
            if let Some(successor) = state.successor.take() {
                state.leader_waits = false;
                return Ok(successor);
            }
            if state.alive.is_empty() {
                return Err(state.status);
            }
            state = self.changed.wait(state);
        }
    }

    /// Whether `tid` is the only thread that runs guest code.
    pub(crate) fn is_alone(&self, tid: i32) -> bool {
        let state = self.state();
        state.alive.len() == 1 && state.alive.contains_key(&tid)
    }

    /// Calls `fork` while no other thread starts or ends, with whether there is no other one that could be
    /// in the middle of anything.
    pub(crate) fn still<T>(&self, fork: impl FnOnce(bool) -> T) -> T {
        let state = self.state();
        fork(state.alive.len() == 1)
    }

    /// Calls `f` while no other thread runs guest code: memory changes only by calls that have begun. The caller
    /// is in a call itself.
    pub(crate) fn rest<T>(&self, tid: i32, f: impl FnOnce() -> T) -> T {
        let mut state = self.state();
        while self.rest.load(Ordering::SeqCst) != 0 {
            state = self.changed.wait(state);
        }
        // A thread says that it runs guest code and then looks here; here, it is the other way round. So either it
        // sees this, or it is seen.
        self.rest.store(tid, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        loop {
            let mut running =
                state.alive.values().filter(|t| t.in_guest.load(Ordering::SeqCst)).peekable();
            if running.peek().is_none() {
                break;
            }
            running.for_each(|thread| thread.attention.raise(Attention::KICK));
            state = self.changed.wait(state);
        }
        drop(state);
        let result = f();
        let _state = self.state();
        self.rest.store(0, Ordering::SeqCst);
        self.changed.notify_all();
        result
    }

    /// Calls `run`, which runs guest code in `thread`, when this may be.
    pub(crate) fn in_guest<T>(&self, thread: &Thread, run: impl FnOnce() -> T) -> T {
        thread.in_guest.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        while self.rest.load(Ordering::SeqCst) != 0 {
            let mut state = self.state();
            thread.in_guest.store(false, Ordering::SeqCst);
            self.changed.notify_all();
            while self.rest.load(Ordering::SeqCst) != 0 {
                state = self.changed.wait(state);
            }
            thread.in_guest.store(true, Ordering::SeqCst);
            fence(Ordering::SeqCst);
        }
        let result = run();
        thread.in_guest.store(false, Ordering::SeqCst);
        if self.rest.load(Ordering::SeqCst) != 0 {
            let _state = self.state();
            self.changed.notify_all();
        }
        result
    }

    /// In the child of a fork: `thread`, the caller, is the only one.
    pub(crate) fn reset(&self, thread: Arc<Thread>) {
        *self.state() = State::default();
        self.survived();
        self.state().add(thread);
    }
}
