//! The set against a plain one, and what it forgets.

use proptest::prelude::*;
use uuid::Uuid;

use super::super::token::Holder;
use super::*;
use crate::clients::ScopeSet;
use crate::ids::uuid_v7;

/// Where a quarter of an hour begins.
const BEGINNING: i64 = 1_520_181_000;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(BEGINNING + second, 0).unwrap()
}

/// A token that is issued when the quarter begins.
fn token(token_id: Uuid, ttl_seconds: u32) -> Token {
    Token {
        token_id: TokenId(token_id),
        client_id: "client".parse().unwrap(),
        customer_id: None,
        holder: Holder::Application,
        scopes: ScopeSet::default(),
        generation: 1,
        issued_at: at(0),
        ttl_seconds,
    }
}

fn revoked(token: &Token) -> RevokedToken {
    RevokedToken {
        token_id: token.token_id,
        client_id: token.client_id.clone(),
        expires_at: token.expires_at(),
        revoked_at: token.issued_at,
    }
}

/// An identifier as we give them out.
fn with_serial(serial: u64) -> Uuid {
    Uuid::from_u64_pair(0x0161_f1e1_5a40_8000, 1 << 63 | serial)
}

fn complete() -> RevocationSet {
    let set = RevocationSet::default();
    set.set_complete();
    set
}

fn knows(set: &RevocationSet, token: &Token) -> bool {
    set.find(token) == Some(Revocation::Revoked)
}

#[test]
fn the_set_has_what_was_added_until_its_bucket_has_expired() {
    let set = complete();
    let tokens = [with_serial(7), uuid_v7(at(0))].map(|id| token(id, 10));
    for token in &tokens {
        assert_eq!(set.find(token), Some(Revocation::NotRevoked));
        assert!(set.add(&revoked(token)));
        assert!(!set.add(&revoked(token)), "it is known");
        assert!(knows(&set, token));
    }
    assert_eq!(set.len(), 2);
    set.prune(at(BUCKET_SECONDS - 1));
    assert!(tokens.iter().all(|token| knows(&set, token)));
    set.prune(at(BUCKET_SECONDS));
    assert!(set.is_empty());
    assert!(!tokens.iter().any(|token| knows(&set, token)));
}

#[test]
fn until_it_is_complete_it_says_nothing_of_a_token_that_it_does_not_have() {
    let set = RevocationSet::default();
    let (ended, other) = (token(with_serial(1), 60), token(with_serial(2), 60));
    set.add(&revoked(&ended));
    assert_eq!(set.find(&ended), Some(Revocation::Revoked));
    assert_eq!(set.find(&other), None);
    set.set_complete();
    assert_eq!(set.find(&other), Some(Revocation::NotRevoked));
    set.set_incomplete();
    assert_eq!(set.find(&other), None);
}

#[test]
fn an_identifier_of_another_form_is_not_taken_for_a_serial_number() {
    let set = complete();
    let random = uuid_v7(at(0));
    let serial = serial_of(TokenId(with_serial(random.as_u64_pair().1 & ((1 << 62) - 1)))).unwrap();
    let same_bits = token(with_serial(serial), 60);
    set.add(&revoked(&token(random, 60)));
    assert!(!knows(&set, &same_bits));
    set.add(&revoked(&same_bits));
    assert_eq!(set.len(), 2);
}

#[derive(Clone, Debug)]
enum Step {
    Add(Token),
    Prune(i64),
}

/// Near and far serial numbers, and identifiers of another form.
fn any_id() -> impl Strategy<Value = Uuid> {
    prop_oneof![
        6 => (0_u64..3, 0_u64..200).prop_map(|(process, count)| with_serial(process << 36 | count)),
        2 => (0_u64..1 << 62).prop_map(with_serial),
        1 => (0_u128..20).prop_map(Uuid::from_u128),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let ttl = prop_oneof![Just(60), Just(900), 0_u32..3600];
    prop_oneof![
        20 => (any_id(), ttl).prop_map(|(id, ttl)| Step::Add(token(id, ttl))),
        1 => (0_i64..4500).prop_map(Step::Prune),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_set_has_what_a_plain_one_has(
        steps in prop::collection::vec(any_step(), 0..300),
        asked in prop::collection::vec((any_id(), 0_u32..3600), 0..50),
    ) {
        let set = complete();
        // A token is looked for where it expires.
        let mut model: HashSet<(TokenId, i64)> = HashSet::new();
        let quarter = |token: &Token| token.expires_at().timestamp() / BUCKET_SECONDS;
        let mut seen = Vec::new();
        for step in steps {
            match step {
                Step::Add(token) => {
                    let is_new = model.insert((token.token_id, quarter(&token)));
                    prop_assert_eq!(set.add(&revoked(&token)), is_new);
                    seen.push(token);
                }
                Step::Prune(second) => {
                    let now = at(second);
                    set.prune(now);
                    model.retain(|(_, quarter)| (quarter + 1) * BUCKET_SECONDS > now.timestamp());
                }
            }
            prop_assert_eq!(set.len(), model.len());
        }
        seen.extend(asked.into_iter().map(|(id, ttl)| token(id, ttl)));
        for token in &seen {
            let is_revoked = model.contains(&(token.token_id, quarter(token)));
            prop_assert_eq!(knows(&set, token), is_revoked, "{:?}", token);
        }
    }

    #[test]
    fn a_prune_deletes_nothing_that_has_not_expired(ttl in 0_u32..3600, second in 0_i64..4500) {
        let set = complete();
        let token = token(with_serial(1), ttl);
        set.add(&revoked(&token));
        set.prune(at(second));
        prop_assert!(token.expires_at() <= at(second) || knows(&set, &token));
    }
}

#[test]
fn readers_find_all_that_was_added_while_others_are_being_added() {
    let set = complete();
    let added = AtomicUsize::new(0);
    let tokens: Vec<Token> = (0..2000).map(|serial| token(with_serial(serial), 60)).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for (number, token) in tokens.iter().enumerate() {
                set.add(&revoked(token));
                added.store(number + 1, Ordering::Release);
            }
        });
        scope.spawn(|| {
            while added.load(Ordering::Acquire) < tokens.len() {
                let known = added.load(Ordering::Acquire);
                assert!(
                    tokens[..known]
                        .iter()
                        .rev()
                        .take(20)
                        .all(|token| knows(&set, token))
                );
                assert!(set.len() >= known);
            }
        });
    });
    assert_eq!(set.len(), tokens.len());
}

#[test]
fn serial_numbers_that_differ_in_one_bit_are_different_tokens() {
    let revoked_one = token(with_serial(5), 10);
    for bit in 0..62 {
        let set = complete();
        set.add(&revoked(&revoked_one));
        let other = token(with_serial(5 ^ 1 << bit), 10);
        assert!(knows(&set, &revoked_one));
        assert!(!knows(&set, &other), "bit {bit}");
    }
}
