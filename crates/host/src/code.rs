//! Memory for generated code, and for what it looks up. Code is written through one mapping and
//! executed through another, so that no page is ever both writable and executable.
//!
//! The executable side is one contiguous reservation, because code reaches code and data beside
//! it with 32-bit displacements. It is backed piece by piece by shared memory. After `fork` both
//! processes share what had been backed: the child must write only to pieces that it adds itself.
//!
//! Rejected: switching one mapping between writable and executable (two system calls for each
//! translation, and other threads fault meanwhile).

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::Arc;

use abi::Errno;

use crate::mm::PAGE_SIZE;
use crate::process::last_errno;

/// A reservation for code, with private data in front of it.
#[derive(Debug)]
pub struct CodeMemory {
    base: NonNull<u8>,
    data: usize,
    size: usize,
}

// SAFETY: it is a range of addresses; who writes to it does so through atomics or a `CodeWindow`.
unsafe impl Send for CodeMemory {}
// SAFETY: as for `Send`.
unsafe impl Sync for CodeMemory {}

impl CodeMemory {
    /// Reserves `data` bytes, zero, readable, writable and copied on `fork`; and `code` bytes behind
    /// them that become accessible with [`Self::back`]. Both are multiples of the page size.
    ///
    /// Errors: `ENOMEM`.
    pub fn reserve(data: usize, code: usize) -> Result<Self, Errno> {
        let size = data + code;
        let base = map_anonymous(size, libc::PROT_NONE, PRIVATE)?;
        let memory = Self { base, data, size };
        // SAFETY: the first part of our own mapping.
        let failed = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            libc::mprotect(memory.base.as_ptr().cast(), data, access) != 0
        };
        if failed { Err(last_errno()) } else { Ok(memory) }
    }

    /// The address of the data; the code begins [`Self::data_size`] bytes further on.
    pub fn base(&self) -> usize {
        self.base.as_ptr() as usize
    }

    /// The number of bytes of data.
    pub fn data_size(&self) -> usize {
        self.data
    }

    /// The number of bytes of code.
    pub fn code_size(&self) -> usize {
        self.size - self.data
    }

    /// Gives `len` bytes of the code, `offset` bytes from its beginning, fresh memory, and returns the
    /// way to write it. What was there before is gone.
    ///
    /// Errors: those of mmap(2); `ENOSYS` on macOS.
    ///
    /// # Panics
    /// If the range is not inside the code.
    pub fn back(&self, offset: usize, len: usize) -> Result<CodeWindow, Errno> {
        assert!(offset + len <= self.code_size(), "a piece of the reservation");
        let at = self.base.as_ptr().wrapping_add(self.data + offset);
        let view = map_anonymous(len, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED)?;
        let mut window = CodeWindow { view, len, is_inherited: true };
        map_again(view.as_ptr(), len, at)?;
        window.is_inherited = !advise(view.as_ptr(), len, Advice::DontFork);
        Ok(window)
    }

    /// Gives `len` bytes of the code, `offset` bytes from its beginning, zeroed memory that is copied on
    /// `fork` and can be read and written, not executed: data of the code behind it.
    ///
    /// Errors: those of mmap(2).
    ///
    /// # Panics
    /// If the range is not inside the code.
    pub fn back_data(&self, offset: usize, len: usize) -> Result<(), Errno> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        self.place(offset, len, access, libc::MAP_ANON, -1)
    }

    /// Shows the first `len` bytes of `file` in the code, `offset` bytes from its beginning, to be read
    /// and executed. Behind the file's end there are zeros up to the end of the page, and then nothing.
    ///
    /// Errors: those of mmap(2); `EPERM` if the file system is mounted `noexec`.
    ///
    /// # Panics
    /// If the range is not inside the code.
    pub fn back_file(&self, offset: usize, len: usize, file: BorrowedFd<'_>) -> Result<(), Errno> {
        let access = libc::PROT_READ | libc::PROT_EXEC;
        self.place(offset, len, access, POPULATE, file.as_raw_fd())
    }

    /// Takes back what the code has been given from `offset` on.
    ///
    /// # Panics
    /// If that is not inside the code.
    pub fn take_back(&self, offset: usize) -> Result<(), Errno> {
        let len = self.code_size() - offset;
        self.place(offset, len, libc::PROT_NONE, libc::MAP_ANON | libc::MAP_NORESERVE, -1)
    }

    fn place(
        &self,
        offset: usize,
        len: usize,
        access: i32,
        flags: i32,
        fd: i32,
    ) -> Result<(), Errno> {
        assert!(offset + len <= self.code_size(), "a piece of the reservation");
        let at = self.base.as_ptr().wrapping_add(self.data + offset);
        let flags = flags | libc::MAP_PRIVATE | libc::MAP_FIXED;
        // SAFETY: in place of a part of our own reservation.
        let result = unsafe { libc::mmap(at.cast(), len, access, flags, fd, 0) };
        if result == libc::MAP_FAILED { Err(last_errno()) } else { Ok(()) }
    }
}

