//! The software engine.
//!
//! `a64/` decodes, `interp/` is the reference interpreter: complete, independent of any
//! translation, and what everything else is compared with. `region/` finds the code to translate at once,
//! `translate/` makes x86-64 code of it with the encoder in `x64/`, and `runtime/` runs that.

pub mod a64;
pub mod interp;
#[cfg(target_arch = "x86_64")]
pub mod listing;
#[cfg(target_arch = "x86_64")]
pub mod region;
#[cfg(target_arch = "x86_64")]
pub mod runtime;
mod spot;
#[cfg(target_arch = "x86_64")]
pub mod translate;
#[cfg(target_arch = "x86_64")]
pub mod x64;

pub use interp::Interpreter;
#[cfg(target_arch = "x86_64")]
pub use runtime::{Jit, check::OnDifference, dump::OnListing};
pub use spot::Spot;
#[cfg(target_arch = "x86_64")]
pub use translate::Features;
