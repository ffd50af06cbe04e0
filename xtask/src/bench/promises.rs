//! Whether the ratios that SPECIFICATION.md promises were measured: `--check`.
//!
//! No test asserts a time, because a test runs on a busy machine, too. A person runs this on a quiet
//! one. A promise about what was not measured is not kept.

use super::plan::{Benchmark, rows};
use super::report::mean;
use super::results::Results;
use crate::{Result, workspace};
use std::fmt::Write;

/// A line of bench/promises.txt.
#[derive(Clone, Debug, PartialEq)]
struct Promise {
    what: What,
    against: String,
    /// The largest ratio that keeps it.
    limit: f64,
}

/// What a promise is about.
#[derive(Clone, Debug, PartialEq)]
enum What {
    /// The geometric mean over all kernels.
    Kernels,
    /// The slowest kernel.
    EachKernel,
    /// The geometric mean of one class.
    Class(String),
    /// One benchmark.
    Benchmark(String),
}

/// What came out.
pub struct Verdicts {
    /// A line per promise and engine, in Markdown.
    pub text: String,
    /// Whether all were kept.
    pub kept: bool,
}

/// Judges the promises of bench/promises.txt, for each engine.
pub fn check(plan: &[Benchmark], engines: &[&str], results: &Results) -> Result<Verdicts> {
    let table = std::fs::read_to_string(workspace::root().join("bench/promises.txt"))?;
    Ok(judge(&parse(&table)?, plan, engines, results))
}

fn parse(table: &str) -> Result<Vec<Promise>> {
    rows(table)
        .map(|row| {
            let [what, against, limit] = row[..] else {
                return Err(format!("malformed promise: {}", row.join(" | ")).into());
            };
            let what = match (what, what.strip_prefix("class ")) {
                ("kernels", _) => What::Kernels,
                ("each kernel", _) => What::EachKernel,
                (_, Some(class)) => What::Class(class.to_owned()),
                (name, None) => What::Benchmark(name.to_owned()),
            };
            Ok(Promise { what, against: against.to_owned(), limit: limit.parse()? })
        })
        .collect()
}

fn judge(
    promises: &[Promise],
    plan: &[Benchmark],
    engines: &[&str],
    results: &Results,
) -> Verdicts {
    let mut verdicts = Verdicts { text: String::from("\nPromises:\n\n"), kept: true };
    for promise in promises {
        if promise.needs_tree(plan) {
            let _ = writeln!(verdicts.text, "* not judged without --sysroot: {}", promise.what);
            continue;
        }
        for engine in engines {
            let measured = promise.measure(plan, engine, results);
            let kept = measured.is_some_and(|ratio| ratio <= promise.limit);
            verdicts.kept &= kept;
            let _ = writeln!(
                verdicts.text,
                "* {} {}, {engine} / {}: {}, at most {}",
                if kept { "kept" } else { "**missed**" },
                promise.what,
                promise.against,
                measured.map_or_else(|| "not measured".into(), |ratio| format!("{ratio:.2}")),
                promise.limit,
            );
        }
    }
    verdicts
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kernels => f.write_str("kernels"),
            Self::EachKernel => f.write_str("each kernel"),
            Self::Class(class) => write!(f, "class {class}"),
            Self::Benchmark(name) => f.write_str(name),
        }
    }
}

impl Promise {
    /// Whether it is about a benchmark that is not in the plan: those of the sysroot are missing without one.
    fn needs_tree(&self, plan: &[Benchmark]) -> bool {
        match &self.what {
            What::Benchmark(name) => plan.iter().all(|benchmark| benchmark.name != *name),
            _ => false,
        }
    }

    fn measure(&self, plan: &[Benchmark], engine: &str, results: &Results) -> Option<f64> {
        let pair = (engine, &*self.against);
        match &self.what {
            What::Kernels => complete(plan, results, pair, Benchmark::is_cpu),
            What::Class(class) => complete(plan, results, pair, |one| one.class == *class),
            What::Benchmark(name) => results.ratio(name, pair.0, pair.1),
            What::EachKernel => plan
                .iter()
                .filter(|benchmark| benchmark.is_cpu())
                .map(|benchmark| results.ratio(&benchmark.name, pair.0, pair.1))
                .collect::<Option<Vec<f64>>>()?
                .into_iter()
                .reduce(f64::max),
        }
    }
}

/// A mean with no member missing: what fails must not improve it.
fn complete(
    plan: &[Benchmark],
    results: &Results,
    pair: (&str, &str),
    belongs: impl Fn(&Benchmark) -> bool,
) -> Option<f64> {
    let mut members = plan.iter().filter(|benchmark| belongs(benchmark));
    members
        .all(|benchmark| results.ratio(&benchmark.name, pair.0, pair.1).is_some())
        .then(|| mean(plan, results, pair, &belongs))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::plan::How;

    fn plan() -> Vec<Benchmark> {
        ["a", "b"]
            .map(|name| Benchmark {
                class: "loops".into(),
                name: name.into(),
                how: How::Kernel {
                    program: format!("kernels/{name}"),
                    level: "-O2".into(),
                    args: vec![],
                    execs: false,
                },
            })
            .into()
    }

    fn kept(promise: &str, results: &Results) -> bool {
        judge(&parse(promise).unwrap(), &plan(), &["jit"], results).kept
    }

    #[test]
    fn a_promise_is_kept_up_to_its_limit() {
        let mut results = Results::default();
        for (name, jit) in [("a", 25.0), ("b", 100.0)] {
            results.add(name, "qemu", 100.0);
            results.add(name, "jit", jit);
        }
        assert!(kept("kernels | qemu | 0.5", &results));
        assert!(!kept("kernels | qemu | 0.49", &results));
        assert!(kept("class loops | qemu | 0.5", &results));
        assert!(kept("each kernel | qemu | 1", &results));
        assert!(!kept("each kernel | qemu | 0.9", &results));
        assert!(kept("a | qemu | 0.25", &results));
    }

    #[test]
    fn what_was_not_measured_keeps_nothing() {
        let mut results = Results::default();
        results.add("a", "qemu", 100.0);
        results.add("a", "jit", 1.0);
        for promise in [
            "kernels | qemu | 9",
            "each kernel | qemu | 9",
            "b | qemu | 9",
            "class none | qemu | 9",
        ] {
            assert!(!kept(promise, &results), "{promise}");
        }
    }

    #[test]
    fn what_takes_a_tree_is_not_judged_without_one() {
        assert!(kept("make_project | qemu | 0", &Results::default()));
    }

    #[test]
    fn the_table_names_what_exists() {
        let table = std::fs::read_to_string(workspace::root().join("bench/promises.txt")).unwrap();
        let fixtures = crate::fixtures::Fixtures { busybox: "busybox".into(), bash: "bash".into() };
        let tree = Some(std::path::Path::new("/tree"));
        let plan = crate::bench::plan::read(&fixtures, tree).unwrap();
        for promise in parse(&table).unwrap() {
            let exists = match &promise.what {
                What::Kernels | What::EachKernel => true,
                What::Class(class) => plan.iter().any(|benchmark| benchmark.class == *class),
                What::Benchmark(name) => plan.iter().any(|benchmark| benchmark.name == *name),
            };
            assert!(exists && ["native", "qemu"].contains(&&*promise.against), "{promise:?}");
        }
    }
}
