//! Failed attempts as all replicas count them together.

use std::num::NonZeroU32;
use std::time::Duration;

use super::failure_policy::FailurePolicy;
use super::failures::{Priority, Source, refusing};
use super::shared::{Count, SharedCounts};
use crate::ids::ClientId;

/// The counts in Redis by which an attempt of these sources is refused.
pub(super) fn shared_counts(redis: &SharedCounts, sources: &[Source; 2]) -> [Count; 2] {
    let [(_, of_address), (_, of_pair)] = refusing(NonZeroU32::MIN);
    let [address, pair] = sources.each_ref().map(|source| source_name(redis, source));
    [
        Count {
            name: address,
            allowance: of_address,
        },
        Count {
            name: pair,
            allowance: of_pair,
        },
    ]
}

fn source_name(redis: &SharedCounts, source: &Source) -> String {
    match source {
        Source::Address(address) => redis.name("failures-of-address", &[&address.to_string()]),
        Source::ClientAndAddress((client_id, address)) => {
            redis.name("failures", &[client_id.as_str(), &address.to_string()])
        }
    }
}

/// Counts an attempt together with the other replicas. `Err`: which of the sources has no room, and for how long. `None`:
/// Redis did not answer.
pub(super) async fn take_shared(
    redis: &SharedCounts,
    client_id: &ClientId,
    sources: &[Source; 2],
) -> Option<Result<Priority, (usize, Duration)>> {
    let [address, pair] = shared_counts(redis, sources);
    let of_client = Count {
        name: redis.name("failures-of-client", &[client_id.as_str()]),
        allowance: FailurePolicy::CLIENT.limit().share(NonZeroU32::MIN),
    };
    let [address, pair, client] = redis.take([address, pair, of_client], 2).await?;
    Some(match (address, pair) {
        (Err(wait), _) => Err((0, wait)),
        (_, Err(wait)) => Err((1, wait)),
        (Ok(_), Ok(_)) => Ok(Priority::by_room(client)),
    })
}
