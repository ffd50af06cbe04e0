//! Kinds of system call parameters: how a register becomes a value, and how `--strace` shows it.
//!
//! The kind in the table is the type that the handler receives, so the two cannot disagree.

use std::fmt::{self, Write};

use abi::fs::o;
use abi::mm::map;
use mem::{UserPtr, UserSlice, UserStr};

use super::SysResult;
use crate::Task;

/// A kind of parameter.
pub trait Arg: Sized {
    /// The value in a register. Total: handlers check what Linux checks.
    fn from_raw(raw: u64) -> Self;

    /// Shows the parameter as strace does.
    fn show(raw: u64, to: &mut Shown<'_>) -> fmt::Result;
}

/// A parameter in the table.
pub struct Spec {
    /// Its name in the manual page.
    pub name: &'static str,
    /// [`Arg::show`] of its kind.
    pub show: fn(u64, &mut Shown<'_>) -> fmt::Result,
}

/// Where parameters are shown, and what is known of the call around them.
pub struct Shown<'a> {
    /// The text so far.
    pub text: &'a mut String,
    /// The caller, for its memory and descriptors.
    pub task: &'a Task,
    /// All arguments: a buffer's length is another parameter.
    pub args: &'a [u64; 6],
    /// The result; parameters that the call fills in are shown after it.
    pub result: SysResult,
}

impl fmt::Write for Shown<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.text.push_str(s);
        Ok(())
    }
}

macro_rules! integers {
    ($($kind:ty)*) => {$(
        impl Arg for $kind {
            fn from_raw(raw: u64) -> Self {
                raw as $kind
            }

            fn show(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
                write!(to, "{}", raw as $kind)
            }
        }
    )*};
}
integers!(i32 u32 i64 u64 usize);

/// Shows an address: `NULL` or hexadecimal.
pub fn show_address(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if raw == 0 { to.write_str("NULL") } else { write!(to, "{raw:#x}") }
}

impl<T> Arg for UserPtr<T> {
    fn from_raw(raw: u64) -> Self {
        UserPtr::new(raw)
    }

    fn show(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
        show_address(raw, to)
    }
}

impl Arg for UserStr {
    fn from_raw(raw: u64) -> Self {
        UserStr::new(raw)
    }

    fn show(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
        match UserStr::new(raw).read(to.task.space(), 4096) {
            Ok(text) => show_bytes(text.to_bytes(), usize::MAX, to),
            Err(_) => show_address(raw, to),
        }
    }
}

/// A parameter that is a new type over another kind but for the way it is shown.
macro_rules! kind {
    ($(#[$doc:meta])* $name:ident($inner:ty), $show:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name(pub $inner);

        impl Arg for $name {
            fn from_raw(raw: u64) -> Self {
                Self(<$inner>::from_raw(raw))
            }

            fn show(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
                let show: fn(u64, &mut Shown<'_>) -> fmt::Result = $show;
                show(raw, to)
            }
        }
    };
}

kind!(
    /// A file descriptor.
    Fd(i32), i32::show
);
kind!(
    /// A directory for a relative path: a descriptor or `AT_FDCWD`.
    DirFd(i32),
    |raw, to| if raw as i32 == -100 { to.write_str("AT_FDCWD") } else { i32::show(raw, to) }
);
kind!(
    /// Permission bits, in octal.
    Mode(u32), |raw, to| write!(to, "{:#o}", raw as u32)
);
kind!(
    /// A bit mask, in hexadecimal.
    Flags(u32), |raw, to| write!(to, "{:#x}", raw as u32)
);
kind!(
    /// A NUL-terminated path.
    Path(UserStr), UserStr::show
);
kind!(
    /// open(2) flags, in the guest's numbers.
    OpenFlags(u32), |raw, to| show_open_flags(abi::aarch64::open::swap(raw as u32), to)
);
kind!(
    /// `PROT_*`.
    ProtFlags(u32), |raw, to| show_bits(raw as u32, PROT_NAMES, "PROT_NONE", to)
);
kind!(
    /// `MAP_*`.
    MapFlags(u32), |raw, to| show_bits(raw as u32, MAP_NAMES, "0", to)
);
kind!(
    /// An address that the kernel does not look through.
    Addr(u64), show_address
);

/// How many bytes of a buffer `--strace` shows, as strace's default.
const SHOWN_BYTES: usize = 32;

/// Shows a string as C would write it, and `...` behind it if there is more.
pub fn show_bytes(bytes: &[u8], limit: usize, to: &mut Shown<'_>) -> fmt::Result {
    to.write_str("\"")?;
    let shown = &bytes[..bytes.len().min(limit)];
    for (i, &byte) in shown.iter().enumerate() {
        match byte {
            b'"' => to.write_str("\\\"")?,
            b'\\' => to.write_str("\\\\")?,
            b'\n' => to.write_str("\\n")?,
            b'\t' => to.write_str("\\t")?,
            b'\r' => to.write_str("\\r")?,
            0x0b => to.write_str("\\v")?,
            0x0c => to.write_str("\\f")?,
            0x20..=0x7e => to.write_char(char::from(byte))?,
            // Octal takes three digits where the next character could be read as one more.
            _ if shown.get(i + 1).is_some_and(u8::is_ascii_digit) => write!(to, "\\{byte:03o}")?,
            _ => write!(to, "\\{byte:o}")?,
        }
    }
    to.write_str(if bytes.len() > limit { "\"..." } else { "\"" })
}

fn show_buffer(raw: u64, len: u64, to: &mut Shown<'_>) -> fmt::Result {
    // One byte more than is shown tells whether there is more.
    let shown = (len as usize).min(SHOWN_BYTES + 1);
    match UserSlice::new(raw, shown as u64).read_to_vec(to.task.space(), SHOWN_BYTES + 1) {
        Ok(bytes) => show_bytes(&bytes, SHOWN_BYTES, to),
        Err(_) => show_address(raw, to),
    }
}

/// The parameter behind the one whose value is `raw`.
fn following(raw: u64, to: &Shown<'_>) -> u64 {
    to.args.iter().skip_while(|&&arg| arg != raw).nth(1).copied().unwrap_or(0)
}

kind!(
    /// A buffer that the call reads; its length is the next parameter.
    InBuf(u64), |raw, to| show_buffer(raw, following(raw, to), to)
);
kind!(
    /// A buffer that the call fills; the result says how far.
    OutBuf(u64),
    |raw, to| match to.result {
        Ok(len) => show_buffer(raw, len, to),
        Err(_) => show_address(raw, to),
    }
);

/// Names of bits, for [`show_bits`].
type Names = &'static [(u32, &'static str)];

