//! Assertions with one mistake each, all of them refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use test_support::assertion::{self, Assertion, sign_parts};
use test_support::{ISSUER, OTHER_SECRET, SECRET, TestApp};

#[tokio::test]
async fn each_mistake_alone_is_invalid_grant() {
    let app = TestApp::start().await;
    let client = app.add_marketplace_client("acme").await;
    let good = assertion::good(&app, &client);
    let invalid = [
        invalid_claims(&good, app.now().timestamp()),
        invalid_headers(&good),
        invalid_forms(&good),
    ]
    .concat();
    for (what, assertion) in invalid {
        let answer = app.jwt_bearer(&assertion).await;
        assert_eq!(answer.oauth_error(), (400, "invalid_grant".to_owned()), "{what}");
        assert_eq!(
            answer.json()["error_description"],
            "The assertion is not valid. The partner can explain it.",
            "{what}: the wire does not say why"
        );
    }
    assert_eq!(
        app.jwt_bearer(&good.sign(SECRET)).await.status,
        200,
        "and the valid one still works"
    );
}

type InvalidAssertions = Vec<(&'static str, String)>;

/// One claim wrong at a time, the MAC right.
fn invalid_claims(good: &Assertion, now: i64) -> InvalidAssertions {
    let claim = |name: &str, value: Value| good.clone().claim(name, value).sign(SECRET);
    vec![
        ("expired", claim("exp", json!(now - 60))),
        ("exp too far", claim("exp", json!(now + 3661))),
        (
            "exp further from iat than allowed",
            claim("exp", json!(now + 3601)),
        ),
        ("exp missing", claim("exp", Value::Null)),
        ("exp a string", claim("exp", json!((now + 100).to_string()))),
        ("exp absurd", claim("exp", json!(1e300))),
        ("exp negative", claim("exp", json!(-1))),
        ("nbf ahead", claim("nbf", json!(now + 61))),
        ("nbf a string", claim("nbf", json!("0"))),
        ("iat ahead", claim("iat", json!(now + 61))),
        ("iat too old", claim("iat", json!(now - 3661))),
        ("iat a string", claim("iat", json!("0"))),
        ("wrong aud", claim("aud", json!("https://api.site.com"))),
        ("aud with a slash more", claim("aud", json!(format!("{ISSUER}/")))),
        ("aud in capitals", claim("aud", json!(ISSUER.to_uppercase()))),
        ("aud missing", claim("aud", Value::Null)),
        ("aud empty", claim("aud", json!([]))),
        ("aud an object", claim("aud", json!({ "0": ISSUER }))),
        ("aud with a number", claim("aud", json!([ISSUER, 1]))),
        ("iss unknown", claim("iss", json!("nobody"))),
        (
            "iss with a space",
            claim("iss", json!(format!("{} ", good.claims["iss"].as_str().unwrap()))),
        ),
        (
            "iss in capitals",
            claim("iss", json!(good.claims["iss"].as_str().unwrap().to_uppercase())),
        ),
        ("iss missing", claim("iss", Value::Null)),
        ("iss a number", claim("iss", json!(1))),
        ("sub missing", claim("sub", Value::Null)),
        ("sub empty", claim("sub", json!(""))),
        ("sub a number", claim("sub", json!(1))),
        ("email missing", claim("email", Value::Null)),
        ("email without @", claim("email", json!("jean.dupont"))),
        ("email with a line break", claim("email", json!("a@b\r\nX: y"))),
        (
            "email too long",
            claim("email", json!(format!("{}@b", "x".repeat(253)))),
        ),
        ("name a number", claim("name", json!(1))),
        ("name too long", claim("name", json!("x".repeat(257)))),
        ("jti empty", claim("jti", json!(""))),
        ("jti a number", claim("jti", json!(7))),
        (
            "a claim nested deeply",
            claim("x", (0..20).fold(json!(1), |inner, _| json!([inner]))),
        ),
        ("over 8 KiB", claim("x", json!("x".repeat(8 * 1024)))),
    ]
}

/// One header parameter wrong at a time, the MAC right; and `none` in all spellings, with and without a MAC.
fn invalid_headers(good: &Assertion) -> InvalidAssertions {
    let header = |name: &str, value: Value| good.clone().header(name, value).sign(SECRET);
    let mut invalid = vec![
        ("alg HS512", header("alg", json!("HS512"))),
        ("alg RS256", header("alg", json!("RS256"))),
        ("alg in lower case", header("alg", json!("hs256"))),
        ("alg missing", header("alg", Value::Null)),
        ("alg a list", header("alg", json!(["HS256"]))),
        ("typ at+jwt", header("typ", json!("at+jwt"))),
        (
            "typ client-authentication+jwt",
            header("typ", json!("client-authentication+jwt")),
        ),
        ("typ dpop+jwt", header("typ", json!("dpop+jwt"))),
        ("crit", header("crit", json!(["exp"]))),
        ("crit empty", header("crit", json!([]))),
        ("b64 false", header("b64", json!(false))),
    ];
    for spelling in ["none", "None", "NONE", "nOnE", ""] {
        let signed = header("alg", json!(spelling));
        invalid.push((
            "alg none, no MAC",
            format!("{}.", signed.rsplit_once('.').unwrap().0),
        ));
        invalid.push(("alg none, signed", signed));
    }
    invalid
}

/// The MAC or the form wrong.
fn invalid_forms(good: &Assertion) -> InvalidAssertions {
    let signed = good.sign(SECRET);
    let [head, body, mac] = signed.split('.').collect::<Vec<_>>().try_into().unwrap();
    let claims = good.claims.to_string();
    // The last character of a MAC has two bits to spare: another one there decodes to the same bytes.
    let last = mac.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet
        .chars()
        .nth(alphabet.find(last).unwrap() + 1)
        .unwrap_or('B');
    vec![
        ("spare bits", format!("{}{next}", &signed[..signed.len() - 1])),
        ("another secret", good.sign(OTHER_SECRET)),
        ("a secret decoded from hex", good.sign("\x26")),
        ("no MAC", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("four parts", format!("{signed}.x")),
        ("five parts", format!("{signed}.x.y")),
        ("padding", format!("{signed}=")),
        ("white space", format!("{head}.{body}.{mac} ")),
        ("a line break", format!("{head}.\n{body}.{mac}")),
        ("truncated", signed[..signed.len() - 1].to_owned()),
        (
            "claims of another",
            format!(
                "{head}.{}.{mac}",
                URL_SAFE_NO_PAD.encode(claims.replace("jean", "paul"))
            ),
        ),
        (
            "header twice alg",
            sign_parts(r#"{"alg":"HS256","alg":"HS256"}"#, &claims, SECRET),
        ),
        (
            "claim twice exp",
            sign_parts(
                r#"{"alg":"HS256"}"#,
                &claims.replace("\"exp\"", "\"exp\":1,\"exp\""),
                SECRET,
            ),
        ),
        ("claims a list", sign_parts(r#"{"alg":"HS256"}"#, "[]", SECRET)),
        (
            "claims not JSON",
            sign_parts(r#"{"alg":"HS256"}"#, "hello", SECRET),
        ),
        ("header not JSON", sign_parts("hello", &claims, SECRET)),
        ("not a JWT", "assertion".to_owned()),
        ("dots only", "..".to_owned()),
    ]
}
