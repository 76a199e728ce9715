//! The time to count a request, with series that a worker keeps and with series that are looked up by their labels.

use std::thread;
use std::time::{Duration, Instant};

use talentsoft_partner::telemetry::metrics::Metrics;
use talentsoft_partner::telemetry::request_metrics::{Answered, RequestMetrics};

/// What a busy service answers, in turn.
const REQUESTS: [(&str, u16); 8] = [
    ("/auth/check", 204),
    ("/token", 200),
    ("/auth/check", 401),
    ("/introspect", 200),
    ("/videos/campaigns", 200),
    ("/token", 401),
    ("/videos/interviews", 200),
    ("/auth/check", 403),
];
const ROUNDS: usize = 100_000;
const ELAPSED: Duration = Duration::from_micros(120);

/// Nanoseconds for a request that is counted by [`RequestMetrics`], one for each thread.
pub fn nanos_kept(threads: usize) -> f64 {
    measure(threads, |metrics, each| {
        let kept = RequestMetrics::default();
        each(&mut |path, status| {
            let answer = Answered {
                status,
                elapsed: ELAPSED,
                sampled: None,
            };
            kept.observe(metrics, path, || Some(path.to_owned()), &answer);
        });
    })
}

/// Nanoseconds for a request whose series are looked up. Its route is a `String`, as the router gives it.
pub fn nanos_by_label(threads: usize) -> f64 {
    measure(threads, |metrics, each| {
        each(&mut |path, status| {
            let route = path.to_owned();
            metrics.request_series(&route, status).observe(ELAPSED, None);
        });
    })
}

/// Calls the function that counts one request.
type Each<'a> = &'a dyn Fn(&mut dyn FnMut(&str, u16));

fn measure(threads: usize, worker: impl Fn(&Metrics, Each<'_>) + Sync) -> f64 {
    let metrics = Metrics::new().expect("the names are good");
    let each = |count: &mut dyn FnMut(&str, u16)| {
        for _ in 0..ROUNDS {
            for (path, status) in REQUESTS {
                count(std::hint::black_box(path), status);
            }
        }
    };
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| worker(&metrics, &each));
        }
    });
    began.elapsed().as_nanos() as f64 / (ROUNDS * REQUESTS.len()) as f64
}
