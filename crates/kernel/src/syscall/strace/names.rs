//! Names of numbers and bits, by the parameter that takes them.
//!
//! Numbers are the kernel's (`include/uapi`), as on arm64; the order is that in which strace prints.

use std::fmt::{self, Write};

use abi::signal::{SigSet, Signal};

use super::show::{Names, Shown, bits, hexadecimal, name};

/// A number with a name: `function = "FAMILY": NAME number, …`.
macro_rules! numbers {
    ($($show:ident = $family:literal: $($name:ident $value:expr),+;)*) => {$(
        #[doc = concat!("Shows one of `", $family, "`.")]
        pub fn $show(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
            let value = u64::from(raw as u32);
            name(value, &[$(($value, stringify!($name))),+], $family, to)
        }
    )*};
}

/// Bits with names: `function = "FAMILY": NAME bit, …`.
macro_rules! flags {
    ($($show:ident = $family:literal: $($name:ident $value:expr),+;)*) => {$(
        #[doc = concat!("Shows a set of `", $family, "`.")]
        pub fn $show(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
            let value = u64::from(raw as u32);
            bits(value, &[$(($value, stringify!($name))),+], $family, to)
        }
    )*};
}

numbers! {
    whence = "SEEK_???": SEEK_SET 0, SEEK_CUR 1, SEEK_END 2, SEEK_DATA 3, SEEK_HOLE 4;
    clock = "CLOCK_???": CLOCK_REALTIME 0, CLOCK_MONOTONIC 1, CLOCK_PROCESS_CPUTIME_ID 2,
        CLOCK_THREAD_CPUTIME_ID 3, CLOCK_MONOTONIC_RAW 4, CLOCK_REALTIME_COARSE 5,
        CLOCK_MONOTONIC_COARSE 6, CLOCK_BOOTTIME 7, CLOCK_REALTIME_ALARM 8,
        CLOCK_BOOTTIME_ALARM 9, CLOCK_TAI 11;
    interval_timer = "ITIMER_???": ITIMER_REAL 0, ITIMER_VIRTUAL 1, ITIMER_PROF 2;
    mask_change = "SIG_???": SIG_BLOCK 0, SIG_UNBLOCK 1, SIG_SETMASK 2;
    wait_for = "P_???": P_ALL 0, P_PID 1, P_PGID 2, P_PIDFD 3;
    resource = "RLIMIT_???": RLIMIT_CPU 0, RLIMIT_FSIZE 1, RLIMIT_DATA 2, RLIMIT_STACK 3,
        RLIMIT_CORE 4, RLIMIT_RSS 5, RLIMIT_NPROC 6, RLIMIT_NOFILE 7, RLIMIT_MEMLOCK 8,
        RLIMIT_AS 9, RLIMIT_LOCKS 10, RLIMIT_SIGPENDING 11, RLIMIT_MSGQUEUE 12, RLIMIT_NICE 13,
        RLIMIT_RTPRIO 14, RLIMIT_RTTIME 15;
    usage_of = "RUSAGE_???": RUSAGE_SELF 0, RUSAGE_CHILDREN 0xffff_ffff, RUSAGE_THREAD 1;
    priority_of = "PRIO_???": PRIO_PROCESS 0, PRIO_PGRP 1, PRIO_USER 2;
    policy = "SCHED_???": SCHED_OTHER 0, SCHED_FIFO 1, SCHED_RR 2, SCHED_BATCH 3, SCHED_IDLE 5,
        SCHED_DEADLINE 6;
    io_priority_of = "IOPRIO_WHO_???": IOPRIO_WHO_PROCESS 1, IOPRIO_WHO_PGRP 2, IOPRIO_WHO_USER 3;
    memory_advice = "MADV_???": MADV_NORMAL 0, MADV_RANDOM 1, MADV_SEQUENTIAL 2, MADV_WILLNEED 3,
        MADV_DONTNEED 4, MADV_FREE 8, MADV_REMOVE 9, MADV_DONTFORK 10, MADV_DOFORK 11,
        MADV_MERGEABLE 12, MADV_UNMERGEABLE 13, MADV_HUGEPAGE 14, MADV_NOHUGEPAGE 15,
        MADV_DONTDUMP 16, MADV_DODUMP 17, MADV_WIPEONFORK 18, MADV_KEEPONFORK 19, MADV_COLD 20,
        MADV_PAGEOUT 21, MADV_POPULATE_READ 22, MADV_POPULATE_WRITE 23, MADV_DONTNEED_LOCKED 24,
        MADV_COLLAPSE 25, MADV_HWPOISON 100, MADV_SOFT_OFFLINE 101, MADV_GUARD_INSTALL 102,
        MADV_GUARD_REMOVE 103;
    shm_command = "SHM_???": IPC_RMID 0, IPC_SET 1, IPC_STAT 2, IPC_INFO 3, SHM_LOCK 11,
        SHM_UNLOCK 12, SHM_STAT 13, SHM_INFO 14, SHM_STAT_ANY 15;
    memory_policy = "MPOL_???": MPOL_DEFAULT 0, MPOL_PREFERRED 1, MPOL_BIND 2, MPOL_INTERLEAVE 3,
        MPOL_LOCAL 4, MPOL_PREFERRED_MANY 5, MPOL_WEIGHTED_INTERLEAVE 6;
    barrier = "MEMBARRIER_CMD_???": MEMBARRIER_CMD_QUERY 0, MEMBARRIER_CMD_GLOBAL 1,
        MEMBARRIER_CMD_GLOBAL_EXPEDITED 2, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED 4,
        MEMBARRIER_CMD_PRIVATE_EXPEDITED 8, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED 0x10,
        MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE 0x20,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE 0x40,
        MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ 0x80,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ 0x100,
        MEMBARRIER_CMD_GET_REGISTRATIONS 0x200;
    file_advice = "POSIX_FADV_???": POSIX_FADV_NORMAL 0, POSIX_FADV_RANDOM 1,
        POSIX_FADV_SEQUENTIAL 2, POSIX_FADV_WILLNEED 3, POSIX_FADV_DONTNEED 4,
        POSIX_FADV_NOREUSE 5;
    fcntl_command = "F_???": F_DUPFD 0, F_GETFD 1, F_SETFD 2, F_GETFL 3, F_SETFL 4, F_GETLK 5,
        F_SETLK 6, F_SETLKW 7, F_SETOWN 8, F_GETOWN 9, F_SETSIG 10, F_GETSIG 11, F_SETOWN_EX 15,
        F_GETOWN_EX 16, F_GETOWNER_UIDS 17, F_OFD_GETLK 36, F_OFD_SETLK 37, F_OFD_SETLKW 38,
        F_SETLEASE 1024, F_GETLEASE 1025, F_NOTIFY 1026, F_DUPFD_QUERY 1027,
        F_DUPFD_CLOEXEC 1030, F_SETPIPE_SZ 1031, F_GETPIPE_SZ 1032, F_ADD_SEALS 1033,
        F_GET_SEALS 1034, F_GET_RW_HINT 1035, F_SET_RW_HINT 1036, F_GET_FILE_RW_HINT 1037,
        F_SET_FILE_RW_HINT 1038;
    lock_type = "F_???": F_RDLCK 0, F_WRLCK 1, F_UNLCK 2;
    prctl_option = "PR_???": PR_SET_PDEATHSIG 1, PR_GET_PDEATHSIG 2, PR_GET_DUMPABLE 3,
        PR_SET_DUMPABLE 4, PR_GET_KEEPCAPS 7, PR_SET_KEEPCAPS 8, PR_GET_TIMING 13,
        PR_SET_TIMING 14, PR_SET_NAME 15, PR_GET_NAME 16, PR_GET_SECCOMP 21, PR_SET_SECCOMP 22,
        PR_CAPBSET_READ 23, PR_CAPBSET_DROP 24, PR_GET_SECUREBITS 27, PR_SET_SECUREBITS 28,
        PR_SET_TIMERSLACK 29, PR_GET_TIMERSLACK 30, PR_SET_MM 35, PR_SET_CHILD_SUBREAPER 36,
        PR_GET_CHILD_SUBREAPER 37, PR_SET_NO_NEW_PRIVS 38, PR_GET_NO_NEW_PRIVS 39,
        PR_GET_TID_ADDRESS 40, PR_SET_THP_DISABLE 41, PR_GET_THP_DISABLE 42, PR_CAP_AMBIENT 47,
        PR_SVE_SET_VL 50, PR_SVE_GET_VL 51, PR_GET_SPECULATION_CTRL 52,
        PR_SET_SPECULATION_CTRL 53, PR_PAC_RESET_KEYS 54, PR_SET_TAGGED_ADDR_CTRL 55,
        PR_GET_TAGGED_ADDR_CTRL 56, PR_SET_VMA 0x5356_4d41, PR_SET_PTRACER 0x5961_6d61;
    trace_request = "PTRACE_???": PTRACE_TRACEME 0, PTRACE_PEEKTEXT 1, PTRACE_PEEKDATA 2,
        PTRACE_POKETEXT 4, PTRACE_POKEDATA 5, PTRACE_CONT 7, PTRACE_KILL 8, PTRACE_SINGLESTEP 9,
        PTRACE_ATTACH 16, PTRACE_DETACH 17, PTRACE_SYSCALL 24, PTRACE_SETOPTIONS 0x4200,
        PTRACE_GETEVENTMSG 0x4201, PTRACE_GETSIGINFO 0x4202, PTRACE_SETSIGINFO 0x4203,
        PTRACE_GETREGSET 0x4204, PTRACE_SETREGSET 0x4205, PTRACE_SEIZE 0x4206,
        PTRACE_INTERRUPT 0x4207, PTRACE_LISTEN 0x4208, PTRACE_PEEKSIGINFO 0x4209,
        PTRACE_GETSIGMASK 0x420a, PTRACE_SETSIGMASK 0x420b, PTRACE_GET_SYSCALL_INFO 0x420e;
    futex_command = "FUTEX_???": FUTEX_WAIT 0, FUTEX_WAKE 1, FUTEX_FD 2, FUTEX_REQUEUE 3,
        FUTEX_CMP_REQUEUE 4, FUTEX_WAKE_OP 5, FUTEX_LOCK_PI 6, FUTEX_UNLOCK_PI 7,
        FUTEX_TRYLOCK_PI 8, FUTEX_WAIT_BITSET 9, FUTEX_WAKE_BITSET 10, FUTEX_WAIT_REQUEUE_PI 11,
        FUTEX_CMP_REQUEUE_PI 12, FUTEX_LOCK_PI2 13;
    epoll_operation = "EPOLL_CTL_???": EPOLL_CTL_ADD 1, EPOLL_CTL_DEL 2, EPOLL_CTL_MOD 3;
    socket_domain = "AF_???": AF_UNSPEC 0, AF_UNIX 1, AF_INET 2, AF_INET6 10, AF_NETLINK 16,
        AF_PACKET 17;
    socket_kind = "SOCK_???": SOCK_STREAM 1, SOCK_DGRAM 2, SOCK_RAW 3, SOCK_RDM 4,
        SOCK_SEQPACKET 5, SOCK_PACKET 10;
    socket_level = "SOL_???": SOL_IP 0, SOL_SOCKET 1, SOL_TCP 6, SOL_UDP 17, SOL_IPV6 41;
    socket_level_option = "SO_???": SO_DEBUG 1, SO_REUSEADDR 2, SO_TYPE 3, SO_ERROR 4,
        SO_DONTROUTE 5, SO_BROADCAST 6, SO_SNDBUF 7, SO_RCVBUF 8, SO_KEEPALIVE 9, SO_OOBINLINE 10,
        SO_PRIORITY 12, SO_LINGER 13, SO_REUSEPORT 15, SO_PASSCRED 16, SO_PEERCRED 17,
        SO_RCVLOWAT 18, SO_SNDLOWAT 19, SO_RCVTIMEO_OLD 20, SO_SNDTIMEO_OLD 21,
        SO_BINDTODEVICE 25, SO_TIMESTAMP_OLD 29, SO_ACCEPTCONN 30, SO_PEERSEC 31,
        SO_SNDBUFFORCE 32, SO_RCVBUFFORCE 33, SO_PROTOCOL 38, SO_DOMAIN 39;
    tcp_option = "TCP_???": TCP_NODELAY 1, TCP_MAXSEG 2, TCP_CORK 3, TCP_KEEPIDLE 4,
        TCP_KEEPINTVL 5, TCP_KEEPCNT 6, TCP_SYNCNT 7, TCP_LINGER2 8, TCP_DEFER_ACCEPT 9,
        TCP_WINDOW_CLAMP 10, TCP_INFO 11, TCP_QUICKACK 12, TCP_CONGESTION 13,
        TCP_USER_TIMEOUT 18, TCP_FASTOPEN 23;
    shutdown_how = "SHUT_???": SHUT_RD 0, SHUT_WR 1, SHUT_RDWR 2;
    si_code = "SI_???": SI_USER 0, SI_KERNEL 0x80, SI_QUEUE 0xffff_ffff, SI_TIMER 0xffff_fffe,
        SI_MESGQ 0xffff_fffd, SI_ASYNCIO 0xffff_fffc, SI_SIGIO 0xffff_fffb, SI_TKILL 0xffff_fffa;
    sigchld_code = "CLD_???": CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3, CLD_TRAPPED 4,
        CLD_STOPPED 5, CLD_CONTINUED 6;
    sigsegv_code = "SEGV_???": SEGV_MAPERR 1, SEGV_ACCERR 2;
    sigbus_code = "BUS_???": BUS_ADRALN 1, BUS_ADRERR 2, BUS_OBJERR 3;
    sigill_code = "ILL_???": ILL_ILLOPC 1, ILL_ILLOPN 2, ILL_ILLADR 3, ILL_ILLTRP 4,
        ILL_PRVOPC 5, ILL_PRVREG 6;
    sigtrap_code = "TRAP_???": TRAP_BRKPT 1, TRAP_TRACE 2, TRAP_BRANCH 3, TRAP_HWBKPT 4;
    sigfpe_code = "FPE_???": FPE_INTDIV 1, FPE_INTOVF 2, FPE_FLTDIV 3, FPE_FLTOVF 4, FPE_FLTUND 5,
        FPE_FLTRES 6, FPE_FLTINV 7, FPE_FLTSUB 8;
    file_system = "???_SUPER_MAGIC": EXT2_SUPER_MAGIC 0xef53, TMPFS_MAGIC 0x0102_1994,
        PROC_SUPER_MAGIC 0x9fa0, SYSFS_MAGIC 0x6265_6572, DEVPTS_SUPER_MAGIC 0x1cd1,
        OVERLAYFS_SUPER_MAGIC 0x794c_7630, BTRFS_SUPER_MAGIC 0x9123_683e,
        XFS_SUPER_MAGIC 0x5846_5342, PIPEFS_MAGIC 0x5049_5045, SOCKFS_MAGIC 0x534f_434b,
        CGROUP2_SUPER_MAGIC 0x6367_7270, NFS_SUPER_MAGIC 0x6969, FUSE_SUPER_MAGIC 0x6573_5546,
        V9FS_MAGIC 0x0102_1997, ANON_INODE_FS_MAGIC 0x0904_1934;
}