const PRIVATE: i32 = libc::MAP_PRIVATE | libc::MAP_NORESERVE;

/// Fresh memory at an address of the host's choice.
fn map_anonymous(len: usize, access: i32, flags: i32) -> Result<NonNull<u8>, Errno> {
    let flags = flags | libc::MAP_ANON;
    // SAFETY: replaces nothing that is mapped.
    let base = unsafe { libc::mmap(std::ptr::null_mut(), len, access, flags, -1, 0) };
    if base == libc::MAP_FAILED {
        return Err(last_errno());
    }
    Ok(NonNull::new(base.cast()).expect("the host never maps address zero"))
}

/// Pages of a file that are in memory are mapped at once: most of them are used, and a fault for each
/// costs more.
#[cfg(target_os = "linux")]
const POPULATE: i32 = libc::MAP_POPULATE;
#[cfg(not(target_os = "linux"))]
const POPULATE: i32 = 0;

/// Maps the shared memory at `view` a second time, executable, in place of a part of our own reservation.
///
/// Not by a memory file: enlarging one is subject to RLIMIT_FSIZE, which a guest may have lowered.
#[cfg(target_os = "linux")]
fn map_again(view: *mut u8, len: usize, at: *mut u8) -> Result<(), Errno> {
    // SAFETY: an old size of zero leaves the shared mapping and makes another of it (mremap(2)), at
    // an address of ours, whose access is then changed.
    unsafe {
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        if libc::mremap(view.cast(), 0, len, flags, at) == libc::MAP_FAILED
            || libc::mprotect(at.cast(), len, libc::PROT_READ | libc::PROT_EXEC) != 0
        {
            return Err(last_errno());
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn map_again(_: *mut u8, _: usize, _: *mut u8) -> Result<(), Errno> {
    Err(Errno::ENOSYS)
}

impl Drop for CodeMemory {
    fn drop(&mut self) {
        // SAFETY: the whole mapping of `reserve`; the owner runs none of it any more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.size) };
    }
}

/// The writable side of a piece of code.
#[derive(Debug)]
pub struct CodeWindow {
    view: NonNull<u8>,
    len: usize,
    /// A child of `fork` has it, too.
    is_inherited: bool,
}

// SAFETY: the only way to its memory.
unsafe impl Send for CodeWindow {}

impl CodeWindow {
    /// Writes `code` at `offset`. Threads may be running other parts of the piece, not this one.
    ///
    /// # Panics
    /// If it does not fit.
    pub fn write(&mut self, offset: usize, code: &[u8]) {
        assert!(offset + code.len() <= self.len, "code fits in its piece");
        // SAFETY: inside the mapping, which nobody else writes.
        unsafe {
            let to = self.view.as_ptr().add(offset);
            std::ptr::copy_nonoverlapping(code.as_ptr(), to, code.len());
        }
    }

    /// In the child of a `fork`, which must not write what it shares.
    pub fn abandon(self) {
        if !self.is_inherited {
            std::mem::forget(self);
        }
    }

    /// The size in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Drop for CodeWindow {
    fn drop(&mut self) {
        // SAFETY: a mapping of our own that nobody else has.
        unsafe { libc::munmap(self.view.as_ptr().cast(), self.len) };
    }
}

/// What memory is to be to the children of a `fork`.
#[derive(Clone, Copy)]
enum Advice {
    /// Not there.
    DontFork,
    /// There, and zero.
    Wipe,
    /// Zero from now on, here.
    Discard,
}

/// Whether the host does so.
#[cfg(target_os = "linux")]
fn advise(at: *mut u8, len: usize, advice: Advice) -> bool {
    let advice = match advice {
        Advice::DontFork => libc::MADV_DONTFORK,
        Advice::Wipe => libc::MADV_WIPEONFORK,
        Advice::Discard => libc::MADV_DONTNEED,
    };
    // SAFETY: a mapping of our own, of which this process loses what its owner says.
    unsafe { libc::madvise(at.cast(), len, advice) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn advise(_: *mut u8, _: usize, _: Advice) -> bool {
    false
}

/// What a [`Table`] may consist of: any bytes are a value.
pub trait Plain: Copy + Send + Sync + private::Sealed {
    /// All of its bytes are zero.
    const ZERO: Self;
}

mod private {
    pub trait Sealed {}
    impl Sealed for u8 {}
    impl Sealed for [u64; 2] {}
}
impl Plain for u8 {
    const ZERO: Self = 0;
}
impl Plain for [u64; 2] {
    const ZERO: Self = [0; 2];
}

/// A mapping that begins as zero. In a child of `fork` it is zero again, where the host can do that: then neither
/// process copies any of it.
#[derive(Debug)]
struct Mapping {
    base: NonNull<u8>,
    size: usize,
    is_wiped: bool,
}

// SAFETY: it gives out parts that do not overlap, each once.
unsafe impl Send for Mapping {}
// SAFETY: as above; it is not changed itself.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(size: usize) -> Result<Self, Errno> {
        let base = map_anonymous(size, libc::PROT_READ | libc::PROT_WRITE, PRIVATE)?;
        let is_wiped = advise(base.as_ptr(), size, Advice::Wipe);
        Ok(Self { base, size, is_wiped })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the whole mapping of `new`, of which no part is in use any more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.size) };
    }
}

/// What a thread that runs generated code needs: a stack, and room for [`Table`]s above it. One mapping with a page
/// below it that faults, because the host limits their number (`vm.max_map_count`) and programs have
/// thousands of threads.
#[derive(Debug)]
pub struct ThreadArea {
    mapping: Arc<Mapping>,
    used: usize,
}

impl ThreadArea {
    /// A stack of `stack` bytes, and room for `tables` bytes; multiples of the page size. Errors: `ENOMEM`.
    pub fn new(stack: usize, tables: usize) -> Result<(CodeStack, Self), Errno> {
        let used = PAGE_SIZE as usize + stack;
        let mapping = Arc::new(Mapping::new(used + tables)?);
        let guard = mapping.base.as_ptr().cast();
        // SAFETY: a page of our own mapping, which holds nothing yet.
        if unsafe { libc::mprotect(guard, PAGE_SIZE as usize, libc::PROT_NONE) } != 0 {
            return Err(last_errno());
        }
        let stack = CodeStack { base: mapping.base, size: used, _mapping: mapping.clone() };
        Ok((stack, Self { mapping, used }))
    }

    /// An array of `len` values, which fill whole pages.
    ///
    /// # Panics
    /// If there is no room left.
    pub fn table<T: Plain>(&mut self, len: usize) -> Table<T> {
        let at = self.used;
        self.used += len * size_of::<T>();
        assert!(self.used <= self.mapping.size, "there is room for the table");
        // SAFETY: inside the mapping.
        let base = unsafe { self.mapping.base.add(at) };
        Table { base: base.cast(), len, mapping: self.mapping.clone() }
    }
}

/// An array in memory that begins as zero, and in a child of `fork` is zero again once
/// [`clear_in_child`](Self::clear_in_child) has been called.
#[derive(Debug)]
pub struct Table<T: Plain> {
    base: NonNull<T>,
    len: usize,
    mapping: Arc<Mapping>,
}

// SAFETY: the only way to its part of the mapping.
unsafe impl<T: Plain> Send for Table<T> {}

impl<T: Plain> Table<T> {
    /// An array of `len` values, which fill whole pages, in memory of its own. Errors: `ENOMEM`.
    pub fn new(len: usize) -> Result<Self, Errno> {
        let mapping = Arc::new(Mapping::new(len * size_of::<T>())?);
        Ok(ThreadArea { mapping, used: 0 }.table(len))
    }

    /// Makes all of it zero.
    pub fn clear(&mut self) {
        let size = self.len * size_of::<T>();
        if !advise(self.base.as_ptr().cast(), size, Advice::Discard) {
            self.fill(T::ZERO);
        }
    }

    /// In a child of `fork`: the same.
    pub fn clear_in_child(&mut self) {
        if !self.mapping.is_wiped {
            self.clear();
        }
    }
}

impl<T: Plain> std::ops::Deref for Table<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: mapped, aligned, and any bytes are a value.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.len) }
    }
}

