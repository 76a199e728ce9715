//! Every error that a caller can meet, by the dialect of the route: what causes it, and what mends it. `docs/ERRORS.md` is
//! written from this list and from that of the reasons of refusals, and a test reads the sources for an error that is missing.

use crate::refusals::Meaning;

/// One error of a dialect.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The code of OAuth, or the last part of `type` in problem details, or the reason in the log for the data APIs.
    pub name: &'static str,
    /// The HTTP statuses with which it is answered.
    pub statuses: &'static [u16],
    /// What it means to the caller.
    pub words: Meaning,
}

const fn entry(
    name: &'static str,
    statuses: &'static [u16],
    meaning: &'static str,
    remedy: &'static str,
) -> Entry {
    let words = Meaning { meaning, remedy };
    Entry {
        name,
        statuses,
        words,
    }
}

/// The codes of the OAuth endpoints (RFC 6749 s5.2, RFC 6750 s3.1): `error`, with words in `error_description`.
pub const OAUTH: &[Entry] = &[
    entry(
        "access_denied",
        &[403],
        "The bearer of a valid token asks `/introspect` from a network that its client may not call from, or its client belongs to no customer.",
        "Call from a listed network, or ask with credentials of the client.",
    ),
    entry(
        "insufficient_scope",
        &[403],
        "The bearer of a valid token asks `/introspect` without scope `introspect`.",
        "Get a token with that scope, or ask with credentials of the client.",
    ),
    entry(
        "invalid_client",
        &[401, 429],
        "There are no credentials, or the client is unknown or disabled, or its secret is wrong: the answer does not say which. \
         With 429 there were too many wrong secrets.",
        "Compare client_id and secret byte for byte, and send them in the body or by HTTP Basic, not both; after a 429 wait as \
         `Retry-After` says. The partner sees the reason with `refusal show` and the `X-Request-Id` of the answer.",
    ),
    entry(
        "invalid_grant",
        &[400],
        "The assertion is not valid, or the token to revoke was issued to another client. Why an assertion is refused is never \
         in the answer.",
        "Ask the partner, who sees the reason with `refusal show`, or runs `assertion explain` on the assertion; revoke a token \
         with the client that got it.",
    ),
    entry(
        "invalid_request",
        &[400, 403, 405, 408, 413, 415],
        "A parameter is missing, repeated or not valid, the body cannot be read, or the method is another one; \
         `error_description` says which. With 403 `X-Current-User` is another user than the token's.",
        "Correct what `error_description` names.",
    ),
    entry(
        "invalid_scope",
        &[400],
        "A scope is malformed, unknown, or more than the client may have.",
        "Ask for fewer scopes, or leave `scope` out, which asks for all that the client has.",
    ),
    entry(
        "invalid_token",
        &[401],
        "The bearer's token at `/introspect` is missing, malformed, expired or revoked.",
        "Get a new token.",
    ),
    entry(
        "server_error",
        &[500],
        "The service failed.",
        "Tell the partner the `X-Request-Id` of the answer: the log line with it has the cause.",
    ),
    entry(
        "temporarily_unavailable",
        &[429, 503],
        "Something that the request needs is unavailable, such as the database; with 429 the bearer has reached its request \
         limit.",
        "Repeat the request after the time in `Retry-After`.",
    ),
    entry(
        "unauthorized_client",
        &[400],
        "The client may not use this grant.",
        "Use the other grant, or have the partner give the client this one.",
    ),
    entry(
        "unsupported_grant_type",
        &[400],
        "`grant_type` is neither `client_credentials` nor `urn:ietf:params:oauth:grant-type:jwt-bearer`.",
        "Send one of the two.",
    ),
];

