//! The initial stack: what `create_elf_tables()` and `copy_strings()` leave behind.
//!
//! From the top down: eight zero bytes, the program's path, environment strings, argument strings,
//! the platform's name, sixteen random bytes; then, aligned, the auxiliary vector, the environment
//! pointers, the argument pointers and, where SP points, the number of arguments.

use std::ffi::{CStr, CString};

use abi::Errno;
use abi::aarch64::hwcap;
use abi::elf::{Phdr, at};
use serde::{Deserialize, Serialize};

use crate::{Image, Loaded};

/// Longest single string (`MAX_ARG_STRLEN`).
const MAX_STRING: usize = 131_072;
/// Strings may always have this much (`ARG_MAX`).
const MIN_TOTAL: u64 = 131_072;

/// Where things are on the initial stack; `/proc/self/stat` shows most of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct StackLayout {
    pub code_start: u64,
    pub code_end: u64,
    pub data_start: u64,
    pub data_end: u64,
    /// The initial stack pointer.
    pub stack_start: u64,
    pub args_start: u64,
    pub args_end: u64,
    pub env_start: u64,
    pub env_end: u64,
    pub auxv_start: u64,
    pub auxv_end: u64,
}

/// What goes onto the stack besides strings.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The program.
    pub image: &'a Image,
    /// Where it is.
    pub loaded: &'a Loaded,
    /// Load bias of the interpreter, or zero.
    pub interpreter_base: u64,
    /// Real and effective user and group ids.
    pub ids: [u32; 4],
    /// `AT_RANDOM`.
    pub random: [u8; 16],
    /// Address of the vDSO's ELF header, or zero.
    pub vdso: u64,
}

/// Checks the limits of execve(2): `E2BIG` for a string that is too long, or too many of them.
/// `stack_limit` is RLIMIT_STACK.
pub fn check_strings(args: &[CString], env: &[CString], stack_limit: u64) -> Result<(), Errno> {
    let limit = (stack_limit / 4).clamp(MIN_TOTAL, 6 << 20);
    let mut total = 0;
    for string in args.iter().chain(env) {
        let len = string.as_bytes_with_nul().len();
        if len > MAX_STRING {
            return Err(Errno::E2BIG);
        }
        // Each string costs its pointer, too.
        total += len as u64 + 8;
    }
    if total > limit { Err(Errno::E2BIG) } else { Ok(()) }
}

/// The bytes of the stack that ends at `top`, and where things are in it.
pub fn build(
    top: u64,
    path: &CStr,
    args: &[CString],
    env: &[CString],
    start: &Start<'_>,
) -> (Vec<u8>, StackLayout) {
    // Strings in rising order of address, so that each list is contiguous.
    let mut strings = Vec::new();
    let mut place = |bytes: &[u8]| {
        let at = strings.len() as u64;
        strings.extend_from_slice(bytes);
        at
    };
    let random_at = place(&start.random);
    let platform_at = place(c"aarch64".to_bytes_with_nul());
    let args_from = platform_at + 8;
    let arg_offsets: Vec<u64> = args.iter().map(|s| place(s.as_bytes_with_nul())).collect();
    let env_offsets: Vec<u64> = env.iter().map(|s| place(s.as_bytes_with_nul())).collect();
    let path_at = place(path.to_bytes_with_nul());
    place(&[0; 8]);
    let base = top - strings.len() as u64;
    let args_end = base + env_offsets.first().copied().unwrap_or(path_at);

    let auxv = auxiliary_vector(start, base + random_at, base + platform_at, base + path_at);
    let mut words = vec![args.len() as u64];
    words.extend(arg_offsets.iter().map(|at| base + at));
    words.push(0);
    words.extend(env_offsets.iter().map(|at| base + at));
    words.push(0);
    let auxv_from = words.len() as u64 * 8;
    words.extend(auxv.iter().flat_map(|(kind, value)| [*kind, *value]));

    let sp = (base - words.len() as u64 * 8) & !15;
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.resize((base - sp) as usize, 0);
    bytes.extend_from_slice(&strings);
    let layout = StackLayout {
        code_start: start.loaded.code.0,
        code_end: start.loaded.code.1,
        data_start: start.loaded.data.0,
        data_end: start.loaded.data.1,
        stack_start: sp,
        args_start: base + args_from,
        args_end,
        env_start: args_end,
        env_end: base + path_at,
        auxv_start: sp + auxv_from,
        auxv_end: sp + words.len() as u64 * 8,
    };
    (bytes, layout)
}

/// The entries, in Linux's order.
fn auxiliary_vector(start: &Start<'_>, random: u64, platform: u64, path: u64) -> Vec<(u64, u64)> {
    let [uid, euid, gid, egid] = start.ids.map(u64::from);
    let mut entries = Vec::new();
    if start.vdso != 0 {
        entries.push((at::SYSINFO_EHDR, start.vdso));
    }
    entries.extend([
        // The frame of a handler: rt_sigframe and frame record, without SVE.
        (at::MINSIGSTKSZ, 4720),
        (at::HWCAP, hwcap::HWCAP),
        (at::PAGESZ, host::mm::PAGE_SIZE),
        (at::CLKTCK, 100),
        (at::PHDR, start.loaded.phdrs),
        (at::PHENT, size_of::<Phdr>() as u64),
        (at::PHNUM, start.image.phdrs.len() as u64),
        (at::BASE, start.interpreter_base),
        (at::FLAGS, 0),
        (at::ENTRY, start.loaded.entry),
        (at::UID, uid),
        (at::EUID, euid),
        (at::GID, gid),
        (at::EGID, egid),
        (at::SECURE, u64::from(uid != euid || gid != egid)),
        (at::RANDOM, random),
        (at::HWCAP2, hwcap::HWCAP2),
        (at::EXECFN, path),
        (at::PLATFORM, platform),
        (at::NULL, 0),
    ]);
    entries
}
