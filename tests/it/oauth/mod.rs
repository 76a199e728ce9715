//! The endpoints of OAuth.

mod assertion_grant;
mod assertion_replay;
mod assertion_rules;
mod client_authentication;
mod client_credentials;
mod clocks;
mod cold_clients;
mod conformance;
mod introspection;
mod invalid_assertions;
mod limits;
mod past_router;
mod revocation;
mod secrecy;

use test_support::Answer;

const INVALID_GRANT: (u16, &str) = (400, "invalid_grant");

#[track_caller]
fn assert_refused(answer: &Answer, expected: (u16, &str), what: &str) {
    let (status, error) = answer.oauth_error();
    assert_eq!((status, error.as_str()), expected, "{what}");
}
