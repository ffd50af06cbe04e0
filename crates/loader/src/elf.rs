//! ELF headers: what `fs/binfmt_elf.c` checks, and no more.

use std::fmt;
use std::os::fd::BorrowedFd;

use abi::Errno;
use abi::elf::*;
use zerocopy::FromBytes;

/// Program headers that Linux reads: `size < 64 KiB` (`load_elf_phdrs()`).
const MAX_PHDRS: usize = 65536 / size_of::<Phdr>();
/// Longest interpreter path (`PATH_MAX`).
const MAX_INTERP: u64 = 4096;

/// What an ELF file says about itself.
#[derive(Clone, Debug)]
pub struct Image {
    /// `ET_DYN`: may be placed anywhere.
    pub relocatable: bool,
    /// Where execution starts, before relocation.
    pub entry: u64,
    /// File offset of the program headers.
    pub phoff: u64,
    /// All program headers.
    pub phdrs: Vec<Phdr>,
    /// `PT_INTERP`.
    pub interpreter: Option<Vec<u8>>,
    /// `PT_GNU_STACK` asks for an executable stack.
    pub exec_stack: bool,
}

/// Why a file is not a program that we can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElfError {
    /// It has no ELF magic number.
    NotElf,
    /// It ends before its headers do.
    Truncated,
    /// It is a 32-bit program.
    Not64Bit,
    /// It is a big-endian program.
    NotLittleEndian,
    /// It is for another processor.
    WrongMachine(u16),
    /// It is an object file, a core file or the like.
    NotExecutable(u16),
    /// Its program headers have no or too many entries, or entries of the wrong size.
    BadProgramHeaders,
    /// It has nothing to load.
    NothingToLoad,
    /// A segment is larger in the file than in memory, or leaves the address space.
    BadSegment,
    /// The path of its interpreter is empty, too long or not terminated.
    BadInterpreter,
    /// The host could not read it.
    Io(Errno),
}

impl ElfError {
    /// What execve(2) returns.
    pub fn errno(&self) -> Errno {
        match self {
            ElfError::Io(errno) => *errno,
            ElfError::BadSegment => Errno::EINVAL,
            _ => Errno::ENOEXEC,
        }
    }
}

impl fmt::Display for ElfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ElfError::NotElf => write!(f, "not an ELF file"),
            ElfError::Truncated => write!(f, "the ELF file is truncated"),
            ElfError::Not64Bit => write!(f, "a 32-bit program; only 64-bit ones are supported"),
            ElfError::NotLittleEndian => write!(f, "a big-endian program"),
            ElfError::WrongMachine(machine) => {
                let name = match *machine {
                    EM_386 => "x86",
                    EM_ARM => "32-bit Arm",
                    EM_X86_64 => "x86-64",
                    EM_RISCV => "RISC-V",
                    other => return write!(f, "a program for machine {other}, not for AArch64"),
                };
                write!(f, "a program for {name}, not for AArch64")
            }
            ElfError::NotExecutable(kind) => {
                write!(f, "an ELF file of type {kind}, which cannot be executed")
            }
            ElfError::BadProgramHeaders => write!(f, "the ELF program headers are malformed"),
            ElfError::NothingToLoad => write!(f, "the ELF file has no segment to load"),
            ElfError::BadSegment => write!(f, "an ELF segment does not fit the address space"),
            ElfError::BadInterpreter => write!(f, "the path of the ELF interpreter is malformed"),
            ElfError::Io(errno) => write!(f, "{errno}"),
        }
    }
}

impl std::error::Error for ElfError {}

/// Where an image is read from: a file, or bytes that could be one.
pub trait Source: Copy {
    /// Reads at most `to.len()` bytes at `offset`; zero at the end.
    fn read_at(self, offset: i64, to: &mut [u8]) -> Result<usize, Errno>;
}

impl Source for BorrowedFd<'_> {
    fn read_at(self, offset: i64, to: &mut [u8]) -> Result<usize, Errno> {
        host::io::pread(self, to.into(), offset)
    }
}

impl Source for &[u8] {
    fn read_at(self, offset: i64, to: &mut [u8]) -> Result<usize, Errno> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let len = rest.len().min(to.len());
        to[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }
}

