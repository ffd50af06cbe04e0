//! Memory: mmap(2) and relatives, in terms of [`mem::AddressSpace`].
//!
//! Nothing here tells the engine when code goes away: the address space does
//! ([`mem::AddressSpace::watch_code`]).

mod barrier;
mod keys;
mod numa;
mod remote;
mod shm;

pub use barrier::membarrier;
pub use keys::{map_shadow_stack, pkey_alloc, pkey_free, pkey_mprotect};
pub use numa::{get_mempolicy, mbind, set_mempolicy};
pub use remote::{process_madvise, process_mrelease, process_vm_readv, process_vm_writev};
pub use shm::{shmat, shmctl, shmdt, shmget};

use abi::Errno;
use abi::fs::o;
use abi::mm::{PROT_GROWSDOWN, PROT_GROWSUP, PROT_IGNORED, Prot, madv, map};
use mem::MappedFile;

use crate::Task;
use crate::syscall::SysResult;
use crate::syscall::arg::{Addr, Fd, MapFlags, OutBuf, ProtFlags};

/// mmap(2).
pub fn mmap(
    t: &mut Task,
    addr: u64,
    len: u64,
    prot: ProtFlags,
    flags: MapFlags,
    fd: Fd,
    offset: u64,
) -> SysResult {
    let flags = flags.0;
    if !offset.is_multiple_of(host::mm::PAGE_SIZE) {
        return Err(Errno::EINVAL);
    }
    let prot = Prot::from_bits_truncate(prot.0);
    if flags & map::ANONYMOUS != 0 {
        return t.space().mmap(addr, len, prot, flags, None);
    }
    let file = t.file(fd)?;
    let access = file.access()?;
    if access & o::PATH != 0 {
        return Err(Errno::EBADF);
    }
    let max_prot = match access {
        o::RDONLY => Prot::READ | Prot::EXEC,
        o::WRONLY => Prot::WRITE,
        _ => Prot::all(),
    };
    let stat = host::fs::fstat(file.host())?;
    let path = t.path_of(&file).unwrap_or_default();
    let mapped = MappedFile {
        fd: file.host(),
        offset,
        max_prot,
        dev: stat.dev,
        ino: stat.ino,
        path: String::from_utf8_lossy(&path).into(),
    };
    t.space().mmap(addr, len, prot, flags, Some(mapped))
}

/// munmap(2).
pub fn munmap(t: &mut Task, addr: u64, len: u64) -> SysResult {
    t.space().munmap(addr, len)?;
    Ok(0)
}

/// mprotect(2).
pub fn mprotect(t: &mut Task, addr: u64, len: u64, prot: ProtFlags) -> SysResult {
    let grows = prot.0 & (PROT_GROWSDOWN | PROT_GROWSUP);
    let bits = prot.0 & !(PROT_GROWSDOWN | PROT_GROWSUP | PROT_IGNORED);
    let prot = Prot::from_bits(bits).ok_or(Errno::EINVAL)?;
    // No mapping of ours grows up.
    if grows & PROT_GROWSUP != 0 {
        return Err(Errno::EINVAL);
    }
    t.space().mprotect(addr, len, prot, grows != 0)?;
    Ok(0)
}

/// mremap(2).
pub fn mremap(
    t: &mut Task,
    old: u64,
    old_len: u64,
    new_len: u64,
    flags: u32,
    new: u64,
) -> SysResult {
    t.space().mremap(old, old_len, new_len, flags, new)
}

/// brk(2): the kernel's form, which returns where the heap ends now.
pub fn brk(t: &mut Task, end: Addr) -> SysResult {
    Ok(t.space().brk(end.0))
}

/// remap_file_pages(2). Protections were never kept for single pages.
pub fn remap_file_pages(
    t: &mut Task,
    addr: u64,
    len: u64,
    prot: u64,
    page: u64,
    flags: MapFlags,
) -> SysResult {
    if prot != 0 {
        return Err(Errno::EINVAL);
    }
    t.space().remap_file_pages(addr, len, page, flags.0).map(|()| 0)
}

/// madvise(2).
pub fn madvise(t: &mut Task, addr: u64, len: u64, advice: i32) -> SysResult {
    // Poisoning pages is for the host's administrator; a guest's pages are not all ours.
    if matches!(advice, madv::HWPOISON | madv::SOFT_OFFLINE) {
        return Err(Errno::EPERM);
    }
    t.space().madvise(addr, len, advice)?;
    Ok(0)
}

/// msync(2).
pub fn msync(t: &mut Task, addr: u64, len: u64, flags: i32) -> SysResult {
    t.space().msync(addr, len, flags).map(|()| 0)
}

/// mincore(2).
pub fn mincore(t: &mut Task, addr: u64, len: u64, to: OutBuf) -> SysResult {
    t.space().mincore(addr, len, to.0).map(|()| 0)
}

/// mlock(2).
pub fn mlock(t: &mut Task, addr: u64, len: u64) -> SysResult {
    t.space().mlock(addr, len, 0).map(|()| 0)
}

/// mlock2(2).
pub fn mlock2(t: &mut Task, addr: u64, len: u64, flags: u32) -> SysResult {
    t.space().mlock(addr, len, flags).map(|()| 0)
}

/// munlock(2).
pub fn munlock(t: &mut Task, addr: u64, len: u64) -> SysResult {
    t.space().munlock(addr, len).map(|()| 0)
}

/// mlockall(2).
pub fn mlockall(t: &mut Task, flags: u32) -> SysResult {
    t.space().mlockall(flags).map(|()| 0)
}

/// mseal(2), which has no flags.
pub fn mseal(t: &mut Task, addr: u64, len: u64, flags: u64) -> SysResult {
    if flags != 0 {
        return Err(Errno::EINVAL);
    }
    t.space().mseal(addr, len).map(|()| 0)
}

/// munlockall(2).
pub fn munlockall(t: &mut Task) -> SysResult {
    t.space().munlockall().map(|()| 0)
}
