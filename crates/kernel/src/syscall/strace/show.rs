//! How single values look: numbers, addresses, strings, names.

use std::fmt::{self, Write};

use mem::{UserPtr, UserSlice, UserStr};
use zerocopy::{FromBytes, IntoBytes};

use crate::Task;
use crate::syscall::SysResult;

/// Shows one parameter, whose register holds the number.
pub type Show = fn(u64, &mut Shown<'_>) -> fmt::Result;

/// Where a parameter is shown, and what is known of the call around it.
pub struct Shown<'a> {
    /// The text of this parameter. One that stays empty is left out, with its comma.
    pub text: String,
    /// What is said behind the result, in parentheses.
    pub note: String,
    /// The caller, for its memory.
    pub task: &'a Task,
    /// All arguments: what one means may depend on another.
    pub args: &'a [u64; 6],
    /// Which of them this is.
    pub index: usize,
    /// `None` while the call is about to be made.
    pub result: Option<SysResult>,
}

impl fmt::Write for Shown<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        Ok(())
    }
}

impl Shown<'_> {
    /// The argument `distance` places behind this one; negative: before it.
    pub fn neighbour(&self, distance: isize) -> u64 {
        let index = self.index.checked_add_signed(distance);
        index.and_then(|index| self.args.get(index)).copied().unwrap_or(0)
    }

    /// The value at a guest address.
    pub fn read<T: FromBytes + IntoBytes>(&self, addr: u64) -> Option<T> {
        UserPtr::new(addr).read(self.task.space()).ok()
    }

    /// The first values of an array, at most as many as are shown, and whether there are more.
    pub fn read_array<T: FromBytes + IntoBytes>(&self, addr: u64, len: u64) -> Option<Vec<T>> {
        let at = |i| UserPtr::<T>::new(addr).add(i).ok()?.read(self.task.space()).ok();
        (0..len.min(SHOWN_ELEMENTS as u64)).map(at).collect()
    }

    /// Adds to what is said behind the result.
    pub fn add_note(&mut self, text: &str) {
        if !self.note.is_empty() {
            self.note.push_str(", ");
        }
        self.note.push_str(text);
    }
}

/// How many bytes of a buffer and elements of an array are shown: strace's default.
pub const SHOWN_BYTES: usize = 32;
pub const SHOWN_ELEMENTS: usize = 32;

/// `NULL` or hexadecimal.
pub fn address(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if raw == 0 { to.write_str("NULL") } else { write!(to, "{raw:#x}") }
}

/// Hexadecimal, but for zero.
pub fn hexadecimal(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    if raw == 0 { to.write_str("0") } else { write!(to, "{raw:#x}") }
}

/// A parameter that this call makes no use of.
pub fn absent(_: u64, _: &mut Shown<'_>) -> fmt::Result {
    Ok(())
}

/// A descriptor, or `AT_FDCWD`.
pub fn directory(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    match raw as i32 {
        abi::fs::AT_FDCWD => to.write_str("AT_FDCWD"),
        fd => write!(to, "{fd}"),
    }
}

/// A user or group; -1 stands for none.
pub fn id(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    match raw as u32 {
        u32::MAX => to.write_str("-1"),
        id => write!(to, "{id}"),
    }
}

/// Permission bits, in octal with at least three digits.
pub fn permissions(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    write!(to, "{}", octal(raw as u32))
}

/// As C's `%#03o`.
pub fn octal(mode: u32) -> String {
    let digits = format!("{mode:o}");
    if digits.len() < 3 && mode < 0o10 { format!("{mode:03o}") } else { format!("0{digits}") }
}

/// What follows the file's type in a mode.
const SPECIAL: &[(u32, &str)] = &[(0o4000, "S_ISUID|"), (0o2000, "S_ISGID|"), (0o1000, "S_ISVTX|")];

/// A file's type and permission bits.
pub fn file_mode(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let mode = raw as u32;
    let kind = match mode >> 12 & 0o17 {
        0o14 => "S_IFSOCK|",
        0o12 => "S_IFLNK|",
        0o10 => "S_IFREG|",
        0o06 => "S_IFBLK|",
        0o04 => "S_IFDIR|",
        0o02 => "S_IFCHR|",
        0o01 => "S_IFIFO|",
        _ => "",
    };
    to.write_str(kind)?;
    if kind.is_empty() {
        return permissions(raw, to);
    }
    for (bit, name) in SPECIAL {
        if mode & bit != 0 {
            to.write_str(name)?;
        }
    }
    permissions(u64::from(mode & 0o777), to)
}

