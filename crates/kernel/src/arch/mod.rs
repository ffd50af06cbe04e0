//! The boundary to the guest's architecture: where its registers become calls and frames.

mod aarch64;

pub(crate) use aarch64::{rewind_syscall, set_result, start_program, syscall};
