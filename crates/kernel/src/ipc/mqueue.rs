//! POSIX message queues (mq_overview(7)): descriptors with names of their own.

use abi::Errno;
use abi::aarch64::open::swap;
use abi::fs::{MAX_RW_COUNT, PATH_MAX, Timespec, o};
use abi::ipc::{MqAttr, NOTIFY_COOKIE, SigEvent, sigev};
use host::ipc::Notify;
use mem::{UserPtr, UserSlice, UserStr};

use crate::Task;
use crate::fs::File;
use crate::poll::timeout;
use crate::syscall::SysResult;
use crate::syscall::arg::{Fd, InBuf, Mode, OpenFlags, OutBuf};

/// mq_open(2): always close-on-exec. The host checks the name, which comes without its slash.
pub fn mq_open(
    t: &mut Task,
    name: UserStr,
    flags: OpenFlags,
    mode: Mode,
    attributes: UserPtr<MqAttr>,
) -> SysResult {
    let flags = swap(flags.0);
    let wanted = !attributes.is_null() && flags & o::CREAT != 0;
    let attributes = if wanted { Some(attributes.read(t.space())?) } else { None };
    let name = name.read(t.space(), PATH_MAX)?;
    let file = File::new(host::ipc::mq_open(&name, flags, mode.0, attributes.as_ref())?);
    t.install(file, true)
}

/// mq_unlink(2).
pub fn mq_unlink(t: &mut Task, name: UserStr) -> SysResult {
    host::ipc::mq_unlink(&name.read(t.space(), PATH_MAX)?).map(|()| 0)
}

/// mq_timedsend(2).
pub fn mq_timedsend(
    t: &mut Task,
    queue: Fd,
    message: InBuf,
    len: u64,
    priority: u32,
    until: UserPtr<Timespec>,
) -> SysResult {
    let until = timeout(t, until)?;
    let file = t.file(queue)?;
    // No queue takes messages of such a size.
    if len > MAX_RW_COUNT {
        return Err(Errno::EMSGSIZE);
    }
    let from = UserSlice::new(message.0, len).as_src(t.space())?;
    host::ipc::mq_send(file.host(), from, priority, until).map(|()| 0)
}

/// mq_timedreceive(2).
pub fn mq_timedreceive(
    t: &mut Task,
    queue: Fd,
    message: OutBuf,
    len: u64,
    priority: UserPtr<u32>,
    until: UserPtr<Timespec>,
) -> SysResult {
    let until = timeout(t, until)?;
    let file = t.file(queue)?;
    let to = UserSlice::new(message.0, len.min(MAX_RW_COUNT)).as_dst(t.space())?;
    let (len, found) = host::ipc::mq_receive(file.host(), to, until)?;
    if !priority.is_null() {
        priority.write(t.space(), &found)?;
    }
    Ok(len as u64)
}

/// mq_notify(2). The host checks the event.
pub fn mq_notify(t: &mut Task, queue: Fd, event: UserPtr<SigEvent>) -> SysResult {
    if event.is_null() {
        let file = t.file(queue)?;
        return host::ipc::mq_notify(file.host(), Notify::Remove).map(|()| 0);
    }
    let event = event.read(t.space())?;
    if event.notify == sigev::THREAD {
        let cookie = UserPtr::<[u8; NOTIFY_COOKIE]>::new(event.value).read(t.space())?;
        let (file, socket) = (t.file(queue)?, t.file(Fd(event.signo))?);
        let how = Notify::Socket(socket.host(), cookie);
        return host::ipc::mq_notify(file.host(), how).map(|()| 0);
    }
    let file = t.file(queue)?;
    host::ipc::mq_notify(file.host(), Notify::Event(&event)).map(|()| 0)
}

/// mq_getsetattr(2).
pub fn mq_getsetattr(
    t: &mut Task,
    queue: Fd,
    new: UserPtr<MqAttr>,
    old: UserPtr<MqAttr>,
) -> SysResult {
    let new = if new.is_null() { None } else { Some(new.read(t.space())?) };
    let file = t.file(queue)?;
    let previous = host::ipc::mq_attributes(file.host(), new.as_ref())?;
    if !old.is_null() {
        old.write(t.space(), &previous)?;
    }
    Ok(0)
}
