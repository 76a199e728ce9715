//! Assertions with one claim wrong, each signed with the right secret (RFC 7523 s3).

use super::assertion::{HOUR, refuses};
use crate::check::{Check, Level};
use crate::random::fresh_id;

/// The checks.
pub const CHECKS: &[Check] = &[
    Check {
        id: "assertion.expired",
        level: Level::Required,
        rule: "R30",
        expects: "An assertion that expired an hour ago is refused.",
        why: "Whoever finds an old one in a log could use it.",
        mend: "Refuse when exp is not in the future; a skew of some minutes is fine.",
        run: |session| Box::pin(refuses(session, |forge| forge.moved(-2 * HOUR))),
    },
    Check {
        id: "assertion.no-exp",
        level: Level::Required,
        rule: "R30",
        expects: "An assertion without exp is refused.",
        why: "It would be good for ever.",
        mend: "Demand exp.",
        run: |session| Box::pin(refuses(session, |forge| forge.without("exp"))),
    },
    Check {
        id: "assertion.exp-text",
        level: Level::Required,
        rule: "R36",
        expects: "An assertion whose exp is a string is refused.",
        why: "A NumericDate is a number; a reader that drops what it cannot read accepts an assertion without end.",
        mend: "Refuse exp, nbf and iat that are no numbers.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                let expiry = forge.issued_at() + HOUR / 3;
                forge.claim("exp", expiry.to_string())
            }))
        },
    },
    Check {
        id: "assertion.far-exp",
        level: Level::Recommended,
        rule: "R30",
        expects: "An assertion that is good for ten years is refused.",
        why: "One that leaks stays dangerous for as long as it is good; Talentsoft's last 20 minutes.",
        mend: "Refuse when exp is more than, say, an hour ahead.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                let expiry = forge.issued_at() + 10 * 365 * 24 * HOUR;
                forge.claim("exp", expiry)
            }))
        },
    },
    Check {
        id: "assertion.not-yet-valid",
        level: Level::Required,
        rule: "R31",
        expects: "An assertion whose nbf is ten minutes ahead is refused.",
        why: "Its issuer says that it must not be used yet.",
        mend: "Refuse when nbf is in the future; a skew of some minutes is fine. Many libraries do not look unless told to.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                let later = forge.issued_at() + HOUR / 6;
                forge.claim("nbf", later)
            }))
        },
    },
    Check {
        id: "assertion.future-iat",
        level: Level::Recommended,
        rule: "R32",
        expects: "An assertion whose iat is ten minutes ahead is refused.",
        why: "Somebody's clock is wrong, or somebody makes assertions for later.",
        mend: "Refuse when iat is in the future; a skew of some minutes is fine.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                let later = forge.issued_at() + HOUR / 6;
                forge.claim("iat", later)
            }))
        },
    },
    Check {
        id: "assertion.old-iat",
        level: Level::Recommended,
        rule: "R32",
        expects: "An assertion that was issued a year ago is refused, also where exp is near.",
        why: "It was good for a year, which no assertion should be.",
        mend: "Refuse when iat is older than the longest life that you accept.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                let earlier = forge.issued_at() - 365 * 24 * HOUR;
                forge.claim("iat", earlier)
            }))
        },
    },
    Check {
        id: "assertion.wrong-audience",
        level: Level::Required,
        rule: "R29",
        expects: "An assertion for another audience is refused.",
        why: "One that was made for another partner must not open yours.",
        mend: "Compare aud with your own API's base URL.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                forge.claim("aud", "https://other.example")
            }))
        },
    },
    Check {
        id: "assertion.audience-prefix",
        level: Level::Required,
        rule: "R29",
        expects: "An audience that only begins like yours is refused.",
        why: "Your URL with something behind it can be the host of somebody else.",
        mend: "Compare aud byte for byte with a configured list, neither by prefix nor by pattern.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                let longer = format!("{}.evil.example", session.plan.audience);
                forge.claim("aud", longer)
            }))
        },
    },
    Check {
        id: "assertion.no-audience",
        level: Level::Required,
        rule: "R29",
        expects: "An assertion without aud is refused.",
        why: "It would be good at every partner that has the same secret.",
        mend: "Demand aud. Many libraries look at it only where it is there.",
        run: |session| Box::pin(refuses(session, |forge| forge.without("aud"))),
    },
    Check {
        id: "assertion.wrong-issuer",
        level: Level::Required,
        rule: "R27, R49",
        expects: "An assertion whose iss is no client is refused.",
        why: "iss says whose key it must be signed with; without that anybody's key would do.",
        mend: "Look the client up by iss, and verify with the secrets of that client only.",
        run: |session| Box::pin(refuses(session, |forge| forge.claim("iss", fresh_id()))),
    },
    Check {
        id: "assertion.padded-issuer",
        level: Level::Required,
        rule: "R27",
        expects: "An iss with a space behind it is refused.",
        why: "Identifiers are compared as they are; what one reader trims another takes for somebody else.",
        mend: "Compare iss byte for byte: no trimming, no folding of case.",
        run: |session| {
            Box::pin(refuses(session, |forge| {
                let padded = format!("{} ", session.plan.client_id);
                forge.claim("iss", padded)
            }))
        },
    },
    Check {
        id: "assertion.no-issuer",
        level: Level::Required,
        rule: "R27",
        expects: "An assertion without iss is refused.",
        why: "Nobody says whose it is.",
        mend: "Demand iss.",
        run: |session| Box::pin(refuses(session, |forge| forge.without("iss"))),
    },
    Check {
        id: "assertion.no-subject",
        level: Level::Required,
        rule: "R28",
        expects: "An assertion without sub is refused.",
        why: "RFC 7523 section 3 requires it.",
        mend: "Demand a sub that is not empty.",
        run: |session| Box::pin(refuses(session, |forge| forge.without("sub"))),
    },
    Check {
        id: "assertion.no-email",
        level: Level::Required,
        rule: "contract s2.2",
        expects: "An assertion without email is refused.",
        why: "The user is in email: without it the token would be nobody's.",
        mend: "Demand email.",
        run: |session| Box::pin(refuses(session, |forge| forge.without("email"))),
    },
];
