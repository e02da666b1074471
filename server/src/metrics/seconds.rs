//! How long things took, in buckets. The crate's own histogram takes a lock for each of them; this one adds.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder},
    metrics::MetricType,
};

/// Upper ends, in seconds; the last holds whatever is longer.
const ENDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, f64::MAX];

/// Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Seconds(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    /// Those that ended in each bucket.
    buckets: [AtomicU64; ENDS.len()],
    micros: AtomicU64,
}

impl Seconds {
    pub(super) fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let fits = self.0.buckets.iter().zip(ENDS).find(|(_, end)| seconds <= *end);
        if let Some((bucket, _)) = fits {
            bucket.fetch_add(1, Relaxed);
        }
        self.0.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl EncodeMetric for Seconds {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let counted = self.0.buckets.iter().map(|bucket| bucket.load(Relaxed));
        let buckets: Vec<(f64, u64)> = ENDS.into_iter().zip(counted).collect();
        let count = buckets.iter().map(|(_, many)| many).sum();
        let sum = Duration::from_micros(self.0.micros.load(Relaxed)).as_secs_f64();
        encoder.encode_histogram::<Vec<(String, String)>>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
