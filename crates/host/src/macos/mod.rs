//! The macOS host, on Apple silicon.
//!
//! What macOS offers is called directly, with numbers and layouts converted by
//! [`darwin`](crate::darwin); what it lacks is refused by a line of [`missing`](crate::missing).

/// Functions of the host's API that are refused as a whole, each by its line of the table.
macro_rules! not_here {
    ($($name:ident($($arg:ident: $type:ty),* $(,)?) -> $result:ty = $line:ident;)*) => {$(
        #[doc = concat!(stringify!($name), ": not on this host.")]
        pub fn $name($($arg: $type),*) -> Result<$result, Errno> {
            let _ = ($($arg,)*);
            crate::missing::$line.refuse()
        }
    )*};
}

pub mod clock;
pub mod event;
pub mod fault;
pub mod fs;
pub mod futex;
pub(crate) mod handoff;
pub mod io;
pub mod ipc;
pub mod machine;
pub mod mm;
pub mod net;
pub mod numa;
pub mod process;
pub mod shm;
pub mod signal;
pub(crate) mod syscall;
pub mod term;
pub mod thread;

pub(crate) use crate::darwin::errno::from_host as errno;
