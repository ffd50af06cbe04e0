//! The file by which Linux `perf` names generated code: `/tmp/perf-PID.map`, one line for each translation,
//! `START SIZE NAME` in hexadecimal (tools/perf/Documentation/jit-interface.txt).

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;

use super::symbols::Symbols;

/// The file of this process.
#[derive(Debug)]
pub struct PerfMap {
    /// `None` if it could not be made: profiling must not keep a guest from running.
    file: Option<File>,
    symbols: Symbols,
}

impl PerfMap {
    /// Makes the file of this process. `base` is the host address of the guest's 0.
    pub fn new(base: u64) -> Self {
        Self { file: create().ok(), symbols: Symbols::new(base) }
    }

    /// Makes another file: this is the child of a `fork`.
    pub fn forked(&mut self) {
        self.file = create().ok();
    }

    /// The host's number of the file.
    pub fn descriptor(&self) -> Option<i32> {
        self.file.as_ref().map(File::as_raw_fd)
    }

    /// A translation of the code at `pc` is at `host`.
    pub fn add(&mut self, pc: u64, host: &Range<usize>) {
        if let Some(file) = &self.file {
            let name = self.symbols.name(pc);
            let line = format!("{:x} {:x} {name}\n", host.start, host.len());
            host::io::write_line(file.as_fd(), line.as_bytes());
        }
    }

    /// What was mapped in `range` is there no more.
    pub fn forget(&mut self, range: &Range<u64>) {
        self.symbols.forget(range);
    }
}

/// A new file. Anybody may have put something under its name, which is guessed easily: that is removed, and
/// nothing is written to a file, or through a link, that was there before.
fn create() -> io::Result<File> {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    let create = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    create().or_else(|_| {
        std::fs::remove_file(&path)?;
        create()
    })
}
