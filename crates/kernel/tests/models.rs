//! The real `threads.rs` under loom: threads that end, exec and exit at once, in every order.
//!
//! This crate takes the place of `host` for it, with loom's locks and atomics, and `exec` that of the real one.
//! What a thread does between its looks at the attention word is nothing; a call that it sleeps in is left by
//! `Handle::interrupt`.

extern crate self as host;

#[path = "../src/process/threads.rs"]
mod threads;
#[path = "../../host/src/attention/word.rs"]
mod word;

use std::sync::Arc;
use threads::{Thread, Threads};

pub use word::Attention;

/// In place of `host::sync`: no ranks, which tests of their own check.
pub mod sync {
    pub use loom::sync::MutexGuard;
    pub use loom::sync::atomic;

    pub enum Rank {
        Threads,
    }

    #[derive(Debug)]
    pub struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(_: Rank, value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }

    #[derive(Debug)]
    pub struct Condvar(loom::sync::Condvar);

    impl Default for Condvar {
        fn default() -> Self {
            Self(loom::sync::Condvar::new())
        }
    }

    impl Condvar {
        pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.0.wait(guard).unwrap()
        }

        pub fn notify_all(&self) {
            self.0.notify_all();
        }
    }
}

/// In place of `host::thread`.
pub mod thread {
    use loom::sync::Notify;
    use std::sync::Arc;

    /// A thread's number, and the call in which it sleeps.
    #[derive(Clone, Debug)]
    pub struct Handle(pub i32, pub Arc<Notify>);

    impl Handle {
        pub fn tid(&self) -> i32 {
            self.0
        }

        pub fn interrupt(&self) {
            self.1.notify();
        }
    }
}

/// In place of `host::process`.
pub mod process {
    /// The number of the first thread.
    pub const LEADER: i32 = 1;

    pub fn getpid() -> i32 {
        LEADER
    }
}

/// In place of the kernel's `exec`.
pub mod exec {
    #[derive(Debug)]
    pub struct Successor;
}

use exec::Successor;
use loom::sync::Notify;
use process::LEADER;
use thread::Handle;

fn thread(tid: i32) -> Arc<Thread> {
    Thread::new(Handle(tid, Arc::new(Notify::new())), Arc::new(Attention::new()))
}

/// A process with the threads 1 to `count`.
fn process(count: i32) -> (Arc<Threads>, Vec<Arc<Thread>>) {
    let threads = Threads::default();
    let all: Vec<_> = (1..=count).map(thread).collect();
    all.iter().for_each(|thread| threads.state().add(thread.clone()));
    (Arc::new(threads), all)
}

/// As the run loop does it: sleeps in a call until it is to end.
fn run(threads: &Threads, own: &Thread) {
    loop {
        if own.attention.is_raised() {
            own.attention.clear(Attention::SIGNAL | Attention::KICK);
            if threads.must_end(own.handle.tid()) {
                return;
            }
        }
        own.handle.1.wait();
    }
}

fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

