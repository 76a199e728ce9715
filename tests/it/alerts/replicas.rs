//! Alerts about replicas: one that is gone, or knows something else than the others.

use chrono::{Datelike, TimeDelta};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use talentsoft_partner::clock::Clock;
use talentsoft_partner::wire::certificate::{CertificateFiles, PemFile, ServedCertificate};

use super::scrapes::{Replica, Scrape, fires};
use crate::replica::with_long_list;
use test_support::redis::Redis;
use test_support::{Setup, TestApp};

fn always(scrape: &Scrape) -> Replica {
    Replica {
        before: scrape.clone(),
        after: scrape.clone(),
    }
}

#[tokio::test]
async fn a_replica_that_is_gone() {
    let app = TestApp::start().await;
    let before = Scrape::of(&app).await;
    let ops = format!("http://{}/metrics", app.ops_address);
    drop(app);
    assert!(reqwest::get(ops).await.is_err());
    let after = Scrape::unanswered();
    fires(&["ReplicaGone"], &[Replica { before, after }]);
}

#[tokio::test]
async fn replicas_that_are_all_gone_from_the_targets() {
    let app = TestApp::start().await;
    let before = Scrape::of(&app).await;
    drop(app);
    let after = Scrape::untargeted();
    fires(&["NoMetrics"], &[Replica { before, after }]);
}

#[tokio::test]
async fn a_replica_that_is_on_another_database() {
    let app = TestApp::start().await;
    let before = Scrape::of(&app).await;
    let beside = app.beside().await;
    test_support::eventually("it counts two", async || {
        Scrape::of(&app).await.value("partner_replicas") > 1.0
    })
    .await;
    let (after, beside) = (Scrape::of(&app).await, Scrape::of(&beside).await);
    let astray = Scrape::of(&TestApp::start().await).await;
    assert!(beside.value("partner_replicas") > astray.value("partner_replicas"));
    fires(
        &["ReplicasDisagree"],
        &[Replica { before, after }, always(&astray)],
    );
}

#[tokio::test]
async fn a_replica_that_does_not_reach_redis() {
    let redis = Redis::start().await;
    let shared = |url: &str| {
        let mut setup = Setup::default();
        setup.settings.redis = Some(url.parse().unwrap());
        setup
    };
    let app = TestApp::start_with(shared(&redis.url())).await;
    let astray = TestApp::start_on(app.database_url.clone(), shared("redis://127.0.0.1:9")).await;
    test_support::eventually("one counts in Redis", async || {
        Scrape::of(&app).await.value("partner_limits_shared") > 0.0
    })
    .await;
    let with_redis = Scrape::of(&app).await;
    let replica = Replica {
        before: with_redis.clone(),
        after: Scrape::of(&astray).await,
    };
    fires(&["CountsNotShared"], &[always(&with_redis), replica]);
}

#[tokio::test]
async fn a_list_of_revoked_tokens_that_is_not_read() {
    let (app, held, late) = with_long_list().await;
    let before = Scrape::of(&app).await;
    let after = Scrape::of(&late).await;
    assert!(after.value("partner_revoked_tokens_complete") < 1.0);
    fires(&["RevocationsNotRead"], &[Replica { before, after }]);
    held.rollback().await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_renews() {
    let folder = tempfile::tempdir().unwrap();
    let served = |expires_in: TimeDelta| {
        let day = (Clock::system().now() + expires_in).date_naive();
        let (month, day_of_month) = (
            u8::try_from(day.month()).unwrap(),
            u8::try_from(day.day()).unwrap(),
        );
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(day.year(), month, day_of_month);
        let certificate = params.self_signed(&key).unwrap();
        let file = |name: &str, content: String| {
            let path = folder.path().join(format!("{day}-{name}"));
            std::fs::write(&path, content).unwrap();
            path
        };
        let files = CertificateFiles {
            chain: PemFile {
                setting: "PARTNER_TLS_CERT",
                path: file("cert.pem", certificate.pem()),
            },
            key: PemFile {
                setting: "PARTNER_TLS_KEY",
                path: file("key.pem", key.serialize_pem()),
            },
        };
        ServedCertificate::read(files).unwrap()
    };
    let scraped = async |expires_in| {
        let setup = Setup {
            certificate: Some(served(expires_in)),
            ..Setup::default()
        };
        let app = TestApp::start_with(setup).await;
        test_support::eventually("it is shown", async || {
            app.get_ops("/metrics")
                .await
                .body
                .contains("partner_certificate_expiry")
        })
        .await;
        Scrape::of(&app).await
    };
    let before = scraped(TimeDelta::days(60)).await;
    let after = scraped(TimeDelta::days(10)).await;
    fires(&["CertificateExpires"], &[Replica { before, after }]);
}
