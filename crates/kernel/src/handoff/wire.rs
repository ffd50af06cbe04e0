//! What goes over the channel between the two: messages with their lengths in front, the first of which is the
//! record, in `postcard`'s encoding; the last is empty. Then comes the answer: an error number, or zero.

use abi::Errno;
use host::process::Channel;

use super::Record;

/// In front of the record: a name, and the version of what follows. The other side is another run of the same
/// file; but where a host only knows programs by name, that may have been replaced meanwhile.
const HEAD: &[u8] = concat!("elfuse ", env!("CARGO_PKG_VERSION"), " handoff 1\n").as_bytes();

/// No message is longer: a process has at most some ten thousand mappings and descriptors.
const MAX: usize = 64 << 20;

/// The other side is not there any more.
const GONE: Errno = Errno::EAGAIN;

/// Sends one message.
pub(super) fn send(link: &Channel, message: &[u8]) -> Result<(), Errno> {
    let len = u32::try_from(message.len()).map_err(|_| Errno::ENOMEM)?;
    if message.len() > MAX {
        return Err(Errno::ENOMEM);
    }
    if link.send(&len.to_le_bytes()) && link.send(message) { Ok(()) } else { Err(GONE) }
}

/// Receives one message.
pub(super) fn receive(link: &Channel) -> Result<Vec<u8>, Errno> {
    let mut len = [0; 4];
    if !link.receive(&mut len) {
        return Err(GONE);
    }
    let len = u32::from_le_bytes(len) as usize;
    if len > MAX {
        return Err(Errno::EINVAL);
    }
    let mut message = vec![0; len];
    if link.receive(&mut message) { Ok(message) } else { Err(GONE) }
}

pub(super) fn send_record(link: &Channel, record: &Record) -> Result<(), Errno> {
    send(link, &encode(record)?)
}

/// The message that holds `record`.
pub fn encode(record: &Record) -> Result<Vec<u8>, Errno> {
    postcard::to_extend(record, HEAD.to_vec()).map_err(|_| Errno::EINVAL)
}

pub(super) fn receive_record(link: &Channel) -> Result<Record, Errno> {
    parse(&receive(link)?)
}

/// The record in a message. `EINVAL` if it is none of this version, or cut, or followed by something.
pub fn parse(message: &[u8]) -> Result<Record, Errno> {
    let bytes = message.strip_prefix(HEAD).ok_or(Errno::EINVAL)?;
    match postcard::take_from_bytes(bytes) {
        Ok((record, [])) => Ok(record),
        _ => Err(Errno::EINVAL),
    }
}

/// Answers that the guest goes on, or why not. If the parent is gone, nobody wants to know.
pub(super) fn send_answer(link: &Channel, refusal: Option<Errno>) {
    let number = refusal.map_or(0, |errno| errno.raw());
    link.send(&number.to_le_bytes());
}

/// The answer; `None` if there is none.
pub(super) fn receive_answer(link: &Channel) -> Option<Option<Errno>> {
    let mut number = [0; 2];
    let answer = link.receive(&mut number).then(|| u16::from_le_bytes(number))?;
    Some((answer != 0).then(|| Errno::from_raw(answer)))
}
