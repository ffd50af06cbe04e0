//! Sockets, sessions, and the thread that serves them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};

use abi::Errno;
use gdbstub::conn::Connection;
use gdbstub::stub::state_machine::GdbStubStateMachine as Machine;
use gdbstub::stub::{DisconnectReason, GdbStub, GdbStubError, MultiThreadStopReason};
use kernel::debug::Control;

use crate::target::{Target, reason};

/// The largest packet: gdb reads whole libraries through it.
const PACKET: usize = 64 << 10;

/// Where gdb finds us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A TCP port of this machine alone; 0 for one that is free.
    Port(u16),
    /// A Unix domain socket.
    Path(PathBuf),
}

impl Address {
    /// Of a number, or else a path, which has a slash in it. `None` for anything else.
    pub fn parse(text: &OsString) -> Option<Self> {
        if text.as_bytes().contains(&b'/') {
            return Some(Self::Path(text.into()));
        }
        text.to_str()?.parse().ok().map(Self::Port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => port.fmt(f),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// What listens for debuggers.
pub struct Server(Listener);

impl Server {
    /// Listens at `address`.
    pub fn listen(address: &Address) -> io::Result<Self> {
        Ok(Self(match address {
            Address::Port(port) => Listener::Tcp(TcpListener::bind((Ipv4Addr::LOCALHOST, *port))?),
            Address::Path(path) => Listener::Unix(bind(path)?, path.clone()),
        }))
    }

    /// What a person tells gdb: `target remote …`.
    pub fn command(&self) -> String {
        match &self.0 {
            Listener::Tcp(listener) => {
                let port = listener.local_addr().map_or(0, |address| address.port());
                format!("target remote :{port}")
            }
            Listener::Unix(_, path) => format!("target remote {}", path.display()),
        }
    }

    /// Serves the process that `control` is of, as long as it lives. `EAGAIN` if the host has no room for a thread.
    pub fn serve(self, control: Control) -> Result<(), Errno> {
        thread(move || {
            let (say, events) = mpsc::channel();
            let tell = say.clone();
            control.on_stop(move || {
                let _ = tell.send(Event::Stop);
            });
            let mut number = 0;
            while let Ok((reader, writer)) = self.accept() {
                number += 1;
                if receive(number, reader, say.clone()).is_ok() {
                    Session {
                        number,
                        control: control.clone(),
                        events: &events,
                        bytes: VecDeque::new(),
                    }
                    .run(writer);
                }
            }
        })
    }

    /// The next debugger: what it says and what it hears.
    fn accept(&self) -> io::Result<(Box<dyn Read + Send>, Box<dyn Write + Send>)> {
        Ok(match &self.0 {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                (Box::new(stream.try_clone()?), Box::new(stream))
            }
            Listener::Unix(listener, _) => {
                let (stream, _) = listener.accept()?;
                (Box::new(stream.try_clone()?), Box::new(stream))
            }
        })
    }
}

/// Makes a socket; in the place of one that an ended process has left, at which nobody listens.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let is_left = || {
        // So is a connection to a file of another kind.
        let is_socket = path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket());
        let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        is_socket && UnixStream::connect(path).is_err_and(refused)
    };
    match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_left() => {
            std::fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        result => result,
    }
}

/// What a session waits for.
enum Event {
    /// The debugger of a session has said something.
    Said(u32, Vec<u8>),
    /// The debugger of a session has gone.
    Gone(u32),
    /// The process has something to report.
    Stop,
}

/// Starts a thread that no signal of the guest's finds.
fn thread(body: impl FnOnce() + Send + 'static) -> Result<(), Errno> {
    let body = Box::new(move || {
        host::signal::hold();
        body();
    });
    host::thread::spawn(body).map(drop)
}

/// Has what a debugger says become events of session `number`.
fn receive(number: u32, mut from: Box<dyn Read + Send>, say: Sender<Event>) -> Result<(), Errno> {
    thread(move || {
        let mut bytes = vec![0; PACKET];
        while let Ok(len @ 1..) = from.read(&mut bytes) {
            if say.send(Event::Said(number, bytes[..len].to_vec())).is_err() {
                return;
            }
        }
        let _ = say.send(Event::Gone(number));
    })
}

