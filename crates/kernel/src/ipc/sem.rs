//! semget(2), semop(2), semctl(2).

use abi::Errno;
use abi::fs::Timespec;
use abi::ipc::{SemBuf, SemInfo, SemidDs, ctl, sem};
use mem::{UserPtr, UserSlice};

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::Flags;

/// semget(2).
pub fn semget(_: &mut Task, key: i32, count: i32, flags: Flags) -> SysResult {
    host::ipc::semget(key, count, flags.0 as i32).map(|id| id as u64)
}

/// More operations than any host takes in one call (`SEMOPM`).
const OPERATIONS_MAX: u64 = 1 << 16;

/// semop(2).
pub fn semop(t: &mut Task, id: i32, operations: UserPtr<SemBuf>, count: u64) -> SysResult {
    semtimedop(t, id, operations, count, UserPtr::new(0))
}

/// semtimedop(2).
pub fn semtimedop(
    t: &mut Task,
    id: i32,
    operations: UserPtr<SemBuf>,
    count: u64,
    time: UserPtr<Timespec>,
) -> SysResult {
    let timeout = if time.is_null() { None } else { Some(time.read(t.space())?) };
    if count > OPERATIONS_MAX {
        return Err(Errno::E2BIG);
    }
    let operations: Vec<SemBuf> =
        (0..count).map(|i| operations.add(i)?.read(t.space())).collect::<Result<_, _>>()?;
    host::ipc::semop(id, &operations, timeout).map(|()| 0)
}

/// semctl(2). To set all values takes the right to read the set, too, which tells how many there
/// are.
pub fn semctl(t: &mut Task, id: i32, number: i32, command: i32, arg: u64) -> SysResult {
    let result = match command {
        ctl::STAT | sem::STAT | sem::STAT_ANY => {
            let (result, record) = host::ipc::sem_stat(id, command)?;
            UserPtr::<SemidDs>::new(arg).write(t.space(), &record)?;
            result
        }
        ctl::SET => {
            let record = UserPtr::<SemidDs>::new(arg).read(t.space())?;
            host::ipc::sem_set(id, record.perm)?;
            0
        }
        ctl::INFO | sem::INFO => {
            let (result, info) = host::ipc::sem_info(command)?;
            UserPtr::<SemInfo>::new(arg).write(t.space(), &info)?;
            result
        }
        sem::GETALL => {
            let mut values = vec![0; count_of(id)?];
            host::ipc::sem_values(id, &mut values)?;
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            UserSlice::new(arg, bytes.len() as u64).write_from(t.space(), &bytes)?;
            0
        }
        sem::SETALL => {
            let len = 2 * count_of(id)?;
            let bytes = UserSlice::new(arg, len as u64).read_to_vec(t.space(), len)?;
            let pairs = bytes.chunks_exact(2);
            let values: Vec<u16> =
                pairs.map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            host::ipc::sem_set_values(id, &values)?;
            0
        }
        ctl::RMID | sem::GETPID | sem::GETVAL | sem::GETNCNT | sem::GETZCNT | sem::SETVAL => {
            host::ipc::semctl(id, number, command, arg as i32)?
        }
        _ => return Err(Errno::EINVAL),
    };
    Ok(result as u64)
}

/// How many semaphores a set has.
fn count_of(id: i32) -> Result<usize, Errno> {
    Ok(host::ipc::sem_stat(id, ctl::STAT)?.1.nsems as usize)
}
