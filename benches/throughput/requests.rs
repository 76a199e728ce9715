//! The requests that are measured, as bytes.

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use talentsoft_partner::clock::Clock;

use crate::load::Connection;
use crate::service::{CLIENT_ID, ISSUER, SECRET, Service};

pub struct Request {
    pub name: &'static str,
    pub goal: f64,
    pub bytes: Vec<u8>,
    pub answer_bytes: usize,
}

impl Request {
    async fn new(name: &'static str, goal: f64, bytes: Vec<u8>, service: &Service) -> Self {
        let answer_bytes = Connection::open(service.address).await.exchange(&bytes).await;
        Self {
            name,
            goal,
            bytes,
            answer_bytes,
        }
    }
}

/// Those that are compared with the bare server.
pub async fn all(service: &Service) -> Vec<Request> {
    let token = token(service).await;
    let jwt_bearer = jwt_bearer(&assertion(CLIENT_ID, SECRET));
    let introspect = post(
        "/introspect",
        &format!("token={token}&client_id={CLIENT_ID}&client_secret={SECRET}"),
    );
    vec![
        Request::new("GET /auth/check", 0.90, get("/auth/check", &token), service).await,
        Request::new("POST /token jwt-bearer", 0.70, jwt_bearer, service).await,
        Request::new(
            "POST /token client_credentials",
            0.80,
            client_credentials(CLIENT_ID),
            service,
        )
        .await,
        Request::new("POST /introspect", 0.70, introspect, service).await,
    ]
}

/// The one that is compared with pgbench.
pub async fn campaigns(service: &Service) -> Request {
    let bytes = get("/videos/campaigns", &token(service).await);
    Request::new("GET /videos/campaigns, 20 rows", 0.80, bytes, service).await
}

pub fn client_credentials(client_id: &str) -> Vec<u8> {
    post(
        "/token",
        &format!("grant_type=client_credentials&client_id={client_id}&client_secret={SECRET}"),
    )
}

/// The guard's request, with a fresh token.
pub async fn auth_check(service: &Service) -> Vec<u8> {
    get("/auth/check", &token(service).await)
}

async fn token(service: &Service) -> String {
    let mut connection = Connection::open(service.address).await;
    connection.exchange(&client_credentials(CLIENT_ID)).await;
    let body: Value = serde_json::from_slice(connection.body()).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

/// An assertion that names a client and proves nothing: it makes the service look the client up.
pub fn unproven_assertion(client_id: &str) -> Vec<u8> {
    jwt_bearer(&assertion(
        client_id,
        "not the secret of this client, of 32 bytes",
    ))
}

fn jwt_bearer(assertion: &str) -> Vec<u8> {
    post(
        "/token",
        &format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}"),
    )
}

fn assertion(client_id: &str, secret: &str) -> String {
    let now = Clock::system().now().timestamp();
    let claims = json!({
        "iss": client_id, "aud": ISSUER, "sub": "TalentSoftMarketPlace", "exp": now + 3500, "iat": now,
        "email": "jean.dupont@site", "name": "Jean Dupont",
    });
    encode(
        &Header::default(),
        &claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .unwrap()
}

fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

fn post(path: &str, form: &str) -> Vec<u8> {
    let length = form.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n{form}"
    )
    .into_bytes()
}
