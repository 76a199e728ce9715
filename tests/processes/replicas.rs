//! Two instances on one database: what one is told takes effect on the other, and what is good once is good once.

use std::collections::BTreeSet;

use sqlx::{Connection, Executor, PgConnection};
use talentsoft_partner::clients::Enabled;
use uuid::Uuid;

use test_support::assertion;
use test_support::{Answer, Instance, OTHER_SECRET, Registry, TestClient, eventually};

/// Two instances that both have the client in memory, and a token that is good at both.
struct Pair {
    registry: Registry,
    client: TestClient,
    one: Instance,
    other: Instance,
}

impl Pair {
    async fn start() -> Self {
        let registry = Registry::fresh().await;
        let client = registry.add_marketplace_client("acme").await;
        let one = Instance::start(&registry.database_url).await;
        let other = Instance::start(&registry.database_url).await;
        Self {
            registry,
            client,
            one,
            other,
        }
    }

    /// A token that both know to be good.
    async fn token(&self) -> String {
        let token = self.one.token(&self.client).await;
        for instance in [&self.one, &self.other] {
            eventually("it is good", async || instance.check(&token).await == 204).await;
        }
        token
    }

    /// The lower 62 bits of a token's identifier.
    async fn serial_of(&self, token: &str) -> u64 {
        let form = [
            ("client_id", self.client.client_id.as_str()),
            ("client_secret", &self.client.secret),
            ("token", token),
        ];
        let described = self.other.post("/introspect", &form).await.json();
        let id: Uuid = described["jti"].as_str().unwrap().parse().unwrap();
        assert_eq!(id.get_version_num(), 8);
        id.as_u64_pair().1 & ((1 << 62) - 1)
    }

    async fn is_refused_by_the_other(&self, what: &str, token: &str) {
        let took = eventually(what, async || self.other.check(token).await == 401).await;
        println!("{what} took effect on the other instance after {took:?}");
    }

    /// Everything that ends access, told to one instance or to the database.
    async fn every_change_reaches_the_other(&self) {
        let Self {
            registry,
            client,
            one,
            other,
        } = self;
        let token = self.token().await;
        assert_eq!(one.revoke(client, &token).await.status, 200);
        assert_eq!(one.check(&token).await, 401);
        self.is_refused_by_the_other("a revoked token", &token).await;

        let token = self.token().await;
        registry.revoke_tokens(client).await;
        self.is_refused_by_the_other("an end of all tokens", &token).await;
        eventually("new tokens are good", async || {
            other.check(&one.token(client).await).await == 204
        })
        .await;

        let second = registry.with_another_secret(client, OTHER_SECRET).await;
        eventually("the new secret is taken", async || {
            other.client_credentials(&second).await.status == 200
        })
        .await;
        let secret_id = second.secret_info.secret_id;
        registry.retire_secret(client, secret_id).await;
        let took = eventually("the retired secret is refused", async || {
            other.client_credentials(&second).await.status != 200
        })
        .await;
        println!("a retired secret took effect on the other instance after {took:?}");
        assert_eq!(other.jwt_bearer(&second.assertion()).await.status, 400);
        registry.restore_secret(client, secret_id).await;
        eventually("the restored secret makes assertions", async || {
            other.jwt_bearer(&second.assertion()).await.status == 200
        })
        .await;
        registry.retire_secret(client, secret_id).await;
        eventually("it is retired once more", async || {
            other.jwt_bearer(&second.assertion()).await.status == 400
        })
        .await;
        assert_eq!(other.client_credentials(client).await.status, 200);

        let token = self.token().await;
        registry.set_enabled(client, Enabled::No).await;
        self.is_refused_by_the_other("a disabled client", &token).await;
        // Or 429: the questions about the retired secret were failed attempts.
        let status = other.client_credentials(client).await.status;
        assert!([401, 429].contains(&status.as_u16()), "{status}");
    }
}

#[tokio::test]
async fn a_change_takes_effect_on_the_other_instance() {
    Pair::start().await.every_change_reaches_the_other().await;
}

#[tokio::test]
async fn a_change_takes_effect_on_the_other_instance_without_notifications() {
    let pair = Pair::start().await;
    let mut admin = PgConnection::connect(&pair.registry.database_url).await.unwrap();
    // The same triggers, but nobody is told.
    admin
        .execute(
            "create or replace function note_registry_change() returns trigger language plpgsql as $$
             begin new.changed_in := pg_current_xact_id(); return new; end $$;
             create or replace function note_revocation() returns trigger language plpgsql as $$
             begin return null; end $$",
        )
        .await
        .unwrap();
    pair.every_change_reaches_the_other().await;
}

#[tokio::test]
async fn a_listener_that_is_cut_off_listens_again() {
    let pair = Pair::start().await;
    let mut admin = PgConnection::connect(&pair.registry.database_url).await.unwrap();
    for _ in 0..3 {
        let mut former: Vec<i32> = Vec::new();
        eventually("both listen", async || {
            former = listeners(&mut admin).await;
            former.len() == 2
        })
        .await;
        sqlx::query("select pg_terminate_backend(pid) from unnest($1::int[]) as pid")
            .bind(&former)
            .execute(&mut admin)
            .await
            .unwrap();
        let token = pair.one.token(&pair.client).await;
        pair.one.revoke(&pair.client, &token).await;
        pair.is_refused_by_the_other("a token revoked while nobody listened", &token)
            .await;
        eventually("both listen again", async || {
            let present = listeners(&mut admin).await;
            present.len() == 2 && present.iter().all(|pid| !former.contains(pid))
        })
        .await;
    }
}

async fn listeners(admin: &mut PgConnection) -> Vec<i32> {
    sqlx::query_scalar(
        "select pid from pg_stat_activity
         where datname = current_database() and query ilike 'listen %' and pid <> pg_backend_pid()",
    )
    .fetch_all(admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn no_two_processes_give_tokens_the_same_serial_number() {
    let mut pair = Pair::start().await;
    let mut serials = BTreeSet::new();
    let mut processes = BTreeSet::new();
    for _ in 0..2 {
        for instance in [&pair.one, &pair.other] {
            for _ in 0..20 {
                let serial = pair.serial_of(&instance.token(&pair.client).await).await;
                assert!(serials.insert(serial), "{serial:x}");
                processes.insert(serial >> 36);
            }
        }
        // Killed, it has no time to write down how far it had counted.
        pair.one.kill();
        pair.one = Instance::start(&pair.registry.database_url).await;
    }
    assert_eq!(processes.len(), 3);
}

#[tokio::test]
async fn of_a_hundred_copies_of_a_single_use_assertion_one_gets_a_token() {
    let pair = Pair::start().await;
    let assertion = pair.client.single_use_assertion();
    let mut copies = tokio::task::JoinSet::new();
    for number in 0..100 {
        let instance = if number % 2 == 0 { &pair.one } else { &pair.other };
        let request = instance.request(reqwest::Method::POST, "/token");
        copies.spawn(Answer::of(request.form(&assertion::form(&assertion))));
    }
    let mut issued = 0;
    while let Some(answer) = copies.join_next().await {
        let answer = answer.unwrap().unwrap();
        if answer.status == 200 {
            issued += 1;
        } else {
            assert_eq!(answer.status, 400, "{answer:?}");
            assert_eq!(answer.json()["error"], "invalid_grant");
        }
    }
    assert_eq!(issued, 1);
}
