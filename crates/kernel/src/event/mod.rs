//! Descriptors to wait with.
//!
//! All are the host's own: they then wait for the host's descriptors behind the guest's, count and
//! queue where other processes see it, and one kind waits for another. What is converted here is
//! what names something of the guest: descriptors, paths, layouts that differ.

pub mod epoll;
pub mod inotify;
pub mod pidfd;
pub mod signalfd;
pub mod timerfd;
