//! Sockets.
//!
//! A guest's socket is the host's: families, protocols, queues and errors are the host kernel's
//! own, and data goes straight between it and guest memory. What is converted is what names
//! something of the guest: paths in addresses ([`name`]), descriptors in control messages
//! ([`control`]), addresses and descriptors in options ([`option`]).

pub mod control;
pub mod interface;
pub mod message;
pub mod name;
pub mod option;
pub mod socket;

use abi::Errno;
use abi::net::sol;

use crate::Task;
use crate::fs::File;

/// Which of a socket's timeouts a call waits under.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Timeout {
    Receive,
    Send,
}

impl Task {
    /// Passes the result of a call on `file` on. `SA_RESTART` does not restart a call on a socket
    /// that has a timeout (signal(7)).
    pub(crate) fn timed<T>(
        &mut self,
        file: &File,
        timeout: Timeout,
        result: Result<T, Errno>,
    ) -> Result<T, Errno> {
        if matches!(result, Err(Errno::EINTR)) {
            let option = match timeout {
                Timeout::Receive => abi::net::so::RCVTIMEO,
                Timeout::Send => abi::net::so::SNDTIMEO,
            };
            // A `struct timeval`; zero for none. What is not a socket has none either.
            let mut value = [0; 16];
            let len = host::net::getsockopt(file.host(), sol::SOCKET, option, &mut value);
            if len.is_ok() && value != [0; 16] {
                self.restart = Some(crate::syscall::Restart::Never);
            }
        }
        result
    }
}
