//! What `--verbose` and `--strace` print.
//!
//! Written straight to the host descriptor, one `write` a line: the guest may have closed or
//! redirected its own standard error, and lines of a process family must not mix.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

use abi::Errno;
use abi::aarch64::Sysno;
use engine::Engine;
use host::handoff::{Inherited, Luggage};
use host::sync::{Mutex, Rank};
use serde::{Deserialize, Serialize};

use crate::handoff::Handover;

/// Diagnostics of one process; inherited over `fork`.
#[derive(Debug)]
pub struct Diagnostics {
    /// Where lines go: a copy of standard error, or a file.
    verbose: Option<OwnedFd>,
    strace: Option<OwnedFd>,
    statistics: Option<OwnedFd>,
    /// The thread that began, as long as it is the only one: its trace lines do not say whose they are.
    alone: AtomicI32,
    /// Numbers of unknown calls that were reported.
    reported: Mutex<Vec<u64>>,
}

/// [`Diagnostics`] on their way to another host process: descriptors. What was reported is reported again.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    verbose: Option<i32>,
    strace: Option<i32>,
    statistics: Option<i32>,
}

impl Handover for Diagnostics {
    type Record = Record;

    fn record(&self, luggage: &mut Luggage) -> Result<Record, Errno> {
        let Self { verbose, strace, statistics, alone: _, reported: _ } = self;
        let mut add = |to: &Option<OwnedFd>| match to {
            Some(to) => Ok(Some(luggage.add(host::fs::dup(to.as_fd())?))),
            None => Ok(None),
        };
        Ok(Record { verbose: add(verbose)?, strace: add(strace)?, statistics: add(statistics)? })
    }

    fn resume(record: Record, inherited: &mut Inherited) -> Result<Self, Errno> {
        let Record { verbose, strace, statistics } = record;
        let mut take = |to: Option<i32>| to.map(|number| inherited.take(number)).transpose();
        let found = Self::new(take(verbose)?, take(strace)?, take(statistics)?);
        found.trace_family();
        Ok(found)
    }
}

impl Diagnostics {
    /// Verbose messages, trace lines and what the engine has counted go to these descriptors, or
    /// nowhere. Copies of standard error, because the guest's closes with it.
    pub fn new(
        verbose: Option<OwnedFd>,
        strace: Option<OwnedFd>,
        statistics: Option<OwnedFd>,
    ) -> Self {
        let alone = AtomicI32::new(host::process::gettid());
        Self { verbose, strace, statistics, alone, reported: Mutex::new(Rank::Reports, Vec::new()) }
    }

    /// Where all of that goes.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [&self.verbose, &self.strace, &self.statistics].into_iter().flatten().map(OwnedFd::as_fd)
    }

    /// Whether there is a trace to write.
    pub fn traces(&self) -> bool {
        self.strace.is_some()
    }

    /// Whether [`Self::note`] prints; for messages that are costly to make.
    pub fn is_verbose(&self) -> bool {
        self.verbose.is_some()
    }

    /// Calls `fork` while no other thread is in the middle of a report.
    pub(crate) fn still<T>(&self, fork: impl FnOnce() -> T) -> T {
        let _reported = self.reported.lock();
        fork()
    }

    /// Writes one line of `--strace`.
    pub(crate) fn trace_line(&self, text: &str) {
        if let Some(to) = &self.strace {
            let caller = host::process::gettid();
            let line = if self.alone.load(Ordering::Relaxed) == caller {
                format!("{text}\n")
            } else {
                format!("[pid {caller}] {text}\n")
            };
            // A trace that cannot be written must not change what the guest does.
            host::io::write_line(to.as_fd(), line.as_bytes());
        }
    }

    /// From now on each line of `--strace` says whose it is: there are other threads or processes.
    pub(crate) fn trace_family(&self) {
        self.alone.store(0, Ordering::Relaxed);
    }

    /// Writes one line of `--verbose`.
    pub fn note(&self, text: &str) {
        if let Some(to) = &self.verbose {
            let line = format!("elfuse: [{}] {text}\n", host::process::getpid());
            host::io::write_line(to.as_fd(), line.as_bytes());
        }
    }

    /// Whether there is something to report at the end of a process.
    pub(crate) fn wants_report(&self) -> bool {
        self.statistics.is_some()
    }

    /// At the end of a process: what its engine has counted.
    pub(crate) fn report(&self, engine: &dyn Engine) {
        if let Some(to) = &self.statistics {
            let report = engine.report().unwrap_or_else(|| "its engine counts nothing\n".into());
            let text = format!("elfuse: process {}: {report}", host::process::getpid());
            host::io::write_line(to.as_fd(), text.as_bytes());
        }
    }

    /// Reports a call that is not in the table, once per number.
    pub(crate) fn unknown_syscall(&self, number: u64, args: &[u64; 6]) {
        if self.verbose.is_none() {
            return;
        }
        let mut reported = self.reported.lock();
        if reported.contains(&number) {
            return;
        }
        reported.push(number);
        let name =
            usize::try_from(number).ok().and_then(Sysno::new).map_or("unknown", |n| n.name());
        self.note(&format!(
            "system call {name} ({number}) is not supported: ENOSYS; args {args:x?}"
        ));
    }
}
