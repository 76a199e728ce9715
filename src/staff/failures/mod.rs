//! How often sign-in may fail: by address, by account, and by both together; and how often somebody who has signed in may try what
//! tells whether a secret fits.
//!
//! A try is counted before it is checked, so that many at once are no way past a limit, and a success takes its count back.
//! Nobody is locked out by a stranger: the limit of an account refuses only whoever has failed for it from the same address
//! before, so the right person at another address gets in by the first try, whatever strangers do.

mod store;

use std::net::{IpAddr, Ipv6Addr};

use aws_lc_rs::digest;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::names::SignInName;
use crate::error::Failure;
use crate::ids::StaffId;

/// So many failures at once, and then one in each period.
#[derive(Clone, Copy, Debug)]
struct Limit {
    burst: i32,
    period: TimeDelta,
}

/// Of one address, whatever account it tries: an office may share one.
const OF_ADDRESS: Limit = Limit {
    burst: 20,
    period: TimeDelta::seconds(60),
};
/// Of one address for one account.
const OF_BOTH: Limit = Limit {
    burst: 5,
    period: TimeDelta::seconds(60),
};
/// Of one account, from all addresses together.
const OF_ACCOUNT: Limit = Limit {
    burst: 50,
    period: TimeDelta::seconds(30),
};
/// Of wrong codes for one account: whoever gets that far knows the password.
const OF_CODES: Limit = Limit {
    burst: 5,
    period: TimeDelta::seconds(60),
};

/// Of assertions that one account has explained: each says whether a MAC is right, and costs as much as a token request.
const OF_EXPLANATIONS: Limit = Limit {
    burst: 20,
    period: TimeDelta::seconds(6),
};

/// Where failures are counted.
#[derive(Clone, Copy, Debug)]
struct Count {
    key: [u8; 32],
    staff_id: Option<StaffId>,
    limit: Limit,
}

impl Count {
    fn new(limit: Limit, staff_id: Option<StaffId>, parts: &[&str]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in parts {
            context.update(part.as_bytes());
            context.update(b"\0");
        }
        let mut key = [0; 32];
        key.copy_from_slice(context.finish().as_ref());
        Self { key, staff_id, limit }
    }

    /// Counts a failure unless the limit is reached; returns until when failures are counted now.
    async fn add(&self, db: &mut PgConnection, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Failure> {
        let limit = self.limit;
        // One failure moves the instant on by one period, so it may be ahead by one less than the burst before it.
        let most = now + limit.period * (limit.burst - 1);
        Ok(store::add_failure(db, self, now, most).await?)
    }
}

/// Whose try it is.
pub struct Tried<'a> {
    /// The sign-in name, if the text is one.
    pub name: Option<&'a SignInName>,
    /// The account of that name, if there is one.
    pub staff_id: Option<StaffId>,
    /// Where the try comes from.
    pub address: Option<IpAddr>,
}

/// A try that was counted, and may be taken back.
#[derive(Debug)]
pub struct CountedTry(Vec<Count>);

/// Counts a try with a password; `None` if a limit is reached.
pub async fn begin_password(
    db: &mut PgConnection,
    tried: &Tried<'_>,
    now: DateTime<Utc>,
) -> Result<Option<CountedTry>, Failure> {
    let network = tried.address.map_or_else(String::new, network_of);
    let of_address = Count::new(OF_ADDRESS, None, &["address", &network]);
    if of_address.add(db, now).await?.is_none() {
        return Ok(None);
    }
    let mut counted = vec![of_address];
    if let Some(name) = tried.name {
        let of_both = Count::new(OF_BOTH, tried.staff_id, &["both", &network, name.as_str()]);
        let Some(until) = of_both.add(db, now).await? else {
            return Ok(None);
        };
        counted.push(of_both);
        let has_failed_before = until > now + OF_BOTH.period;
        let of_account = Count::new(OF_ACCOUNT, tried.staff_id, &["account", name.as_str()]);
        let is_within = of_account.add(db, now).await?.is_some();
        if is_within {
            counted.push(of_account);
        } else if has_failed_before {
            return Ok(None);
        }
    }
    Ok(Some(CountedTry(counted)))
}

/// Counts a try with a code; `None` if the limit is reached.
pub async fn begin_code(
    db: &mut PgConnection,
    staff_id: StaffId,
    now: DateTime<Utc>,
) -> Result<Option<CountedTry>, Failure> {
    let of_codes = Count::new(OF_CODES, Some(staff_id), &["code", &staff_id.to_string()]);
    let is_within = of_codes.add(db, now).await?.is_some();
    Ok(is_within.then(|| CountedTry(vec![of_codes])))
}

/// Counts an assertion that is explained, right or wrong, and returns `None`; if the limit is reached, how long until the next
/// one is.
pub async fn count_explanation(
    db: &mut PgConnection,
    staff_id: StaffId,
    now: DateTime<Utc>,
) -> Result<Option<TimeDelta>, Failure> {
    let parts = ["explanation", &staff_id.to_string()];
    let of_explanations = Count::new(OF_EXPLANATIONS, Some(staff_id), &parts);
    let is_within = of_explanations.add(db, now).await?.is_some();
    Ok((!is_within).then_some(OF_EXPLANATIONS.period))
}

/// Takes the count of a try back that succeeded.
pub async fn take_back(db: &mut PgConnection, counted: &CountedTry) -> Result<(), Failure> {
    for count in &counted.0 {
        store::take_back(db, count).await?;
    }
    Ok(())
}

/// Forgets all failures for an account.
pub async fn forget(db: &mut PgConnection, staff_id: StaffId) -> Result<(), Failure> {
    Ok(store::delete_of_staff(db, staff_id).await?)
}

/// Deletes at most `limit` counts that count nothing any more; returns how many.
pub async fn prune(db: &mut PgConnection, now: DateTime<Utc>, limit: i64) -> Result<u64, Failure> {
    Ok(store::delete_over(db, now, limit).await?)
}

/// The address, of IPv6 the network of 64 bits: that is what one subscriber has.
fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_eq!(network("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    #[test]
    fn counts_of_different_things_have_different_names() {
        let key = |parts: &[&str]| Count::new(OF_BOTH, None, parts).key;
        assert_ne!(key(&["both", "a", "bc"]), key(&["both", "ab", "c"]));
        assert_ne!(key(&["address", "a"]), key(&["account", "a"]));
        assert_eq!(key(&["address", "a"]), key(&["address", "a"]));
    }
}
