//! msgget(2), msgsnd(2), msgrcv(2), msgctl(2). Messages go straight between guest memory and the
//! host's queue.

use abi::Errno;
use abi::ipc::{MsgInfo, MsqidDs, ctl, msg};
use host::ipc::MESSAGE_TYPE;
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{Addr, Flags};

/// msgget(2).
pub fn msgget(_: &mut Task, key: i32, flags: Flags) -> SysResult {
    host::ipc::msgget(key, flags.0 as i32).map(|id| id as u64)
}

/// A message with its type, in guest memory. `EINVAL` for a size below zero.
fn message(at: Addr, size: u64) -> Result<UserSlice, Errno> {
    if size > i64::MAX as u64 {
        return Err(Errno::EINVAL);
    }
    Ok(UserSlice::new(at.0, size.saturating_add(MESSAGE_TYPE as u64)))
}

/// msgsnd(2).
pub fn msgsnd(t: &mut Task, id: i32, at: Addr, size: u64, flags: Flags) -> SysResult {
    let from = message(at, size)?.as_src(t.space())?;
    host::ipc::msgsnd(id, from, flags.0 as i32).map(|()| 0)
}

/// msgrcv(2).
pub fn msgrcv(t: &mut Task, id: i32, at: Addr, size: u64, kind: i64, flags: Flags) -> SysResult {
    let to = message(at, size)?.as_dst(t.space())?;
    host::ipc::msgrcv(id, to, kind, flags.0 as i32).map(|len| len as u64)
}

/// msgctl(2).
pub fn msgctl(t: &mut Task, id: i32, command: i32, arg: u64) -> SysResult {
    let result = match command {
        ctl::STAT | msg::STAT | msg::STAT_ANY => {
            let (result, record) = host::ipc::msg_stat(id, command)?;
            UserPtr::<MsqidDs>::new(arg).write(t.space(), &record)?;
            result
        }
        ctl::SET => {
            let record = UserPtr::<MsqidDs>::new(arg).read(t.space())?;
            host::ipc::msg_set(id, &record)?;
            0
        }
        ctl::INFO | msg::INFO => {
            let (result, info) = host::ipc::msg_info(command)?;
            UserPtr::<MsgInfo>::new(arg).write(t.space(), &info)?;
            result
        }
        ctl::RMID => {
            host::ipc::msg_remove(id)?;
            0
        }
        _ => return Err(Errno::EINVAL),
    };
    Ok(result as u64)
}
