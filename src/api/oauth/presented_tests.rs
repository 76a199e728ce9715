//! What a request may present, by chance.

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use actix_web::ResponseError;

use super::*;
use crate::wire::form::decode;

/// The credentials in these `Authorization` headers, if they can be read at all.
fn basic_of(values: &[&[u8]]) -> Option<Result<Option<(String, String)>, Error>> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).ok()?);
    }
    Some(basic::credentials(&headers).map(|basic| basic.map(|basic| (basic.client_id, basic.secret))))
}

fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The name with some of its characters as escapes.
fn escaped(name: &str, mask: u32) -> String {
    let escape = |(at, byte): (usize, u8)| {
        if mask >> at & 1 == 1 {
            format!("%{byte:02x}")
        } else {
            char::from(byte).to_string()
        }
    };
    name.bytes().enumerate().map(escape).collect()
}

#[test]
fn a_form_is_form_encoding_in_utf_8_said_once() {
    let of = |values: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        check_media_type(&headers).is_ok()
    };
    let form = "application/x-www-form-urlencoded";
    assert!(of(&[form]) && of(&["application/x-www-form-urlencoded;charset=utf-8"]));
    assert!(!of(&[]) && !of(&[form, form]) && !of(&["application/x-www-form-urlencoded;charset=utf-16"]));
}

/// What a request with this form, and with credentials in the header or not, presents: what it is, or the code of the
/// refusal.
fn presented_of(basic: Option<&str>, form: &str) -> String {
    let mut request = actix_web::test::TestRequest::post();
    if let Some(pair) = basic {
        request = request.insert_header((AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair))));
    }
    presented_by(request.to_http_request().headers(), form)
}

/// The same of these headers.
fn presented_by(headers: &HeaderMap, form: &str) -> String {
    let form = Form::parse(form.as_bytes()).unwrap();
    match presented_client(headers, &form, None) {
        Ok(PresentedClient::Nothing) => "nothing".to_owned(),
        Ok(PresentedClient::ClientId(client_id)) => format!("client_id {client_id}"),
        Ok(PresentedClient::Credentials(credentials)) => format!("credentials of {}", credentials.client_id),
        Err(error) => error.code().to_owned(),
    }
}

#[test]
fn a_query_without_secrets_is_taken() {
    for query in ["", "x=1", "scoped=videos&tokens=x"] {
        assert!(check_query(query).is_ok(), "{query}");
    }
    for query in ["x=1&token=", "scope=videos", "scopes=", "%53cope[0]=x"] {
        assert!(check_query(query).is_err(), "{query}");
    }
}

#[test]
fn a_name_that_resembles_scope_is_told_from_scope_and_from_others() {
    for name in [
        "scopes",
        "scope[]",
        "scope[0]",
        "scopes[x]",
        "Scope",
        "SCOPES",
        " scope",
        "scope ",
    ] {
        assert!(resembles_scope(name), "{name:?}");
    }
    for name in ["scope", "scoped", "x_scope", "resource", ""] {
        assert!(!resembles_scope(name), "{name:?}");
    }
}

#[test]
fn one_way_of_authentication_is_read_and_two_are_refused() {
    let both = "client_id=a&client_secret=x";
    for (basic, form, expected) in [
        (None, "", "nothing"),
        (None, "client_id=a", "client_id a"),
        (None, both, "credentials of a"),
        (None, "client_secret=x", "invalid_request"),
        (Some("a:x"), "", "credentials of a"),
        (Some("a:x"), "client_id=a", "credentials of a"),
        (Some("a:x"), "client_id=b", "invalid_request"),
        (Some("a:x"), both, "invalid_request"),
        (None, "client_assertion=x", "invalid_client"),
        (None, "client_assertion_type=x", "invalid_client"),
        (
            None,
            "client_assertion=x&client_assertion_type=x",
            "invalid_client",
        ),
        (
            None,
            "client_id=a&client_secret=x&client_assertion=x",
            "invalid_request",
        ),
        (Some("a:x"), "client_assertion_type=x", "invalid_request"),
    ] {
        assert_eq!(presented_of(basic, form), expected, "{basic:?} {form}");
    }
}

