//! The Linux host: most calls are passed on as they are.

pub mod fault;
