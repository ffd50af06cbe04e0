//! An instruction word in the terms of the table, for people who read listings.
//!
//! The line's name and its operand fields by their letters. It is no assembler's text: a disassembler that knows
//! every alias and immediate would be as long as the rest of this module, and `objdump` has one.

use std::fmt::Write;

use super::{Insn, PATTERNS, decode};

/// The name of the word's line and its operand fields, as `ADD_immediate z=1 h=0 i=16 n=31 d=0`.
pub fn describe(insn: Insn) -> String {
    let Some(op) = decode(insn.0) else { return "(undefined)".into() };
    let pattern = &PATTERNS[op as usize];
    let mut text = String::from(pattern.name);
    let diagram = pattern.diagram.as_bytes();
    let mut start = 0;
    while start < diagram.len() {
        let letter = diagram[start];
        let length = diagram[start..].iter().take_while(|&&other| other == letter).count();
        let end = start + length;
        if letter.is_ascii_alphabetic() {
            let value = insn.bits(31 - start as u32, 32 - end as u32);
            write!(text, " {}={value}", char::from(letter)).expect("strings grow");
        }
        start = end;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_by_their_letters() {
        // add x0, sp, #16
        assert_eq!(describe(Insn(0x9100_43e0)), "ADD_immediate z=1 h=0 i=16 n=31 d=0");
        // cfinv
        assert_eq!(describe(Insn(0xd500_401f)), "CFINV");
        assert_eq!(describe(Insn(0xffff_ffff)), "(undefined)");
    }
}