flags! {
    protection = "PROT_???": PROT_NONE 0, PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4, PROT_SEM 8,
        PROT_BTI 0x10, PROT_GROWSDOWN 0x100_0000, PROT_GROWSUP 0x200_0000;
    mapping = "MAP_???": MAP_FILE 0, MAP_SHARED_VALIDATE 3, MAP_SHARED 1, MAP_PRIVATE 2,
        MAP_FIXED 0x10, MAP_ANONYMOUS 0x20, MAP_POPULATE 0x8000, MAP_NONBLOCK 0x1_0000,
        MAP_GROWSDOWN 0x100, MAP_DENYWRITE 0x800, MAP_EXECUTABLE 0x1000, MAP_LOCKED 0x2000,
        MAP_NORESERVE 0x4000, MAP_STACK 0x2_0000, MAP_HUGETLB 0x4_0000, MAP_SYNC 0x8_0000,
        MAP_FIXED_NOREPLACE 0x10_0000;
    remapping = "MREMAP_???": MREMAP_MAYMOVE 1, MREMAP_FIXED 2, MREMAP_DONTUNMAP 4;
    synchronising = "MS_???": MS_ASYNC 1, MS_INVALIDATE 2, MS_SYNC 4;
    locking = "MCL_???": MCL_CURRENT 1, MCL_FUTURE 2, MCL_ONFAULT 4;
    lock_pages = "MLOCK_???": MLOCK_ONFAULT 1;
    shm_flags = "SHM_???": SHM_RDONLY 0o10000, SHM_RND 0o20000, SHM_REMAP 0o40000,
        SHM_EXEC 0o100000;
    key_access = "PKEY_???": PKEY_DISABLE_ACCESS 1, PKEY_DISABLE_WRITE 2, PKEY_DISABLE_EXECUTE 4,
        PKEY_DISABLE_READ 8;
    path_flags = "AT_???": AT_STATX_FORCE_SYNC 0x2000, AT_STATX_DONT_SYNC 0x4000,
        AT_SYMLINK_NOFOLLOW 0x100, AT_SYMLINK_FOLLOW 0x400, AT_NO_AUTOMOUNT 0x800,
        AT_EMPTY_PATH 0x1000;
    unlink_flags = "AT_???": AT_REMOVEDIR 0x200;
    access_flags = "AT_???": AT_EACCESS 0x200, AT_SYMLINK_NOFOLLOW 0x100, AT_EMPTY_PATH 0x1000;
    access_mode = "?_OK": F_OK 0, R_OK 4, W_OK 2, X_OK 1;
    statx_mask = "STATX_???": STATX_ALL 0xfff, STATX_BASIC_STATS 0x7ff, STATX_TYPE 1, STATX_MODE 2,
        STATX_NLINK 4, STATX_UID 8, STATX_GID 0x10, STATX_ATIME 0x20, STATX_MTIME 0x40,
        STATX_CTIME 0x80, STATX_INO 0x100, STATX_SIZE 0x200, STATX_BLOCKS 0x400,
        STATX_BTIME 0x800, STATX_MNT_ID 0x1000, STATX_DIOALIGN 0x2000;
    statx_attributes = "STATX_ATTR_???": STATX_ATTR_COMPRESSED 4, STATX_ATTR_IMMUTABLE 0x10,
        STATX_ATTR_APPEND 0x20, STATX_ATTR_NODUMP 0x40, STATX_ATTR_ENCRYPTED 0x800,
        STATX_ATTR_AUTOMOUNT 0x1000, STATX_ATTR_MOUNT_ROOT 0x2000, STATX_ATTR_VERITY 0x10_0000,
        STATX_ATTR_DAX 0x20_0000;
    mount_flags = "ST_???": ST_VALID 0x20, ST_RDONLY 1, ST_NOSUID 2, ST_NODEV 4, ST_NOEXEC 8,
        ST_SYNCHRONOUS 0x10, ST_MANDLOCK 0x40, ST_NOATIME 0x400, ST_NODIRATIME 0x800,
        ST_RELATIME 0x1000, ST_NOSYMFOLLOW 0x2000;
    rename_flags = "RENAME_???": RENAME_NOREPLACE 1, RENAME_EXCHANGE 2, RENAME_WHITEOUT 4;
    umount_flags = "MNT_???": MNT_FORCE 1, MNT_DETACH 2, MNT_EXPIRE 4, UMOUNT_NOFOLLOW 8;
    memfd_flags = "MFD_???": MFD_CLOEXEC 1, MFD_ALLOW_SEALING 2, MFD_HUGETLB 4,
        MFD_NOEXEC_SEAL 8, MFD_EXEC 0x10;
    descriptor_flags = "O_???": O_NONBLOCK 0o4000, O_DIRECT 0x1_0000, O_CLOEXEC 0o2000000;
    close_on_exec = "FD_???": FD_CLOEXEC 1;
    socket_flags = "SOCK_???": SOCK_CLOEXEC 0o2000000, SOCK_NONBLOCK 0o4000;
    message_flags = "MSG_???": MSG_OOB 1, MSG_PEEK 2, MSG_DONTROUTE 4, MSG_CTRUNC 8,
        MSG_TRUNC 0x20, MSG_DONTWAIT 0x40, MSG_EOR 0x80, MSG_WAITALL 0x100, MSG_NOSIGNAL 0x4000,
        MSG_ERRQUEUE 0x2000, MSG_MORE 0x8000, MSG_WAITFORONE 0x1_0000, MSG_CMSG_CLOEXEC 0x4000_0000;
    signalfd_flags = "SFD_???": SFD_CLOEXEC 0o2000000, SFD_NONBLOCK 0o4000;
    inotify_flags = "IN_???": IN_CLOEXEC 0o2000000, IN_NONBLOCK 0o4000;
    inotify_events = "IN_???": IN_ACCESS 1, IN_MODIFY 2, IN_ATTRIB 4, IN_CLOSE_WRITE 8,
        IN_CLOSE_NOWRITE 0x10, IN_OPEN 0x20, IN_MOVED_FROM 0x40, IN_MOVED_TO 0x80,
        IN_CREATE 0x100, IN_DELETE 0x200, IN_DELETE_SELF 0x400, IN_MOVE_SELF 0x800,
        IN_ONLYDIR 0x100_0000, IN_DONT_FOLLOW 0x200_0000, IN_EXCL_UNLINK 0x400_0000,
        IN_MASK_CREATE 0x1000_0000, IN_MASK_ADD 0x2000_0000, IN_ONESHOT 0x8000_0000;
    eventfd_flags = "EFD_???": EFD_SEMAPHORE 1, EFD_CLOEXEC 0o2000000, EFD_NONBLOCK 0o4000;
    epoll_flags = "EPOLL_???": EPOLL_CLOEXEC 0o2000000;
    epoll_conditions = "EPOLL???": EPOLLIN 1, EPOLLPRI 2, EPOLLOUT 4, EPOLLRDNORM 0x40,
        EPOLLRDBAND 0x80, EPOLLWRNORM 0x100, EPOLLWRBAND 0x200, EPOLLMSG 0x400, EPOLLERR 8,
        EPOLLHUP 0x10, EPOLLRDHUP 0x2000, EPOLLEXCLUSIVE 0x1000_0000, EPOLLWAKEUP 0x2000_0000,
        EPOLLONESHOT 0x4000_0000, EPOLLET 0x8000_0000;
    timerfd_flags = "TFD_???": TFD_CLOEXEC 0o2000000, TFD_NONBLOCK 0o4000;
    timerfd_settime_flags = "TFD_???": TFD_TIMER_ABSTIME 1, TFD_TIMER_CANCEL_ON_SET 2;
    closing_flags = "CLOSE_RANGE_???": CLOSE_RANGE_UNSHARE 2, CLOSE_RANGE_CLOEXEC 4;
    flock_operation = "LOCK_???": LOCK_SH 1, LOCK_EX 2, LOCK_UN 8, LOCK_NB 4;
    fallocate_mode = "FALLOC_FL_???": FALLOC_FL_KEEP_SIZE 1, FALLOC_FL_PUNCH_HOLE 2,
        FALLOC_FL_NO_HIDE_STALE 4, FALLOC_FL_COLLAPSE_RANGE 8, FALLOC_FL_ZERO_RANGE 0x10,
        FALLOC_FL_INSERT_RANGE 0x20, FALLOC_FL_UNSHARE_RANGE 0x40;
    sync_range_flags = "SYNC_FILE_RANGE_???": SYNC_FILE_RANGE_WAIT_BEFORE 1,
        SYNC_FILE_RANGE_WRITE 2, SYNC_FILE_RANGE_WAIT_AFTER 4;
    splice_flags = "SPLICE_F_???": SPLICE_F_MOVE 1, SPLICE_F_NONBLOCK 2, SPLICE_F_MORE 4,
        SPLICE_F_GIFT 8;
    transfer_flags = "RWF_???": RWF_HIPRI 1, RWF_DSYNC 2, RWF_SYNC 4, RWF_NOWAIT 8, RWF_APPEND 0x10;
    xattr_flags = "XATTR_???": XATTR_CREATE 1, XATTR_REPLACE 2;
    random_flags = "GRND_???": GRND_NONBLOCK 1, GRND_RANDOM 2, GRND_INSECURE 4;
    clock_flags = "TIMER_???": TIMER_ABSTIME 1;
    wait_options = "W???": WNOHANG 1, WSTOPPED 2, WEXITED 4, WCONTINUED 8, WNOWAIT 0x100_0000,
        __WNOTHREAD 0x2000_0000, __WALL 0x4000_0000, __WCLONE 0x8000_0000;
    action_flags = "SA_???": SA_RESTORER 0x400_0000, SA_ONSTACK 0x800_0000, SA_RESTART 0x1000_0000,
        SA_NODEFER 0x4000_0000, SA_RESETHAND 0x8000_0000, SA_SIGINFO 4, SA_NOCLDSTOP 1,
        SA_NOCLDWAIT 2, SA_UNSUPPORTED 0x400, SA_EXPOSE_TAGBITS 0x800;
    stack_flags = "SS_???": SS_AUTODISARM 0x8000_0000, SS_ONSTACK 1, SS_DISABLE 2;
    poll_events = "POLL???": POLLIN 1, POLLPRI 2, POLLOUT 4, POLLRDNORM 0x40, POLLRDBAND 0x80,
        POLLWRNORM 0x100, POLLWRBAND 0x200, POLLMSG 0x400, POLLERR 8, POLLHUP 0x10, POLLNVAL 0x20,
        POLLRDHUP 0x2000;
    resolve_flags = "RESOLVE_???": RESOLVE_NO_XDEV 1, RESOLVE_NO_MAGICLINKS 2,
        RESOLVE_NO_SYMLINKS 4, RESOLVE_BENEATH 8, RESOLVE_IN_ROOT 0x10, RESOLVE_CACHED 0x20;
    clone_bits = "CLONE_???": CLONE_VM 0x100, CLONE_FS 0x200, CLONE_FILES 0x400,
        CLONE_SIGHAND 0x800, CLONE_PIDFD 0x1000, CLONE_PTRACE 0x2000, CLONE_VFORK 0x4000,
        CLONE_PARENT 0x8000, CLONE_THREAD 0x1_0000, CLONE_NEWNS 0x2_0000, CLONE_SYSVSEM 0x4_0000,
        CLONE_SETTLS 0x8_0000, CLONE_PARENT_SETTID 0x10_0000, CLONE_CHILD_CLEARTID 0x20_0000,
        CLONE_DETACHED 0x40_0000, CLONE_UNTRACED 0x80_0000, CLONE_CHILD_SETTID 0x100_0000,
        CLONE_NEWCGROUP 0x200_0000, CLONE_NEWUTS 0x400_0000, CLONE_NEWIPC 0x800_0000,
        CLONE_NEWUSER 0x1000_0000, CLONE_NEWPID 0x2000_0000, CLONE_NEWNET 0x4000_0000,
        CLONE_IO 0x8000_0000;
    open_flags_besides_access = "O_???": O_CREAT 0o100, O_EXCL 0o200, O_NOCTTY 0o400,
        O_TRUNC 0o1000, O_APPEND 0o2000, O_NONBLOCK 0o4000, O_SYNC 0o4010000, O_DSYNC 0o10000,
        O_ASYNC 0o20000, O_DIRECT 0x1_0000, O_LARGEFILE 0x2_0000, O_NOFOLLOW 0x8000,
        O_NOATIME 0o1000000, O_CLOEXEC 0o2000000, O_PATH 0o10000000, O_TMPFILE 0o20040000,
        O_DIRECTORY 0x4000;
}

