//! One line per A64 instruction: its name and its encoding diagram, most significant bit first.
//!
//! `0` and `1` are fixed bits; every other character is an operand bit whose letter says which
//! field it belongs to (`z` sf, `d` Rd or Rt, `n` Rn, `m` Rm or Rs, `a` Ra or Rt2, `i` immediate,
//! `q` Q, `s` size, `c` condition, others local to the line). Where two lines match a word, the one
//! with more fixed bits wins. An encoding that a line matches but the manual calls UNDEFINED or
//! unallocated for some field values is refused by whoever executes the line.
//!
//! Names follow the manual's page titles: mnemonic, then the form in lower case.

/// Calls `$then!` with every line of the table.
macro_rules! for_each_pattern {
    ($then:ident) => {
        $then! {
            // ---- Data processing, immediate (C4.1.93) ----
            ADD_immediate                   "z00100010hiiiiiiiiiiiinnnnnddddd";

            // ---- Branches, exceptions, system (C4.1.94) ----
            B                               "000101iiiiiiiiiiiiiiiiiiiiiiiiii";
            SVC                             "11010100000iiiiiiiiiiiiiiii00001";

            // ---- Loads and stores (C4.1.95) ----

            // ---- Data processing, register (C4.1.96) ----

            // ---- Advanced SIMD loads and stores (C4.1.95) ----

            // ---- Advanced SIMD, integer and bitwise (C4.1.97) ----

            // ---- Cryptography (C4.1.97) ----

            // ---- Scalar floating point (C4.1.97) ----

            // ---- Advanced SIMD, floating point (C4.1.97) ----
        }
    };
}
pub(crate) use for_each_pattern;

macro_rules! define_op {
    ($($name:ident $bits:literal;)*) => {
        /// An instruction of the table.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        #[allow(non_camel_case_types, missing_docs)]
        pub enum Op { $($name),* }
    };
}
for_each_pattern!(define_op);
