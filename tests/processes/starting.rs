//! The service starts before its database is there: it waits, says so, and takes no connection that it could not answer.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use nix::sys::signal::Signal;
use sqlx::{Connection, PgConnection};
use tokio::net::TcpStream;

use test_support::database::{self, directory};
use test_support::{Instance, PATIENCE, Registry, eventually};

/// A database that is prepared and away, the directory of its cluster, and a client in it.
struct Away {
    directory: tempfile::TempDir,
    url: String,
    client: test_support::TestClient,
}

impl Away {
    async fn new() -> Self {
        let directory = directory();
        let cluster = database::start(&directory.path().join("data"));
        let registry = Registry::prepared(cluster.database_url()).await;
        let client = registry.add_marketplace_client("acme").await;
        registry.db.close();
        registry.sql.close().await;
        cluster.stop().unwrap();
        Self {
            url: registry.database_url.clone(),
            directory,
            client,
        }
    }

    fn comes_back(&self) -> private_postgres::PrivatePostgres {
        database::start(&self.directory.path().join("data"))
    }
}

fn said(instance: &Instance, text: &str) -> usize {
    instance.log().iter().filter(|line| line.contains(text)).count()
}

#[tokio::test]
async fn it_waits_for_the_database_and_is_then_there() {
    let away = Away::new().await;
    let mut instance = Instance::start_unready(&away.url, &[]).await;
    eventually("it says what it waits for", async || {
        said(&instance, "waiting for the database") > 0
    })
    .await;
    assert_eq!(instance.get_ops("/health/live").await.status, 200);
    let ready = instance.get_ops("/health/ready").await;
    assert_eq!(ready.status, 503);
    let starting = serde_json::json!({ "status": "starting", "database": "away" });
    assert_eq!(ready.json(), starting, "{ready:?}");
    assert_eq!(instance.get_ops("/metrics").await.status, 200);
    let refused = TcpStream::connect(instance.address).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

    let _cluster = away.comes_back();
    instance.serves().await;
    assert_eq!(instance.readiness().await, "ready");
    assert_eq!(instance.client_credentials(&away.client).await.status, 200);
    assert_eq!(said(&instance, "waiting for the database"), 1);
    assert_eq!(said(&instance, "the database is available"), 1);
    instance.stop().await;
}

#[tokio::test]
async fn it_starts_on_a_database_that_takes_no_changes() {
    let registry = Registry::fresh().await;
    let client = registry.add_marketplace_client("acme").await;
    sqlx::raw_sql(
        "do $$ begin execute format('alter database %I set default_transaction_read_only = on',
         current_database()); end $$",
    )
    .execute(&registry.sql)
    .await
    .unwrap();
    let instance = Instance::start(&registry.database_url).await;
    assert_eq!(instance.readiness().await, "degraded");
    assert_eq!(instance.database().await, "read-only");
    let token = instance.token(&client).await;
    assert_eq!(instance.check(&token).await, 204);
    instance.revoke(&client, &token).await.assert_unavailable();
    instance.stop().await;
}

#[tokio::test]
async fn told_to_stop_while_it_waits_it_ends() {
    let away = Away::new().await;
    let instance = Instance::start_unready(&away.url, &[("PARTNER_SHUTDOWN_DELAY", "3600")]).await;
    eventually("it waits", async || {
        said(&instance, "waiting for the database") > 0
    })
    .await;
    instance.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_before_the_database_is_there() {
    let away = Away::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for variable in ["PARTNER_LISTEN", "PARTNER_OPS_LISTEN"] {
        let error = test_support::instance::refusal(&away.url, &[(variable, &address)]).await;
        let expected = format!("{variable} is {address}, which cannot be listened on");
        assert!(error.contains(&expected), "{error}");
    }
}

#[tokio::test]
async fn what_only_a_person_can_correct_ends_it_at_once() {
    let directory = directory();
    let data_dir = directory.path().join("data");
    let cluster = database::start(&data_dir);
    let registry = Registry::prepared(cluster.database_url()).await;
    sqlx::query("create role worker login password 'right'")
        .execute(&registry.sql)
        .await
        .unwrap();
    let rules = "local all worker scram-sha-256\nlocal all all trust\n";
    std::fs::write(data_dir.join("postgres/pg_hba.conf"), rules).unwrap();
    sqlx::query("select pg_reload_conf()")
        .execute(&registry.sql)
        .await
        .unwrap();

    let url = &registry.database_url;
    let as_user = |user: &str| url.replace("user=postgres", &format!("user={user}"));
    let other_key = "1".repeat(64);
    eventually("the rules are read", async || {
        PgConnection::connect(&as_user("worker")).await.is_err()
    })
    .await;
    for (url, variables, expected) in [
        (
            as_user("worker&password=wrong"),
            &[][..],
            "password authentication failed",
        ),
        (as_user("nobody"), &[], "role \"nobody\" does not exist"),
        (
            cluster.database_url_of("none"),
            &[],
            "database \"none\" does not exist",
        ),
        (
            url.clone(),
            &[("PARTNER_MASTER_KEY", other_key.as_str())],
            "is not the one that sealed the keys in this database",
        ),
    ] {
        let error = test_support::instance::refusal(&url, variables).await;
        assert!(error.contains(expected), "{error}");
        assert!(
            !error.contains("waiting") && !error.contains("internal error"),
            "{error}"
        );
    }
}

/// What systemd would receive until it receives this.
fn receive_until(socket: &UnixDatagram, line: &str) -> Vec<String> {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut received = Vec::new();
    while !received.iter().any(|known| known == line) {
        let mut buffer = [0; 512];
        let length = socket.recv(&mut buffer).unwrap();
        let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
        received.extend(text.lines().map(str::to_owned));
    }
    received
}

/// Waits on another thread, so that this one can go on.
async fn told(socket: &UnixDatagram, line: &'static str) -> Vec<String> {
    let socket = socket.try_clone().unwrap();
    let receiving = tokio::task::spawn_blocking(move || receive_until(&socket, line));
    receiving.await.unwrap()
}

#[tokio::test]
async fn systemd_is_told_when_it_is_ready_and_when_it_stops() {
    let away = Away::new().await;
    let path = away.directory.path().join("notify");
    let name = format!("talentsoft-partner-test-{}", std::process::id());
    let in_a_file = (
        UnixDatagram::bind(&path).unwrap(),
        path.to_str().unwrap().to_owned(),
    );
    let abstract_name = SocketAddr::from_abstract_name(OsStr::new(&name).as_bytes()).unwrap();
    let abstract_one = (
        UnixDatagram::bind_addr(&abstract_name).unwrap(),
        format!("@{name}"),
    );
    for (socket, name) in [in_a_file, abstract_one] {
        let mut instance = Instance::start_unready(&away.url, &[("NOTIFY_SOCKET", &name)]).await;
        let before = told(&socket, "STATUS=waiting for the database").await;
        assert!(!before.contains(&"READY=1".to_owned()), "{before:?}");
        let cluster = away.comes_back();
        told(&socket, "READY=1").await;
        assert_eq!(instance.readiness().await, "ready");
        instance.signal(Signal::SIGTERM);
        told(&socket, "STOPPING=1").await;
        assert!(instance.ended().await.success());
        cluster.stop().unwrap();
    }
}
