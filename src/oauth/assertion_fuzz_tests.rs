//! Assertions by chance: nothing makes the parser or the checks panic, and nothing is accepted but what should be.
//!
//! Three kinds: any bytes; good assertions damaged; and well-formed ones with the right MAC whose members are right or
//! wrong by chance, judged by [`is_good`], which is written from the rules and shares no code with the checks.

use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, json};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;
use crate::clients::{ClientInfo, ClientSettings, ClientVersion};
use crate::crypto::assertion_key::AssertionKey;
use crate::crypto::secret::SecretHashing;
use crate::ids::CustomerId;
use crate::text::is_plain;
use chance::{any_json, any_text_of, damage, damaged};

#[path = "assertion_chance_tests.rs"]
mod chance;

const CLIENT_ID: &str = "428a51ae-0387-43ab-8c64-cf026f77656f";
pub(super) const SECRET: &[u8] = b"26a5c010885148d1afe2d535cb3e9ffaacbc714597bb4abdb2a6fca6d16658bf";
const SECOND_SECRET: &[u8] = b"98fca0ed1d1548f5b41f2c4d26c1a4cae2c5f5f7a3cf4b6a8d3b6a0c7de51b11";
pub(super) const AUDIENCES: [&str; 2] = ["https://api.partner.example", "https://api.partner.example/token"];
pub(super) const NOW: i64 = 1_520_181_000;
const SKEW: f64 = 60.0;
const MAX_TTL: f64 = 3600.0;

pub(super) fn client() -> CachedClient {
    let created_at = DateTime::UNIX_EPOCH;
    let info = ClientInfo {
        client_id: CLIENT_ID.parse().unwrap(),
        settings: ClientSettings::marketplace(CustomerId::generate(created_at)),
        is_enabled: true,
        created_at,
        token_generation: 1,
        version: ClientVersion::default(),
        secret_hashing: SecretHashing::fresh(),
    };
    CachedClient::of(info, &[SECRET, SECOND_SECRET])
}

/// Whether the grant would go on to issue a token. Makes every check, also those behind the first that fails.
fn accepts(client: &CachedClient, text: &str) -> bool {
    let Ok(jws) = Jws::parse(text) else {
        return false;
    };
    let audiences = AUDIENCES.map(str::to_owned);
    let context = VerificationContext {
        client,
        default_audiences: &audiences,
        now: DateTime::from_timestamp(NOW, 0).unwrap(),
    };
    let passed = AssertionCheck::VARIANTS
        .iter()
        .all(|check| check.run(&jws, &context).is_ok());
    assert_eq!(passed, verify(&jws, &context).is_ok());
    issuer(&jws) == Ok(CLIENT_ID) && passed
}

