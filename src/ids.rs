//! A type for each identifier, so that none can be taken for another.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::crypto::random;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

macro_rules! generated_by_time {
    ($($name:ident),*) => {$(
        impl $name {
            /// A fresh identifier: a UUIDv7 (RFC 9562 s5.7), in the order of creation.
            #[must_use]
            pub fn generate(now: DateTime<Utc>) -> Self {
                Self(uuid_v7(now))
            }
        }
    )*};
}

uuid_id!(
    /// A customer: a company that uses Talentsoft and buys from the partner.
    CustomerId
);
uuid_id!(
    /// One secret of a client.
    SecretId
);
uuid_id!(
    /// One access token (`jti` in RFC 7662); [`TokenIds`](crate::oauth::token_ids::TokenIds) gives them out.
    TokenId
);
uuid_id!(
    /// A campaign that recruiters invite candidates to.
    CampaignId
);
uuid_id!(
    /// One candidate's invitation to one campaign for one application.
    InvitationId
);
uuid_id!(
    /// A document about a result.
    ReportId
);
uuid_id!(
    /// One refused call that is recorded.
    RefusalId
);
uuid_id!(
    /// A candidate, as Talentsoft names the person.
    ApplicantId
);
uuid_id!(
    /// A candidate's application for a job, as Talentsoft names it.
    ApplicationId
);

uuid_id!(
    /// A person's profile at one subdomain.
    ProfileId
);

uuid_id!(
    /// A person who signs in at the console.
    StaffId
);

uuid_id!(
    /// Names a session of the console in the list of one's sessions; it does not open it.
    SessionNumber
);

uuid_id!(
    /// A form that waits while the identity provider asks who it is.
    KeptFormId
);

uuid_id!(
    /// An import of market data that goes on.
    ImportId
);

uuid_id!(
    /// One form of the console as it was shown once: each time it is shown it has another.
    FormNumber
);

impl FormNumber {
    /// A fresh number, which nobody can guess.
    #[must_use]
    pub fn generate() -> Self {
        Self(Builder::from_random_bytes(random::bytes()).into_uuid())
    }
}

uuid_id!(
    /// A receipt for the erasure of a person.
    ReceiptId
);
generated_by_time!(
    ImportId,
    KeptFormId,
    ReceiptId,
    StaffId,
    SessionNumber,
    CustomerId,
    SecretId,
    CampaignId,
    InvitationId,
    ReportId,
    ProfileId,
    RefusalId
);

impl RefusalId {
    /// The smallest identifier of a call that was refused at this instant or later, to the millisecond.
    #[must_use]
    pub fn earliest(at: DateTime<Utc>) -> Self {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
    }
}

impl SecretId {
    /// The smallest identifier of a secret that was added at this instant or later, to the millisecond.
    #[must_use]
    pub fn earliest(at: DateTime<Utc>) -> Self {
        Self(RefusalId::earliest(at).0)
    }
}

/// A UUIDv7 of the given instant with 74 random bits.
#[must_use]
pub fn uuid_v7(now: DateTime<Utc>) -> Uuid {
    let mut random_bytes = [0_u8; 10];
    random::fill(&mut random_bytes);
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random_bytes).into_uuid()
}

/// The public identifier of a client: opaque text of 1 to 255 characters %x20-7E (RFC 6749 A.1), compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ClientId(Arc<str>);

/// The text cannot be a `client_id`.
#[derive(Debug, thiserror::Error)]
#[error("a client_id has 1 to 255 characters, each a printable ASCII character or a space (RFC 6749 A.1)")]
pub struct InvalidClientId;

impl ClientId {
    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As much as is written down of an identifier that no client has: it could be a secret in the wrong place, or somebody's
    /// name or address.
    #[must_use]
    pub fn beginning(&self) -> Cow<'_, str> {
        const CHARS: usize = 8;
        let text = self.as_str();
        if text.contains(['@', ' ']) {
            return Cow::Borrowed("…");
        }
        match text.get(..CHARS) {
            Some(beginning) if beginning.len() < text.len() => Cow::Owned(format!("{beginning}…")),
            _ => Cow::Borrowed(text),
        }
    }

    /// A fresh identifier of the form that Talentsoft gives out: a UUID as text.
    #[must_use]
    pub fn generate() -> Self {
        let mut bytes = [0_u8; 16];
        random::fill(&mut bytes);
        Self(Builder::from_random_bytes(bytes).into_uuid().to_string().into())
    }
}

impl FromStr for ClientId {
    type Err = InvalidClientId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // No way out in the middle: so the compiler takes many bytes at a time.
        let is_plain = |text: &str| text.bytes().fold(true, |ok, b| ok & (0x20..=0x7e).contains(&b));
        if (1..=255).contains(&text.len()) && is_plain(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidClientId)
        }
    }
}

impl TryFrom<String> for ClientId {
    type Error = InvalidClientId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl<'r> sqlx::Decode<'r, sqlx::Postgres> for ClientId {
    fn decode(value: sqlx::postgres::PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        Ok(<&str as sqlx::Decode<sqlx::Postgres>>::decode(value)?.parse()?)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_printable_ascii_of_bounded_length() {
        for good in [
            "client_id",
            "428a51ae-0387-43ab-8c64-cf026f77656f",
            "a b",
            &"x".repeat(255),
        ] {
            assert_eq!(good.parse::<ClientId>().unwrap().as_str(), good);
        }
        for bad in ["", "é", "a\nb", "a\u{7f}", &"x".repeat(256)] {
            assert!(bad.parse::<ClientId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_identifier_that_nobody_has_is_not_written_down_whole() {
        for (text, shown) in [
            ("short", "short"),
            ("12345678", "12345678"),
            ("428a51ae-0387-43ab", "428a51ae…"),
            ("jean.dupont@site", "…"),
            ("Jean", "Jean"),
            ("Jean Dupont", "…"),
        ] {
            assert_eq!(text.parse::<ClientId>().unwrap().beginning(), shown);
        }
    }

    #[test]
    fn the_earliest_identifier_of_an_instant_is_below_all_others_of_it() {
        let at = DateTime::from_timestamp(1_000, 0).unwrap();
        let earliest = RefusalId::earliest(at);
        assert!(earliest <= RefusalId::generate(at));
        assert!(earliest > RefusalId::generate(at - chrono::TimeDelta::milliseconds(1)));
    }

    #[test]
    fn generated_ids_are_version_7_and_sort_by_their_instant() {
        let early = DateTime::from_timestamp(1_000, 0).unwrap();
        let late = DateTime::from_timestamp(2_000, 0).unwrap();
        assert_eq!(uuid_v7(early).get_version_num(), 7);
        assert!(uuid_v7(early) < uuid_v7(late));
        assert_ne!(uuid_v7(early), uuid_v7(early));
    }
}