/// Reads exactly `len` bytes at `offset`.
fn read_exact(file: impl Source, offset: u64, len: usize) -> Result<Vec<u8>, ElfError> {
    let mut bytes = vec![0; len];
    let mut done = 0;
    while done < len {
        let at = offset.checked_add(done as u64).and_then(|at| i64::try_from(at).ok());
        let at = at.ok_or(ElfError::Truncated)?;
        match file.read_at(at, &mut bytes[done..]) {
            Ok(0) => return Err(ElfError::Truncated),
            Ok(n) => done += n,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(ElfError::Io(errno)),
        }
    }
    Ok(bytes)
}

impl Image {
    /// Reads the headers of a file. `limit` is the end of the address space.
    pub fn read(file: impl Source, limit: u64) -> Result<Self, ElfError> {
        let head = match read_exact(file, 0, size_of::<Ehdr>()) {
            // Too short for a header; tell what it is not, if it is not ELF at all.
            Err(ElfError::Truncated) => match read_exact(file, 0, 4) {
                Ok(magic) if magic == MAGIC => return Err(ElfError::Truncated),
                _ => return Err(ElfError::NotElf),
            },
            other => other?,
        };
        let header = Ehdr::read_from_bytes(&head).map_err(|_| ElfError::Truncated)?;
        check_header(&header)?;
        let count = usize::from(header.phnum);
        if usize::from(header.phentsize) != size_of::<Phdr>() || !(1..=MAX_PHDRS).contains(&count) {
            return Err(ElfError::BadProgramHeaders);
        }
        let table = read_exact(file, header.phoff, count * size_of::<Phdr>())?;
        let entries = table.chunks_exact(size_of::<Phdr>());
        let phdrs: Vec<Phdr> = entries.filter_map(|e| Phdr::read_from_bytes(e).ok()).collect();
        check_segments(&phdrs, limit)?;
        let interpreter = match phdrs.iter().find(|ph| ph.kind == PT_INTERP) {
            Some(ph) => Some(read_interpreter(file, ph)?),
            None => None,
        };
        let stack = phdrs.iter().rev().find(|ph| ph.kind == PT_GNU_STACK);
        Ok(Self {
            relocatable: header.kind == ET_DYN,
            entry: header.entry,
            phoff: header.phoff,
            exec_stack: stack.is_some_and(|ph| ph.flags & PF_X != 0),
            phdrs,
            interpreter,
        })
    }

    /// The segments to load.
    pub fn segments(&self) -> impl Iterator<Item = &Phdr> {
        self.phdrs.iter().filter(|ph| ph.kind == PT_LOAD)
    }
}

fn check_header(header: &Ehdr) -> Result<(), ElfError> {
    if header.ident[..4] != MAGIC {
        return Err(ElfError::NotElf);
    }
    // A foreign machine is the most useful thing to say about a 32-bit or big-endian file.
    let little = header.ident[5] == DATA_LITTLE;
    if little && header.machine != EM_AARCH64 {
        return Err(ElfError::WrongMachine(header.machine));
    }
    if header.ident[4] != CLASS_64 {
        return Err(ElfError::Not64Bit);
    }
    if !little {
        return Err(ElfError::NotLittleEndian);
    }
    if !matches!(header.kind, ET_EXEC | ET_DYN) {
        return Err(ElfError::NotExecutable(header.kind));
    }
    Ok(())
}

fn check_segments(phdrs: &[Phdr], limit: u64) -> Result<(), ElfError> {
    let mut any = false;
    for ph in phdrs.iter().filter(|ph| ph.kind == PT_LOAD) {
        any = true;
        let fits = ph.vaddr.checked_add(ph.memsz).is_some_and(|end| end <= limit)
            && ph.offset.checked_add(ph.filesz).is_some();
        if !fits || ph.filesz > ph.memsz {
            return Err(ElfError::BadSegment);
        }
    }
    if any { Ok(()) } else { Err(ElfError::NothingToLoad) }
}

fn read_interpreter(file: impl Source, ph: &Phdr) -> Result<Vec<u8>, ElfError> {
    if ph.filesz < 2 || ph.filesz > MAX_INTERP {
        return Err(ElfError::BadInterpreter);
    }
    let mut path = read_exact(file, ph.offset, ph.filesz as usize)?;
    if path.pop() != Some(0) {
        return Err(ElfError::BadInterpreter);
    }
    path.truncate(path.iter().position(|&byte| byte == 0).unwrap_or(path.len()));
    Ok(path)
}