#[test]
fn only_basic_is_client_authentication() {
    let basic = format!("Basic {}", STANDARD.encode("a:x"));
    let post = "client_id=b&client_secret=x";
    for (values, form, expected) in [
        (&[&b"Bearer abc"[..]][..], post, "credentials of b"),
        (&[b""], post, "credentials of b"),
        (&[b"Digest username=x", b"Bearer \xff"], post, "credentials of b"),
        (&[b"Basic"], post, "credentials of b"),
        (&[b"Basic Og=="], post, "credentials of b"),
        (&[b"Bearer abc"], "client_id=b", "client_id b"),
        (&[b"Bearer abc"], "", "nothing"),
        (&[b"Bearer abc", basic.as_bytes()], "", "credentials of a"),
        (&[basic.as_bytes()], post, "invalid_request"),
        (&[basic.as_bytes(), basic.as_bytes()], "", "invalid_request"),
        (&[b"Basic !"], post, "invalid_client"),
    ] {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        assert_eq!(presented_by(&headers, form), expected, "{values:?} {form}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_credentials_survive_basic(user in ".{0,40}", password in ".{0,40}", scheme in "[bB][aA][sS][iI][cC]") {
        let pair = format!("{}:{}", form_encoded(&user), form_encoded(&password));
        let value = format!("{scheme} {}", STANDARD.encode(pair));
        let read = basic_of(&[value.as_bytes()]).unwrap().unwrap();
        let is_said = !(user.is_empty() && password.is_empty());
        prop_assert_eq!(read, is_said.then_some((user, password)));
    }

    #[test]
    fn a_header_is_credentials_only_if_it_is_basic_with_a_colon(
        value in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "[bB]asi[cC] {0,2}[A-Za-z0-9+/=]{0,60}".prop_map(String::into_bytes),
            "(Basic|Bearer|Digest|Negotiate)[ :,=]?.{0,40}".prop_map(String::into_bytes),
            (prop::collection::vec(any::<u8>(), 0..40)).prop_map(|raw| format!("Basic {}", STANDARD.encode(raw)).into_bytes()),
        ],
    ) {
        let Some(result) = basic_of(&[&value]) else { return Ok(()) };
        let is_basic = value.len() > 6 && value[..6].eq_ignore_ascii_case(b"basic ");
        let says_nothing = matches!(result, Ok(None));
        match result {
            Ok(Some((user, password))) => {
                prop_assert!(is_basic);
                let encoded = String::from_utf8(value[6..].to_vec()).unwrap();
                let decoded = STANDARD.decode(encoded.trim()).unwrap();
                prop_assert!(decoded.contains(&b':'));
                // Both halves are what a form with them would say.
                let at = decoded.iter().position(|byte| *byte == b':').unwrap();
                prop_assert_eq!(decode(str::from_utf8(&decoded[..at]).unwrap()).unwrap(), user);
                prop_assert_eq!(decode(str::from_utf8(&decoded[at + 1..]).unwrap()).unwrap(), password);
            }
            Ok(None) => prop_assert!(!is_basic || value[6..].trim_ascii().is_empty() || value[6..].trim_ascii() == b"Og=="),
            Err(error) => prop_assert_eq!((error.code(), error.status_code().as_u16()), ("invalid_client", 401)),
        }
        // Twice, it is refused whatever it says, and another scheme says nothing however often.
        match basic_of(&[&value, &value]).unwrap() {
            Ok(twice) => prop_assert!(says_nothing && twice.is_none()),
            Err(twice) => prop_assert_eq!((twice.code(), twice.status_code().as_u16()), ("invalid_request", 400)),
        }
    }

    #[test]
    fn no_spelling_brings_a_secret_into_the_query(
        name in prop::sample::select(NEVER_IN_QUERY.to_vec()),
        mask in any::<u32>(),
        before in "[a-z=&%+;]{0,12}",
        value in "[a-z%&=]{0,8}",
    ) {
        let query = format!("{before}&{}={value}", escaped(name, mask));
        prop_assert!(check_query(&query).is_err(), "{}", query);
    }

    #[test]
    fn any_query_and_media_type_is_judged(query in ".{0,60}", media_type in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = check_query(&query);
        if let Ok(value) = HeaderValue::from_bytes(&media_type) {
            let mut headers = HeaderMap::new();
            headers.append(CONTENT_TYPE, value);
            let is_form = media_type.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded");
            prop_assert!(is_form || check_media_type(&headers).is_err());
        }
    }
}
