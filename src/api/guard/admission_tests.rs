//! What the guard reads from a request, by chance.

use actix_web::http::header::HeaderValue;
use actix_web::test::TestRequest;
use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ids::TokenId;
use crate::oauth::token::Holder;

fn presented(values: &[&[u8]], query: &str) -> Option<Result<String, Refusal>> {
    let mut request = TestRequest::with_uri(&format!("/?{query}"));
    for value in values {
        request = request.append_header((AUTHORIZATION, HeaderValue::from_bytes(value).ok()?));
    }
    Some(presented_token(request.to_http_request().head()).map(str::to_owned))
}

fn token_of(holder: Holder) -> Token {
    Token {
        token_id: TokenId(Uuid::nil()),
        client_id: "client".parse().unwrap(),
        customer_id: None,
        holder,
        scopes: [Scope::Videos].into_iter().collect(),
        generation: 1,
        issued_at: DateTime::UNIX_EPOCH,
        ttl_seconds: 3600,
    }
}

fn user() -> EmailAddress {
    "jean.dupont@site".parse().unwrap()
}

fn user_token() -> Token {
    token_of(Holder::User {
        email: user(),
        name: None,
    })
}

/// The current user of an application's call with these header fields.
fn named(values: &[&str]) -> Option<EmailAddress> {
    let mut headers = HeaderMap::new();
    for value in values {
        let name = actix_web::http::header::HeaderName::from_static(CURRENT_USER_HEADER);
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    current_user(&headers, &token_of(Holder::Application))
        .ok()
        .flatten()
}

#[test]
fn a_token_in_the_query_is_refused_and_any_other_parameter_is_taken() {
    let is_taken = |query: &str| presented(&[b"Bearer tsp_x"], query).unwrap().is_ok();
    for query in ["", "a=b", "token=x", "access_tokens=x", "x=access_token"] {
        assert!(is_taken(query), "{query}");
    }
    for query in [
        "access_token=x",
        "access_token",
        "a=b&access_token=",
        "%61ccess_token=x",
    ] {
        assert!(!is_taken(query), "{query}");
    }
}

#[test]
fn a_user_is_named_by_one_address_alone() {
    assert_eq!(named(&["jean.dupont@site"]), Some(user()));
    assert_eq!(named(&["jean.dupont@site,paul@site"]), None);
    assert_eq!(named(&["\"jean\"@site,\"paul\"@site"]), None);
    assert_eq!(
        named(&["\"dupont,jean\"@site"]).unwrap().as_str(),
        "\"dupont,jean\"@site"
    );
    assert_eq!(named(&["jean.dupont@site", "jean.dupont@site"]), None);
    assert_eq!(named(&["jean.dupont"]), None);
}

/// Nearly addresses, and anything.
fn any_header() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z@. ,\t]{0,12}".prop_map(String::into_bytes),
        "[jJ]ean.dupont@[sS]ite".prop_map(String::into_bytes),
        ".{0,20}@.{0,20}".prop_map(String::into_bytes),
        (245_usize..260).prop_map(|length| format!("{}@b", "x".repeat(length - 2)).into_bytes()),
        prop::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_token_is_read_from_one_bearer_header_and_from_nowhere_else(
        value in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "([bB]eare[rR]|Basic|Bearerx|Bear)[ :=]{0,2}[ -~]{0,40}".prop_map(String::into_bytes),
        ],
        query in "[a-z=&]{0,20}",
    ) {
        let Some(result) = presented(&[&value], &query) else { return Ok(()) };
        if let Ok(token) = result {
            prop_assert!(value[..7].eq_ignore_ascii_case(b"bearer "));
            let rest = String::from_utf8(value[7..].to_vec()).unwrap();
            prop_assert_eq!(rest.trim_matches(' '), token.as_str());
            prop_assert!(!token.is_empty());
        }
        prop_assert!(presented(&[&value, b"Bearer x"], &query).unwrap().is_err());
        prop_assert!(presented(&[b"Bearer x", &value], &query).unwrap().is_err());
        let exposed = format!("{query}&%61ccess_token=x");
        prop_assert!(presented(&[&value], &exposed).unwrap().is_err());
        prop_assert!(presented(&[], &query).unwrap().is_err());
    }

    #[test]
    fn a_user_is_one_header_with_one_address_and_never_another_than_the_tokens(
        values in prop::collection::vec(any_header(), 0..3),
    ) {
        let mut headers = HeaderMap::new();
        for value in &values {
            let Ok(value) = HeaderValue::from_bytes(value) else { return Ok(()) };
            headers.append(actix_web::http::header::HeaderName::from_static(CURRENT_USER_HEADER), value);
        }
        let of_user = current_user(&headers, &user_token());
        let of_application = current_user(&headers, &token_of(Holder::Application));
        match &values[..] {
            [] => {
                prop_assert_eq!(of_user.unwrap(), Some(user()));
                prop_assert_eq!(of_application.unwrap(), None);
            }
            [value] => match of_application {
                Ok(named) => {
                    let named = named.unwrap();
                    let latin_1 = || value.iter().copied().map(char::from).collect::<String>();
                    let text = String::from_utf8(value.clone()).unwrap_or_else(|_| latin_1());
                    prop_assert_eq!(named.as_str(), &text);
                    let is_same = text.eq_ignore_ascii_case(user().as_str());
                    prop_assert_eq!(of_user.is_ok(), is_same);
                    prop_assert!(is_same || matches!(of_user, Err(Refusal::OtherUser)));
                }
                Err(refusal) => {
                    prop_assert!(matches!(refusal, Refusal::InvalidCurrentUser));
                    prop_assert!(matches!(of_user, Err(Refusal::InvalidCurrentUser)));
                }
            },
            _ => {
                prop_assert!(matches!(of_user, Err(Refusal::InvalidCurrentUser)));
                prop_assert!(matches!(of_application, Err(Refusal::InvalidCurrentUser)));
            }
        }
    }

    #[test]
    fn an_address_is_short_and_plain_and_has_both_sides(text in prop_oneof![
        ".{0,40}", "[a@ \n.é]{0,10}", (250_usize..258).prop_map(|length| "é@".repeat(length / 3)),
    ]) {
        if let Ok(address) = text.parse::<EmailAddress>() {
            prop_assert_eq!(address.as_str(), &text);
            prop_assert!((3..=254).contains(&text.len()));
            prop_assert!(text.bytes().all(|byte| byte > 0x20 && byte != 0x7f));
            prop_assert!(!text.ends_with('@') && text.bytes().skip(1).any(|byte| byte == b'@'));
        }
    }
}
