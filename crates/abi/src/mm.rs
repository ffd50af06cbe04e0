//! Memory: flags of mmap(2) and relatives (`asm-generic/mman.h`).

use bitflags::bitflags;

bitflags! {
    /// `PROT_*`: what may be done with a page.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct Prot: u32 {
        /// `PROT_READ`.
        const READ = 1;
        /// `PROT_WRITE`.
        const WRITE = 2;
        /// `PROT_EXEC`.
        const EXEC = 4;
    }
}

/// `PROT_GROWSDOWN` of mprotect(2).
pub const PROT_GROWSDOWN: u32 = 0x0100_0000;
/// `PROT_GROWSUP` of mprotect(2).
pub const PROT_GROWSUP: u32 = 0x0200_0000;
/// `PROT_SEM` and arm64's `PROT_BTI`, which change nothing here.
pub const PROT_IGNORED: u32 = 0x8 | 0x10;

/// `MAP_*`.
pub mod map {
    #![allow(missing_docs)]
    pub const SHARED: u32 = 1;
    pub const PRIVATE: u32 = 2;
    pub const SHARED_VALIDATE: u32 = 3;
    pub const TYPE: u32 = 0xf;
    pub const FIXED: u32 = 0x10;
    pub const ANONYMOUS: u32 = 0x20;
    pub const GROWSDOWN: u32 = 0x100;
    pub const DENYWRITE: u32 = 0x800;
    pub const EXECUTABLE: u32 = 0x1000;
    pub const LOCKED: u32 = 0x2000;
    pub const NORESERVE: u32 = 0x4000;
    pub const POPULATE: u32 = 0x8000;
    pub const NONBLOCK: u32 = 0x1_0000;
    pub const STACK: u32 = 0x2_0000;
    pub const HUGETLB: u32 = 0x4_0000;
    pub const SYNC: u32 = 0x8_0000;
    pub const FIXED_NOREPLACE: u32 = 0x10_0000;
    pub const UNINITIALIZED: u32 = 0x400_0000;

    /// What may accompany `SHARED_VALIDATE` whatever the file (`LEGACY_MAP_MASK` of `linux/mman.h`,
    /// whose huge page sizes take bits 26 to 30). `SYNC` is up to the file; `FIXED_NOREPLACE` was
    /// left out by Linux, which refuses it here.
    pub const VALIDATED: u32 = TYPE
        | FIXED
        | ANONYMOUS
        | DENYWRITE
        | EXECUTABLE
        | UNINITIALIZED
        | GROWSDOWN
        | LOCKED
        | NORESERVE
        | POPULATE
        | NONBLOCK
        | STACK
        | HUGETLB
        | 0x7c00_0000;
}

/// `MREMAP_*`.
pub mod mremap {
    #![allow(missing_docs)]
    pub const MAYMOVE: u32 = 1;
    pub const FIXED: u32 = 2;
    pub const DONTUNMAP: u32 = 4;
}

/// `MADV_*` that need a decision of ours or a translation; the host judges the others.
pub mod madv {
    #![allow(missing_docs)]
    pub const NORMAL: i32 = 0;
    pub const RANDOM: i32 = 1;
    pub const SEQUENTIAL: i32 = 2;
    pub const WILLNEED: i32 = 3;
    pub const DONTNEED: i32 = 4;
    pub const FREE: i32 = 8;
    pub const REMOVE: i32 = 9;
    pub const DONTFORK: i32 = 10;
    pub const DOFORK: i32 = 11;
    pub const MERGEABLE: i32 = 12;
    pub const UNMERGEABLE: i32 = 13;
    pub const HUGEPAGE: i32 = 14;
    pub const NOHUGEPAGE: i32 = 15;
    pub const DONTDUMP: i32 = 16;
    pub const DODUMP: i32 = 17;
    pub const WIPEONFORK: i32 = 18;
    pub const KEEPONFORK: i32 = 19;
    pub const POPULATE_READ: i32 = 22;
    pub const POPULATE_WRITE: i32 = 23;
    pub const DONTNEED_LOCKED: i32 = 24;
    pub const HWPOISON: i32 = 100;
    pub const SOFT_OFFLINE: i32 = 101;
    pub const GUARD_INSTALL: i32 = 102;
    pub const GUARD_REMOVE: i32 = 103;
}

/// `MCL_*` of mlockall(2).
pub mod mcl {
    #![allow(missing_docs)]
    pub const CURRENT: u32 = 1;
    pub const FUTURE: u32 = 2;
    pub const ONFAULT: u32 = 4;
}

/// `MLOCK_ONFAULT` of mlock2(2).
pub const MLOCK_ONFAULT: u32 = 1;

/// What pkey_mprotect(2) takes for no key at all.
pub const PKEY_NONE: i32 = -1;
/// The key of all memory that was given no other.
pub const PKEY_DEFAULT: i32 = 0;
/// `PKEY_DISABLE_*` of arm64: all kinds of access.
pub const PKEY_ACCESS_MASK: u64 = 0xf;

/// `MPOL_*` of get_mempolicy(2) and mbind(2) that need a decision of ours.
pub mod mempolicy {
    #![allow(missing_docs)]
    pub const DEFAULT: i32 = 0;
    pub const F_ADDR: u64 = 2;
}

/// `MEMBARRIER_CMD_*` of membarrier(2) that need a decision of ours; the host judges the others.
pub mod membarrier {
    #![allow(missing_docs)]
    pub const QUERY: i32 = 0;
    pub const PRIVATE_EXPEDITED_RSEQ: i32 = 1 << 7;
    pub const REGISTER_PRIVATE_EXPEDITED_RSEQ: i32 = 1 << 8;
    pub const GET_REGISTRATIONS: i32 = 1 << 9;
}

/// `MS_*` of msync(2).
pub mod ms {
    #![allow(missing_docs)]
    pub const ASYNC: i32 = 1;
    pub const INVALIDATE: i32 = 2;
    pub const SYNC: i32 = 4;
}
