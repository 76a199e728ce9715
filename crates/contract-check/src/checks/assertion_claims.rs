//! Assertions with one invalid claim, signed with the client's secret (RFC 7523 s3).

use super::assertion::{HOUR, refuses};
use crate::check::{Check, Level};
use crate::random::random_id;

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "assertion.expired",
        level: Level::Required,
        rule: "R30",
        expects: "An assertion that expired an hour ago is refused.",
        why: "Otherwise anybody who finds an old one in a log can use it.",
        fix: "Refuse an assertion unless exp is in the future; a tolerance of a few minutes is fine.",
        run: |session| Box::pin(refuses(session, |assertion| assertion.shifted(-2 * HOUR))),
    },
    Check {
        id: "assertion.no-exp",
        level: Level::Required,
        rule: "R30",
        expects: "An assertion without exp is refused.",
        why: "It would never expire.",
        fix: "Require exp.",
        run: |session| Box::pin(refuses(session, |assertion| assertion.without_claim("exp"))),
    },
    Check {
        id: "assertion.exp-text",
        level: Level::Required,
        rule: "R36",
        expects: "An assertion whose exp is a string is refused.",
        why: "A NumericDate is a number; a parser that ignores a malformed exp accepts an assertion that never expires.",
        fix: "Refuse exp, nbf and iat that are not numbers.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                let expiry = assertion.issued_at() + HOUR / 3;
                assertion.claim("exp", expiry.to_string())
            }))
        },
    },
    Check {
        id: "assertion.far-exp",
        level: Level::Recommended,
        rule: "R30",
        expects: "An assertion that expires in ten years is refused.",
        why: "One that leaks can be used until it expires; Talentsoft's expire after 20 minutes.",
        fix: "Refuse an assertion whose exp is more than about an hour ahead.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                let expiry = assertion.issued_at() + 10 * 365 * 24 * HOUR;
                assertion.claim("exp", expiry)
            }))
        },
    },
    Check {
        id: "assertion.not-yet-valid",
        level: Level::Required,
        rule: "R31",
        expects: "An assertion whose nbf is ten minutes ahead is refused.",
        why: "Its issuer says that it must not be used yet.",
        fix: "Refuse an assertion whose nbf is in the future; a tolerance of a few minutes is fine. Many libraries do not validate nbf by default.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                let later = assertion.issued_at() + HOUR / 6;
                assertion.claim("nbf", later)
            }))
        },
    },
    Check {
        id: "assertion.future-iat",
        level: Level::Recommended,
        rule: "R32",
        expects: "An assertion whose iat is ten minutes ahead is refused.",
        why: "Either a clock is wrong, or somebody is issuing assertions for later use.",
        fix: "Refuse an assertion whose iat is in the future; a tolerance of a few minutes is fine.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                let later = assertion.issued_at() + HOUR / 6;
                assertion.claim("iat", later)
            }))
        },
    },
    Check {
        id: "assertion.old-iat",
        level: Level::Recommended,
        rule: "R32",
        expects: "An assertion that was issued a year ago is refused, even if it has not expired.",
        why: "It has been valid for a year, which no assertion should be.",
        fix: "Refuse an assertion whose iat is older than the longest lifetime that you accept.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                let earlier = assertion.issued_at() - 365 * 24 * HOUR;
                assertion.claim("iat", earlier)
            }))
        },
    },
    Check {
        id: "assertion.wrong-audience",
        level: Level::Required,
        rule: "R29",
        expects: "An assertion for another audience is refused.",
        why: "An assertion that was issued for another partner must not be valid for your API.",
        fix: "Compare aud with the base URL of your API.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                assertion.claim("aud", "https://other.example")
            }))
        },
    },
    Check {
        id: "assertion.audience-prefix",
        level: Level::Required,
        rule: "R29",
        expects: "An assertion is refused if its audience only begins with yours.",
        why: "Your URL followed by more text can be a host that belongs to somebody else.",
        fix: "Compare aud byte for byte with a configured list, not by prefix or pattern.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                let longer = format!("{}.evil.example", session.plan.audience);
                assertion.claim("aud", longer)
            }))
        },
    },
    Check {
        id: "assertion.no-audience",
        level: Level::Required,
        rule: "R29",
        expects: "An assertion without aud is refused.",
        why: "It would be valid for every partner that shares the same secret.",
        fix: "Require aud. Many libraries validate it only if it is present.",
        run: |session| Box::pin(refuses(session, |assertion| assertion.without_claim("aud"))),
    },
    Check {
        id: "assertion.wrong-issuer",
        level: Level::Required,
        rule: "R27, R49",
        expects: "An assertion whose iss is not a client is refused.",
        why: "iss determines the key; without it, an assertion would be valid with the key of any client.",
        fix: "Look up the client by iss, and verify the MAC with the secrets of that client only.",
        run: |session| Box::pin(refuses(session, |assertion| assertion.claim("iss", random_id()))),
    },
    Check {
        id: "assertion.padded-issuer",
        level: Level::Required,
        rule: "R27",
        expects: "An assertion whose iss has a space at its end is refused.",
        why: "If one component trims identifiers and another does not, they mean different clients.",
        fix: "Compare iss byte for byte, without trimming and without ignoring case.",
        run: |session| {
            Box::pin(refuses(session, |assertion| {
                let padded = format!("{} ", session.plan.client_id);
                assertion.claim("iss", padded)
            }))
        },
    },
    Check {
        id: "assertion.no-issuer",
        level: Level::Required,
        rule: "R27",
        expects: "An assertion without iss is refused.",
        why: "Nothing says which client issued it.",
        fix: "Require iss.",
        run: |session| Box::pin(refuses(session, |assertion| assertion.without_claim("iss"))),
    },
    Check {
        id: "assertion.no-subject",
        level: Level::Required,
        rule: "R28",
        expects: "An assertion without sub is refused.",
        why: "RFC 7523 section 3 requires it.",
        fix: "Require a sub that is not empty.",
        run: |session| Box::pin(refuses(session, |assertion| assertion.without_claim("sub"))),
    },
    Check {
        id: "assertion.no-email",
        level: Level::Required,
        rule: "contract s2.2",
        expects: "An assertion without email is refused.",
        why: "email names the user: without it the token would belong to nobody.",
        fix: "Require email.",
        run: |session| Box::pin(refuses(session, |assertion| assertion.without_claim("email"))),
    },
];
