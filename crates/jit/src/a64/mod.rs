//! The A64 instruction set: one table of patterns, and the decoder made from it.
//!
//! [`table`] holds one line per instruction as the Arm Architecture Reference Manual (DDI 0487)
//! prints its encoding diagram. [`decode`] finds the line for a word; [`Insn`] reads operand
//! fields, whose places are regular across the instruction set. Nothing here executes anything:
//! the interpreter, the translator, the random-instruction generator and the disassembling dumps
//! share the table.

mod decode;
mod insn;
pub mod table;
pub mod text;

pub use decode::{PATTERNS, Pattern, decode};
pub use insn::Insn;
pub use table::Op;
