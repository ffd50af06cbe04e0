//! The tables, in Markdown. Ratios are times: below 1, elfuse is faster.

use super::contestants::Contestant;
use super::measure::Failure;
use super::plan::Benchmark;
use super::results::{Results, geometric_mean};
use std::fmt::Write;

/// A median with a unit that fits.
fn quantity(value: Option<f64>, bytes: bool) -> String {
    match (value, bytes) {
        (None, _) => "–".into(),
        (Some(size), true) => format!("{:.1} MiB", size / f64::from(1 << 20)),
        (Some(ns), _) if ns < 1e3 => format!("{ns:.1} ns"),
        (Some(ns), _) if ns < 1e6 => format!("{:.1} µs", ns / 1e3),
        (Some(ns), _) => format!("{:.2} ms", ns / 1e6),
    }
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.2}"))
}

/// A line per benchmark.
pub fn table(plan: &[Benchmark], engines: &[&str], results: &Results) -> String {
    let mut text = String::from("\n| class | benchmark | native | qemu |");
    let mut rule = String::from("|---|---|--:|--:|");
    for engine in engines {
        let _ = write!(text, " {engine} | ± | {engine} / qemu | {engine} / native |");
        rule += "--:|--:|--:|--:|";
    }
    let _ = writeln!(text, "\n{rule}");
    for benchmark in plan {
        let Benchmark { class, name, .. } = benchmark;
        let median = |who: &str| quantity(results.median(name, who), benchmark.is_memory());
        let _ = write!(text, "| {class} | {name} | {} | {} |", median("native"), median("qemu"));
        for engine in engines {
            let spread = results.spread(name, engine);
            let _ = write!(
                text,
                " {} | {} | {} | {} |",
                median(engine),
                spread.map_or_else(|| "–".into(), |part| format!("{:.0} %", part * 100.0)),
                ratio(results.ratio(name, engine, "qemu")),
                ratio(results.ratio(name, engine, "native")),
            );
        }
        text.push('\n');
    }
    text
}

/// The geometric mean of a ratio over those that `belongs` picks, as far as they have one.
pub fn mean(
    plan: &[Benchmark],
    results: &Results,
    (a, b): (&str, &str),
    belongs: impl Fn(&Benchmark) -> bool,
) -> Option<f64> {
    let picked = plan.iter().filter(|benchmark| belongs(benchmark));
    let ratios: Vec<f64> =
        picked.filter_map(|benchmark| results.ratio(&benchmark.name, a, b)).collect();
    geometric_mean(&ratios)
}

/// A line per class, and one for all kernels.
pub fn classes(plan: &[Benchmark], engines: &[&str], results: &Results) -> String {
    let mut text = String::from("\nGeometric means of the ratios:\n\n| class |");
    let mut rule = String::from("|---|");
    for engine in engines {
        let _ = write!(text, " {engine} / qemu | {engine} / native |");
        rule += "--:|--:|";
    }
    let _ = writeln!(text, "\n{rule}");
    let mut line = |title: &str, belongs: &dyn Fn(&Benchmark) -> bool| {
        let _ = write!(text, "| {title} |");
        for engine in engines {
            for other in ["qemu", "native"] {
                let mean = mean(plan, results, (engine, other), belongs);
                let _ = write!(text, " {} |", ratio(mean));
            }
        }
        text.push('\n');
    };
    let mut classes: Vec<&str> = plan.iter().map(|benchmark| &*benchmark.class).collect();
    classes.dedup();
    for class in classes {
        line(class, &|benchmark| benchmark.class == class);
    }
    line("**all kernels**", &Benchmark::is_cpu);
    text
}

/// What has no number although it should.
pub fn failures(plan: &[Benchmark], contestants: &[Contestant], results: &Results) -> String {
    let mut text = String::new();
    for benchmark in plan {
        for who in contestants {
            let said = match results.failure(&benchmark.name, &who.name) {
                Some(Failure::DoesNotRun(why)) => format!("does not run: {why}"),
                Some(Failure::Wrong(why)) => format!("**wrong**: {why}"),
                Some(Failure::NotApplicable) | None => continue,
            };
            let _ = writeln!(text, "* {} on {}: {said}", benchmark.name, who.name);
        }
    }
    match text.is_empty() {
        true => text,
        false => format!("\nWithout a number:\n\n{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::plan::How;

    fn benchmark(name: &str, class: &str) -> Benchmark {
        let how =
            How::Kernel { program: name.into(), level: "-O2".into(), args: vec![], execs: false };
        Benchmark { class: class.into(), name: name.into(), how }
    }

    #[test]
    fn a_table_has_a_line_per_benchmark_and_a_dash_where_nothing_was_measured() {
        let plan = [benchmark("sieve", "loops"), benchmark("thread", "threads")];
        let mut results = Results::default();
        for (who, time) in [("native", 100.0), ("qemu", 1000.0), ("jit", 250.0)] {
            results.add("sieve", who, time);
        }
        let table = table(&plan, &["jit"], &results);
        assert!(
            table.contains("| loops | sieve | 100.0 ns | 1.0 µs | 250.0 ns | 0 % | 0.25 | 2.50 |")
        );
        assert!(table.contains("| threads | thread | – | – | – | – | – | – |"));
    }

    #[test]
    fn a_class_mean_leaves_out_what_was_not_measured() {
        let plan = [benchmark("a", "x"), benchmark("b", "x"), benchmark("c", "x")];
        let mut results = Results::default();
        for (name, jit) in [("a", 50.0), ("b", 200.0)] {
            results.add(name, "qemu", 100.0);
            results.add(name, "jit", jit);
        }
        let mean = mean(&plan, &results, ("jit", "qemu"), |_| true).unwrap();
        assert!((mean - 1.0).abs() < 1e-12);
    }
}