/// A device number, with its parts in hexadecimal.
pub fn device(major: u64, minor: u64, to: &mut Shown<'_>) -> fmt::Result {
    to.write_str("makedev(")?;
    hexadecimal(major, to)?;
    to.write_str(", ")?;
    hexadecimal(minor, to)?;
    to.write_str(")")
}

/// A NUL-terminated string, all of it.
pub fn string(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    match UserStr::new(raw).read(to.task.space(), 4096) {
        Ok(text) => bytes(text.to_bytes(), usize::MAX, to),
        Err(_) => address(raw, to),
    }
}

/// Bytes as C would write them, and `...` behind them if there are more than `limit`.
pub fn bytes(bytes: &[u8], limit: usize, to: &mut Shown<'_>) -> fmt::Result {
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

/// Bytes at a guest address.
pub fn buffer(raw: u64, len: u64, to: &mut Shown<'_>) -> fmt::Result {
    // One byte more than is shown tells whether there is more.
    let shown = len.min(SHOWN_BYTES as u64 + 1);
    match UserSlice::new(raw, shown).read_to_vec(to.task.space(), SHOWN_BYTES + 1) {
        Ok(_) if raw == 0 => to.write_str("NULL"),
        Ok(content) => bytes(&content, SHOWN_BYTES, to),
        Err(_) => address(raw, to),
    }
}

/// A buffer that the call reads; its length is the next argument.
pub fn input(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    buffer(raw, to.neighbour(1), to)
}

/// A buffer that the call has filled; the result says how far.
pub fn output(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    match to.result {
        // With no room for it, the result is only how much there would have been (getxattr(2)).
        Some(Ok(len)) if len <= to.neighbour(1) => buffer(raw, len, to),
        _ => address(raw, to),
    }
}

/// A buffer of random bytes, in hexadecimal.
pub fn random(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let len = to.result.and_then(Result::ok).unwrap_or(0);
    let shown = len.min(SHOWN_BYTES as u64);
    let Ok(bytes) = UserSlice::new(raw, shown).read_to_vec(to.task.space(), SHOWN_BYTES) else {
        return address(raw, to);
    };
    to.write_str("\"")?;
    for byte in bytes {
        write!(to, "\\x{byte:02x}")?;
    }
    to.write_str(if len > shown { "\"..." } else { "\"" })
}

/// A name for each number, or for each bit.
pub type Names = &'static [(u64, &'static str)];

/// A name; a number that has none is followed by the family of names that it should be in.
pub fn name(value: u64, names: Names, family: &str, to: &mut Shown<'_>) -> fmt::Result {
    match names.iter().find(|(number, _)| *number == value) {
        Some((_, name)) => to.write_str(name),
        None => {
            hexadecimal(value, to)?;
            write!(to, " /* {family} */")
        }
    }
}

/// Names of bits, joined by `|`, and what is left as a number. `names` may hold more than one bit
/// each; wider ones come first.
pub fn bits(mut value: u64, names: Names, family: &str, to: &mut Shown<'_>) -> fmt::Result {
    if let Some((_, name)) = names.iter().find(|(mask, _)| *mask == value) {
        return to.write_str(name);
    }
    if value == 0 {
        return to.write_str("0");
    }
    let mut first = true;
    for (mask, name) in names {
        if *mask != 0 && value & mask == *mask {
            value &= !mask;
            to.write_str(if std::mem::take(&mut first) { "" } else { "|" })?;
            to.write_str(name)?;
        }
    }
    match (value, first) {
        (0, _) => Ok(()),
        (_, false) => write!(to, "|{value:#x}"),
        (_, true) => write!(to, "{value:#x} /* {family} */"),
    }
}

/// A value that a pointer leads to; the address if it leads nowhere.
pub fn pointed<T: FromBytes + IntoBytes>(
    raw: u64,
    to: &mut Shown<'_>,
    show: impl FnOnce(T, &mut Shown<'_>) -> fmt::Result,
) -> fmt::Result {
    match to.read(raw) {
        Some(value) if raw != 0 => show(value, to),
        _ => address(raw, to),
    }
}

/// An array in brackets.
pub fn array<T: FromBytes + IntoBytes>(
    raw: u64,
    len: u64,
    to: &mut Shown<'_>,
    show: impl Fn(T, &mut Shown<'_>) -> fmt::Result,
) -> fmt::Result {
    if raw == 0 {
        return to.write_str("NULL");
    }
    let Some(elements) = to.read_array::<T>(raw, len) else { return address(raw, to) };
    to.write_str("[")?;
    for (i, element) in elements.into_iter().enumerate() {
        to.write_str(if i > 0 { ", " } else { "" })?;
        show(element, to)?;
    }
    to.write_str(if len > SHOWN_ELEMENTS as u64 { ", ...]" } else { "]" })
}
