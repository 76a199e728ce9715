//! The time to note a refused call: of a caller that has had its number of calls this hour, and of one that has not.

use std::net::{IpAddr, Ipv4Addr};
use std::thread;
use std::time::Instant;

use talentsoft_partner::clock::Clock;
use talentsoft_partner::ids::ClientId;
use talentsoft_partner::refusals::{CallDetails, Noted, RefusalSettings, Refusals};

const CALLS: u32 = 200_000;
/// As many calls as wait at most: they are taken then, as the chore does every second.
const TAKEN_AT: u32 = 1_000;

/// Nanoseconds for a call that is only counted, by each of `threads` at once.
pub fn nanos_counted(threads: usize) -> f64 {
    measure(threads, 1)
}

/// Nanoseconds for a call that is kept until it is taken.
pub fn nanos_kept(threads: usize) -> f64 {
    measure(threads, u32::MAX)
}

fn measure(threads: usize, per_hour: u32) -> f64 {
    let refusals = Refusals::new(RefusalSettings { days: 1, per_hour }, Clock::system());
    let client_id: ClientId = "428a51ae-0387-43ab-8c64-cf026f77656f".parse().expect("it is one");
    let worker = || {
        for call in 1..=CALLS {
            let noted = Noted {
                client_id: Some(&client_id),
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                is_proved: true,
                reason: "over_limit",
            };
            refusals.note(std::hint::black_box(&noted), details);
            if call % TAKEN_AT == 0 {
                drop(refusals.take());
            }
        }
    };
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(worker);
        }
    });
    began.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

fn details() -> CallDetails {
    CallDetails {
        request_id: "0192f1c0a1b2c3d40000000000000001".to_owned(),
        claimed_client_id: None,
        method: "GET",
        route: Some("/videos/campaigns".to_owned()),
        status: 429,
        assertion: None,
    }
}
