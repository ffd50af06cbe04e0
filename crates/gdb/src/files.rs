//! The guest's files for gdb, which reads programs and libraries through the stub (`set sysroot target:`, its default).

use std::ffi::CString;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};

use abi::Errno;
use gdbstub::target::ext::host_io::{
    FsKind, HostIo, HostIoClose, HostIoCloseOps, HostIoErrno, HostIoError, HostIoFstat,
    HostIoFstatOps, HostIoOpen, HostIoOpenFlags, HostIoOpenMode, HostIoOpenOps, HostIoPread,
    HostIoPreadOps, HostIoReadlink, HostIoReadlinkOps, HostIoResult, HostIoSetfs, HostIoSetfsOps,
    HostIoStat,
};

use crate::Target;

/// How many files gdb may have open.
const LIMIT: u32 = 256;

impl HostIo for Target {
    fn support_open(&mut self) -> Option<HostIoOpenOps<'_, Self>> {
        Some(self)
    }

    fn support_close(&mut self) -> Option<HostIoCloseOps<'_, Self>> {
        Some(self)
    }

    fn support_pread(&mut self) -> Option<HostIoPreadOps<'_, Self>> {
        Some(self)
    }

    fn support_fstat(&mut self) -> Option<HostIoFstatOps<'_, Self>> {
        Some(self)
    }

    fn support_readlink(&mut self) -> Option<HostIoReadlinkOps<'_, Self>> {
        Some(self)
    }

    fn support_setfs(&mut self) -> Option<HostIoSetfsOps<'_, Self>> {
        Some(self)
    }
}

/// An errno in the numbers of gdb's file-I/O protocol.
fn failed<E>(errno: Errno) -> HostIoError<E> {
    HostIoError::Errno(match errno {
        Errno::EPERM => HostIoErrno::EPERM,
        Errno::ENOENT => HostIoErrno::ENOENT,
        Errno::EBUSY => HostIoErrno::EBUSY,
        Errno::EACCES => HostIoErrno::EACCES,
        Errno::EBADF => HostIoErrno::EBADF,
        Errno::ENOTDIR => HostIoErrno::ENOTDIR,
        Errno::EISDIR => HostIoErrno::EISDIR,
        Errno::EINVAL => HostIoErrno::EINVAL,
        Errno::ENFILE => HostIoErrno::ENFILE,
        Errno::EMFILE => HostIoErrno::EMFILE,
        Errno::EROFS => HostIoErrno::EROFS,
        Errno::ENAMETOOLONG => HostIoErrno::ENAMETOOLONG,
        _ => HostIoErrno::EUNKNOWN,
    })
}

impl Target {
    fn file(&self, fd: u32) -> HostIoResult<&File, Self> {
        self.files.get(&fd).ok_or_else(|| failed(Errno::EBADF))
    }
}

impl HostIoOpen for Target {
    fn open(
        &mut self,
        filename: &[u8],
        flags: HostIoOpenFlags,
        _: HostIoOpenMode,
    ) -> HostIoResult<u32, Self> {
        if flags.intersects(HostIoOpenFlags::O_WRONLY | HostIoOpenFlags::O_RDWR) {
            return Err(failed(Errno::EROFS));
        }
        let path = CString::new(filename).map_err(|_| failed(Errno::EINVAL))?;
        let file = self.control.open(path).map_err(failed)?;
        let free = (0..LIMIT).find(|fd| !self.files.contains_key(fd));
        let fd = free.ok_or_else(|| failed(Errno::EMFILE))?;
        self.files.insert(fd, file.into());
        Ok(fd)
    }
}

impl HostIoClose for Target {
    fn close(&mut self, fd: u32) -> HostIoResult<(), Self> {
        self.files.remove(&fd).map(drop).ok_or_else(|| failed(Errno::EBADF))
    }
}

impl HostIoPread for Target {
    fn pread(
        &mut self,
        fd: u32,
        count: usize,
        offset: u64,
        buf: &mut [u8],
    ) -> HostIoResult<usize, Self> {
        let len = count.min(buf.len());
        Ok(self.file(fd)?.read_at(&mut buf[..len], offset)?)
    }
}

impl HostIoFstat for Target {
    fn fstat(&mut self, fd: u32) -> HostIoResult<HostIoStat, Self> {
        let found = self.file(fd)?.metadata()?;
        Ok(HostIoStat {
            st_dev: found.dev() as u32,
            st_ino: found.ino() as u32,
            st_mode: HostIoOpenMode::from_bits_retain(found.mode()),
            st_nlink: found.nlink() as u32,
            st_uid: found.uid(),
            st_gid: found.gid(),
            st_rdev: found.rdev() as u32,
            st_size: found.size(),
            st_blksize: found.blksize(),
            st_blocks: found.blocks(),
            st_atime: found.atime() as u32,
            st_mtime: found.mtime() as u32,
            st_ctime: found.ctime() as u32,
        })
    }
}

impl HostIoReadlink for Target {
    fn readlink(&mut self, filename: &[u8], buf: &mut [u8]) -> HostIoResult<usize, Self> {
        let path = CString::new(filename).map_err(|_| failed(Errno::EINVAL))?;
        let target = self.control.read_link(path).map_err(failed)?;
        let room = buf.get_mut(..target.len()).ok_or_else(|| failed(Errno::ENAMETOOLONG))?;
        room.copy_from_slice(&target);
        Ok(target.len())
    }
}

impl HostIoSetfs for Target {
    /// There is one file system: the guest's.
    fn setfs(&mut self, _: FsKind) -> HostIoResult<(), Self> {
        Ok(())
    }
}
