//! A debugger's end of gdb's remote protocol: as much of it as the tests need.

use crate::Result;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A connection to a stub.
pub struct Client {
    stream: UnixStream,
    unread: Vec<u8>,
    /// The number of the process at the other end.
    pub pid: i32,
}

/// Why the program has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A thread, gdb's number of a signal, and what else is said: `swbreak`, `watch:ADDR`.
    Signal { tid: i32, number: u8, why: String },
    /// It has exited with this status.
    Exited(u8),
    /// It has died by a signal, in gdb's numbers.
    Killed(u8),
}

/// The registers that the tests look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers(Vec<u8>);

impl Registers {
    /// Where `X30`, SP and PC are.
    pub const LINK: usize = 30;
    pub const STACK: usize = 31;
    pub const PC: usize = 32;

    /// Number `number`, of which 0 to 30 are the general ones.
    pub fn get(&self, number: usize) -> u64 {
        let at = number * 8;
        u64::from_le_bytes(self.0[at..at + 8].try_into().expect("eight bytes"))
    }

    pub fn set(&mut self, number: usize, value: u64) {
        self.0[number * 8..][..8].copy_from_slice(&value.to_le_bytes());
    }
}

impl Client {
    /// One that leads nowhere.
    pub fn none() -> Result<Self> {
        Ok(Self { stream: UnixStream::pair()?.0, unread: Vec::new(), pid: 0 })
    }

