//! exit(2) and exit_group(2): how threads and processes end.
//!
//! A thread ends here on its own host thread, at an instruction boundary, holding nothing. The end of
//! a process is the host's `exit_group`: no teardown, so none that another thread could run into.

use std::sync::Arc;

use abi::signal::{SigInfo, code};
use host::Attention;
use host::thread::Handle;

use super::exec::{self, Successor};
use super::threads::Thread;
use super::vfork;
use crate::syscall::SysResult;
use crate::task::Death;
use crate::{Process, Task, futex, robust};

/// exit_group(2).
pub fn exit_group(t: &mut Task, status: i32) -> SysResult {
    t.die(Death::Exited(status));
    Ok(0)
}

/// exit(2): ends the thread, and with the last thread the process.
pub fn exit(t: &mut Task, status: i32) -> SysResult {
    t.die(Death::Thread(status));
    Ok(0)
}

/// The life of a host thread that runs `task`, from its first instruction on. Returns at the end of
/// the thread, unless that is the process's.
pub(super) fn live(mut task: Task) {
    let death = task.run();
    // It may have become the first thread of another process since, by `fork`.
    if task.is_leader() { end_leader(task, death) } else { end(task, death) }
}

/// As [`live`], for the process's first thread, whose end is always the process's.
pub(crate) fn lead(mut task: Task) -> ! {
    let death = task.run();
    end_leader(task, death)
}

/// The end of a thread other than the first.
fn end(task: Task, death: Death) {
    let task = end_process(task, death);
    let Left { process, tid, successor } = leave(task);
    process.threads.leave(tid, status_of(death), successor);
}

/// The end of the first thread: its host thread waits for the others, or takes over from one.
fn end_leader(mut task: Task, mut death: Death) -> ! {
    loop {
        task = end_process(task, death);
        let Left { process, .. } = leave(task);
        let successor = match process.threads.wait_as_leader(status_of(death)) {
            Ok(successor) => successor,
            Err(status) => {
                vfork::give_back(&process);
                host::process::exit(status)
            }
        };
        let attention = Arc::new(Attention::new());
        let vcpu = process.engine.vcpu(attention.clone()).expect("memory that its thread has left");
        let thread = Thread::new(Handle::current(), attention);
        process.threads.state().add(thread.clone());
        task = Task::new(successor.shared(process), thread, vcpu, successor.signals.clone());
        // All of them have been blocked, faults too, since this thread ended.
        host::signal::set_mask(task.signals.mask);
        exec::succeed(&mut task, &successor);
        death = task.run();
    }
}

/// The exit status of a thread that was not alone.
fn status_of(death: Death) -> i32 {
    if let Death::Thread(status) = death { status } else { 0 }
}

/// Ends the process if `death` says so. Returns if only the thread is to end.
fn end_process(mut task: Task, death: Death) -> Task {
    let process = task.process.clone();
    if let Death::Thread(status) = death {
        if !process.threads.is_alone(task.tid()) || task.successor.is_some() {
            return task;
        }
        return end_process(task, Death::Exited(status));
    }
    // Whoever waits for a lock in shared memory must learn that its owner died. Each thread sees to
    // its own, so all end one by one; if another one has begun that, this one is among those.
    if robust::others_hold_locks(&task) && process.threads.survive(task.tid()).is_err() {
        return task;
    }
    if let Some(debug) = process.debug.get().filter(|debug| debug.is_active()) {
        debug.ended(&mut task, death);
    }
    robust::exit_robust_list(&task);
    vfork::leave(&task);
    let is_companion = process.origin.is_some();
    if is_companion && task.clear_child_tid != 0 {
        futex::clear_and_wake(&task, task.clear_child_tid);
    }
    if !is_companion {
        process.engine.keep();
    }
    if is_companion {
        // What it has used is there for others.
        drop(task);
    } else if process.diagnostics.wants_report() {
        // With its last counts.
        drop(task);
        process.diagnostics.report(&*process.engine);
    } else {
        // The host is faster at it.
        std::mem::forget(task);
    }
    match death {
        Death::Exited(status) | Death::Thread(status) => host::process::exit(status),
        Death::Killed(signal) => {
            // Nobody gives the signal a handler any more.
            let _actions = process.actions.lock();
            host::process::die_by(signal)
        }
    }
}

/// What remains of a thread.
struct Left {
    process: Arc<Process>,
    tid: i32,
    successor: Option<Box<Successor>>,
}

/// Ends what a thread has of its own: from here on it touches no guest memory and gets no signal.
fn leave(mut task: Task) -> Left {
    let (process, tid) = (task.process.clone(), task.tid());
    if let Some(debug) = process.debug.get() {
        debug.gone(tid);
    }
    robust::exit_robust_list(&task);
    if task.clear_child_tid != 0 && !process.threads.is_alone(tid) {
        futex::clear_and_wake(&task, task.clear_child_tid);
    }
    host::signal::block_all();
    let mut signals = std::mem::take(&mut task.signals.held);
    signals.extend(std::iter::from_fn(host::signal::take_recorded));
    let mut successor = task.successor.take();
    match &mut successor {
        Some(successor) => successor.signals.held = signals,
        None => pass_on(&signals),
    }
    Left { process, tid, successor }
}

/// Gives signals for the process to its other threads, as Linux does (`retarget_shared_pending()`).
fn pass_on(signals: &[SigInfo]) {
    for info in signals.iter().filter(|info| info.code != code::SI_TKILL) {
        // A process may send itself any record. Fails only if too many are queued.
        let _ = host::process::sigqueueinfo(host::process::getpid(), info.signo, info);
    }
}