/// Shows open(2) flags, in arm64's numbers.
pub fn open_flags(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let flags = raw & 0xffff_ffff;
    to.write_str(["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"][(flags & 3) as usize])?;
    if flags & !3 == 0 {
        return Ok(());
    }
    to.write_str("|")?;
    open_flags_besides_access(flags & !3, to)
}

/// Shows a signal's number.
pub fn signal(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    match Signal::new(raw as u32) {
        Some(signal) => write!(to, "{}", signal_name(signal)),
        None => write!(to, "{}", raw as i32),
    }
}

/// As strace has it: real-time signals count from the first that programs may use.
pub fn signal_name(signal: Signal) -> String {
    match signal.number() {
        32 => "SIGRTMIN".into(),
        n @ 33.. => format!("SIGRT_{}", n - 32),
        _ => signal.to_string(),
    }
}

/// Shows a set of signals, or what it lacks if that is less.
pub fn show_signal_set(set: SigSet, to: &mut Shown<'_>) -> fmt::Result {
    let more_than_half = set.0.count_ones() > 42;
    let members = if more_than_half { SigSet(!set.0) } else { set };
    to.write_str(if more_than_half { "~[" } else { "[" })?;
    let mut separator = "";
    for signal in (1..=64).filter_map(Signal::new).filter(|&signal| members.contains(signal)) {
        let name = signal_name(signal);
        write!(to, "{separator}{}", name.strip_prefix("SIG").unwrap_or(&name))?;
        separator = " ";
    }
    to.write_str("]")
}