/// What gdb hears, sent a packet at a time.
struct Wire {
    to: Box<dyn Write + Send>,
    unsent: Vec<u8>,
}

impl Connection for Wire {
    type Error = io::Error;

    fn write(&mut self, byte: u8) -> io::Result<()> {
        self.unsent.push(byte);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.write_all(&std::mem::take(&mut self.unsent))
    }
}

type Failure = GdbStubError<Infallible, io::Error>;

/// One debugger's time with the process.
struct Session<'a> {
    number: u32,
    control: Control,
    events: &'a Receiver<Event>,
    /// What it has said and nobody has looked at.
    bytes: VecDeque<u8>,
}

impl Session<'_> {
    /// From the first packet to the last. However it ends, the process goes on, or has ended, too.
    fn run(mut self, to: Box<dyn Write + Send>) {
        self.control.attach();
        let mut target = Target::new(self.control.clone());
        match self.talk(&mut target, Wire { to, unsent: Vec::new() }) {
            Ok(Some(DisconnectReason::Kill)) => self.control.kill(),
            Ok(Some(DisconnectReason::TargetExited(_) | DisconnectReason::TargetTerminated(_))) => {
                self.control.farewell();
            }
            Ok(Some(DisconnectReason::Disconnect) | None) | Err(_) => self.control.detach(),
        }
    }

    /// `None` if the debugger has gone without a word.
    fn talk(
        &mut self,
        target: &mut Target,
        wire: Wire,
    ) -> Result<Option<DisconnectReason>, Failure> {
        let mut buffer = vec![0; PACKET];
        let stub = GdbStub::builder(wire)
            .with_packet_buffer(&mut buffer)
            .build()
            .expect("there is a buffer");
        let mut machine = stub.run_state_machine(target)?;
        loop {
            machine = match machine {
                Machine::Idle(idle) => match self.next_byte() {
                    Some(byte) => idle.incoming_data(target, byte)?,
                    None => return Ok(None),
                },
                Machine::Running(running) => {
                    if let Some(report) = self.control.settle() {
                        running.report_stop(target, reason(report))?
                    } else if let Some(byte) = self.bytes.pop_front() {
                        running.incoming_data(target, byte)?
                    } else if self.wait() {
                        running.into()
                    } else {
                        return Ok(None);
                    }
                }
                Machine::CtrlCInterrupt(interrupted) => {
                    self.control.interrupt();
                    interrupted.interrupt_handled(target, None::<MultiThreadStopReason<u64>>)?
                }
                Machine::Disconnected(disconnected) => return Ok(Some(disconnected.get_reason())),
            }
        }
    }

    /// The next byte that the debugger says; `None` if it has gone.
    fn next_byte(&mut self) -> Option<u8> {
        while self.bytes.is_empty() {
            if !self.wait() {
                return None;
            }
        }
        self.bytes.pop_front()
    }

    /// Waits for an event. Returns whether the debugger is still there.
    fn wait(&mut self) -> bool {
        match self.events.recv() {
            Ok(Event::Said(number, bytes)) if number == self.number => self.bytes.extend(bytes),
            Ok(Event::Gone(number)) if number == self.number => return false,
            // Of an earlier session.
            Ok(Event::Said(..) | Event::Gone(_)) => {}
            Ok(Event::Stop) => {}
            Err(_) => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number_and_a_path_has_a_slash() {
        let parse = |text: &str| Address::parse(&text.into());
        assert_eq!(parse("1234"), Some(Address::Port(1234)));
        assert_eq!(parse("./1234"), Some(Address::Path("./1234".into())));
        assert_eq!(parse("65536"), None);
        assert_eq!(parse("localhost:1"), None);
    }

    #[test]
    fn a_socket_that_was_left_is_replaced_and_one_in_use_is_not() {
        let dir = std::env::temp_dir().join(format!("elfuse-gdb-{}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        let path = dir.join("socket");
        let first = bind(&path).unwrap();
        assert_eq!(bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        drop(bind(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "a file").unwrap();
        assert!(bind(&path).is_err());
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