impl<T: Plain> std::ops::DerefMut for Table<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as for `deref`, and ours alone.
        unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.len) }
    }
}

/// A stack for generated code, with a page below it that faults. A child of `fork` must not rely on what is on it.
#[derive(Debug)]
pub struct CodeStack {
    base: NonNull<u8>,
    size: usize,
    _mapping: Arc<Mapping>,
}

// SAFETY: the only way to its memory.
unsafe impl Send for CodeStack {}

impl CodeStack {
    /// The address behind its highest byte.
    pub fn top(&self) -> usize {
        self.base.as_ptr() as usize + self.size
    }

    /// Whether `addr` is where an overflow faults.
    pub fn is_guard(&self, addr: usize) -> bool {
        addr.wrapping_sub(self.base.as_ptr() as usize) < PAGE_SIZE as usize
    }

    /// The word at `addr`, if that is a place on the stack.
    pub fn word(&self, addr: usize) -> Option<u64> {
        let offset = addr.checked_sub(self.base.as_ptr() as usize)?;
        let is_inside = offset >= PAGE_SIZE as usize && offset + 8 <= self.size;
        if !is_inside || !addr.is_multiple_of(8) {
            return None;
        }
        // SAFETY: inside the accessible part, aligned, and any bytes are a word.
        Some(unsafe { self.base.as_ptr().add(offset).cast::<u64>().read() })
    }

