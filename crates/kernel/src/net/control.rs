//! Control messages (cmsg(3)): the same bytes for the guest and the host, but for descriptors.

use std::ops::Range;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use abi::Errno;
use abi::net::{msg, scm, sol};
use host::net::{CONTROL_HEADER, ControlMessage, Received, control_messages};
use mem::UserSlice;

use crate::Task;
use crate::fs::File;
use crate::syscall::arg::Fd;

/// More than Linux lets a socket spend on control messages (`net.core.optmem_max`) unless the
/// administrator raised it.
const CONTROL_MAX: u64 = 1 << 20;

/// What a receiver's buffer is taken for at most; no kind of message fills as much.
const CONTROL_ROOM: u64 = 64 << 10;

/// Control messages to be sent, with the host's descriptors, which stay open as long as this.
pub(super) struct Outgoing {
    pub bytes: Vec<u8>,
    _files: Vec<Arc<File>>,
}

impl Outgoing {
    /// Reads them from guest memory. `EINVAL` for a message whose length cannot be, `EBADF` for a
    /// descriptor that is not open.
    pub fn read(t: &Task, at: u64, len: u64) -> Result<Self, Errno> {
        if len > CONTROL_MAX {
            return Err(Errno::ENOBUFS);
        }
        let mut bytes = UserSlice::new(at, len).read_to_vec(t.space(), len as usize)?;
        let messages = control_messages(&bytes).collect::<Option<Vec<_>>>().ok_or(Errno::EINVAL)?;
        let mut files = Vec::new();
        for at in messages.iter().flat_map(ControlMessage::descriptors) {
            let file = t.file(Fd(number(&bytes, &at)))?;
            // To the receiver it is nothing but what it holds.
            let _ = t.renew(&file, Some(0));
            bytes[at].copy_from_slice(&file.host().as_raw_fd().to_le_bytes());
            files.push(file);
        }
        for message in messages.iter().filter(|message| carries_credentials(message)) {
            t.tell_credentials(&mut bytes[message.data.clone()]);
        }
        Ok(Self { bytes, _files: files })
    }
}

/// Whether a message says who its sender is.
fn carries_credentials(message: &ControlMessage) -> bool {
    (message.level, message.kind) == (sol::SOCKET, scm::CREDENTIALS)
}

fn number(bytes: &[u8], at: &Range<usize>) -> i32 {
    bytes[at.clone()].try_into().map_or(-1, i32::from_le_bytes)
}

/// How much room a receiver has for control messages.
pub(super) fn room(at: u64, len: u64) -> usize {
    if at == 0 { 0 } else { len.min(CONTROL_ROOM) as usize }
}

/// Opens the descriptors that came with a message, and puts the guest's numbers in place of the
/// host's. Those for which there is no number left are closed, and the messages end before them,
/// as on Linux (`scm_detach_fds`).
pub(super) fn adopt(t: &Task, received: &mut Received, close_on_exec: bool) {
    let mut fds = std::mem::take(&mut received.fds).into_iter();
    let messages: Vec<_> = control_messages(&received.control).flatten().collect();
    for message in messages.iter().filter(|message| carries_credentials(message)) {
        t.see_credentials(&mut received.control[message.data.clone()]);
    }
    for message in &messages {
        for at in message.descriptors() {
            match fds.next().map(|fd| t.install(File::new(fd), close_on_exec)) {
                Some(Ok(fd)) => received.control[at].copy_from_slice(&(fd as i32).to_le_bytes()),
                _ => return cut(received, message, at.start),
            }
        }
    }
}

/// Ends the control messages within `message`, at `end`.
fn cut(received: &mut Received, message: &ControlMessage, end: usize) {
    received.flags |= msg::CTRUNC;
    let start = message.data.start - CONTROL_HEADER;
    if end == message.data.start {
        // Without a single descriptor there is no message.
        received.control.truncate(start);
    } else {
        received.control[start..start + 8].copy_from_slice(&((end - start) as u64).to_le_bytes());
        received.control.truncate(end.next_multiple_of(8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use host::net::Name;

    /// A message with descriptors 1 to 3.
    fn received() -> Received {
        let mut control = 28u64.to_le_bytes().to_vec();
        for word in [sol::SOCKET, scm::RIGHTS, 1, 2, 3, 0] {
            control.extend_from_slice(&word.to_le_bytes());
        }
        Received { count: 0, name: Name::EMPTY, control, fds: Vec::new(), flags: 0 }
    }

    #[test]
    fn a_cut_message_keeps_what_was_installed() {
        let mut received = received();
        let message = control_messages(&received.control).next().flatten().unwrap();
        cut(&mut received, &message, message.data.start + 8);
        let kept = control_messages(&received.control).next().flatten().unwrap();
        assert_eq!(kept.descriptors().count(), 2);
        assert_eq!((received.control.len(), received.flags), (24, msg::CTRUNC));
    }

    #[test]
    fn a_message_without_its_descriptors_is_dropped() {
        let mut received = received();
        let message = control_messages(&received.control).next().flatten().unwrap();
        cut(&mut received, &message, message.data.start);
        assert_eq!((received.control.len(), received.flags), (0, msg::CTRUNC));
    }
}
