//! What the cache does without a database: there is none behind it here.

use tokio::task::LocalSet;

use chrono::DateTime;

use super::*;
use crate::clients::{ClientInfo, ClientSettings};
use crate::crypto::seal::MasterKey;
use crate::crypto::secret::SecretHashing;
use crate::ids::CustomerId;

/// A cache whose database does not exist.
fn cache() -> Arc<ClientCache> {
    let db = Db::new("postgres://127.0.0.1:1/nowhere", 2, 1).unwrap();
    Arc::new(ClientCache::new(
        db,
        Arc::new(KeyRing::new(MasterKey::for_tests())),
    ))
}

fn client_id() -> ClientId {
    "428a51ae-0387-43ab-8c64-cf026f77656f".parse().unwrap()
}

/// Puts a client of this version into the cache, as if it had been read now.
fn add(cache: &ClientCache, version: i64) -> Arc<CachedClient> {
    let created_at = DateTime::UNIX_EPOCH;
    let info = ClientInfo {
        client_id: client_id(),
        settings: ClientSettings::marketplace(CustomerId::generate(created_at)),
        is_enabled: true,
        created_at,
        token_generation: 1,
        version: ClientVersion(version),
        secret_hashing: SecretHashing::fresh(),
    };
    let client = CachedClient::of(info, &[b"a secret"]);
    let now = cache.began.elapsed().as_secs();
    client.checked_at.store(now, Ordering::Relaxed);
    let client = Arc::new(client);
    cache.present.insert(client_id(), Arc::clone(&client));
    client
}

fn is_being_checked(client: &CachedClient) -> bool {
    client.is_being_checked.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_client_in_memory_is_found_without_the_database_and_counted() {
    let cache = cache();
    assert!(!cache.knows(&client_id()));
    assert!(cache.peek(&client_id()).is_none());
    assert_eq!((cache.len(), cache.is_empty()), (0, true));
    add(&cache, 1);
    assert!(cache.knows(&client_id()));
    assert!(cache.find(&client_id()).await.unwrap().is_some());
    assert!(cache.peek(&client_id()).is_some());
    assert_eq!((cache.len(), cache.is_empty()), (1, false));
    add(&cache, 2);
    assert_eq!(cache.len(), 1, "the same client");
    assert_eq!(cache.statistics(), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_identifier_that_belongs_to_nobody_is_remembered_for_five_minutes() {
    let cache = cache();
    cache.absent.insert(client_id(), Instant::now());
    tokio::time::advance(MAX_AGE.saturating_sub(Duration::from_millis(1))).await;
    assert!(cache.find(&client_id()).await.unwrap().is_none());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(cache.find(&client_id()).await.is_err(), "the database is asked");
}

#[tokio::test(start_paused = true)]
async fn clients_of_the_history_before_serve_only_while_the_database_is_known_to_be_away() {
    let cache = cache();
    add(&cache, 1);
    cache.start_over();
    assert!(!cache.knows(&client_id()));
    assert!(cache.find(&client_id()).await.is_err(), "it may be there");
    assert!(cache.db.lose_contact());
    assert!(cache.find(&client_id()).await.unwrap().is_some());
    let changed = [(client_id(), ClientVersion(2))];
    assert!(cache.drop_changed(&changed).is_empty(), "it was not in use");
    assert!(cache.find(&client_id()).await.is_err());
}

#[tokio::test]
async fn a_change_drops_what_is_in_memory_in_another_version() {
    let cache = cache();
    add(&cache, 1);
    cache.absent.insert("nobody".parse().unwrap(), Instant::now());
    assert!(cache.drop_changed(&[]).is_empty());
    assert!(cache.drop_changed(&[(client_id(), ClientVersion(1))]).is_empty());
    assert!(cache.knows(&client_id()));
    let changed = [
        (client_id(), ClientVersion(2)),
        ("nobody".parse().unwrap(), ClientVersion(3)),
    ];
    assert_eq!(cache.drop_changed(&changed), [client_id()]);
    assert!(!cache.knows(&client_id()));
    assert!(cache.absent.get(&"nobody".parse::<ClientId>().unwrap()).is_none());
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_compared_with_the_database_after_five_minutes_and_once_at_a_time() {
    let cache = cache();
    let client = add(&cache, 1);
    tokio::time::advance(MAX_AGE).await;
    assert!(!cache.claim_check(&client), "it is not older than that");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(cache.claim_check(&client));
    assert!(!cache.claim_check(&client), "somebody is at it");
    client.is_being_checked.store(false, Ordering::Relaxed);

    let tasks = LocalSet::new();
    tasks
        .run_until(async {
            cache.revalidate_if_old(&client);
            assert!(is_being_checked(&client));
        })
        .await;
    tasks.await;
    assert!(!is_being_checked(&client), "the next use may try again");
    assert!(cache.knows(&client_id()), "while the database is away it serves");
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_the_database_has_in_another_version_or_not_at_all_is_dropped() {
    for (in_database, is_kept) in [(Some(1), true), (Some(2), false), (Some(0), false), (None, false)] {
        let cache = cache();
        let client = add(&cache, 1);
        tokio::time::advance(MAX_AGE * 2).await;
        assert!(cache.claim_check(&client));
        cache.settle_check(&client_id(), &Ok(in_database.map(ClientVersion)));
        assert_eq!(cache.knows(&client_id()), is_kept, "{in_database:?}");
        assert!(!is_being_checked(&client));
        if is_kept {
            assert!(!cache.claim_check(&client), "it was compared just now");
        }
    }
}
