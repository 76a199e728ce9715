//! The requests that are measured, as bytes.

use std::ops::Range;

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use talentsoft_partner::clock::Clock;

use crate::load::{Answer, Connection, FRESH};
use crate::service::{CLIENT_ID, ISSUER, SECRET, Service};

pub struct Request {
    pub name: String,
    pub goal: f64,
    /// The same request in the name of different clients; the connections take turns with them.
    pub messages: Vec<Vec<u8>>,
    pub answer: Answer,
}

impl Request {
    pub fn new(name: &str, goal: f64, messages: Vec<Vec<u8>>, service: &Service) -> Self {
        let answer = Connection::open(service.address).answer(&messages[0]);
        Self {
            name: name.to_owned(),
            goal,
            messages,
            answer,
        }
    }
}

/// Those that are compared with the bare server.
pub fn all(service: &Service) -> Vec<Request> {
    let token = token(service, CLIENT_ID);
    let jwt_bearer = jwt_bearer(&assertion(CLIENT_ID, SECRET, None));
    let introspect = post(
        "/introspect",
        &format!("token={token}&client_id={CLIENT_ID}&client_secret={SECRET}"),
    );
    let mut all = vec![
        Request::new("GET /auth/check", 0.95, vec![get("/auth/check", &token)], service),
        Request::new("POST /token jwt-bearer", 0.88, vec![jwt_bearer], service),
        Request::new(
            "POST /token client_credentials",
            0.92,
            vec![client_credentials(CLIENT_ID)],
            service,
        ),
        Request::new("POST /introspect", 0.95, vec![introspect], service),
    ];
    all.extend(normalize(service));
    all
}

/// Raw titles that the connections take turns with.
const RAW_TITLES: usize = 4096;

/// How many of a thousand raw titles are among which of the commonest; the others come for the first time. So it is of the
/// 53 000 titles that employers filed for H-1B visas.
const REPEATED: [(Range<usize>, usize); 4] = [
    (0..10, 180),
    (10..100, 210),
    (100..1_000, 240),
    (1_000..4_000, 80),
];

/// Raw titles to those of the built-in library: each with another requisition number, and asked for as often as in what
/// employers filed.
fn normalize(service: &Service) -> [Request; 2] {
    let token = token(service, CLIENT_ID);
    let path = "/titles/versions/latest/normalize";
    let table = include_str!("../../market-data/titles.tsv").lines().skip(1);
    let titles: Vec<&str> = table.filter_map(|line| line.split('\t').next()).collect();
    let mut numbers = (1_u64..).map(scatter);
    let mut below = |bound: usize| usize::try_from(numbers.next().unwrap() >> 20).unwrap() % bound;
    let message = |title: &str, requisition: &str| {
        let body = json!({ "term": format!("Sr. {title} (Remote) - Req {requisition}") });
        post_json(path, &token, &body.to_string())
    };
    let new = (0..RAW_TITLES)
        .map(|_| message(titles[below(titles.len())], FRESH))
        .collect();
    let repeated = (0..RAW_TITLES).map(|_| {
        let mut rest = below(1_000);
        for (ranks, of_thousand) in REPEATED {
            if rest < of_thousand {
                // The commonest are spread over the alphabet.
                let rank = ranks.start + below(ranks.len());
                return message(titles[rank * 7 % titles.len()], "1234");
            }
            rest -= of_thousand;
        }
        message(titles[below(titles.len())], FRESH)
    });
    let repeated = repeated.collect();
    [
        Request::new("POST …/normalize, other requisition numbers", 0.50, new, service),
        Request::new("POST …/normalize, terms as they repeat", 0.70, repeated, service),
    ]
}

/// A number that looks random, another for each.
fn scatter(number: u64) -> u64 {
    let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number ^ (number >> 27)
}

/// The one that is compared with pgbench, in the name of every customer.
pub fn campaigns(service: &Service, table: &str) -> Request {
    let clients = service.customers.iter().map(|customer| &customer.client_id);
    let messages: Vec<_> = clients
        .map(|client_id| get("/videos/campaigns", &token(service, client_id)))
        .collect();
    let name = format!(
        "GET /videos/campaigns, 20 rows{table}, customers: {}",
        messages.len()
    );
    Request::new(&name, 0.95, messages, service)
}

/// Candidates of one batch, and applications of one read.
const BATCH: usize = 100;
const APPLICATIONS: usize = 500;