/// Requests of ioctl(2).
const IOCTLS: Names = &[
    (0x5401, "TCGETS"),
    (0x5402, "TCSETS"),
    (0x5403, "TCSETSW"),
    (0x5404, "TCSETSF"),
    (0x5409, "TCSBRK"),
    (0x540a, "TCXONC"),
    (0x540b, "TCFLSH"),
    (0x540c, "TIOCEXCL"),
    (0x540d, "TIOCNXCL"),
    (0x540e, "TIOCSCTTY"),
    (0x540f, "TIOCGPGRP"),
    (0x5410, "TIOCSPGRP"),
    (0x5411, "TIOCOUTQ"),
    (0x5412, "TIOCSTI"),
    (0x5413, "TIOCGWINSZ"),
    (0x5414, "TIOCSWINSZ"),
    (0x541b, "FIONREAD"),
    (0x5420, "TIOCPKT"),
    (0x5421, "FIONBIO"),
    (0x5422, "TIOCNOTTY"),
    (0x5423, "TIOCSETD"),
    (0x5424, "TIOCGETD"),
    (0x5425, "TCSBRKP"),
    (0x5429, "TIOCGSID"),
    (0x5450, "FIONCLEX"),
    (0x5451, "FIOCLEX"),
    (0x5452, "FIOASYNC"),
    (0x8004_5430, "TIOCGPTN"),
    (0x4004_5431, "TIOCSPTLCK"),
    (0x8004_5438, "TIOCGPKT"),
    (0x8004_5439, "TIOCGPTLCK"),
    (0x5441, "TIOCGPTPEER"),
    (0x8004_5440, "TIOCGEXCL"),
    (0x4004_9409, "FICLONE"),
];

/// Shows an ioctl(2) request by name, or by what its bits say (`asm-generic/ioctl.h`).
pub fn ioctl_name(raw: u64, to: &mut Shown<'_>) -> fmt::Result {
    let request = raw as u32;
    if let Some((_, name)) = IOCTLS.iter().find(|(number, _)| *number == u64::from(request)) {
        return to.write_str(name);
    }
    if let Some(known) = abi::request::find(request) {
        return to.write_str(known.name);
    }
    let direction = match request >> 30 {
        0 => "_IOC_NONE",
        1 => "_IOC_WRITE",
        2 => "_IOC_READ",
        _ => "_IOC_READ|_IOC_WRITE",
    };
    write!(to, "_IOC({direction}, ")?;
    for (part, end) in
        [(request >> 8 & 0xff, ", "), (request & 0xff, ", "), (request >> 16 & 0x3fff, ")")]
    {
        hexadecimal(part.into(), to)?;
        to.write_str(end)?;
    }
    Ok(())
}
