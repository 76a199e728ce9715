//! Which receivers are called at all.

use std::net::TcpListener;

use super::stage::{Stage, permissive};
use crate::wire::with_certificate;
use test_support::receiver::Receiver;
use test_support::{Setup, TestApp};

#[tokio::test]
async fn no_callback_goes_where_the_public_internet_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let stage = Stage::set(Setup::default()).await;
    // As if the host had been allowed by mistake: hosts of clients are names.
    sqlx::query("update client set callback_hosts = $1")
        .bind(["localhost", "127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1"])
        .execute(&stage.app.sql)
        .await
        .unwrap();
    for url in [
        "https://localhost",
        "https://127.0.0.1",
        "https://[::1]",
        "https://169.254.169.254",
        "https://10.0.0.1",
    ] {
        let invitation_id = stage.invite(&format!("{url}:{port}/hook")).await;
        let event_id = stage.becomes(invitation_id, "started").await;
        let event = stage.tried(event_id, 1).await;
        let reason = event.last_error.unwrap();
        assert_eq!(reason, "the host has an address that is not public", "{url}");
    }
    let plain = stage.invite(&format!("http://localhost:{port}/hook")).await;
    let plain = stage.becomes(plain, "started").await;
    let reason = stage.tried(plain, 1).await.last_error;
    assert_eq!(reason.as_deref(), Some("the callback URL is not https"));
    assert!(listener.accept().is_err(), "somebody connected");
}

#[tokio::test]
async fn a_receiver_whose_certificate_nobody_vouches_for_is_told_nothing() {
    let stage = Stage::set(permissive()).await;
    let (certificate, _) = with_certificate();
    // Any service with TLS will do.
    let receiver = TestApp::start_with(Setup {
        certificate: Some(certificate),
        ..Setup::default()
    })
    .await;
    let url = format!("https://localhost:{}/", receiver.address.port());
    let invitation_id = stage.invite(&url).await;
    let event_id = stage.becomes(invitation_id, "started").await;
    let reason = stage.tried(event_id, 1).await.last_error.unwrap();
    assert_eq!(
        reason,
        "no connection: invalid peer certificate: it is of an authority that this host does not trust"
    );
}

#[tokio::test]
async fn a_host_that_was_taken_off_the_list_is_not_called_any_more() {
    let receiver = Receiver::start();
    let stage = Stage::set(permissive()).await;
    let invitation_id = stage.invite(&receiver.url("/")).await;
    stage
        .app
        .update_client(&stage.client, |settings| {
            settings.callback_hosts = vec!["ats.example".to_owned()].try_into().unwrap();
        })
        .await;
    let event_id = stage.becomes(invitation_id, "started").await;
    let reason = stage.tried(event_id, 1).await.last_error;
    assert_eq!(
        reason.as_deref(),
        Some("the host is not among the client's callback hosts")
    );
    assert_eq!(receiver.deliveries().len(), 0);
}
