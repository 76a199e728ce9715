//! Why calls are refused, in words, and what would mend it. Who has only the command line or only the console is told what to
//! do, not how it is typed there.

use serde::Serialize;

/// What a reason means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// Why the call was refused.
    pub meaning: &'static str,
    /// What would mend it.
    pub remedy: &'static str,
}

const fn reason(name: &'static str, meaning: &'static str, remedy: &'static str) -> (&'static str, Meaning) {
    (name, Meaning { meaning, remedy })
}

/// What a reason means; what is to be said of any, where it is one of another version.
#[must_use]
pub fn meaning_of(name: &str) -> Meaning {
    let known = REASONS.iter().find(|(known, _)| *known == name);
    known.map_or(
        Meaning {
            meaning: "The call was refused for a reason that this version does not know.",
            remedy: "Ask a replica of the version that refused it.",
        },
        |(_, meaning)| *meaning,
    )
}

/// Every reason that is recorded, and what it means.
pub const REASONS: &[(&str, Meaning)] = &[
    // Of client authentication and of the grants.
    reason(
        "client_no_credentials",
        "The request had no client credentials, or presented them in a way that is not offered.",
        "The caller sends client_id and client_secret in the body, or HTTP Basic.",
    ),
    reason(
        "client_unknown",
        "No client has the client_id that was sent.",
        "Register the client, or have the caller correct its client_id: it counts byte for byte.",
    ),
    reason(
        "client_disabled",
        "The client is disabled.",
        "Enable it, if it should be let in.",
    ),
    reason(
        "client_wrong_secret",
        "No live secret of the client is the one that was sent.",
        "Look whether its secret was retired or has expired; otherwise the caller has another one, or somebody guesses.",
    ),
    reason(
        "client_secret_right_but_not_form_encoded",
        "The secret in the Basic header is right as it stands, but was not form-encoded before base64 (RFC 6749 section \
         2.3.1): decoded, its % or + are something else.",
        "The caller form-encodes both halves, or sends them in the body.",
    ),
    reason(
        "client_basic_not_form_encoded",
        "A half of the Basic header has % without two hex digits, or is not UTF-8.",
        "The caller form-encodes both halves (RFC 6749 section 2.3.1), or sends them in the body.",
    ),
    reason(
        "too_many_failures",
        "Too many wrong secrets came from this address.",
        "It ends by itself. Find who sends them: the refusals before this one say which clients they name.",
    ),
    reason(
        "unauthorized_client",
        "The client may not use this grant.",
        "Give the client the grant, or have the caller use the other one.",
    ),
    reason(
        "unsupported_grant_type",
        "The grant type is neither client_credentials nor urn:ietf:params:oauth:grant-type:jwt-bearer.",
        "The caller sends one of the two.",
    ),
    reason(
        "invalid_scope",
        "A scope is malformed, unknown, or more than the client may have.",
        "The caller asks for fewer scopes, or the client is given the one that it needs.",
    ),
    reason(
        "foreign_token",
        "The token to revoke was issued to another client.",
        "The client that it was issued to revokes it, or the partner.",
    ),
    reason(
        "invalid_request",
        "A parameter or a header field was missing, repeated or malformed; the answer said which.",
        "The caller's to correct.",
    ),
    // Of assertions.
    reason(
        "assertion_too_long",
        "The assertion has more than 8192 bytes, or its header more than 2048.",
        "The caller leaves out what nobody asks for.",
    ),
    reason(
        "assertion_parts",
        "The assertion does not have three parts with dots between.",
        "The caller sends a signed JWT in compact form, and nothing around it.",
    ),
    reason(
        "assertion_base64",
        "A part of the assertion is not base64url without padding.",
        "The caller encodes it as RFC 7515 says: - and _ for + and /, no =, no line breaks.",
    ),
    reason(
        "assertion_json",
        "A part of the assertion is not a JSON object, or has a name twice.",
        "The caller makes it with a library for JWT.",
    ),
    reason(
        "assertion_iss",
        "No enabled client that may use the grant has the iss of the assertion.",
        "iss must be the client_id, byte for byte; register or enable the client, or have the caller correct it.",
    ),
    reason(
        "assertion_admin",
        "The iss of the assertion, or who sent it, is a client with scope admin, which acts for itself and for no user.",
        "The caller uses client_credentials; for recruiters another client is registered, of their customer.",
    ),
    reason(
        "assertion_typ",
        "typ says another kind of JWT.",
        "The caller writes JWT, or leaves typ out.",
    ),
    reason(
        "assertion_alg",
        "alg is not HS256.",
        "The caller signs with HS256.",
    ),
    reason(
        "assertion_crit",
        "The header has crit or b64, which are not supported.",
        "The caller leaves them out.",
    ),
    reason(
        "assertion_mac",
        "No live secret of the client made the MAC.",
        "The key is the secret's text itself, neither hex- nor base64-decoded. Look whether the secret was retired, and which \
         one the caller has.",
    ),
    reason(
        "assertion_sub",
        "sub is missing, empty or not a string.",
        "The caller sends a sub.",
    ),
    reason(
        "assertion_aud",
        "aud names none of the accepted audiences.",
        "The caller names the public URL of this service, byte for byte (a slash at the end counts), or the client is given the \
         audience that it sends.",
    ),
    reason(
        "assertion_exp",
        "The assertion had expired, or exp is missing, no number, or too far ahead.",
        "Check the caller's clock; otherwise it makes a new assertion for each request, or the client is allowed a longer life.",
    ),
    reason(
        "assertion_nbf",
        "The assertion was not valid yet, or nbf is no number.",
        "Check the caller's clock, or allow the client more clock skew.",
    ),
    reason(
        "assertion_iat",
        "iat is in the future, too old, or no number.",
        "Check the caller's clock, or allow the client more clock skew.",
    ),
    reason(
        "assertion_jti",
        "jti is not a string of 1 to 256 bytes.",
        "The caller sends such a string, or no jti.",
    ),
    reason(
        "assertion_email",
        "email is missing or not an email address.",
        "The caller sends the address of the user.",
    ),
    reason(
        "assertion_name",
        "name is not a string of at most 256 bytes without control or invisible characters.",
        "The caller sends such a string, or no name.",
    ),
    reason(
        "assertion_replayed",
        "The assertion is single-use and was used before.",
        "The caller makes a new one for each request; or the client's replay policy is changed.",
    ),
    reason(
        "assertion_other_client",
        "The client_id that was sent beside the assertion is not its iss.",
        "The caller sends the credentials of the client that the assertion names, or none.",
    ),
    // Of access tokens.
    reason(
        "token_missing",
        "The call had no access token.",
        "The caller sends Authorization: Bearer and the token.",
    ),
    reason(
        "token_malformed",
        "What was sent is no access token of this service, or is damaged.",
        "The caller gets a new token, and sends it as it is. A change of the public URL or of the keys ends all tokens.",
    ),
    reason(
        "token_expired",
        "The access token has expired.",
        "The caller gets a new one before the old one ends.",
    ),
    reason(
        "token_revoked",
        "The access token was revoked.",
        "The caller gets a new one.",
    ),
    reason(
        "client_tokens_revoked",
        "All tokens that the client had until then were ended.",
        "The caller gets a new one.",
    ),
    reason(
        "client_customer_changed",
        "The client was given to another customer after the token was issued.",
        "The caller gets a new one.",
    ),
    reason(
        "insufficient_scope",
        "The token, or its client, does not have the scope of the route.",
        "The client is given the scope, and the caller gets a new token; or it asked for too few scopes.",
    ),
    reason(
        "entitlement_missing",
        "The client does not have the entitlement that the call needs, or its token not the scope that carries it.",
        "The client is given the entitlement, or the caller asks for scope emsi_open.",
    ),
    reason(
        "current_user_invalid",
        "X-Current-User is not one email address, or was sent more than once.",
        "The caller sends one address, or a token of the user.",
    ),
    reason(
        "current_user_other",
        "X-Current-User is another user than the one that the token was issued for.",
        "The caller gets a token for that user, or leaves the header field out.",
    ),
    reason(
        "no_customer",
        "The client belongs to no customer, so it has no data here.",
        "Register a client of the customer.",
    ),
    reason(
        "network_other",
        "A token with scope admin came from outside of its client's networks, or from an address that no proxy tells.",
        "The caller calls from a listed network, or the list is changed with `client update --admin-network`; see to PARTNER_TRUSTED_PROXIES.",
    ),
    // Of limits.
    reason(
        "over_limit",
        "The client has reached its limit of requests a second.",
        "The caller waits as Retry-After says, or the client's limit is raised.",
    ),
    reason(
        "over_quota",
        "The client has used its quota of the period up.",
        "The caller waits for the next period, or the client's quota is raised.",
    ),
    // Of bodies and queries.
    reason(
        "body_too_large",
        "The body is larger than the route takes.",
        "The caller's to correct; the answer said how much it may be.",
    ),
    reason(
        "body_too_slow",
        "The body did not arrive in time.",
        "Look at the network between the caller and here.",
    ),
    reason(
        "body_unreadable",
        "The connection broke while the body was read, or its framing is wrong.",
        "Look at the network and the proxies between the caller and here.",
    ),
    reason(
        "media_type",
        "The body is not application/x-www-form-urlencoded, or Content-Type does not say so.",
        "The caller's to correct.",
    ),
    reason(
        "charset",
        "Content-Type names a charset other than UTF-8.",
        "The caller sends UTF-8.",
    ),
    reason(
        "content_encoding",
        "The body is compressed.",
        "The caller sends it as it is.",
    ),
    reason(
        "invalid_json",
        "The body is not in UTF-8.",
        "The caller sends UTF-8.",
    ),
    reason(
        "unknown-scope",
        "The reverse proxy demands a scope that there is not.",
        "Correct the configuration of the proxy.",
    ),
    reason(
        "unknown-parameter",
        "The query has a parameter that /auth/check does not know.",
        "Correct the configuration of the proxy.",
    ),
    reason(
        "repeated-parameter",
        "The query has a parameter more than once.",
        "Correct the configuration of the proxy.",
    ),
    reason(
        "malformed-query",
        "The query cannot be read.",
        "Correct the configuration of the proxy.",
    ),
    // Of failures.
    reason(
        "unavailable",
        "Something that the request needed was unavailable: the database, or a place to check a secret in.",
        "It ends by itself where the database is back; the log line of the request has the cause.",
    ),
    reason(
        "internal",
        "The service failed.",
        "It is a defect: the log line of the request has the cause; report it.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names in the body of `function` in the source of a part.
    fn names(source: &'static str, function: &str) -> Vec<&'static str> {
        let body = source.split(function).nth(1).expect("the function is there");
        let body = body.split("\n    }\n").next().expect("it ends");
        let quoted = body.split("=> \"").skip(1);
        quoted.map(|rest| rest.split('"').next().unwrap()).collect()
    }

    #[test]
    fn every_reason_that_is_recorded_has_words_and_a_remedy() {
        let mut recorded = vec![
            "invalid_request",
            "unsupported_grant_type",
            "over_quota",
            "unknown-scope",
        ];
        recorded.extend(["unavailable", "internal"]);
        let guard = names(include_str!("../api/guard/refusal.rs"), "pub fn reason(&self)");
        let oauth = names(include_str!("../oauth/error.rs"), "pub fn reason(&self)");
        let assertion = names(
            include_str!("../oauth/assertion_error.rs"),
            "pub fn reason(&self)",
        );
        let body = names(include_str!("../wire/body.rs"), "fn reason(self)");
        assert!(guard.len() > 10 && oauth.len() > 8 && assertion.len() > 17 && body.len() > 5);
        recorded.extend(guard.into_iter().chain(oauth).chain(assertion).chain(body));
        // Of the query of `/auth/check`, which has neither identifiers nor pages.
        recorded.extend(["malformed-query", "unknown-parameter", "repeated-parameter"]);
        let recorded: BTreeSet<&str> = recorded.into_iter().collect();
        let known: BTreeSet<&str> = REASONS.iter().map(|(name, _)| *name).collect();
        assert_eq!(known, recorded);
        assert_eq!(REASONS.len(), known.len(), "no reason stands twice");
        for (name, Meaning { meaning, remedy }) in REASONS {
            assert!(meaning.ends_with('.') && remedy.ends_with('.'), "{name}");
        }
        assert!(meaning_of("of another version").meaning.contains("does not know"));
    }
}