    /// Connects to a socket that somebody is about to make.
    pub fn connect(path: &Path) -> Result<Self> {
        let deadline = Instant::now() + LIMIT;
        let stream = loop {
            match UnixStream::connect(path) {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > deadline => return Err(error.into()),
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        stream.set_read_timeout(Some(LIMIT))?;
        let mut client = Self { stream, unread: Vec::new(), pid: 0 };
        client.ask("qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+")?;
        client.expect("QStartNoAckMode", "OK")?;
        client.ask("?")?;
        let answer = client.ask("qC")?;
        let pid = answer.strip_prefix("QCp").and_then(|text| text.split('.').next());
        client.pid = i32::from_str_radix(pid.ok_or_else(|| format!("qC: {answer}"))?, 16)?;
        Ok(client)
    }

    /// Sends a packet.
    pub fn send(&mut self, packet: &[u8]) -> Result<()> {
        let sum = packet.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        let mut bytes = vec![b'$'];
        bytes.extend(packet);
        bytes.extend(format!("#{sum:02x}").bytes());
        self.stream.write_all(&bytes)?;
        Ok(())
    }

    /// The next packet.
    pub fn receive(&mut self) -> Result<Vec<u8>> {
        loop {
            let start = self.unread.iter().position(|byte| *byte == b'$');
            let end = self.unread.iter().position(|byte| *byte == b'#');
            if let (Some(start), Some(end)) = (start, end)
                && self.unread.len() >= end + 3
            {
                let packet = unescaped(&self.unread[start + 1..end]);
                self.unread.drain(..end + 3);
                return Ok(packet);
            }
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer)? {
                0 => return Err("the stub has hung up".into()),
                len => self.unread.extend(&buffer[..len]),
            }
        }
    }

    /// Sends a packet and returns the answer.
    pub fn ask(&mut self, packet: &str) -> Result<String> {
        self.send(packet.as_bytes())?;
        Ok(String::from_utf8_lossy(&self.receive()?).into_owned())
    }

    /// Sends a packet that has one right answer.
    pub fn expect(&mut self, packet: &str, answer: &str) -> Result<()> {
        let found = self.ask(packet)?;
        if found == answer { Ok(()) } else { Err(format!("{packet}: {found}").into()) }
    }

    /// Lets the program go on, and waits until it stops.
    pub fn go(&mut self, packet: &str) -> Result<Stop> {
        self.send(packet.as_bytes())?;
        self.stopped()
    }

    /// Has one thread do something (`s`, `C` and a signal …), and waits until the program stops. Others go on if they may.
    pub fn go_with(&mut self, tid: i32, what: &str, others: bool) -> Result<Stop> {
        let others = if others { ";c" } else { "" };
        self.go(&format!("vCont;{what}:p{:x}.{tid:x}{others}", self.pid))
    }

    /// Makes a step of a thread, while others stay.
    pub fn step(&mut self, tid: i32) -> Result<Stop> {
        self.go_with(tid, "s", false)
    }

    /// Goes on, with a signal for a thread.
    pub fn pass(&mut self, tid: i32, signal: u8) -> Result<Stop> {
        self.go_with(tid, &format!("C{signal:02x}"), true)
    }

    /// The next stop.
    pub fn stopped(&mut self) -> Result<Stop> {
        let text = String::from_utf8(self.receive()?)?;
        let number = |at: &str| u8::from_str_radix(at.get(..2).unwrap_or_default(), 16);
        match text.split_at_checked(1) {
            Some(("W", rest)) => Ok(Stop::Exited(number(rest)?)),
            Some(("X", rest)) => Ok(Stop::Killed(number(rest)?)),
            Some(("T", rest)) => {
                let mut parts = rest[2..].split(';').filter(|part| !part.is_empty());
                let thread = parts.find_map(|part| part.strip_prefix("thread:"));
                let tid = thread.and_then(|text| text.rsplit('.').next()).ok_or("no thread")?;
                let tid = i32::from_str_radix(tid, 16)?;
                let why = parts.next().unwrap_or_default().trim_end_matches(':').to_owned();
                Ok(Stop::Signal { tid, number: number(rest)?, why })
            }
            _ => Err(format!("not a stop: {text}").into()),
        }
    }

    /// Interrupts the program.
    pub fn interrupt(&mut self) -> Result<Stop> {
        self.stream.write_all(&[3])?;
        self.stopped()
    }

    /// Makes a thread the one whose registers are meant.
    fn select(&mut self, tid: i32) -> Result<()> {
        let packet = format!("Hgp{:x}.{tid:x}", self.pid);
        self.expect(&packet, "OK")
    }

    pub fn registers(&mut self, tid: i32) -> Result<Registers> {
        self.select(tid)?;
        Ok(Registers(from_hex(&self.ask("g")?)?))
    }

    pub fn set_registers(&mut self, tid: i32, registers: &Registers) -> Result<()> {
        self.select(tid)?;
        self.expect(&format!("G{}", to_hex(&registers.0)), "OK")
    }

    pub fn memory(&mut self, addr: u64, len: usize) -> Result<Vec<u8>> {
        from_hex(&self.ask(&format!("m{addr:x},{len:x}"))?)
    }

    /// A number of four bytes.
    pub fn word(&mut self, addr: u64) -> Result<u32> {
        let bytes = self.memory(addr, 4)?;
        Ok(u32::from_le_bytes(bytes.try_into().map_err(|_| "not four bytes")?))
    }

    pub fn write(&mut self, addr: u64, bytes: &[u8]) -> Result<()> {
        self.expect(&format!("M{addr:x},{:x}:{}", bytes.len(), to_hex(bytes)), "OK")
    }

    /// The threads, as the stub lists them.
    pub fn threads(&mut self) -> Result<Vec<i32>> {
        let mut list = Vec::new();
        let mut answer = self.ask("qfThreadInfo")?;
        while let Some(part) = answer.strip_prefix('m') {
            for thread in part.split(',') {
                let tid = thread.rsplit('.').next().unwrap_or(thread);
                list.push(i32::from_str_radix(tid, 16)?);
            }
            answer = self.ask("qsThreadInfo")?;
        }
        Ok(list)
    }
}

/// What a packet means: `}` makes the next byte another one.
fn unescaped(packet: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = packet.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'}' => bytes.extend(rest.next().map(|byte| byte ^ 0x20)),
            b'*' => {
                // As often again as the next byte says.
                let count = rest.next().map_or(0, |byte| byte.saturating_sub(29));
                let last = bytes.last().copied().unwrap_or_default();
                bytes.extend(std::iter::repeat_n(last, count.into()));
            }
            byte => bytes.push(*byte),
        }
    }
    bytes
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Result<Vec<u8>> {
    let digit = |at| u8::from_str_radix(text.get(at..at + 2).unwrap_or("?"), 16);
    let bytes: std::result::Result<_, _> = (0..text.len()).step_by(2).map(digit).collect();
    bytes.map_err(|_| format!("not hexadecimal: {text}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_as_they_are_meant() {
        assert_eq!(unescaped(b"0* 1"), b"00001");
        assert_eq!(unescaped(b"a}\x03b"), b"a#b");
        assert_eq!(from_hex(&to_hex(&[0, 0xab])).unwrap(), [0, 0xab]);
        assert!(from_hex("E0e").is_err());
    }
}