/// The problem types of Talentsoft's, the platform's and the admins' routes (RFC 9457): `type` is
/// `tag:talentsoft-partner.example,2026:` and the name.
#[rustfmt::skip] // A table: a line for each.
pub const PROBLEMS: &[Entry] = &[
    entry("admin-client", &[403], "The client to change has scope `admin`.", "Change it at the command line; here it can be disabled, its secrets be retired and its tokens be revoked."),
    entry("bad-request", &[400], "The request could not be understood as HTTP.", "Correct the request line, the header fields or the framing of the body."),
    entry("body-too-large", &[413], "The body is larger than the route takes.", "Send less at once: a batch can be divided."),
    entry("body-too-slow", &[408], "The body did not arrive in time.", "Send it again, and see to the network between you and the service."),
    entry("body-unreadable", &[400], "The connection broke while the body was read, or its framing is wrong.", "Send it again, with a Content-Length or in chunks that are complete."),
    entry("client-exists", &[409], "A client with this identifier is registered.", "Use it, or choose another identifier."),
    entry("content-encoding", &[415], "The body is compressed.", "Send it as it is."),
    entry("current-user-invalid", &[400, 403], "`X-Current-User` is not one email address, or was sent more than once. `/auth/check` answers 403.", "Send one address of at most 254 bytes, or leave the field out."),
    entry("current-user-needed", &[400], "The customer's creation link is made for a user, and the call names none.", "Send `X-Current-User`, or call with a token of the user."),
    entry("current-user-other", &[403], "`X-Current-User` is another user than the one that the token was issued for.", "Get a token for that user, or leave the field out."),
    entry("customer-exists", &[409], "There is a customer of this name.", "Use it, or choose another name."),
    entry("head-too-large", &[431], "The header fields are too many or too large.", "Send fewer and shorter ones."),
    entry("head-too-slow", &[408], "The request line and the header fields did not arrive in time.", "Send them at once."),
    entry("idempotency-key-reused", &[409], "Another request was made under this Idempotency-Key within 24 hours.", "Use a new key for each request."),
    entry("impossible-status", &[409], "The invitation, as it is, cannot become that, or takes no report yet.", "Read its status, and follow the order invited, started, completed."),
    entry("insufficient-scope", &[403], "The token, or its client, does not have the scope of the route.", "Ask for the scope when you get the token, or have the partner give it to the client."),
    entry("internal", &[500], "The service failed.", "Tell the partner the `X-Request-Id` of the answer: the log line with it has the cause."),
    entry("invalid-batch", &[400], "The batch of profiles is not an object with an array of at most 500.", "Correct the body, or divide the batch."),
    entry("invalid-client-id", &[400], "The text cannot be a client_id.", "Send 1 to 255 printable ASCII characters, or leave it out to have one generated."),
    entry("invalid-cursor", &[400], "The cursor is not one that a page has given.", "Take it from the page before, as it is, or leave it out for the first page."),
    entry("invalid-email", &[400], "The text is no email address.", "Send one address."),
    entry("invalid-id", &[400], "An identifier is no UUID.", "Send the identifier as an answer gave it."),
    entry("invalid-idempotency-key", &[400], "The Idempotency-Key is empty, too long, repeated or not printable.", "Send it once, with 1 to 255 printable ASCII characters."),
    entry("invalid-json", &[400], "The body is not JSON in UTF-8, or not of the documented form; the detail says where.", "Correct it at the line and column of the detail."),
    entry("invalid-keyword", &[400], "The keyword is too long.", "Send a shorter one."),
    entry("invalid-language", &[400], "The language is no tag of BCP 47.", "Send one such as `fr` or `fr-FR`, with a hyphen."),
    entry("invalid-limit", &[400], "The limit is not a number in its range, which the detail says.", "Send a number in the range, or leave it out."),
    entry("invalid-name", &[400], "A name is empty, too long, or has characters that a name may not have; the detail says which.", "Correct it."),
    entry("invalid-parameter", &[400], "A parameter is not one of its values, which the detail lists.", "Send one of them, or leave it out."),
    entry("invalid-person", &[400], "The body does not say who is to be erased, or says it twice.", "Send one of `email`, `profile_id`, and `applicant_id` with `customer_id`."),
    entry("invalid-profile", &[400], "An attribute of the profile is missing or not valid, or the body names another user than the path.", "Correct what the detail names."),
    entry("invalid-purpose", &[400], "There is no key for this purpose.", "Send `token`, `secret` or `link`."),
    entry("invalid-reason", &[400], "A reason is empty, too long, or has characters that no reason may have; the detail says which.", "Correct it, or leave it out."),
    entry("invalid-report", &[400], "The name or the URL of the report is not valid, or the upload is empty or not what its media type says.", "Correct what the detail names."),
    entry("invalid-request", &[400, 401], "The token was presented in a way that is not offered, such as in the URL, or more than once. `/auth/check` answers 401.", "Send it once, in the header field `Authorization`."),
    entry("invalid-result", &[400], "A score is out of its range, a name is there twice, or the result does not fit the kind of the campaign.", "Correct what the detail names."),
    entry("invalid-secret", &[400], "The text cannot be a secret, or its lifetime is out of its range.", "Send 32 to 512 printable ASCII characters, or none to have one generated; and 1 to 315360000 seconds."),
    entry("invalid-selection", &[400], "The body does not say which events are meant, or says it twice.", "Name them in one of the ways that the detail lists."),
    entry("invalid-setting", &[400], "A setting of the client is not one of its values, or settings do not go together.", "Correct the setting that the detail names."),
    entry("invalid-template", &[400], "The creation link is not an https URL, or has braces around another name.", "Send an https URL without credentials, with `{customer_id}` and `{user_email}` where they are wanted."),
    entry("invalid-text", &[400], "A text of the query has a character that no text has here: U+0000.", "Leave it out."),
    entry("invalid-token", &[401], "The access token is malformed, expired, revoked, or of another service: the answer does not say which.", "Get a new token; the partner sees the reason with `refusal show`."),
    entry("invalid-version", &[400], "The text is no version.", "Send two numbers with a point between, such as `8.1`."),
    entry("invitation-over", &[410], "The invitation is completed, expired or cancelled.", "Tell the candidate so; Talentsoft can invite again."),
    entry("key-seals", &[409], "The token key seals new tokens.", "Rotate the token keys first, and retire this one 90 seconds later."),
    entry("malformed-query", &[400], "The query is not percent-encoded UTF-8.", "Write `%25` for a percent sign."),
    entry("malformed-token", &[400], "The text is no access token of this service.", "Send the token as it was issued."),
    entry("media-type", &[415], "The body is not of a media type that the route takes, or `Content-Type` does not say so, or names a charset other than UTF-8.", "Send `Content-Type: application/json`, or what the route documents."),
    entry("method-not-allowed", &[405], "The path has other methods.", "Use one of those in `Allow`."),
    entry("missing-entitlement", &[403], "The client does not have the entitlement that the call needs.", "Have the partner give it to the client, and ask for scope `emsi_open`."),
    entry("network-other", &[403], "The client may not call from this address.", "Call from a listed network, or have the list changed at the command line."),
    entry("no-creation-link", &[404], "The customer has no link at which campaigns are created.", "Have the partner set one."),
    entry("no-customer", &[403], "The client belongs to no customer, so it has no data here.", "Use a client of the customer."),
    entry("no-more-reports", &[409], "The invitation is one to a video interview, or has 20 reports already.", "Send a `video_url` with the result, or put reports together."),
    entry("not-found", &[404], "There is nothing at this path.", "Compare it with the API document: lower-case letters, single slashes, and no slash at its end."),
    entry("not-parked", &[409], "The event is not parked: it was delivered, or is still tried.", "Look at its state."),
    entry("over-limit", &[403, 429], "The client has reached its limit of requests a second. `/auth/check` answers 403.", "Wait as `Retry-After` says, and send fewer at once."),
    entry("precondition-failed", &[412], "It was changed since `If-Match` was read.", "Read it again, and see whether your change still applies."),
    entry("precondition-required", &[428], "There is no `If-Match`.", "Send the `ETag` of the state that you change, or `*`."),
    entry("repeated-parameter", &[400], "A parameter was sent more than once.", "Send it once."),
    entry("secret-already-shown", &[409], "The request was done before under this Idempotency-Key, and its answer showed a secret, which is not kept.", "Look for the first answer; otherwise retire that secret and add another."),
    entry("secret-exists", &[409], "The client has this secret already.", "Use it, or send another."),
    entry("secret-not-restorable", &[409], "The secret was retired for good, or longer than 24 hours ago, or would have expired since.", "Add another secret."),
    entry("subdomain-exists", &[409], "There is a subdomain of this name.", "Choose another name."),
    entry("subdomain-in-use", &[409], "There are profiles at the subdomain.", "Delete them first."),
    entry("token-missing", &[401], "The call has no access token.", "Send `Authorization: Bearer` and the token."),
    entry("too-many-candidates", &[400], "The batch has more than 500 candidates.", "Divide it."),
    entry("too-many-ids", &[400], "The query names more than 500 applications.", "Divide it."),
    entry("unavailable", &[503], "Something that the request needs is unavailable, such as the database.", "Repeat the request after the time in `Retry-After`."),
    entry("unknown-campaign", &[404], "There is no such campaign.", "Take the identifier from the list of campaigns."),
    entry("unknown-candidate", &[404], "Nothing is known of this candidate of this customer.", "Compare both identifiers; who was erased before is unknown."),
    entry("unknown-client", &[404], "There is no such client.", "Compare the client_id byte for byte, and percent-encode it in the path."),
    entry("unknown-customer", &[404], "There is no such customer.", "Take the identifier from the list of customers."),
    entry("unknown-event", &[404], "There is no such event, or it is done and forgotten.", "Take the identifier from the list of callbacks."),
    entry("unknown-invitation", &[404], "There is no such invitation, or its person was erased.", "Take the identifier from an answer."),
    entry("unknown-key", &[404], "There is no token key of this number.", "Take it from the list of keys; a key of another purpose is not retired, but rotated."),
    entry("unknown-library", &[404], "There is no such library of titles.", "Import titles at the command line, or leave `customer_id` out for the one that all share."),
    entry("unknown-parameter", &[400], "The query has a parameter that the route does not know; the detail lists those that it knows.", "Correct its name, or leave it out."),
    entry("unknown-profile", &[404], "There is no such profile at the subdomain.", "Compare the institution user and the subdomain."),
    entry("unknown-report", &[404], "There is no such report, or it is not yet to be seen.", "Take its URL from the list of assessments."),
    entry("unknown-scope", &[400], "The reverse proxy demands a scope that there is not.", "Correct the proxy's configuration."),
    entry("unknown-secret", &[404], "The client has no such secret.", "Take the identifier from the list of its secrets."),
    entry("unknown-subdomain", &[404], "There is no such subdomain.", "Take the name from the list of subdomains."),
    entry("unknown-version", &[404], "The library has no such version.", "Take the number from the list of versions."),
    entry("uri-too-long", &[414], "The URL is too long.", "Send less in it: divide what it lists."),
    entry("version-state", &[409], "The version is not in the state that the change needs, or there is no draft.", "Look at the list of versions; the detail says what is in the way."),
    entry("weak-secret", &[400], "The secret has fewer than 32 bytes, too few for HS256.", "Send a longer one, or none to have one generated."),
    entry("which-ones", &[400], "The call names neither applications nor a campaign.", "Send `application_id` or `campaign_id`."),
];

