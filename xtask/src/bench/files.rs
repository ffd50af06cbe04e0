//! The files that programs in a chroot work on: a C project, a repository, a directory of many
//! files. They are the guest's `/tmp`.
//!
//! Made anew each time and always the same, from nothing but this file: what a checkout or the
//! machine happens to hold would make every machine measure something else. Times of modification
//! are fixed and long ago, or git would read again what is as young as its index.

use crate::Result;
use crate::test::tree::stamp;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// C files of the project, besides the main program.
const MODULES: u32 = 50;
/// Files of the repository, and of the directory to be searched.
const REPOSITORY_FILES: u32 = 5000;
const SEARCHED_FILES: u32 = 20_000;

/// Makes all of them in the empty directory `dir`.
pub fn generate(dir: &Path) -> Result<()> {
    project(&dir.join("project"))?;
    many(&dir.join("files"), SEARCHED_FILES)?;
    many(&dir.join("repository"), REPOSITORY_FILES)
}

/// Changes the committed repository: one file in 500 is longer, and five are new.
pub fn change(dir: &Path) -> Result<()> {
    for number in (0..REPOSITORY_FILES).step_by(500) {
        let name = dir.join("repository").join(place(number));
        let mut text = fs::read(&name)?;
        text.extend_from_slice(b"one more line\n");
        fs::write(name, text)?;
    }
    for number in 0..5 {
        fs::write(dir.join(format!("repository/new{number}")), "new\n")?;
    }
    Ok(())
}

/// Where a file lies: 20 in a directory, 50 directories in another.
fn place(number: u32) -> String {
    format!("d{}/e{}/file{number}.txt", number / 1000, number / 20 % 50)
}

fn many(dir: &Path, count: u32) -> Result<()> {
    for number in 0..count {
        let name = dir.join(place(number));
        if number % 20 == 0 {
            fs::create_dir_all(name.parent().expect("it has directories"))?;
        }
        fs::write(&name, format!("This is file {number}.\n").repeat(number as usize % 7 + 1))?;
        stamp(&name)?;
    }
    Ok(())
}

/// Everything from the C files to the program's output, on request by `make -B`.
const MAKEFILE: &str = "\
CFLAGS = -O1 -Wall -Wextra
objects = $(patsubst %.c,%.o,$(wildcard *.c))

program: $(objects)
\t$(CC) -o $@ $(objects)
\t./$@
\tcat $(objects) | cksum

%.o: %.c project.h
\t$(CC) $(CFLAGS) -c -o $@ $<
";

fn project(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    let mut header = String::from("#ifndef PROJECT_H\n#define PROJECT_H\n#include <stdint.h>\n\n");
    let mut main = String::from("#include <stdio.h>\n#include \"project.h\"\n\nint main(void) {\n");
    main += "    uint32_t sum = 1;\n";
    for number in 0..MODULES {
        let _ = writeln!(header, "uint32_t module{number}(uint32_t seed);");
        let _ = writeln!(main, "    sum = sum * 31 + module{number}(sum);");
        fs::write(dir.join(format!("module{number}.c")), module(number))?;
    }
    fs::write(dir.join("project.h"), header + "\n#endif\n")?;
    fs::write(dir.join("main.c"), main + "    printf(\"%u\\n\", sum);\n    return 0;\n}\n")?;
    Ok(fs::write(dir.join("Makefile"), MAKEFILE)?)
}

/// A C file of some 60 lines: sorted structures, text, and arithmetic that no two modules share.
fn module(number: u32) -> String {
    let mut text = MODULE.replace("NUMBER", &number.to_string());
    let mut random = number * 2 + 1;
    let mut next = |below: u32| {
        // A multiplicative generator modulo 2^32 (Knuth, The Art of Computer Programming, 3.3.4).
        random = random.wrapping_mul(69_069).wrapping_add(1);
        (random >> 16) % below
    };
    text += "static uint32_t mixed(uint32_t a, uint32_t b) {\n";
    for _ in 0..6 {
        let operator = ["+", "^", "*", "-", "|"][next(5) as usize];
        let (constant, shift) = (next(60_000) + 1, next(31) + 1);
        let _ = writeln!(text, "    a = (a {operator} {constant}u) + (b >> {shift});");
        let _ = writeln!(text, "    if (a % {} == 0) b += a ^ {constant}u;", next(9) + 7);
    }
    let _ = write!(text, "    return a ^ b;\n}}\n\nuint32_t module{number}(uint32_t seed) {{\n");
    text + "    return mixed(seed, seed >> 7) + sorted(seed) + written(seed);\n}\n"
}

/// What all modules have in common.
const MODULE: &str = r#"#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "project.h"

struct item {
    uint32_t key;
    char name[24];
};

static int by_key(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

static uint32_t sorted(uint32_t seed) {
    struct item items[64];
    for (int i = 0; i < 64; i++) {
        seed = seed * 1664525 + 1013904223;
        items[i].key = seed >> 8;
        snprintf(items[i].name, sizeof items[i].name, "item%u", items[i].key % 1000);
    }
    qsort(items, 64, sizeof *items, by_key);
    uint32_t sum = 0;
    for (int i = 0; i < 64; i++) sum = sum * 33 + strlen(items[i].name) + items[i].key;
    return sum;
}

static uint32_t written(uint32_t seed) {
    char line[256];
    uint32_t sum = 0;
    int length = snprintf(line, sizeof line, "module %d: seed %u, %08x, %o", NUMBER, seed, seed, seed);
    for (int i = 0; i < length; i++) {
        if (isdigit((unsigned char)line[i])) sum = sum * 10 + (line[i] - '0');
        else if (isalpha((unsigned char)line[i])) sum ^= toupper((unsigned char)line[i]) << (i % 24);
        else sum += line[i];
    }
    return sum;
}

"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_the_same_each_time_and_differ() {
        assert_eq!(module(3), module(3));
        assert_ne!(module(3).replace('3', ""), module(4).replace('4', ""));
    }

    #[test]
    fn places_are_told_apart() {
        let mut places: Vec<String> = (0..SEARCHED_FILES).map(place).collect();
        places.sort();
        places.dedup();
        assert_eq!(places.len(), SEARCHED_FILES as usize);
    }
}
