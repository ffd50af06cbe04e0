//! Sockets. Families, types, options, flags and addresses have Linux's numbers and layouts.

use abi::net::{ADDRESS_MAX, scm, sol};
use std::ops::Range;
use std::os::fd::OwnedFd;

pub use crate::sys::net::*;

/// A socket address in Linux's layout.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    pub(crate) bytes: [u8; ADDRESS_MAX],
    pub(crate) len: usize,
}

impl Name {
    /// No address yet: a place for one.
    pub const EMPTY: Name = Name { bytes: [0; ADDRESS_MAX], len: 0 };

    /// An address; `None` if it is longer than any can be.
    pub fn new(address: &[u8]) -> Option<Self> {
        let mut name = Self::EMPTY;
        name.bytes.get_mut(..address.len())?.copy_from_slice(address);
        name.len = address.len();
        Some(name)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len.min(ADDRESS_MAX)]
    }

    /// The family, if the address is long enough to have one.
    pub fn family(&self) -> Option<u16> {
        Some(u16::from_ne_bytes(self.as_bytes().get(..2)?.try_into().ok()?))
    }
}

/// What came with a message besides its data.
#[derive(Debug)]
pub struct Received {
    /// How much data.
    pub count: usize,
    /// The sender's address; empty if it has none.
    pub name: Name,
    /// Control messages. Descriptors in them are this process's own numbers.
    pub control: Vec<u8>,
    /// The descriptors among the control messages, in order.
    pub fds: Vec<OwnedFd>,
    /// `MSG_TRUNC` and so on.
    pub flags: u32,
}

/// One control message (`struct cmsghdr`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlMessage {
    /// `cmsg_level`.
    pub level: i32,
    /// `cmsg_type`.
    pub kind: i32,
    /// Where its data are in the buffer.
    pub data: Range<usize>,
}

impl ControlMessage {
    /// Where the descriptors are that it carries.
    pub fn descriptors(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let carries = self.level == sol::SOCKET && matches!(self.kind, scm::RIGHTS | scm::PIDFD);
        let Range { start, end } = self.data.clone();
        let count = if carries { (end - start) / 4 } else { 0 };
        (0..count).map(move |i| start + 4 * i..start + 4 * i + 4)
    }
}

/// Bytes of `struct cmsghdr` before the data.
pub const CONTROL_HEADER: usize = 16;

/// The control messages in a buffer, as Linux walks them (`for_each_cmsghdr`): `None` for one
/// whose length cannot be, behind which there is nothing more.
pub fn control_messages(buffer: &[u8]) -> impl Iterator<Item = Option<ControlMessage>> + use<'_> {
    let mut at = Some(0usize);
    std::iter::from_fn(move || {
        let start = at.take()?;
        let header = buffer.get(start..start.checked_add(CONTROL_HEADER)?)?;
        let word = |i: usize| i32::from_le_bytes([0, 1, 2, 3].map(|b| header[i + b]));
        let len = u64::from_le_bytes(std::array::from_fn(|i| header[i]));
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if len < CONTROL_HEADER || len > buffer.len() - start {
            return Some(None);
        }
        at = start.checked_add(len.next_multiple_of(8));
        let data = start + CONTROL_HEADER..start + len;
        Some(Some(ControlMessage { level: word(8), kind: word(12), data }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(len: u64, level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
        let mut bytes = len.to_le_bytes().to_vec();
        bytes.extend_from_slice(&level.to_le_bytes());
        bytes.extend_from_slice(&kind.to_le_bytes());
        bytes.extend_from_slice(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    #[test]
    fn messages_follow_each_other_at_multiples_of_eight() {
        let mut buffer = message(24, sol::SOCKET, scm::RIGHTS, &[1, 0, 0, 0, 2, 0, 0, 0]);
        buffer.extend(message(17, 41, 50, &[9]));
        buffer.extend(message(20, sol::SOCKET, scm::PIDFD, &[3, 0, 0, 0]));
        let found: Vec<_> = control_messages(&buffer).map(Option::unwrap).collect();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].descriptors().collect::<Vec<_>>(), [16..20, 20..24]);
        assert_eq!(found[1], ControlMessage { level: 41, kind: 50, data: 40..41 });
        assert_eq!(found[1].descriptors().count(), 0);
        assert_eq!(found[2].descriptors().next(), Some(64..68));
    }

    #[test]
    fn impossible_lengths_end_the_walk() {
        for len in [0, 15, 33, u64::MAX, u64::MAX - 7] {
            let buffer = message(len, 1, 1, &[0; 16]);
            assert_eq!(control_messages(&buffer).collect::<Vec<_>>(), [None], "{len}");
        }
        assert_eq!(control_messages(&[0; 15]).count(), 0);
        // Too short for another header: padding.
        let mut buffer = message(16, 1, 2, &[]);
        buffer.extend([0; 15]);
        assert_eq!(control_messages(&buffer).count(), 1);
    }
}
