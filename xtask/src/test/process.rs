//! Runs one program with everything bounded: time, output, and the processes it leaves.
//!
//! Each program leads its own process group, so that a time-out ends what it started and nothing
//! else. One loop watches both pipes and the process: a reader per pipe would wait for ever when an
//! orphan keeps a pipe open.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The most output that is kept per stream; a program that writes more is stopped.
const OUTPUT_LIMIT: usize = 16 << 20;

/// How long an orphan may hold a pipe open after the program itself has ended.
const GRACE: Duration = Duration::from_millis(500);

/// A program and all that it can see.
#[derive(Clone, Debug)]
pub struct Program {
    /// The command line; the first word is the program.
    pub argv: Vec<OsString>,
    /// The working directory.
    pub dir: PathBuf,
    /// The whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// The file on standard input; `/dev/null` when there is none.
    pub stdin: Option<PathBuf>,
    /// How long it may take.
    pub limit: Duration,
}

/// What this run of ours leaves behind until its end.
pub fn work_directory() -> PathBuf {
    std::env::temp_dir().join(format!("elfuse-test-{}", std::process::id()))
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It exited with this status.
    Exited(i32),
    /// A signal of this number ended it.
    Signalled(i32),
    /// It was stopped for exceeding its time.
    TimedOut,
    /// It was stopped for writing more than [`OUTPUT_LIMIT`].
    TooMuchOutput,
}

/// What a program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// How it ended.
    pub end: End,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
}

impl Program {
    /// A program with the environment that all tests share.
    pub fn new<S: AsRef<OsStr>>(argv: impl IntoIterator<Item = S>, dir: &Path) -> Self {
        let cache = work_directory().join("cache");
        let env = [
            ("HOME", dir.as_os_str()),
            // One for all, so that nearly everything runs by what others have translated.
            ("XDG_CACHE_HOME", cache.as_os_str()),
            ("LC_ALL", "C".as_ref()),
            ("PATH", "/usr/bin:/bin".as_ref()),
            ("TERM", "dumb".as_ref()),
            ("TMPDIR", dir.as_os_str()),
            ("TZ", "UTC0".as_ref()),
        ];
        Self {
            argv: argv.into_iter().map(|word| word.as_ref().to_owned()).collect(),
            dir: dir.to_owned(),
            env: env.map(|(name, value)| (name.into(), value.to_owned())).into(),
            stdin: None,
            limit: Duration::from_secs(60),
        }
    }

    /// The program as a [`Command`], standard streams unset.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.argv[0]);
        command.args(&self.argv[1..]).current_dir(&self.dir);
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it to its end.
    pub fn run(&self) -> io::Result<Run> {
        let stdin = match &self.stdin {
            Some(path) => File::open(path)?.into(),
            None => Stdio::null(),
        };
        let mut command = self.command();
        command.process_group(0);
        let child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        finish(child, self.limit)
    }
}

/// Watches a child that leads its process group until it ends, collecting what it writes to the
/// streams that are pipes; then ends what is left of its group.
pub fn finish(mut child: Child, limit: Duration) -> io::Result<Run> {
    let group = Pid::from_child(&child);
    let process = pidfd_open(group, PidfdFlags::empty())?;
    let mut out = Stream::new(child.stdout.take());
    let mut err = Stream::new(child.stderr.take());
    let mut deadline = Instant::now() + limit;
    let mut status: Option<ExitStatus> = None;
    let mut stopped = None;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            if status.is_some() {
                break; // Only an orphan's pipe is still open.
            }
            stopped = Some(End::TimedOut);
        } else if out.bytes.len().max(err.bytes.len()) > OUTPUT_LIMIT {
            stopped = Some(End::TooMuchOutput);
        }
        if stopped.is_some() {
            kill_process_group(group, Signal::KILL).ok();
            // One that leads its own group only from its exec on may not have got there.
            child.kill()?;
            status = Some(child.wait()?);
            break;
        }
        if status.is_some() && out.pipe.is_none() && err.pipe.is_none() {
            break;
        }
        wait(&process, &mut out, &mut err, status.is_none(), left)?;
        if status.is_none() {
            status = child.try_wait()?;
            if status.is_some() {
                deadline = deadline.min(Instant::now() + GRACE);
            }
        }
    }
    kill_process_group(group, Signal::KILL).ok();
    let status = status.expect("the loop ends after the process");
    let end = stopped.unwrap_or_else(|| match (status.code(), status.signal()) {
        (Some(code), _) => End::Exited(code),
        (None, signal) => End::Signalled(signal.unwrap_or(0)),
    });
    Ok(Run { end, stdout: out.bytes, stderr: err.bytes })
}

/// Waits for output or the process's end, and takes the output.
fn wait(
    process: &impl AsFd,
    out: &mut Stream,
    err: &mut Stream,
    alive: bool,
    left: Duration,
) -> io::Result<()> {
    let mut fds = Vec::with_capacity(3);
    for pipe in [&out.pipe, &err.pipe].into_iter().flatten() {
        fds.push(PollFd::new(pipe, PollFlags::IN));
    }
    if alive {
        fds.push(PollFd::new(process, PollFlags::IN));
    }
    let timeout = left.min(Duration::from_secs(3600)).try_into().expect("an hour fits a timespec");
    match poll(&mut fds, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
    let out_ready = out.pipe.is_some() && ready.next() == Some(true);
    let err_ready = err.pipe.is_some() && ready.next() == Some(true);
    if out_ready {
        out.take()?;
    }
    if err_ready {
        err.take()?;
    }
    Ok(())
}

/// One output pipe and what came through it.
struct Stream {
    pipe: Option<File>,
    bytes: Vec<u8>,
}

impl Stream {
    fn new(pipe: Option<impl Into<std::os::fd::OwnedFd>>) -> Self {
        Self { pipe: pipe.map(|pipe| File::from(pipe.into())), bytes: Vec::new() }
    }

    /// Reads once; `poll` said that this does not block.
    fn take(&mut self) -> io::Result<()> {
        let Some(pipe) = &mut self.pipe else { return Ok(()) };
        let mut chunk = [0; 1 << 16];
        match pipe.read(&mut chunk) {
            Ok(0) => self.pipe = None,
            Ok(count) => self.bytes.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit status {code}"),
            Self::Signalled(signal) => write!(f, "signal {signal}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::TooMuchOutput => f.write_str("stopped: too much output"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Run {
        let mut program = Program::new(["/bin/sh", "-c", script], Path::new("/"));
        program.limit = limit;
        program.run().unwrap()
    }

    #[test]
    fn collects_both_streams_and_the_status() {
        let run = shell("echo out; echo err >&2; exit 3", Duration::from_secs(20));
        assert_eq!(
            run,
            Run { end: End::Exited(3), stdout: b"out\n".into(), stderr: b"err\n".into() }
        );
        assert_eq!(shell("kill -9 $$", Duration::from_secs(20)).end, End::Signalled(9));
    }

    #[test]
    fn ends_the_whole_group_after_the_limit() {
        let started = Instant::now();
        let run = shell("sleep 100 & sleep 100", Duration::from_millis(200));
        assert_eq!(run.end, End::TimedOut);
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn an_orphan_with_the_pipe_does_not_hold_up() {
        let started = Instant::now();
        let run = shell("sleep 100 & echo done", Duration::from_secs(50));
        assert_eq!((run.end, run.stdout), (End::Exited(0), b"done\n".to_vec()));
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}