const PROT_NAMES: Names = &[(1, "PROT_READ"), (2, "PROT_WRITE"), (4, "PROT_EXEC")];

/// The type is a number, not bits, but each of its values is a name of its own.
const MAP_NAMES: Names = &[
    (map::SHARED, "MAP_SHARED"),
    (map::PRIVATE, "MAP_PRIVATE"),
    (map::FIXED, "MAP_FIXED"),
    (map::ANONYMOUS, "MAP_ANONYMOUS"),
    (map::GROWSDOWN, "MAP_GROWSDOWN"),
    (map::DENYWRITE, "MAP_DENYWRITE"),
    (map::LOCKED, "MAP_LOCKED"),
    (map::NORESERVE, "MAP_NORESERVE"),
    (map::POPULATE, "MAP_POPULATE"),
    (map::STACK, "MAP_STACK"),
    (map::HUGETLB, "MAP_HUGETLB"),
    (map::FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"),
];

const OPEN_NAMES: Names = &[
    (o::CREAT, "O_CREAT"),
    (o::EXCL, "O_EXCL"),
    (o::NOCTTY, "O_NOCTTY"),
    (o::TRUNC, "O_TRUNC"),
    (o::APPEND, "O_APPEND"),
    (o::NONBLOCK, "O_NONBLOCK"),
    (o::SYNC, "O_SYNC"),
    (o::DSYNC, "O_DSYNC"),
    (o::DIRECT, "O_DIRECT"),
    (o::LARGEFILE, "O_LARGEFILE"),
    (o::TMPFILE, "O_TMPFILE"),
    (o::DIRECTORY, "O_DIRECTORY"),
    (o::NOFOLLOW, "O_NOFOLLOW"),
    (o::NOATIME, "O_NOATIME"),
    (o::CLOEXEC, "O_CLOEXEC"),
    (o::PATH, "O_PATH"),
];

/// Shows a mask as names joined by `|`, with unknown bits in hexadecimal behind them.
fn show_bits(bits: u32, names: Names, none: &str, to: &mut Shown<'_>) -> fmt::Result {
    if bits == 0 {
        return to.write_str(none);
    }
    show_rest(bits, names, true, to)
}

fn show_rest(mut bits: u32, names: Names, mut first: bool, to: &mut Shown<'_>) -> fmt::Result {
    for (mask, name) in names {
        if bits & mask == *mask {
            bits &= !mask;
            to.write_str(if std::mem::take(&mut first) { "" } else { "|" })?;
            to.write_str(name)?;
        }
    }
    match (bits, first) {
        (0, _) => Ok(()),
        (_, true) => write!(to, "{bits:#x}"),
        (_, false) => write!(to, "|{bits:#x}"),
    }
}

fn show_open_flags(flags: u32, to: &mut Shown<'_>) -> fmt::Result {
    to.write_str(match flags & o::ACCMODE {
        o::RDONLY => "O_RDONLY",
        o::WRONLY => "O_WRONLY",
        o::RDWR => "O_RDWR",
        _ => "O_ACCMODE",
    })?;
    show_rest(flags & !o::ACCMODE, OPEN_NAMES, false, to)
}
