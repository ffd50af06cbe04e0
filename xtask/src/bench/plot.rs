//! The plot: bars of elfuse's time as a multiple of qemu's, on a logarithmic scale.

use super::plan::Benchmark;
use super::results::Results;
use std::fmt::Write;

const ROW: usize = 20;
const LEFT: f64 = 210.0;
const WIDTH: f64 = 500.0;

/// Where on the axis, which goes from 1/100 to 100, a ratio is.
fn x(ratio: f64) -> f64 {
    LEFT + WIDTH * ((ratio.log10() + 2.0) / 4.0).clamp(0.0, 1.0)
}

/// A bar for each benchmark and engine that has a ratio.
pub fn svg(plan: &[Benchmark], engines: &[&str], results: &Results) -> String {
    let mut bars = Vec::new();
    for benchmark in plan {
        for engine in engines {
            if let Some(ratio) = results.ratio(&benchmark.name, engine, "qemu") {
                let several = engines.len() > 1;
                let label = if several {
                    format!("{}, {engine}", benchmark.name)
                } else {
                    benchmark.name.clone()
                };
                bars.push((label, ratio));
            }
        }
    }
    let height = (bars.len() + 3) * ROW;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"740\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"15\">elfuse's cost as a multiple of qemu's (logarithmic; left is less)</text>\n"
    );
    for (mark, label) in [(0.01, "1/100"), (0.1, "1/10"), (1.0, "1"), (10.0, "10"), (100.0, "100")]
    {
        let _ = writeln!(
            svg,
            "<line x1=\"{0:.0}\" x2=\"{0:.0}\" y1=\"22\" y2=\"{1}\" stroke=\"#ccc\"/>\
             <text x=\"{0:.0}\" y=\"{2}\" text-anchor=\"middle\">{label}</text>",
            x(mark),
            height - ROW,
            height - 6,
        );
    }
    for (row, (label, ratio)) in bars.iter().enumerate() {
        let y = (row + 1) * ROW + 6;
        let (from, to) = (x(1.0).min(x(*ratio)), x(1.0).max(x(*ratio)));
        let colour = if *ratio < 1.0 { "#3a7d44" } else { "#b23b3b" };
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{}\" text-anchor=\"end\">{label}</text>\
             <rect x=\"{from:.0}\" y=\"{y}\" width=\"{:.0}\" height=\"14\" fill=\"{colour}\"/>",
            LEFT - 10.0,
            y + 11,
            (to - from).max(1.0),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_symmetric_and_ends() {
        assert_eq!(x(1.0), LEFT + WIDTH / 2.0);
        assert!((x(10.0) - x(1.0) - (x(1.0) - x(0.1))).abs() < 1e-9);
        assert_eq!(x(1e9), LEFT + WIDTH);
    }
}
