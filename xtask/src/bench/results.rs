//! The numbers: medians, ratios, geometric means.

use super::measure::Failure;
use std::collections::BTreeMap;

/// What was measured, by benchmark and contestant: nanoseconds, or bytes.
#[derive(Default)]
pub struct Results {
    samples: BTreeMap<(String, String), Vec<f64>>,
    failures: BTreeMap<(String, String), Failure>,
}

impl Results {
    /// Notes the result of one run.
    pub fn add(&mut self, benchmark: &str, who: &str, sample: f64) {
        self.samples.entry((benchmark.to_owned(), who.to_owned())).or_default().push(sample);
    }

    /// Notes that there is no number; what was measured before no longer counts.
    pub fn fail(&mut self, benchmark: &str, who: &str, why: Failure) {
        let key = (benchmark.to_owned(), who.to_owned());
        self.samples.remove(&key);
        self.failures.insert(key, why);
    }

    /// Why there is no number, if there is none.
    pub fn failure(&self, benchmark: &str, who: &str) -> Option<&Failure> {
        self.failures.get(&(benchmark.to_owned(), who.to_owned()))
    }

    /// Whether anything gave a wrong result.
    pub fn wrong(&self) -> bool {
        self.failures.values().any(|why| matches!(why, Failure::Wrong(_)))
    }

    /// The median over the rounds.
    pub fn median(&self, benchmark: &str, who: &str) -> Option<f64> {
        median(self.samples.get(&(benchmark.to_owned(), who.to_owned()))?)
    }

    /// Half the distance between the quartiles, as a part of the median: how much to believe it.
    pub fn spread(&self, benchmark: &str, who: &str) -> Option<f64> {
        let samples = self.samples.get(&(benchmark.to_owned(), who.to_owned()))?;
        Some((quantile(samples, 0.75)? - quantile(samples, 0.25)?) / (2.0 * median(samples)?))
    }

    /// How many times as long `a` takes as `b`.
    pub fn ratio(&self, benchmark: &str, a: &str, b: &str) -> Option<f64> {
        Some(self.median(benchmark, a)? / self.median(benchmark, b)?)
    }
}

/// The middle of the samples, between the two middle ones if their number is even.
pub fn median(samples: &[f64]) -> Option<f64> {
    quantile(samples, 0.5)
}

/// The value below which a part of the samples lies, between neighbours in proportion.
fn quantile(samples: &[f64], part: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = part * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(low + (high - low) * at.fract())
}

/// The mean that ratios have: halves and doubles cancel out.
pub fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    if ratios.is_empty() {
        return None;
    }
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    Some((sum / ratios.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: Option<f64>, b: f64) {
        assert!((a.unwrap() - b).abs() < 1e-12, "{a:?} is not {b}");
    }

    #[test]
    fn medians_do_not_care_about_order_and_outliers() {
        near(median(&[3.0, 1.0, 1000.0]), 3.0);
        near(median(&[4.0, 1.0, 2.0, 1000.0]), 3.0);
        near(median(&[7.0]), 7.0);
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        near(quantile(&[10.0, 20.0, 30.0], 0.25), 15.0);
        near(quantile(&[10.0, 20.0], 1.0), 20.0);
        near(quantile(&[10.0, 20.0], 0.0), 10.0);
    }

    #[test]
    fn a_half_and_a_double_cancel_out() {
        near(geometric_mean(&[0.5, 2.0]), 1.0);
        near(geometric_mean(&[2.0, 8.0]), 4.0);
        assert_eq!(geometric_mean(&[]), None);
    }

    #[test]
    fn ratios_are_of_medians() {
        let mut results = Results::default();
        for (a, b) in [(10.0, 1.0), (30.0, 3.0), (20.0, 5.0)] {
            results.add("x", "a", a);
            results.add("x", "b", b);
        }
        near(results.ratio("x", "a", "b"), 20.0 / 3.0);
        near(results.spread("x", "a"), 0.25);
        assert_eq!(results.ratio("x", "a", "c"), None);
    }

    #[test]
    fn a_failure_takes_earlier_samples_with_it() {
        let mut results = Results::default();
        results.add("x", "a", 1.0);
        results.fail("x", "a", Failure::Wrong("because".into()));
        assert_eq!(results.median("x", "a"), None);
        assert!(results.wrong());
    }
}
