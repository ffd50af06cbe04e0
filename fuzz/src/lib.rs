//! What is tried on hostile input, and what must hold whatever the input is.
//!
//! Each function takes any bytes. It panics if a promise of the parser does not hold; that the parser
//! itself neither panics nor reads outside, the fuzzer and the compiler's checks see.

use std::io::Write;
use std::os::fd::AsFd;
use std::sync::Arc;

use loader::load::Identity;
use loader::{Image, script};
use mem::{AddressSpace, Slab};

/// The end of the address space that images are checked against.
const LIMIT: u64 = 1 << 46;

/// The headers of an ELF file.
pub fn elf(data: &[u8]) {
    let Ok(image) = Image::read(data, LIMIT) else { return };
    assert!(image.segments().next().is_some());
    for segment in image.segments() {
        assert!(segment.filesz <= segment.memsz);
        assert!(segment.vaddr.checked_add(segment.memsz).is_some_and(|end| end <= LIMIT));
        assert!(segment.offset.checked_add(segment.filesz).is_some());
    }
    // Linux reads less than 64 KiB of program headers, and they come from the file.
    assert!(size_of_val(&image.phdrs[..]) <= 65536.min(data.len()));
    if let Some(path) = &image.interpreter {
        assert!(path.len() < 4096 && !path.contains(&0));
    }
}

/// The first line of a script.
pub fn script(data: &[u8]) {
    let head = &data[..data.len().min(script::HEAD)];
    let Some(found) = script::parse(head) else { return };
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let ends = |byte: &u8| matches!(byte, b'\n' | 0);
    assert!(head.starts_with(b"#!"));
    assert!(!found.interpreter.is_empty());
    assert!(!found.interpreter.iter().any(|byte| blank(byte) || ends(byte)));
    if let Some(argument) = found.argument {
        assert!(!argument.iter().any(ends));
        assert!(!argument.first().is_none_or(blank) && !argument.last().is_none_or(blank));
    }
}

/// Mapping an ELF file. What cannot be mapped is an error, never a fault of ours.
pub fn load(data: &[u8]) {
    host::fault::install().expect("faults can be handled");
    let space = AddressSpace::new(Arc::new(Slab::reserve().expect("there is room")));
    let Ok(image) = Image::read(data, space.size()) else { return };
    let (process, thread) = (std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(format!("elfuse-fuzz-{process}-{thread:?}"));
    std::fs::File::create(&path).and_then(|mut file| file.write_all(data)).expect("a file");
    let file = std::fs::File::open(&path).expect("it was made");
    std::fs::remove_file(&path).expect("it was made");
    let identity = Identity { dev: 0, ino: 0, path: "fuzz".into() };
    if let Ok(loaded) = loader::load(&space, &image, file.as_fd(), &identity, false) {
        assert!(loaded.end <= space.size());
        assert!(loaded.code.0 <= loaded.code.1 && loaded.data.0 <= loaded.data.1);
    }
}