/// A batch of candidates, others each time.
pub fn batch(service: &Service) -> Request {
    let token = token(service, CLIENT_ID);
    let fresh = "0190a5d0-0000-7000-8000-".to_owned() + FRESH;
    let message = invite(service, &token, &vec![fresh; BATCH]);
    Request::new(
        "POST /videos/interviews, 100 candidates",
        0.70,
        vec![message],
        service,
    )
}

/// A read of applications, each of which has an invitation; and these applications.
pub fn refresh(service: &Service) -> (Request, Vec<String>) {
    let token = token(service, CLIENT_ID);
    let applications: Vec<String> = (0..APPLICATIONS)
        .map(|index| format!("0190a5d0-1111-7000-8000-{index:012x}"))
        .collect();
    let mut connection = Connection::open(service.address);
    connection.exchange(&invite(service, &token, &applications));
    let message = get(
        &format!("/videos/interviews?application_id={}", applications.join(",")),
        &token,
    );
    let name = "GET /videos/interviews, 500 applications";
    (Request::new(name, 0.70, vec![message], service), applications)
}

fn invite(service: &Service, token: &str, applications: &[String]) -> Vec<u8> {
    let candidate = |application: &String| {
        json!({
            "campaign_id": service.customers[0].campaign,
            "applicant_id": "0190a5d0-2222-7000-8000-00000000a11c",
            "application_id": application,
            "lastname": "Martin", "firstname": "Zoé", "email": "zoe.martin@mail.example",
        })
    };
    let body = Value::Array(applications.iter().map(candidate).collect());
    post_json("/videos/interviews", token, &body.to_string())
}

pub fn client_credentials(client_id: &str) -> Vec<u8> {
    post(
        "/token",
        &format!("grant_type=client_credentials&client_id={client_id}&client_secret={SECRET}"),
    )
}

/// The guard's request, with a fresh token.
pub fn auth_check(service: &Service) -> Vec<u8> {
    get("/auth/check", &token(service, CLIENT_ID))
}

pub fn token(service: &Service, client_id: &str) -> String {
    let mut connection = Connection::open(service.address);
    exchange_for_token(&mut connection, &client_credentials(client_id))
}

fn exchange_for_token(connection: &mut Connection, request: &[u8]) -> String {
    connection.exchange(request);
    let body: Value = serde_json::from_slice(connection.body()).unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

/// Requests with assertions that may be used once each, and were not.
pub fn single_use_assertions(count: usize) -> Vec<Vec<u8>> {
    let fresh = || Some(uuid::Uuid::new_v4().to_string());
    (0..count)
        .map(|_| jwt_bearer(&assertion(CLIENT_ID, SECRET, fresh())))
        .collect()
}

/// Revocations of tokens that were issued for it.
pub fn revocations(service: &Service, count: usize) -> Vec<Vec<u8>> {
    let request = client_credentials(CLIENT_ID);
    let mut connection = Connection::open(service.address);
    let revocation = |_| {
        let token = exchange_for_token(&mut connection, &request);
        post(
            "/revoke",
            &format!("token={token}&client_id={CLIENT_ID}&client_secret={SECRET}"),
        )
    };
    (0..count).map(revocation).collect()
}

/// An assertion that names a client and proves nothing: it makes the service look the client up.
pub fn unproven_assertion(client_id: &str) -> Vec<u8> {
    jwt_bearer(&assertion(
        client_id,
        "not the secret of this client, of 32 bytes",
        None,
    ))
}

fn jwt_bearer(assertion: &str) -> Vec<u8> {
    post(
        "/token",
        &format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}"),
    )
}

/// An assertion; one with a `jti` may be used once.
fn assertion(client_id: &str, secret: &str, jti: Option<String>) -> String {
    let now = Clock::system().now().timestamp();
    let mut claims = json!({
        "iss": client_id, "aud": ISSUER, "sub": "TalentSoftMarketPlace", "exp": now + 3500, "iat": now,
        "email": "jean.dupont@site", "name": "Jean Dupont",
    });
    if let Some(jti) = jti {
        claims["jti"] = jti.into();
    }
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

/// A request with a JSON body.
pub fn post_json(path: &str, token: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn post(path: &str, form: &str) -> Vec<u8> {
    let length = form.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n{form}"
    )
    .into_bytes()
}
