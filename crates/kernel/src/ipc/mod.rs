//! System V semaphores and message queues, POSIX message queues.
//!
//! All are the host's: keys, ids and names then mean the same to the guest and to every other
//! process, and what a process leaves undone when it dies (`SEM_UNDO`) the host undoes. System V's
//! shared memory is mapped, so it belongs to the memory calls.

pub mod mqueue;
pub mod msg;
pub mod sem;
