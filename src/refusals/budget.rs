//! Which refused calls of an hour are kept.
//!
//! - A client has a number of calls in an hour, of which half may be calls that anybody could have sent in its name: who makes
//!   wrong secrets up does not hide what the client itself is refused for.
//! - Who names no registered client is counted by network, and all of them together have ten times that number.
//! - All clients together have forty times that number.

use std::collections::HashMap;

use super::caller::Caller;

/// What all callers together have who name no registered client, in shares of one caller.
const SHARES_OF_UNKNOWN: u64 = 10;
/// What all clients together have, in shares of one client.
const SHARES_OF_CLIENTS: u64 = 40;

/// What is left of an hour.
pub(super) struct Budget {
    per_caller: u64,
    used: HashMap<Caller, Used>,
    by_clients: u64,
    by_unknown: u64,
}

/// How many calls of a caller are kept.
#[derive(Clone, Copy, Default)]
struct Used {
    kept: u64,
    unproved: u64,
}

impl Budget {
    /// The budget of an hour of which nothing is used.
    pub(super) fn new(per_caller: u32) -> Self {
        Self {
            per_caller: per_caller.into(),
            used: HashMap::new(),
            by_clients: 0,
            by_unknown: 0,
        }
    }

    /// Notes what was used of it before.
    pub(super) fn note_used(&mut self, caller: Caller, kept: u64, unproved: u64) {
        *self.total(&caller) += kept;
        let used = self.used.entry(caller).or_default();
        used.kept += kept;
        used.unproved += unproved;
    }

    /// Whether one more call of the caller is kept; then it is used.
    pub(super) fn take(&mut self, caller: &Caller, is_proved: bool) -> bool {
        let used = self.used.get(caller).copied().unwrap_or_default();
        let is_client = matches!(caller, Caller::Client(_));
        let all = self.per_caller
            * if is_client {
                SHARES_OF_CLIENTS
            } else {
                SHARES_OF_UNKNOWN
            };
        let has_room = used.kept < self.per_caller
            && (is_proved || !is_client || used.unproved < self.per_caller.div_ceil(2))
            && *self.total(caller) < all;
        if has_room {
            self.note_used(caller.clone(), 1, u64::from(!is_proved));
        }
        has_room
    }

    fn total(&mut self, caller: &Caller) -> &mut u64 {
        match caller {
            Caller::Client(_) => &mut self.by_clients,
            Caller::Network(_) | Caller::Anywhere => &mut self.by_unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> Caller {
        Caller::Client(name.parse().unwrap())
    }

    fn network(number: u32) -> Caller {
        let address = std::net::Ipv4Addr::from(number);
        Caller::of(None, address.into())
    }

    /// How many of 1,000 calls are kept.
    fn kept(budget: &mut Budget, caller: &Caller, is_proved: bool) -> usize {
        (0..1000).filter(|_| budget.take(caller, is_proved)).count()
    }

    #[test]
    fn half_of_what_a_client_has_is_for_calls_that_it_made_itself() {
        let mut budget = Budget::new(5);
        assert_eq!(kept(&mut budget, &client("one"), false), 3);
        assert_eq!(kept(&mut budget, &client("one"), true), 2);
        assert_eq!(kept(&mut budget, &client("one"), false), 0);
        assert_eq!(kept(&mut budget, &client("other"), true), 5);
        assert_eq!(kept(&mut budget, &network(1), false), 5);
    }

    #[test]
    fn all_together_have_so_much_and_those_who_are_not_known_take_nothing_of_the_clients() {
        let mut budget = Budget::new(5);
        let unknown: usize = (0..100)
            .map(|number| kept(&mut budget, &network(number), false))
            .sum();
        assert_eq!(unknown, 50);
        assert_eq!(kept(&mut budget, &Caller::Anywhere, false), 0);
        let clients: usize = (0..100)
            .map(|number| kept(&mut budget, &client(&number.to_string()), true))
            .sum();
        assert_eq!(clients, 200);
    }

    #[test]
    fn what_was_used_before_counts_and_nothing_is_kept_where_that_is_asked_for() {
        let mut budget = Budget::new(5);
        budget.note_used(client("one"), 4, 1);
        assert_eq!(kept(&mut budget, &client("one"), false), 1);
        assert_eq!(kept(&mut Budget::new(0), &client("one"), true), 0);
    }
}
