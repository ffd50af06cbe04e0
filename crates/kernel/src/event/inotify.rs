//! inotify(7).

use abi::Errno;
use abi::fs::{AT_FDCWD, o};

use crate::Task;
use crate::fs::{File, Last};
use crate::syscall::SysResult;
use crate::syscall::arg::{DirFd, Fd, Flags, OpenFlags, Path};

/// inotify_init1(2). Its flags are those of open(2).
pub fn inotify_init1(t: &mut Task, flags: OpenFlags) -> SysResult {
    if flags.0 & !(o::CLOEXEC | o::NONBLOCK) != 0 {
        return Err(Errno::EINVAL);
    }
    let file = File::inotify(host::event::inotify_init(flags.0)?);
    t.install(file, flags.0 & o::CLOEXEC != 0)
}

/// `IN_DONT_FOLLOW`: a final symbolic link is watched itself.
const DONT_FOLLOW: u32 = 0x0200_0000;

/// inotify_add_watch(2). The host checks the mask.
pub fn inotify_add_watch(t: &mut Task, fd: Fd, path: Path, mask: Flags) -> SysResult {
    let file = t.file(fd)?;
    let watch = if mask.0 & DONT_FOLLOW != 0 {
        let at = t.at(DirFd(AT_FDCWD), path, Last::NoFollow)?;
        host::event::inotify_add_watch(file.host(), &at.host_path()?, mask.0)
    } else {
        let at = t.at(DirFd(AT_FDCWD), path, Last::Follow)?;
        host::event::inotify_add_watch(file.host(), at.pin()?.path(), mask.0)
    };
    watch.map(|watch| watch as u64)
}

/// inotify_rm_watch(2).
pub fn inotify_rm_watch(t: &mut Task, fd: Fd, watch: i32) -> SysResult {
    let file = t.file(fd)?;
    host::event::inotify_rm_watch(file.host(), watch).map(|()| 0)
}
