//! Mapping an ELF file.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| elfuse_fuzz::load(data));
