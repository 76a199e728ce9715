//! What each check says that it saw.

use std::sync::Arc;

use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

use super::*;
use crate::clients::{ClientInfo, ClientSettings, ClientVersion};
use crate::crypto::secret::SecretHashing;
use crate::ids::CustomerId;

const SECRET: &[u8] = b"26a5c010885148d1afe2d535cb3e9ffaacbc714597bb4abdb2a6fca6d16658bf";
const AUDIENCE: &str = "https://api.partner.example";
const NOW: i64 = 1_520_181_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn client() -> CachedClient {
    let created_at = DateTime::UNIX_EPOCH;
    let info = ClientInfo {
        client_id: "client".parse().unwrap(),
        settings: ClientSettings::marketplace(CustomerId::generate(created_at)),
        is_enabled: true,
        created_at,
        token_generation: 1,
        version: ClientVersion::default(),
        secret_hashing: SecretHashing::fresh(),
    };
    CachedClient::of(info, &[SECRET])
}

/// What a check of an assertion that is signed with `secret` says that it saw.
fn seen_by(check: AssertionCheck, client: &CachedClient, secret: &[u8]) -> String {
    let claims = json!({
        "iss": "client",
        "sub": "TalentSoftMarketPlace",
        "aud": AUDIENCE,
        "exp": NOW + 600,
        "iat": NOW,
        "email": "jean.dupont@site",
        "name": "Jean Dupont",
    });
    let text = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(secret)).unwrap();
    let audiences = [AUDIENCE.to_owned()];
    let context = VerificationContext {
        client,
        default_audiences: &audiences,
        now: now(),
    };
    seen(check, &Jws::parse(&text).unwrap(), &context)
}

#[test]
fn every_check_shows_the_values_it_was_made_on() {
    let client = client();
    for (check, expected) in [
        (AssertionCheck::Type, r#"typ "JWT"; JWT or none"#),
        (AssertionCheck::Algorithm, r#"alg "HS256"; HS256"#),
        (AssertionCheck::Critical, "crit absent, b64 absent; neither"),
        (AssertionCheck::Subject, r#"sub "TalentSoftMarketPlace""#),
        (
            AssertionCheck::Audience,
            r#"aud "https://api.partner.example"; accepted, byte for byte: https://api.partner.example"#,
        ),
        (
            AssertionCheck::Expiry,
            "exp 1520181600, 600 s ahead; iat 1520181000; skew 60 s, longest life 3600 s",
        ),
        (AssertionCheck::NotBefore, "nbf absent, absent; skew 60 s"),
        (AssertionCheck::IssuedAt, "iat 1520181000, 0 s ago; skew 60 s"),
        (AssertionCheck::JwtId, "jti absent"),
        (AssertionCheck::Email, r#"email "jean.dupont@site""#),
        (AssertionCheck::Name, r#"name "Jean Dupont""#),
    ] {
        assert_eq!(seen_by(check, &client, SECRET), expected, "{:?}", label(check));
    }
}

#[test]
fn the_secret_that_made_the_mac_is_named_or_those_that_were_tried() {
    let mut client = client();
    let secret_id = client.secrets[0].secret_id;
    let mac = |client: &CachedClient, secret: &[u8]| seen_by(AssertionCheck::Mac, client, secret);
    assert_eq!(mac(&client, SECRET), format!("made with secret {secret_id}"));
    assert_eq!(mac(&client, b"another"), format!("tried {secret_id}"));
    Arc::get_mut(&mut client.secrets[0]).unwrap().assertion_key = None;
    assert_eq!(
        mac(&client, SECRET),
        format!("tried {secret_id} (kept as a hash only: cannot check assertions)")
    );
    client.info.is_enabled = false;
    assert_eq!(mac(&client, SECRET), "the client has no live secret");
}

#[test]
fn every_check_has_a_name_of_its_own_and_a_rule() {
    let labels: Vec<_> = AssertionCheck::VARIANTS.iter().copied().map(label).collect();
    for (index, (name, rule)) in labels.iter().enumerate() {
        let is_rule = rule.starts_with("contract s") || rule.split(' ').all(|rule| rule.starts_with('R'));
        assert!(is_rule, "{name}: {rule}");
        assert!(labels[..index].iter().all(|(other, _)| other != name), "{name}");
    }
    let reports: Vec<_> = not_made().collect();
    let names: Vec<_> = reports.iter().map(|report| report.check).collect();
    let expected: Vec<_> = labels.iter().map(|(name, _)| *name).chain(["replay"]).collect();
    assert_eq!(names, expected);
    assert!(
        reports
            .iter()
            .all(|report| report.verdict == AssertionCheckResult::NotReached)
    );
    assert!(!is_accepted(&reports), "what was not checked is not accepted");
}

#[test]
fn an_assertion_is_accepted_if_every_check_passes() {
    let passed = || report("mac", "R29", Ok(()), String::new());
    let failed = || report("aud", "R30", Err(&AssertionError::Audience), String::new());
    assert!(is_accepted(&[passed(), passed()]));
    assert!(!is_accepted(&[passed(), failed()]));
    assert!(!is_accepted(&[failed(), failed()]));
}

#[test]
fn a_value_is_shown_as_json_and_cut_after_200_characters() {
    assert_eq!(shown(None), "absent");
    assert_eq!(shown(Some(&json!(["a", 1]))), r#"["a",1]"#);
    let longest = json!("é".repeat(198));
    assert_eq!(shown(Some(&longest)), longest.to_string());
    let cut = shown(Some(&json!("é".repeat(199))));
    assert_eq!(cut, format!("\"{}…", "é".repeat(199)));
}

#[test]
fn an_instant_is_shown_by_its_distance_from_now() {
    let of = |value: Value| distance(Some(&value), now());
    assert_eq!(distance(None, now()), "absent");
    assert_eq!(of(json!("soon")), "not a NumericDate");
    assert_eq!(of(json!(NOW + 1)), "1 s ahead");
    assert_eq!(of(json!(NOW)), "0 s ago");
    assert_eq!(of(json!(NOW - 30)), "30 s ago");
}
