//! The first line of a script.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| elfuse_fuzz::script(data));
