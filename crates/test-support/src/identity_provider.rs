//! An identity provider (`OpenID` Connect) that says what a test wants of whom it wants, also what no provider should.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use talentsoft_partner::clock::Clock;

/// The identifier of the console there.
pub const CLIENT_ID: &str = "console";
/// The secret of the console there.
pub const CLIENT_SECRET: &str = "a-secret-of-the-console-at-the-provider";

/// The provider; it lives as long as the process.
#[derive(Clone)]
pub struct IdentityProvider {
    pub issuer: String,
    state: Arc<Mutex<State>>,
}

struct State {
    clock: Clock,
    key: EcdsaKeyPair,
    key_id: usize,
    /// What was authorized, by code: nonce, challenge, subject.
    codes: HashMap<String, (String, String, String)>,
    /// Claims that are other than they should be; null: left out.
    claims: Value,
    algorithm: &'static str,
    promises_issuer: bool,
}

fn new_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

/// The parameters of a query or a form.
fn parameters(text: &str) -> HashMap<String, String> {
    reqwest::Url::parse(&format!("http://x/?{text}"))
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

impl IdentityProvider {
    /// One whose clock is this.
    pub fn start(clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let provider = Self {
            issuer: format!("http://localhost:{}", listener.local_addr().unwrap().port()),
            state: Arc::new(Mutex::new(State {
                clock,
                key: new_key(),
                key_id: 1,
                codes: HashMap::new(),
                claims: json!({}),
                algorithm: "ES256",
                promises_issuer: true,
            })),
        };
        let serving = provider.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(&stream));
            }
        });
        provider
    }

    /// From now on its ID tokens have these claims; null leaves one out.
    pub fn says(&self, claims: Value) {
        self.state.lock().unwrap().claims = claims;
    }

    /// From now on its ID tokens are signed so.
    pub fn signs(&self, algorithm: &'static str) {
        self.state.lock().unwrap().algorithm = algorithm;
    }

    /// Has another key from now on.
    pub fn rotate_key(&self) {
        let mut state = self.state.lock().unwrap();
        state.key = new_key();
        state.key_id += 1;
    }

    /// Whether its metadata promise `iss`.
    pub fn promises_issuer(&self, promises: bool) {
        self.state.lock().unwrap().promises_issuer = promises;
    }

    /// Somebody signs in at the page that a browser was sent to; returns the query with which it is sent back.
    pub fn authorize(&self, url: &str, subject: &str) -> HashMap<String, String> {
        let query = parameters(url.split_once('?').unwrap().1);
        assert!(url.starts_with(&format!("{}/authorize?", self.issuer)), "{url}");
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(query[name], value, "{url}");
        }
        assert!(query["scope"].contains("openid"), "{url}");
        let mut state = self.state.lock().unwrap();
        let code = format!("code-{}", state.codes.len());
        let granted = (
            query["nonce"].clone(),
            query["code_challenge"].clone(),
            subject.to_owned(),
        );
        state.codes.insert(code.clone(), granted);
        HashMap::from([
            ("state".to_owned(), query["state"].clone()),
            ("code".to_owned(), code),
            ("iss".to_owned(), self.issuer.clone()),
        ])
    }

    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let path = line.split(' ').nth(1).unwrap().to_owned();
        let mut length = 0;
        loop {
            let mut field = String::new();
            reader.read_line(&mut field).unwrap();
            let field = field.trim().to_ascii_lowercase();
            if let Some(value) = field.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if field.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let (status, answer) = self.answer(&path, &String::from_utf8(body).unwrap());
        let answer = answer.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            answer.len()
        );
        let mut writer = stream;
        let _ = writer.write_all(format!("{head}{answer}").as_bytes());
    }

    fn answer(&self, path: &str, body: &str) -> (&'static str, Value) {
        let state = self.state.lock().unwrap();
        let issuer = &self.issuer;
        match path {
            "/.well-known/openid-configuration" => (
                "200 OK",
                json!({
                    "issuer": issuer,
                    "authorization_endpoint": format!("{issuer}/authorize"),
                    "token_endpoint": format!("{issuer}/token"),
                    "jwks_uri": format!("{issuer}/jwks"),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
                    "authorization_response_iss_parameter_supported": state.promises_issuer,
                }),
            ),
            "/jwks" => {
                let point = state.key.public_key().as_ref();
                let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
                let key = json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": state.key_id.to_string(),
                    "x": part(&point[1..33]), "y": part(&point[33..65]),
                });
                ("200 OK", json!({ "keys": [key] }))
            }
            "/token" => state.token(issuer, &parameters(body)),
            _ => ("404 Not Found", json!({})),
        }
    }
}

impl State {
    fn token(&self, issuer: &str, form: &HashMap<String, String>) -> (&'static str, Value) {
        let refused = ("400 Bad Request", json!({ "error": "invalid_grant" }));
        let Some((nonce, challenge, subject)) = form.get("code").and_then(|code| self.codes.get(code)) else {
            return refused;
        };
        let digest = digest::digest(&digest::SHA256, form["code_verifier"].as_bytes());
        if URL_SAFE_NO_PAD.encode(digest) != *challenge {
            return refused;
        }
        let now = self.clock.now().timestamp();
        let mut claims = json!({
            "iss": issuer, "aud": CLIENT_ID, "sub": subject, "nonce": nonce, "iat": now, "exp": now + 300,
            "auth_time": now,
        });
        for (name, value) in self.claims.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let answer = json!({
            "access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": self.sign(&claims),
        });
        ("200 OK", answer)
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.algorithm, "kid": self.key_id.to_string() });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = match self.algorithm {
            "none" => Vec::new(),
            "HS256" => {
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
                aws_lc_rs::hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
            _ => {
                let signed = self.key.sign(&SystemRandom::new(), signed.as_bytes());
                signed.unwrap().as_ref().to_vec()
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
