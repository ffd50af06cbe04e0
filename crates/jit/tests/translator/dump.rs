//! What `--jit-dump` shows of a translation: when it is made, and when another engine finds it.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};

use engine::Engine;
use jit::{Features, Jit, Spot};

use crate::kept::{self, Scratch};

/// What an engine that keeps translations in `dir` shows of `spot`, when all programs run.
fn shown(file: &File, dir: &Path, spot: Spot) -> Vec<String> {
    let space = kept::space(file);
    let features = Features::of_host().expect("a processor of level x86-64-v3");
    let texts = Arc::new(Mutex::new(Vec::new()));
    let to = texts.clone();
    let show = move |text: &str| to.lock().unwrap().push(text.to_owned());
    let engine = Jit::eager(space.clone(), features).unwrap().dump(vec![spot], Box::new(show));
    engine.keep_in(dir).unwrap();
    kept::outcomes(&engine, &space);
    engine.keep();
    let texts = texts.lock().unwrap();
    texts.clone()
}

#[test]
fn a_translation_is_shown_when_it_is_made_and_when_it_is_found() {
    let scratch = Scratch::new("dump");
    let file = kept::programs(&scratch.0);
    let dir = scratch.0.join("cache");
    let (words, regs, _) = kept::program(0);
    let entry = regs.pc;
    let guest = format!("\n{entry:x}  {:08x}  ", words[0]);

    let made = shown(&file, &dir, Spot::Address(entry)).concat();
    let head = format!("jit: {entry:#x} programs@0x0 translated: ");
    assert!(made.starts_with(&head), "{made}");
    for part in ["\nhomes  ", "\nblock 0", "\nentered from outside\n", &guest] {
        assert!(made.contains(part), "{part} in {made}");
    }
    assert!(!made.contains("(bad)"), "{made}");

    let found = shown(&file, &dir, Spot::Address(entry)).concat();
    let head = format!("jit: {entry:#x} programs@0x0 translated by an earlier run: ");
    assert!(found.starts_with(&head) && found.contains(&guest), "{found}");
    assert!(!found.contains("(bad)"), "{found}");

    // The same host code, stubs and links by their names, at another place.
    let host = |text: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(' '));
        let plain = lines.filter_map(|line| line.split('\t').next());
        let mut lines: Vec<_> =
            plain.filter(|line| !line.contains("; ")).map(String::from).collect();
        lines.retain(|line| line.contains("mov ") || line.contains("jmp "));
        lines
    };
    let (made, found) = (host(&made), host(&found));
    assert!(made.len() > 3 && made == found, "{made:#?}\n{found:#?}");
    assert!(shown(&file, &dir, Spot::Address(4)).is_empty());
}
