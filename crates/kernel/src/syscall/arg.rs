//! Kinds of system call parameters: how a register becomes a value, and how `--strace` shows it.
//!
//! The kind in the table is the type that the handler receives, so the two cannot disagree. What a
//! kind does not know (which flags, which structure), the table's line adds for display.

use std::fmt;

use mem::{UserPtr, UserStr};

use super::strace::show;
use super::strace::{Shown, When, open_flags};

/// A kind of parameter.
pub trait Arg: Sized {
    /// The value in a register. Total: handlers check what Linux checks.
    fn from_raw(raw: u64) -> Self;

    /// When it is shown.
    const WHEN: When = When::In;

    /// Shows the parameter as strace does.
    fn show(raw: u64, to: &mut Shown<'_>) -> fmt::Result;
}

macro_rules! integers {
    ($($kind:ty)*) => {$(
        impl Arg for $kind {
            fn from_raw(raw: u64) -> Self {
                raw as $kind
            }

            fn show(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
                use fmt::Write;
                write!(to, "{}", raw as $kind)
            }
        }
    )*};
}
integers!(i32 u32 i64 u64 usize);

impl<T> Arg for UserPtr<T> {
    fn from_raw(raw: u64) -> Self {
        UserPtr::new(raw)
    }

    fn show(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
        show::address(raw, to)
    }
}

impl Arg for UserStr {
    fn from_raw(raw: u64) -> Self {
        UserStr::new(raw)
    }

    fn show(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
        show::string(raw, to)
    }
}

/// A parameter that is a new type over another kind but for the way it is shown.
macro_rules! kind {
    ($(#[$doc:meta])* $name:ident($inner:ty), $show:expr $(, $when:expr)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name(pub $inner);

        impl Arg for $name {
            fn from_raw(raw: u64) -> Self {
                Self(<$inner>::from_raw(raw))
            }

            $(const WHEN: When = $when;)?

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
    DirFd(i32), show::directory
);
kind!(
    /// Permission bits, in octal.
    Mode(u32), show::permissions
);
kind!(
    /// A bit mask, in hexadecimal.
    Flags(u32), |raw, to| show::hexadecimal(u64::from(raw as u32), to)
);
kind!(
    /// A NUL-terminated path.
    Path(UserStr), UserStr::show
);
kind!(
    /// open(2) flags, in the guest's numbers.
    OpenFlags(u32), open_flags
);
kind!(
    /// `PROT_*`.
    ProtFlags(u32), super::strace::protection
);
kind!(
    /// `MAP_*`.
    MapFlags(u32), super::strace::mapping
);
kind!(
    /// An address that the kernel does not look through.
    Addr(u64), show::address
);
kind!(
    /// A buffer that the call reads; its length is the next parameter.
    InBuf(u64), show::input
);
kind!(
    /// A buffer that the call fills; the result says how far.
    OutBuf(u64), show::output, When::Out
);