    /// Changes the word at `addr`.
    ///
    /// # Panics
    /// If that is no place on the stack.
    pub fn set_word(&mut self, addr: usize, value: u64) {
        assert!(self.word(addr).is_some(), "a place on the stack");
        // SAFETY: inside the accessible part, aligned, and ours alone.
        unsafe { (addr as *mut u64).write(value) }
    }

    /// Writes the words at the very top, the last one highest.
    ///
    /// # Panics
    /// If there is no room.
    pub fn write_top(&mut self, words: &[u64]) {
        let bytes = size_of_val(words);
        assert!(bytes <= self.size - PAGE_SIZE as usize, "words fit on the stack");
        // SAFETY: inside the accessible part, aligned because its end is, and ours alone.
        unsafe {
            let to = self.base.as_ptr().add(self.size - bytes).cast();
            std::ptr::copy_nonoverlapping(words.as_ptr(), to, words.len());
        }
    }
}

/// Makes the `gs` segment of the calling thread begin at `base`.
///
/// # Safety
/// Nothing else in the thread uses `gs`: true of Linux's x86-64 ABI, where `fs` is taken.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub unsafe fn set_gs_base(base: u64) -> Result<(), Errno> {
    /// `arch/x86/include/uapi/asm/prctl.h`.
    const ARCH_SET_GS: i32 = 0x1001;
    // SAFETY: changes a register that only generated code uses, says the caller.
    let failed = unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_GS, base) } != 0;
    if failed { Err(last_errno()) } else { Ok(()) }
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_the_window_runs() {
        let memory = CodeMemory::reserve(4096, 1 << 16).unwrap();
        let mut window = memory.back(4096, 8192).unwrap();
        // mov eax, 42; ret
        window.write(16, &[0xb8, 42, 0, 0, 0, 0xc3]);
        let entry = memory.base() + memory.data_size() + 4096 + 16;
        // SAFETY: a whole function has just been written there.
        let function = unsafe { std::mem::transmute::<usize, extern "C" fn() -> i32>(entry) };
        assert_eq!(function(), 42);
    }
}
