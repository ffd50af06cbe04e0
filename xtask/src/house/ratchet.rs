//! How much unsafe code and global state each crate has: counts that may only fall.
//!
//! The counts are in a data file, so that a change that adds to them shows it in its diff and has
//! to argue for it.

use super::Finding;
use super::code::{strip, tokens};
use super::tree::{Tree, crate_of};
use std::collections::BTreeMap;

/// Lines of `crate unsafe global`.
const DATA: &str = "xtask/data/house/ratchet.txt";

/// A type with one of these in its name can change although it is in a `static`.
const MUTABLE: [&str; 6] = ["Atomic", "Cell", "Lazy", "Lock", "Mutex", "Once"];

/// What is counted in a crate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    /// `unsafe` blocks and `unsafe impl`s: each says "I have checked this".
    unsafe_code: usize,
    /// `static mut`, and statics and thread-locals that can change.
    global_state: usize,
}

/// The rule.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut actual: BTreeMap<&str, Counts> = BTreeMap::new();
    for (path, text) in tree.with_extension(&["rs"]) {
        if let Some(name) = crate_of(path) {
            let counts = count(text);
            let sum = actual.entry(name).or_default();
            sum.unsafe_code += counts.unsafe_code;
            sum.global_state += counts.global_state;
        }
    }
    let mut findings = Vec::new();
    let mut listed = BTreeMap::new();
    for (at, line) in tree.text(DATA).lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            [] => {}
            [name, unsafe_code, global_state] => {
                let parsed = (unsafe_code.parse(), global_state.parse());
                let (Ok(unsafe_code), Ok(global_state)) = parsed else {
                    findings.push(Finding::new(DATA, at + 1, "write: crate, count, count"));
                    continue;
                };
                listed.insert(name, (at + 1, Counts { unsafe_code, global_state }));
            }
            _ => findings.push(Finding::new(DATA, at + 1, "write: crate, count, count")),
        }
    }
    for (name, counts) in actual {
        let (line, limits) = listed.remove(name).unwrap_or_default();
        let both = [
            ("unsafe blocks and impls", counts.unsafe_code, limits.unsafe_code),
            ("mutable statics", counts.global_state, limits.global_state),
        ];
        for (what, count, limit) in both {
            if let Some(message) = judge(name, what, count, limit) {
                findings.push(Finding::new(DATA, line.max(1), message));
            }
        }
    }
    for (name, (line, _)) in listed {
        findings.push(Finding::new(
            DATA,
            line,
            format!("there is no crate {name}: remove the line"),
        ));
    }
    findings
}

fn judge(name: &str, what: &str, count: usize, limit: usize) -> Option<String> {
    match count.cmp(&limit) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Less => {
            Some(format!("{name} has only {count} {what} now: lower {limit} to {count}"))
        }
        std::cmp::Ordering::Greater => Some(format!(
            "{name} has {count} {what}, {limit} are allowed: do without, or raise the number and say \
             in the commit message why it must be"
        )),
    }
}

fn count(text: &str) -> Counts {
    let code = strip(text);
    let words: Vec<&str> = tokens(&code).into_iter().map(|(_, word)| word).collect();
    let mut counts = Counts::default();
    for (at, &word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        match word {
            "unsafe" if matches!(next, "{" | "impl") => counts.unsafe_code += 1,
            // Not `&'static`.
            "static" if at > 0 && words[at - 1] == "'" => {}
            "static" if next == "mut" => counts.global_state += 1,
            "static" => {
                let item = words[at..].iter().take_while(|word| !matches!(**word, "=" | ";"));
                let changes = |word: &&str| MUTABLE.iter().any(|name| word.contains(name));
                counts.global_state += usize::from(item.skip(2).any(changes));
            }
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "static TABLE: &[u8] = &[];\nstatic A: AtomicU8 = AtomicU8::new(0);\n\
        thread_local! { static B: Cell<&'static str> = const { Cell::new(\"\") }; }\n\
        static mut C: u8 = 0;\n/// Not unsafe { }\nunsafe fn f() { unsafe { g() } }\n\
        unsafe impl Send for X {}\nlet s: &'static Mutex<()>;";

    fn check_with(data: &str) -> Vec<String> {
        let tree = Tree::from([("crates/mem/src/lib.rs", CODE), (DATA, data)]);
        check(&tree).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn counts_blocks_impls_and_what_can_change() {
        assert_eq!(count(CODE), Counts { unsafe_code: 2, global_state: 3 });
        assert_eq!(check_with("# crate unsafe global\nmem 2 3\n"), [""; 0]);
    }

    #[test]
    fn more_than_allowed_is_found() {
        assert!(check_with("mem 1 3")[0].contains("2 unsafe blocks and impls, 1 are allowed"));
        assert!(check_with("mem 2 2")[0].contains("3 mutable statics, 2 are allowed"));
        assert_eq!(check_with("").len(), 2);
    }

    #[test]
    fn less_than_allowed_is_to_be_written_down() {
        assert!(check_with("mem 5 3")[0].contains("lower 5 to 2"));
    }

    #[test]
    fn lines_that_mean_nothing_are_found() {
        assert!(check_with("mem 2 3\nold 1 1")[0].contains("no crate old"));
        assert!(check_with("mem 2 3\nmem two")[0].contains("write: crate"));
    }
}
