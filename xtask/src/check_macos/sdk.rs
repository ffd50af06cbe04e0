//! An SDK of our own making, and the binary linked against it.
//!
//! Apple's SDK may not be copied. All that the linker wants of it is which library defines which
//! symbol: `xtask/data/macos-symbols.txt` lists the symbols that elfuse uses. A symbol in the list
//! links whether or not macOS has it, so each is checked against Apple's manual pages when it is
//! added; that the list is exact, neither more nor less than what the binary uses, is checked here.

use super::toolchain::Toolchain;
use super::{DEPLOYMENT_TARGET, TARGET};
use crate::command::quietly;
use crate::{Result, workspace};
use object::{BinaryFormat, Object, ObjectKind, ObjectSymbol};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const LIST: &str = "xtask/data/macos-symbols.txt";

/// Libraries that the standard library asks for. On macOS the first three are one library.
const STUBS: [&str; 4] = ["libSystem", "libc", "libm", "libiconv"];

/// Links `elfuse`, checks the result and returns where it is.
pub fn link(toolchain: &Toolchain, dir: &Path) -> Result<PathBuf> {
    let list = fs::read_to_string(workspace::root().join(LIST))?;
    let listed = parse(&list)?;
    let sdk = dir.join("sdk");
    write(&sdk, &listed)?;
    let build = dir.join("build");
    quietly(
        toolchain
            .cargo(&build)
            .args(["build", "--quiet", "-p", "elfuse", "--target", TARGET])
            .env("CARGO_TARGET_AARCH64_APPLE_DARWIN_LINKER", toolchain.linker())
            .env(
                "CARGO_TARGET_AARCH64_APPLE_DARWIN_RUSTFLAGS",
                "-Clinker-flavor=ld64.lld -Clink-arg=-dead_strip_dylibs -Clink-arg=--error-limit=0",
            )
            // Nothing of it will ever run.
            .env("CARGO_PROFILE_DEV_OPT_LEVEL", "0")
            .env("SDKROOT", &sdk)
            .env("MACOSX_DEPLOYMENT_TARGET", DEPLOYMENT_TARGET),
    )
    .map_err(|error| explain(&error.to_string()))?;
    let binary = build.join(TARGET).join("debug/elfuse");
    let used = undefined(&fs::read(&binary)?)?;
    let unused: Vec<_> = listed.iter().filter(|symbol| !used.contains(**symbol)).collect();
    if !unused.is_empty() {
        return Err(format!("{LIST} has symbols that elfuse does not use: {unused:?}").into());
    }
    Ok(binary)
}

/// A failure to link, in terms of the list where it is about that.
fn explain(error: &str) -> String {
    let undefined: BTreeSet<&str> = error
        .lines()
        .filter_map(|line| line.split_once("undefined symbol: ").map(|(_, symbol)| symbol.trim()))
        .collect();
    if undefined.is_empty() {
        return error.to_owned();
    }
    let symbols = Vec::from_iter(undefined).join("\n");
    format!(
        "symbols that are not in {LIST}:\n{symbols}\n\
         Those that macOS has belong there; check each against its manual page."
    )
}

/// The lines of the list, which must be in order and without doubles.
fn parse(text: &str) -> Result<Vec<&str>> {
    let symbols: Vec<&str> =
        text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    match symbols.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(format!("{LIST}: {} stands before {}", pair[0], pair[1]).into()),
        None => Ok(symbols),
    }
}

/// Writes the stubs (text-based definitions, `.tbd`), all symbols in the first.
fn write(sdk: &Path, symbols: &[&str]) -> Result<()> {
    let lib = sdk.join("usr/lib");
    fs::create_dir_all(&lib)?;
    for name in STUBS {
        let symbols = if name == STUBS[0] { symbols.join(", ") } else { String::new() };
        let install_name = if name == "libiconv" { "libiconv.2" } else { "libSystem.B" };
        let text = format!(
            "--- !tapi-tbd\n\
             tbd-version: 4\n\
             targets: [ arm64-macos ]\n\
             install-name: '/usr/lib/{install_name}.dylib'\n\
             exports:\n\
             \x20 - targets: [ arm64-macos ]\n\
             \x20   symbols: [ {symbols} ]\n\
             ...\n"
        );
        let path = lib.join(name).with_extension("tbd");
        // Written only when it changes, so that nothing is linked again without need.
        if !fs::read_to_string(&path).is_ok_and(|old| old == text) {
            fs::write(path, text)?;
        }
    }
    Ok(())
}

/// What a Mach-O arm64 executable wants from libraries.
fn undefined(binary: &[u8]) -> Result<BTreeSet<String>> {
    let file = object::File::parse(binary)?;
    let found = (file.format(), file.architecture(), file.kind());
    if found != (BinaryFormat::MachO, object::Architecture::Aarch64, ObjectKind::Executable) {
        return Err(format!("the linker made {found:?}, not a Mach-O arm64 executable").into());
    }
    let symbols = file.symbols().filter(|symbol| symbol.is_undefined());
    symbols.map(|symbol| Ok(symbol.name()?.to_owned())).collect()
}