pub(super) fn sign(header: &str, claims: &str, secret: &[u8]) -> String {
    let input = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let key = EncodingKey::from_secret(secret);
    let mac = jsonwebtoken::crypto::sign(input.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{input}.{mac}")
}

pub(super) fn good_claims() -> Value {
    json!({
        "iss": CLIENT_ID, "aud": AUDIENCES[0], "sub": "TalentSoftMarketPlace", "exp": NOW + 1200, "iat": NOW,
        "nbf": NOW, "jti": "one", "email": "jean.dupont@site", "name": "Jean Dupont",
    })
}

fn good() -> String {
    sign(
        r#"{"alg":"HS256","typ":"JWT"}"#,
        &good_claims().to_string(),
        SECRET,
    )
}

/// Another one that is good, to cut pieces from.
fn other_good() -> String {
    let claims = good_claims().to_string().replace("jean", "paul");
    sign(r#"{"typ":"JWT","alg":"HS256","kid":"1"}"#, &claims, SECOND_SECRET)
}

/// Instants around every limit there is, whole and half; now and then as text.
fn any_instant() -> impl Strategy<Value = Value> {
    let offsets = [-3660, -3600, -60, 0, 60, 1200, 3600, 3660, 7200];
    let limits = (prop::sample::select(offsets.to_vec()), -2_i64..=2, 0_u8..8);
    limits.prop_map(|(offset, more, form)| {
        let instant = NOW + offset + more;
        match form {
            0..3 => serde_json::from_str(&format!("{instant}.5")).unwrap(),
            3 => json!(instant.to_string()),
            _ => json!(instant),
        }
    })
}

/// A member: mostly as it should be, and otherwise absent, anything, or nearly right.
fn member(good: Value, near: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Option<Value>> {
    prop_oneof![
        20 => Just(Some(good)),
        1 => Just(None),
        1 => any_json().prop_map(Some),
        2 => near.prop_map(Some),
    ]
    .boxed()
}

type Members = Vec<(&'static str, BoxedStrategy<Option<Value>>)>;

fn header_members() -> Members {
    let algorithms = [
        "HS256", "hs256", "HS384", "HS512", "RS256", "none", "None", "", " HS256",
    ];
    let types = [
        "JWT",
        "jwt",
        "Jwt",
        "at+jwt",
        "application/jwt",
        "JWT ",
        "JWE",
        "dpop+jwt",
    ];
    let absent = |near: BoxedStrategy<Value>| {
        prop_oneof![20 => Just(None), 1 => any_json().prop_map(Some), 1 => near.prop_map(Some)].boxed()
    };
    vec![
        ("alg", member(json!("HS256"), any_text_of(&algorithms))),
        ("typ", member(json!("JWT"), any_text_of(&types))),
        ("crit", absent(Just(json!(["exp"])).boxed())),
        ("b64", absent(any::<bool>().prop_map(Value::from).boxed())),
        ("kid", absent(any_json().boxed())),
        ("jwk", absent(any_json().boxed())),
    ]
}

fn claim_members() -> Members {
    let issuers = [
        "",
        "428A51AE-0387-43AB-8C64-CF026F77656F",
        "428a51ae-0387-43ab-8c64-cf026f77656f ",
        "x",
    ];
    let near_audience = prop_oneof![
        any_text_of(&[
            "",
            AUDIENCES[1],
            "https://api.partner.example/",
            "HTTPS://API.PARTNER.EXAMPLE"
        ]),
        prop::collection::vec(any_text_of(&[AUDIENCES[0], AUDIENCES[1], "x"]), 0..3).prop_map(Value::from),
        any_json().prop_map(|other| json!([AUDIENCES[0], other])),
    ];
    let long = |length: usize| "x".repeat(length);
    let addresses = [
        "a@b",
        "@",
        "a@",
        "@b",
        "a b@c",
        "a@b\n",
        "a\u{a0}@b",
        "élodie@exemple.fr",
        "a@b@c",
    ];
    let near_address = prop_oneof![
        any_text_of(&addresses),
        (250_usize..258).prop_map(move |length| json!(format!("{}@b", long(length - 2)))),
    ];
    let near_length = || (254_usize..259).prop_map(|length| json!("x".repeat(length)));
    vec![
        ("iss", member(json!(CLIENT_ID), any_text_of(&issuers))),
        (
            "sub",
            member(json!("TalentSoftMarketPlace"), any_text_of(&["", " ", "x"])),
        ),
        ("aud", member(json!(AUDIENCES[0]), near_audience)),
        ("exp", member(json!(NOW + 1200), any_instant())),
        ("nbf", member(json!(NOW), any_instant())),
        ("iat", member(json!(NOW), any_instant())),
        ("jti", member(json!("one"), near_length())),
        ("email", member(json!("jean.dupont@site"), near_address)),
        ("name", member(json!("Jean Dupont"), near_length())),
        ("extra", member(json!({ "any": ["thing"] }), any_json())),
    ]
}

fn object(members: Members) -> impl Strategy<Value = Map<String, Value>> {
    let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    values.prop_map(move |values| {
        let members = names.iter().zip(values);
        members
            .filter_map(|(name, value)| Some(((*name).to_owned(), value?)))
            .collect()
    })
}

/// What the rules say of a header and claims whose MAC is right.
fn is_good(header: &Map<String, Value>, claims: &Map<String, Value>) -> bool {
    let now = 1_520_181_000.0;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let typ = match header.get("typ") {
        None => true,
        Some(typ) => typ
            .as_str()
            .is_some_and(|typ| typ.len() == 3 && typ.to_uppercase() == "JWT"),
    };
    let is_audience = |value: &Value| AUDIENCES.iter().any(|ours| value == ours);
    let aud = match claims.get("aud") {
        Some(Value::String(one)) => AUDIENCES.contains(&one.as_str()),
        Some(Value::Array(many)) => many.iter().all(Value::is_string) && many.iter().any(is_audience),
        _ => false,
    };
    let number = |name: &str| claims.get(name).map(Value::as_f64);
    let exp = match number("exp") {
        Some(Some(exp)) => {
            let is_short = match number("iat") {
                Some(Some(iat)) => exp - iat <= MAX_TTL,
                _ => true,
            };
            exp + SKEW > now && exp - SKEW - MAX_TTL <= now && is_short
        }
        _ => false,
    };
    let nbf = match number("nbf") {
        None => true,
        Some(nbf) => nbf.is_some_and(|nbf| nbf - SKEW <= now && nbf >= -253_402_300_799.0),
    };
    let iat = match number("iat") {
        None => true,
        Some(iat) => iat.is_some_and(|iat| iat - SKEW <= now && iat + SKEW + MAX_TTL >= now),
    };
    let jti = match claims.get("jti") {
        None => true,
        Some(jti) => jti.as_str().is_some_and(|jti| !jti.is_empty() && jti.len() < 257),
    };
    // What an address is has tests of its own.
    let email = text("email").is_some_and(|email| email.parse::<EmailAddress>().is_ok());
    let name = match claims.get("name") {
        None | Some(Value::Null) => true,
        Some(name) => name
            .as_str()
            .is_some_and(|name| name.len() < 257 && is_plain(name)),
    };
    let header_is_good = header.get("alg") == Some(&json!("HS256"))
        && typ
        && !header.contains_key("crit")
        && !header.contains_key("b64");
    let iss = text("iss") == Some(CLIENT_ID);
    let sub = text("sub").is_some_and(|sub| !sub.is_empty());
    header_is_good && iss && sub && aud && exp && nbf && iat && jti && email && name
}

#[test]
fn the_undamaged_ones_are_accepted() {
    assert!(accepts(&client(), &good()));
    assert!(accepts(&client(), &other_good()));
}

#[test]
fn every_bit_of_the_mac_counts() {
    let (client, good) = (client(), good());
    let (input, mac) = good.rsplit_once('.').unwrap();
    let mac = URL_SAFE_NO_PAD.decode(mac).unwrap();
    for bit in 0..mac.len() * 8 {
        let mut flipped = mac.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let text = format!("{input}.{}", URL_SAFE_NO_PAD.encode(flipped));
        assert!(!accepts(&client, &text), "bit {bit}");
    }
    for length in 0..mac.len() {
        let text = format!("{input}.{}", URL_SAFE_NO_PAD.encode(&mac[..length]));
        assert!(!accepts(&client, &text), "{length} bytes");
    }
}

#[test]
fn a_client_without_a_live_key_has_no_good_assertion() {
    let disabled = {
        let mut client = client();
        client.info.is_enabled = false;
        client
    };
    let keyless = CachedClient::of(disabled.info.clone(), &[]);
    for client in [disabled, keyless] {
        assert!(!accepts(&client, &good()));
        let empty = sign(r#"{"alg":"HS256"}"#, &good_claims().to_string(), b"");
        assert!(!accepts(&client, &empty));
    }
    assert!(!AssertionKey::new(b"").verify(b"", b""), "an empty MAC is none");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_text_is_refused(text in prop_oneof![
        ".{0,200}",
        "[A-Za-z0-9_.=-]{0,300}",
        "[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,60}",
    ]) {
        prop_assert!(!accepts(&client(), &text));
    }

    #[test]
    fn any_bytes_in_three_parts_are_refused(
        header in prop_oneof![Just(br#"{"alg":"HS256"}"#.to_vec()), prop::collection::vec(any::<u8>(), 0..80)],
        claims in prop::collection::vec(any::<u8>(), 0..200),
        mac in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let parts = [header, claims, mac].map(|part| URL_SAFE_NO_PAD.encode(part));
        prop_assert!(!accepts(&client(), &parts.join(".")));
    }

    #[test]
    fn a_damaged_one_is_refused(damages in prop::collection::vec(damage(), 1..4)) {
        let (one, other) = (good(), other_good());
        let damaged = damaged(&one, &other, &damages);
        prop_assume!(damaged != one && damaged != other);
        prop_assert!(!accepts(&client(), &damaged), "{}", damaged);
    }

    #[test]
    fn by_any_other_key_it_is_refused(
        header in object(header_members()),
        claims in object(claim_members()),
        key in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..100),
            Just(SECRET[..63].to_vec()),
            Just([SECRET, b"\n"].concat()),
            Just(SECRET.to_ascii_uppercase()),
            Just(SECRET.iter().rev().copied().collect()),
        ],
    ) {
        let signed = |header: &str, claims: &str| sign(header, claims, &key);
        let by_chance = signed(&json!(header).to_string(), &json!(claims).to_string());
        prop_assert!(!accepts(&client(), &by_chance));
        let good_but_for_the_key = signed(r#"{"alg":"HS256"}"#, &good_claims().to_string());
        prop_assert!(!accepts(&client(), &good_but_for_the_key));
    }

    #[test]
    fn a_member_that_stands_twice_is_refused(
        claims_at in any::<Index>(),
        value in any_json(),
        is_header in any::<bool>(),
        is_escaped in any::<bool>(),
        is_same in any::<bool>(),
    ) {
        let mut texts = [json!({ "alg": "HS256", "typ": "JWT" }), good_claims()];
        let at = usize::from(!is_header);
        let members = texts[at].as_object().unwrap();
        let (name, known) = members.iter().nth(claims_at.index(members.len())).unwrap();
        let value = if is_same { known.clone() } else { value };
        let name = match name.split_at(1) {
            (first, rest) if is_escaped => format!("\\u{:04x}{rest}", u32::from(first.chars().next().unwrap())),
            _ => name.clone(),
        };
        let again = format!("{{\"{name}\":{value},");
        let text = texts[at].to_string().replacen('{', &again, 1);
        texts[at] = Value::Null;
        let [header, claims] = texts.map(|part| if part.is_null() { text.clone() } else { part.to_string() });
        prop_assert!(!accepts(&client(), &sign(&header, &claims, SECRET)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn with_the_right_mac_it_is_accepted_exactly_when_every_member_is_good(
        header in object(header_members()),
        claims in object(claim_members()),
        is_second in any::<bool>(),
    ) {
        let secret = if is_second { SECOND_SECRET } else { SECRET };
        let text = sign(&json!(header).to_string(), &json!(claims).to_string(), secret);
        prop_assert_eq!(accepts(&client(), &text), is_good(&header, &claims));
    }
}
