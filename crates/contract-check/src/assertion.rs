//! Makes assertions: good ones as Talentsoft sends them, and others with one flaw each (RFC 7515 s7.1, contract s2.2).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// The `sub` of every assertion of Talentsoft's.
const SUBJECT: &str = "TalentSoftMarketPlace";
/// Seconds between `iat` and `exp` in Talentsoft's assertions.
pub const LIFE_SECONDS: i64 = 1200;

/// An assertion that is not signed yet.
#[derive(Clone)]
pub struct Forge {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

/// Whose assertion it is, and for whom.
pub struct Names<'a> {
    /// `iss`.
    pub client_id: &'a str,
    /// `aud`.
    pub audience: &'a str,
    /// `email`.
    pub user: &'a str,
}

impl Forge {
    /// A good one, issued at `issued_at` (Unix seconds).
    pub fn good(names: &Names<'_>, issued_at: i64) -> Self {
        let object = |value| match value {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self {
            header: object(json!({ "alg": "HS256", "typ": "JWT" })),
            claims: object(json!({
                "iss": names.client_id,
                "aud": names.audience,
                "sub": SUBJECT,
                "exp": issued_at + LIFE_SECONDS,
                "iat": issued_at,
                "email": names.user,
                "name": "Talentsoft Partner Check",
            })),
        }
    }

    /// With another header parameter.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// With another claim.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Without a claim.
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// With `iat` and `exp` moved by `seconds`.
    pub fn moved(mut self, seconds: i64) -> Self {
        for name in ["iat", "exp"] {
            if let Some(at) = self.claims.get(name).and_then(Value::as_i64) {
                self.claims.insert(name.to_owned(), json!(at + seconds));
            }
        }
        self
    }

    /// `iat`.
    pub fn issued_at(&self) -> i64 {
        self.claims.get("iat").and_then(Value::as_i64).unwrap_or_default()
    }

    /// Its two texts, to be changed as texts.
    pub fn texts(&self) -> Texts {
        Texts {
            header: Value::Object(self.header.clone()).to_string(),
            claims: Value::Object(self.claims.clone()).to_string(),
        }
    }

    /// Signed as Talentsoft signs: HMAC-SHA256 with the bytes of the secret, whatever the header says.
    pub fn sign(&self, key: &[u8]) -> Assertion {
        self.texts().sign(hmac::HMAC_SHA256, key)
    }
}

/// Header and claims as texts.
pub struct Texts {
    /// The header, JSON.
    pub header: String,
    /// The claims, JSON.
    pub claims: String,
}

impl Texts {
    /// With the HMAC of an algorithm.
    pub fn sign(&self, algorithm: hmac::Algorithm, key: &[u8]) -> Assertion {
        let input = self.input();
        let mac = hmac::sign(&hmac::Key::new(algorithm, key), input.as_bytes());
        self.with_mac(&input, &URL_SAFE_NO_PAD.encode(mac))
    }

    /// With an empty third part.
    pub fn unsigned(&self) -> Assertion {
        self.with_mac(&self.input(), "")
    }

    fn input(&self) -> String {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}", encode(&self.header), encode(&self.claims))
    }

    fn with_mac(&self, input: &str, mac: &str) -> Assertion {
        Assertion {
            text: format!("{input}.{mac}"),
            shown: format!("{}.{}", self.header, self.claims),
        }
    }
}

/// An assertion to send.
#[derive(Clone)]
pub struct Assertion {
    /// In compact form.
    pub text: String,
    /// What it says, without the MAC.
    pub shown: String,
}

impl Assertion {
    /// The same, its text changed.
    pub fn map(self, change: impl FnOnce(&str) -> String) -> Self {
        Self {
            text: change(&self.text),
            shown: self.shown,
        }
    }

    /// Its three parts.
    pub fn parts(&self) -> [&str; 3] {
        let mut parts = self.text.splitn(3, '.');
        [(); 3].map(|()| parts.next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJjbGllbnRfaWQiLCJhdWQiOiJodHRwczovL2FwaS5zaXRlLmNvbSIsInN1YiI6IlRhbGVudFNvZnRNYXJrZXRQbGFjZSIsImV4cCI6MTUyMDE4MjEzMCwiaWF0IjoxNTIwMTgwOTMwLCJlbWFpbCI6ImplYW4uZHVwb250QHNpdGUiLCJuYW1lIjoiSmVhbiBEdXBvbnQifQ.PlwMiXNBMqi_GKfa-kN8BLm2zQ6mqMeqGaDRsShZOjA";

    #[test]
    fn the_contracts_golden_assertion_is_made_to_the_letter() {
        let texts = Texts {
            header: r#"{"alg":"HS256","typ":"JWT"}"#.to_owned(),
            claims: r#"{"iss":"client_id","aud":"https://api.site.com","sub":"TalentSoftMarketPlace","exp":1520182130,"iat":1520180930,"email":"jean.dupont@site","name":"Jean Dupont"}"#.to_owned(),
        };
        assert_eq!(texts.sign(hmac::HMAC_SHA256, b"secret").text, GOLDEN);
    }

    #[test]
    fn a_good_one_says_what_talentsofts_says() {
        let names = Names {
            client_id: "client_id",
            audience: "https://api.site.com",
            user: "jean.dupont@site",
        };
        let made = Forge::good(&names, 1_520_180_930).claim("name", "Jean Dupont");
        let golden = Assertion {
            text: GOLDEN.to_owned(),
            shown: String::new(),
        };
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(golden.parts()[1]).unwrap()).unwrap();
        assert_eq!(Value::Object(made.claims), claims);
    }
}