#[test]
fn others_end_when_one_survives() {
    check(|| {
        let (threads, all) = process(3);
        let others: Vec<_> = all[1..]
            .iter()
            .map(|own| {
                let (threads, own) = (threads.clone(), own.clone());
                loom::thread::spawn(move || {
                    run(&threads, &own);
                    threads.leave(own.handle.tid(), 0, None);
                })
            })
            .collect();
        threads.survive(LEADER).unwrap();
        assert!(threads.is_alone(LEADER));
        threads.survived();
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

#[test]
fn of_two_that_want_to_survive_one_does() {
    check(|| {
        let (threads, all) = process(2);
        let other = {
            let (threads, own) = (threads.clone(), all[1].clone());
            loom::thread::spawn(move || {
                let tid = own.handle.tid();
                // The first thread that loses waits where its host thread stays.
                match threads.survive(tid) {
                    Ok(()) => assert!(threads.is_alone(tid)),
                    Err(_) => run(&threads, &own),
                }
                threads.leave(tid, 7, None);
            })
        };
        match threads.survive(LEADER) {
            Ok(()) => {
                assert!(threads.is_alone(LEADER));
                threads.survived();
            }
            Err(_) => {
                run(&threads, &all[0]);
                assert_eq!(threads.wait_as_leader(0).unwrap_err(), 7);
            }
        }
        other.join().unwrap();
    });
}

#[test]
fn the_first_thread_takes_over_a_program_that_another_executes() {
    check(|| {
        let (threads, all) = process(2);
        let other = {
            let threads = threads.clone();
            loom::thread::spawn(move || {
                threads.survive(2).unwrap();
                assert!(threads.is_alone(2));
                threads.leave(2, 0, Some(Box::new(Successor)));
            })
        };
        run(&threads, &all[0]);
        threads.wait_as_leader(0).unwrap();
        threads.state().add(thread(LEADER));
        assert!(threads.is_alone(LEADER) && !threads.must_end(LEADER) && !threads.is_ending());
        other.join().unwrap();
    });
}

#[test]
fn the_process_ends_with_the_last_thread_and_its_status() {
    check(|| {
        let (threads, _all) = process(3);
        let others: Vec<_> = [2, 3]
            .map(|tid| {
                let threads = threads.clone();
                loom::thread::spawn(move || threads.leave(tid, tid, None))
            })
            .into();
        let was_last = threads.is_alone(LEADER);
        let status = threads.wait_as_leader(1).unwrap_err();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert!(if was_last { status == 1 } else { (1..=3).contains(&status) });
        assert!(threads.all().is_empty());
    });
}

#[test]
fn a_thread_that_is_made_meanwhile_ends_too() {
    check(|| {
        let (threads, all) = process(2);
        let creator = {
            let (threads, own) = (threads.clone(), all[1].clone());
            loom::thread::spawn(move || {
                // As clone does it: the new thread is registered, or there is none.
                let mut state = threads.state();
                let made = (!threads.is_ending()).then(|| {
                    let made = thread(3);
                    let (threads, own) = (threads.clone(), made.clone());
                    let handle = loom::thread::spawn(move || {
                        run(&threads, &own);
                        threads.leave(3, 0, None);
                    });
                    state.add(made);
                    handle
                });
                drop(state);
                run(&threads, &own);
                threads.leave(2, 0, None);
                made.into_iter().for_each(|made| made.join().unwrap());
            })
        };
        threads.survive(LEADER).unwrap();
        assert!(threads.is_alone(LEADER));
        threads.survived();
        creator.join().unwrap();
    });
}

#[test]
fn a_child_of_fork_has_one_thread() {
    check(|| {
        let (threads, all) = process(2);
        threads.still(|is_alone| assert!(!is_alone));
        assert_eq!(threads.all().len(), 2);
        let other = threads.get(2).unwrap();
        assert_eq!(other.robust_list.load(sync::atomic::Ordering::Relaxed), 0);
        threads.reset(all[0].clone());
        threads.still(|is_alone| assert!(is_alone));
        assert!(threads.is_alone(LEADER));
    });
}

#[test]
fn nobody_is_in_guest_code_while_others_rest() {
    check(|| {
        let (threads, all) = process(2);
        let is_inside = Arc::new(sync::atomic::AtomicBool::new(false));
        let other = {
            let (threads, own, is_inside) = (threads.clone(), all[1].clone(), is_inside.clone());
            loom::thread::spawn(move || {
                threads.in_guest(&own, || {
                    is_inside.store(true, sync::atomic::Ordering::SeqCst);
                    loom::thread::yield_now();
                    is_inside.store(false, sync::atomic::Ordering::SeqCst);
                });
            })
        };
        threads.rest(LEADER, || assert!(!is_inside.load(sync::atomic::Ordering::SeqCst)));
        other.join().unwrap();
    });
}
