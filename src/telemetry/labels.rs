//! The values of labels that are a closed list: their series exist, at zero, before anything happens, so that the first event
//! is an increase.
//!
//! A counter refuses to count what is not listed here in a debug build, so every test that counts something checks the lists;
//! `tests/it/ops.rs` compares them with the reasons of refusals in the source.

/// Series of a counter with `LABELS` labels: all combinations of the values that each of its entries has for each label.
pub type Series<const LABELS: usize> = &'static [[&'static [&'static str]; LABELS]];

/// Grant, and outcome of a token request.
pub const TOKEN_REQUESTS: Series<2> = &[
    [&["client_credentials", "jwt_bearer"], AUTHENTICATED],
    [&["jwt_bearer"], ASSERTION],
    // The grant type is missing, or not one of ours.
    [
        &["none"],
        &["invalid_request", "invalid_scope", "unsupported_grant_type"],
    ],
];

/// What a token request comes to where the grant is one of ours.
const AUTHENTICATED: &[&str] = &[
    "issued",
    "client_basic_not_form_encoded",
    "client_disabled",
    "client_no_credentials",
    "client_secret_right_but_not_form_encoded",
    "client_unknown",
    "client_wrong_secret",
    "internal",
    "invalid_request",
    "invalid_scope",
    "too_many_failures",
    "unauthorized_client",
    "unavailable",
];

/// What is wrong with an assertion.
const ASSERTION: &[&str] = &[
    "assertion_admin",
    "assertion_alg",
    "assertion_aud",
    "assertion_base64",
    "assertion_crit",
    "assertion_email",
    "assertion_exp",
    "assertion_iat",
    "assertion_iss",
    "assertion_json",
    "assertion_jti",
    "assertion_mac",
    "assertion_name",
    "assertion_nbf",
    "assertion_other_client",
    "assertion_parts",
    "assertion_replayed",
    "assertion_sub",
    "assertion_too_long",
    "assertion_typ",
];

/// Why the guard refuses a call.
pub const ACCESS_REFUSALS: Series<1> = &[[&[
    "client_customer_changed",
    "client_disabled",
    "client_tokens_revoked",
    "current_user_invalid",
    "current_user_other",
    "entitlement_missing",
    "insufficient_scope",
    "internal",
    "invalid_request",
    "network_other",
    "no_customer",
    "over_limit",
    "token_expired",
    "token_malformed",
    "token_missing",
    "token_revoked",
    "unavailable",
]]];

/// Receiver and outcome of an attempt to deliver an event.
pub const DELIVERIES: Series<2> = &[[&["callback", "platform"], &["delivered", "failed", "parked"]]];

/// How likely the best title of a raw title is.
pub const NORMALIZATIONS: Series<1> = &[[&["high", "medium", "low", "none"]]];

/// The level of the region of a benchmark.
pub const BENCHMARKS: Series<1> = &[[&["nation", "state", "msa"]]];

/// The APIs that have quotas.
pub const QUOTA_REFUSALS: Series<1> = &[[&["titles"]]];

/// The chores of `housekeeping.rs`.
pub const CHORE_FAILURES: Series<1> = &[[&[
    "assertions",
    "audit_trail",
    "events",
    "expiry",
    "idempotency_keys",
    "keys",
    "market_imports",
    "profiles",
    "quotas",
    "refusals",
    "reports",
    "retention",
    "retired_secrets",
    "secret_expiry",
    "staff_failures",
    "staff_kept_forms",
    "staff_provider_visits",
    "staff_sent_forms",
    "staff_sessions",
    "tokens",
    "usage",
]]];

/// By what somebody signed in at the console, or why not.
pub const STAFF_SIGN_INS: Series<1> = &[[&[
    "password",
    "code",
    "recovery_code",
    "company",
    "company_auth_time",
    "company_denied",
    "company_id_token",
    "company_issuer",
    "company_no_id_token",
    "company_no_session",
    "company_other_person",
    "company_state",
    "company_state_used",
    "company_token",
    "company_too_late",
    "company_unknown",
    "staff_code_paused",
    "staff_disabled",
    "staff_paused",
    "staff_unknown",
    "staff_without_password",
    "staff_wrong_code",
    "staff_wrong_password",
]]];

/// What becomes of a span.
pub const TRACE_SPANS: Series<1> = &[[&["exported", "failed", "dropped"]]];
