//! Conversations with a program on a pseudo-terminal.
//!
//! A conversation is a file of steps; each waits for what the program must have shown before the
//! next one acts, so the transcript does not depend on speed. `setsid(1)` gives the terminal to the
//! program, because doing so between fork and exec would take unsafe code.

use super::process::{Program, Run, finish};
use crate::Result;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Child;
use std::time::{Duration, Instant};

/// One step of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read until this text has come since the last match.
    Wait(Vec<u8>),
    /// Type this.
    Send(Vec<u8>),
    /// Change the window to so many rows and columns.
    Size(u16, u16),
}

/// Parses a conversation: the first line is the command line after `run`, the others are steps
/// `wait TEXT`, `send TEXT` with Rust's escapes `\r \n \t \xHH \\`, `size ROWS COLUMNS`, and
/// comments `# ...`.
pub fn parse(text: &str) -> Result<(Vec<String>, Vec<Step>)> {
    let mut command = Vec::new();
    let mut steps = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (verb, rest) = line.split_once(' ').ok_or_else(|| format!("bad step: {line}"))?;
        match verb {
            "run" => command = rest.split_whitespace().map(str::to_owned).collect(),
            "wait" => steps.push(Step::Wait(unescape(rest)?)),
            "send" => steps.push(Step::Send(unescape(rest)?)),
            "size" => {
                let (rows, columns) = rest.split_once(' ').ok_or("size wants two numbers")?;
                steps.push(Step::Size(rows.parse()?, columns.parse()?));
            }
            _ => return Err(format!("bad step: {line}").into()),
        }
    }
    if command.is_empty() {
        return Err("a conversation needs a line `run COMMAND`".into());
    }
    Ok((command, steps))
}

fn unescape(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (byte, used) = match rest {
            [b'r', ..] => (b'\r', 1),
            [b'n', ..] => (b'\n', 1),
            [b't', ..] => (b'\t', 1),
            [b'\\', ..] => (b'\\', 1),
            [b'x', high, low, ..] => {
                let digits = [*high, *low];
                (u8::from_str_radix(std::str::from_utf8(&digits)?, 16)?, 3)
            }
            _ => return Err(format!("bad escape in {text}").into()),
        };
        bytes.push(byte);
        rest = &rest[used..];
    }
    Ok(bytes)
}

/// Holds the conversation; the transcript is the run's standard output.
pub fn converse(program: &Program, steps: &[Step]) -> Result<Run> {
    let mut terminal = Terminal::open(program.limit)?;
    let child = terminal.spawn(program)?;
    let held = steps.iter().try_for_each(|step| terminal.take(step));
    let stuck = held.err();
    if stuck.is_none() {
        while terminal.read(terminal.left())? {}
    }
    let limit = if stuck.is_some() { Duration::from_millis(1) } else { terminal.left() };
    let run = finish(child, limit)?;
    let stderr = stuck.map_or(Vec::new(), |error| error.to_string().into_bytes());
    Ok(Run { end: run.end, stdout: terminal.transcript, stderr })
}

struct Terminal {
    master: File,
    /// The program's side, until it has it: an end can only be seen when nobody else holds it.
    slave: Option<OwnedFd>,
    transcript: Vec<u8>,
    /// Where the next match may start.
    matched: usize,
    deadline: Instant,
}

impl Terminal {
    fn open(limit: Duration) -> Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(name, flags, rustix::fs::Mode::empty())?;
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&slave, size)?;
        let deadline = Instant::now() + limit;
        Ok(Self {
            master: master.into(),
            slave: Some(slave),
            transcript: Vec::new(),
            matched: 0,
            deadline,
        })
    }

    fn spawn(&mut self, program: &Program) -> Result<Child> {
        let mut session = program.clone();
        session.argv.splice(0..0, ["/usr/bin/setsid".into(), "--ctty".into()]);
        let mut command = session.command();
        let slave = self.slave.take().ok_or("one terminal serves one program")?;
        command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
        Ok(command.spawn()?)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn take(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Send(bytes) => self.master.write_all(bytes)?,
            Step::Size(rows, columns) => {
                let size = Winsize { ws_row: *rows, ws_col: *columns, ws_xpixel: 0, ws_ypixel: 0 };
                tcsetwinsize(&self.master, size)?;
            }
            Step::Wait(text) => loop {
                let fresh = &self.transcript[self.matched..];
                if let Some(at) = fresh.windows(text.len()).position(|part| part == text) {
                    self.matched += at + text.len();
                    break;
                }
                if !self.read(self.left())? {
                    return Err(format!("waited for \"{}\" in vain", text.escape_ascii()).into());
                }
            },
        }
        Ok(())
    }

    /// Reads what there is; false when nothing came in time or nothing can come any more.
    fn read(&mut self, wait: Duration) -> Result<bool> {
        let mut fds = [PollFd::from_borrowed_fd(self.master.as_fd(), PollFlags::IN)];
        if poll(&mut fds, Some(&wait.try_into()?))? == 0 {
            return Ok(false);
        }
        let mut chunk = [0; 4096];
        // EIO is how a pseudo-terminal without a program on it ends.
        let count = self.master.read(&mut chunk).unwrap_or(0);
        self.transcript.extend_from_slice(&chunk[..count]);
        Ok(count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::process::End;
    use super::*;
    use std::path::Path;

    #[test]
    fn steps_and_escapes() {
        let (command, steps) =
            parse("# c\nrun bash -i\nwait $ \nsend a\\x03\\\\\\r\nsize 5 6\n").unwrap();
        assert_eq!(command, ["bash", "-i"]);
        let expected =
            [Step::Wait(b"$ ".into()), Step::Send(b"a\x03\\\r".into()), Step::Size(5, 6)];
        assert_eq!(steps, expected);
        assert!(parse("send \\q\nrun x").is_err());
        assert!(parse("wait x\n").is_err());
    }

    #[test]
    fn the_terminal_is_the_programs_own() {
        let script = "read x </dev/tty; echo got $x; stty size";
        let mut program = Program::new(["/bin/sh", "-c", script], Path::new("/"));
        program.limit = Duration::from_secs(20);
        let steps = [
            Step::Size(30, 90),
            Step::Send(b"word\r".into()),
            Step::Wait(b"got word\r\n30 90\r\n".into()),
        ];
        let run = converse(&program, &steps).unwrap();
        assert_eq!(run.end, End::Exited(0), "{}", String::from_utf8_lossy(&run.stdout));
        assert_eq!(run.stdout, b"word\r\ngot word\r\n30 90\r\n");
    }

    #[test]
    fn waiting_in_vain_ends() {
        let mut program = Program::new(["/bin/sh", "-c", "sleep 100"], Path::new("/"));
        program.limit = Duration::from_millis(300);
        let run = converse(&program, &[Step::Wait(b"never".into())]).unwrap();
        assert_eq!(run.end, End::TimedOut);
        assert_eq!(run.stderr, b"waited for \"never\" in vain");
    }
}
