//! What the macOS host does not serve yet, as data.
//!
//! A facility that only Linux has is refused there by its line in this table, never imitated half,
//! until a portable twin of it exists. The table is compiled on every host so that docs/macos.md,
//! which repeats it for users, is compared with it wherever the tests run.

use abi::Errno;

/// A facility that a host lacks.
#[derive(Clone, Copy, Debug)]
pub struct Missing {
    /// The call, or the part of one.
    pub name: &'static str,
    /// What its callers get.
    pub answer: Errno,
    /// What Linux users lose.
    pub loss: &'static str,
    /// Why.
    pub why: &'static str,
}

impl Missing {
    /// The answer, as the result of a call.
    pub fn refuse<T>(&self) -> Result<T, Errno> {
        Err(self.answer)
    }
}

macro_rules! missing {
    ($($id:ident = $name:literal, $answer:ident, $loss:literal, $why:literal;)*) => {
        $(
            #[doc = concat!($name, ": ", $why, ".")]
            pub const $id: Missing =
                Missing { name: $name, answer: Errno::$answer, loss: $loss, why: $why };
        )*

        /// All of them, in the order of docs/macos.md.
        pub const ALL: &[(&str, Missing)] = &[$((stringify!($id), $id)),*];
    };
}

missing! {
    GETDENTS = "getdents64", ENOSYS,
        "listing directories",
        "positions in a directory are of another kind";
    O_PATH = "open with O_PATH", ENOSYS,
        "descriptors that only name a file",
        "every descriptor is opened for an access";
    O_TMPFILE = "open with O_TMPFILE", EOPNOTSUPP,
        "files without a name; programs fall back to a name",
        "a file cannot be given a name later";
    RESOLVE = "openat2 with RESOLVE_*", ENOSYS,
        "confined path look-ups",
        "the kernel resolves paths in its own way only";
    LINK_EMPTY_PATH = "linkat with AT_EMPTY_PATH", ENOSYS,
        "naming an open file",
        "links are made from paths only";
    FALLOCATE = "fallocate", EOPNOTSUPP,
        "reserving space and punching holes; libraries write zeros instead",
        "reservations begin at the end of a file, and holes at its blocks";
    MEMFD = "memfd_create", ENOSYS,
        "anonymous files, synthetic files of `/proc`",
        "shared memory objects are not files";
    EVENTFD = "eventfd2", ENOSYS,
        "counters to wait for; programs fall back to a pipe",
        "the kernel has no like";
    EPOLL = "epoll_create1, epoll_ctl, epoll_pwait, epoll_pwait2", ENOSYS,
        "waiting for many descriptors; programs fall back to poll",
        "kqueue remembers other things about a descriptor";
    TIMERFD = "timerfd_create, timerfd_settime, timerfd_gettime", ENOSYS,
        "timers to wait for beside descriptors",
        "timers of kqueue cannot be read";
    SIGNALFD = "signalfd4", ENOSYS,
        "reading signals",
        "kqueue tells of a signal, but neither keeps nor takes it";
    INOTIFY = "inotify_init1, inotify_add_watch, inotify_rm_watch", ENOSYS,
        "being told of changes of files; programs look again and again",
        "kqueue needs every file open, and tells no names";
    SYSV_IPC = "semget, semop, semctl, msgget, msgsnd, msgrcv, msgctl", ENOSYS,
        "System V semaphores and message queues",
        "the kernel has them with other records and errors, which nothing converts yet";
    MQUEUE = "mq_open and relatives", ENOSYS,
        "POSIX message queues",
        "the kernel has no like";
    CAPABILITIES = "capget, capset", ENOSYS,
        "giving up parts of root's rights",
        "the kernel has no like";
    MACHINE = "adjtimex, clock_adjtime, settimeofday, syslog", ENOSYS,
        "steering the clock, reading the kernel's log",
        "the kernel has other means, for the administrator only";
    SOCKETS = "sockets", ENOSYS,
        "networking, and connections between processes",
        "the kernel has them with other addresses, options and flags, which nothing converts yet";
    FCNTL = "fcntl leases, seals, signals, pipe sizes, notification", ENOSYS,
        "leases, sealed files, F_SETSIG, F_SETPIPE_SZ, F_NOTIFY",
        "the kernel has no like";
    SAME_DESCRIPTION = "fcntl with F_DUPFD_QUERY", ENOSYS,
        "telling whether two descriptors are one open file",
        "the kernel has no like";
    RW_HINT = "fcntl with F_SET_RW_HINT", ENOSYS,
        "hints on the life of data",
        "the kernel has no like";
    OWNER_THREAD = "fcntl with F_OWNER_TID", ENOSYS,
        "SIGIO for one thread",
        "owners are processes or groups";
    SYNC_RANGE = "sync_file_range, syncfs", ENOSYS,
        "writing back a part, or one file system",
        "files are flushed whole, or all of them";
    UMOUNT_FLAGS = "umount2 with MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW", ENOSYS,
        "unmounting later",
        "the kernel has no like";
    SENDFILE = "sendfile", ENOSYS,
        "copies without a buffer; programs fall back to read and write",
        "the call of that name sends to sockets only";
    SPLICE = "splice, tee, vmsplice", ENOSYS,
        "moving data between pipes",
        "the kernel has no like";
    COPY_RANGE = "copy_file_range", ENOSYS,
        "copies without a buffer; programs fall back to read and write",
        "whole files are cloned, not ranges";
    CLONE_FILE = "FICLONE", EOPNOTSUPP,
        "copies that share their blocks; programs fall back to copying",
        "files are cloned to new names, not into open files";
    REQUESTS = "ioctl with FS_IOC_GETFLAGS, TCGETS2, BLKGETSIZE64 and their like", ENOTTY,
        "attributes of files, terminals' other forms, sizes of disks",
        "the kernel has other requests";
    RWF = "preadv2, pwritev2 with flags", EOPNOTSUPP,
        "RWF_DSYNC, RWF_APPEND, RWF_NOWAIT …",
        "the kernel has no like";
    PACKET_PIPE = "pipe2 with O_DIRECT", ENOSYS,
        "pipes that keep the borders of writes",
        "pipes are streams";
    POLL_MASK = "ppoll, pselect6 with a signal mask", ENOSYS,
        "waiting for descriptors and signals at once",
        "poll takes no mask";
    MREMAP = "mremap", ENOSYS,
        "growing and moving mappings; allocators copy instead",
        "the kernel has no like that keeps files mapped";
    MADVISE = "madvise with MADV_DONTNEED, MADV_REMOVE", ENOSYS,
        "giving memory back",
        "the advice of that name need not discard anything";
    MLOCK_ON_FAULT = "mlock2 with MLOCK_ONFAULT", ENOSYS,
        "locking pages when they are touched",
        "pages are locked at once";
    MEMBARRIER = "membarrier", ENOSYS,
        "barriers on behalf of other threads; programs fall back to barriers of their own",
        "the kernel has no like";
    MEMPOLICY = "mbind, set_mempolicy, get_mempolicy", ENOSYS,
        "placing memory on nodes",
        "machines have one node";
    REMAP_FILE = "remap_file_pages", ENOSYS,
        "pages of a file in another order; programs map them one by one",
        "the kernel has no like";
    VM_COPY = "process_vm_readv, process_vm_writev, process_madvise, process_mrelease", ENOSYS,
        "memory of other processes",
        "it takes a right to the process's task";
    SHM = "shmget, shmat, shmctl", ENOSYS,
        "System V shared memory; programs with a choice use POSIX's",
        "segments cannot be attached over a reservation";
    CACHESTAT = "cachestat", ENOSYS,
        "counting what is cached of a file",
        "the kernel does not tell";
    FUTEX = "futex", ENOSYS,
        "locks and condition variables between threads",
        "waiting on an address is new there, and in one process";
    SIGNALS = "SIGSTKFLT, SIGPWR, real-time signals", ENOSYS,
        "sending these signals",
        "signals end at 31";
    SIGQUEUE = "rt_sigqueueinfo, rt_tgsigqueueinfo", ENOSYS,
        "signals with a value",
        "signals carry none";
    SIGTIMEDWAIT = "rt_sigtimedwait", ENOSYS,
        "taking a pending signal with a timeout",
        "sigwait has neither timeout nor record";
    EXIT_SIGNAL = "clone with CLONE_PARENT, or with another signal than SIGCHLD", EINVAL,
        "children that end without SIGCHLD, and brothers for children",
        "the kernel has no like";
    CLONE_VM = "clone with CLONE_VM and CLONE_FILES, but not as a thread", EINVAL,
        "LeakSanitizer",
        "no two processes have one memory";
    UNSHARE_FS = "clone, unshare: a thread with its own directory and mask", EINVAL,
        "current directories and masks of new files for one thread",
        "the mask is the process's";
    TKILL = "tkill, tgkill for another thread", ENOSYS,
        "signals for one thread",
        "threads are known by address, within the process only";
    PIDFD = "pidfd_open, pidfd_send_signal, pidfd_getfd, waitid with P_PIDFD", ENOSYS,
        "processes as descriptors",
        "descriptors of processes do not exist";
    WAIT_NOTHREAD = "wait4, waitid with __WNOTHREAD", ENOSYS,
        "waiting for children of one thread",
        "children belong to the process";
    SETRESUID = "setresuid, setresgid", ENOSYS,
        "setting saved ids alone",
        "the kernel has no like";
    PRLIMIT = "prlimit of another process", ENOSYS,
        "looking at or changing its limits",
        "limits are the caller's own";
    RLIMITS = "RLIMIT_LOCKS, SIGPENDING, MSGQUEUE, NICE, RTPRIO, RTTIME", ENOSYS,
        "these limits",
        "the kernel does not limit these things";
    RUSAGE_THREAD = "getrusage with RUSAGE_THREAD", ENOSYS,
        "usage of one thread",
        "the kernel counts processes here";
    AFFINITY = "sched_getaffinity, sched_setaffinity", ENOSYS,
        "binding threads to processors",
        "the kernel decides alone";
    COMPARISON = "kcmp", ENOSYS,
        "whether two processes share a file, memory …",
        "the kernel has no like";
    SCHEDULER = "sched_setscheduler, sched_getparam and relatives", ENOSYS,
        "real-time policies",
        "policies belong to threads and are not Linux's";
    IOPRIO = "ioprio_set, ioprio_get", ENOSYS,
        "priorities of input and output",
        "policies are not Linux's";
    PRCTL = "prctl but PR_SET_NAME, PR_GET_NAME", ENOSYS,
        "death signals, subreapers, no_new_privs, timer slack …",
        "the kernel has no like";
    CPU_CLOCK_SLEEP = "clock_nanosleep on processor time", ENOSYS,
        "sleeping until a process has used its time",
        "the kernel sleeps by the wall clock";
    TIMERS = "timer_create and relatives", ENOSYS,
        "several timers a process, with signals of their own",
        "the kernel has no like";
    PTY_NUMBERS = "TIOCGPTN, TIOCGEXCL, TIOCGPTLCK, TIOCGPKT, TIOCGPTPEER", ENOSYS,
        "asking for a pseudo-terminal's number and state",
        "pseudo-terminals have names and no numbers";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// The table as Markdown.
    fn rendered() -> String {
        let mut text = String::from("| call | answer | what is lost | why |\n|---|---|---|---|\n");
        for (_, row) in ALL {
            let answer = row.answer.name().unwrap();
            text += &format!("| {} | {answer} | {} | {} |\n", row.name, row.loss, row.why);
        }
        text
    }

    #[test]
    fn the_page_for_users_has_the_table() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/macos.md");
        let text = fs::read_to_string(page).unwrap();
        let rows: String = text
            .lines()
            .filter(|line| line.starts_with('|'))
            .map(|row| format!("{row}\n"))
            .collect();
        assert_eq!(rows, rendered(), "the table in docs/macos.md should be:\n{}", rendered());
    }

    #[test]
    fn each_line_is_what_the_macos_host_refuses() {
        let read = |dir: &str| {
            let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(dir);
            let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
            files.map(|file| fs::read_to_string(file).unwrap()).collect::<String>()
        };
        let calls = read("macos");
        let sources = read("darwin") + &calls;
        for (id, row) in ALL {
            let forms = [format!("missing::{id}.refuse()"), format!("= {id};")];
            let refused = forms.iter().any(|form| sources.contains(form));
            assert!(refused, "{} is in the table, but nothing refuses it", row.name);
        }
        // The other way round: nothing is unsupported without a line.
        assert!(!calls.contains("ENOSYS"), "ENOSYS without a line in the table");
    }
}