/// The errors of the data APIs, by their reason in the log: the answer has `status`, `title` and `detail` only (Lightcast
/// contract s1).
#[rustfmt::skip] // A table: a line for each.
pub const MARKET: &[Entry] = &[
    entry("invalid_body", &[400], "The body is not of the form that the call takes; the detail says where.", "Correct it at the line and column of the detail."),
    entry("invalid_fields", &[400], "A field is asked for that there is not; the detail lists those that there are.", "Ask for one of them."),
    entry("invalid_parameter", &[400], "A parameter is unknown, repeated or out of its range.", "Correct what the detail names."),
    entry("over_quota", &[429], "The client has used its quota of normalizations up.", "Wait for the next period, as the detail says, or have the partner raise the quota."),
    entry("term_too_long", &[413], "A term is longer than 1024 bytes.", "Send a title, not the whole text around it."),
    entry("unknown_dimension", &[404], "There is no such dimension of occupations.", "Use `soc` or `onet`."),
    entry("unknown_occupation", &[400], "The dimension has no such occupation.", "Search for it with `q`, and take its `id`."),
    entry("unknown_profile", &[404], "There is no such profile at the subdomain.", "Take the `id` from the list."),
    entry("unknown_region", &[400], "There is no such area.", "Take it from `/occupation-benchmark/meta`."),
    entry("unknown_subdomain", &[404], "There is no such subdomain among those of the caller's customer.", "Compare its name, or use a client of the customer that has it."),
    entry("unknown_title", &[404], "The version has no such title.", "Take the `id` from the list, or from `changes` where a newer version replaced it."),
    entry("unknown_version", &[404], "The library has no such version.", "Use `latest`, or one of `/titles/versions`."),
];
