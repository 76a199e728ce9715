//! What is held of a person, for whoever answers that person: found by the email address, and named by a reference from then on,
//! so that the address is asked for once and stands in no path, log or audit event.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sqlx::PgConnection;

use super::Person;
use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{InvitationId, ProfileId};
use crate::profiles::{self, HeldProfile};
use crate::recruiting::people::{self, HeldInvitations};
use crate::text::EmailAddress;

/// Names a person by an invitation or a profile of theirs. It is over once that is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonRef {
    /// Whoever got this invitation.
    Invitation(InvitationId),
    /// Whoever has this profile.
    Profile(ProfileId),
}

impl fmt::Display for PersonRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invitation(id) => write!(f, "i-{id}"),
            Self::Profile(id) => write!(f, "p-{id}"),
        }
    }
}

/// The text is no reference of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reference is one that a search returned")]
pub struct InvalidPersonRef;

impl FromStr for PersonRef {
    type Err = InvalidPersonRef;

    fn from_str(text: &str) -> Result<Self, InvalidPersonRef> {
        let invalid = |_| InvalidPersonRef;
        match text.split_once('-') {
            Some(("i", id)) => Ok(Self::Invitation(id.parse().map_err(invalid)?)),
            Some(("p", id)) => Ok(Self::Profile(id.parse().map_err(invalid)?)),
            _ => Err(InvalidPersonRef),
        }
    }
}

/// What is held of a person, without anything that the person wrote.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// Invitations with their results and reports, by customer.
    pub invitations: Vec<HeldInvitations>,
    /// How many events of the outbox are about the invitations.
    pub callbacks: i64,
    /// Profiles.
    pub profiles: Vec<HeldProfile>,
}

impl Held {
    /// Whether nothing is held.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.invitations.is_empty() && self.profiles.is_empty()
    }
}

/// A reference of the person with this address, in any case of letters, with whatever customer the actor reaches; `None` where
/// nothing is held.
pub async fn find_person(
    db: &mut PgConnection,
    act: &Act,
    email: &EmailAddress,
) -> Result<Option<PersonRef>, Failure> {
    if let Some(invitation_id) = people::find_latest_of(db, act, email).await? {
        return Ok(Some(PersonRef::Invitation(invitation_id)));
    }
    let held = profiles::list_held(db, act, email).await?;
    Ok(held.first().map(|profile| PersonRef::Profile(profile.profile_id)))
}

/// The person that a reference names, to be erased; `None` where the invitation or the profile is gone, or the actor does not
/// reach it. What is erased is what the actor reaches of everything with the same address.
pub async fn person_of(
    db: &mut PgConnection,
    act: &Act,
    reference: PersonRef,
) -> Result<Option<Person>, Failure> {
    Ok(address_of(db, act, reference).await?.map(Person::Address))
}

/// What is held of the person that a reference names; `None` as in [`person_of`].
pub async fn list_held(
    db: &mut PgConnection,
    act: &Act,
    reference: PersonRef,
) -> Result<Option<Held>, Failure> {
    let Some(email) = address_of(db, act, reference).await? else {
        return Ok(None);
    };
    Ok(Some(Held {
        invitations: people::list_held(db, act, &email).await?,
        callbacks: people::count_callbacks(db, act, &email).await?,
        profiles: profiles::list_held(db, act, &email).await?,
    }))
}

async fn address_of(
    db: &mut PgConnection,
    act: &Act,
    reference: PersonRef,
) -> Result<Option<EmailAddress>, Failure> {
    match reference {
        PersonRef::Invitation(invitation_id) => people::address_of(db, act, invitation_id).await,
        PersonRef::Profile(profile_id) => {
            let found = profiles::addresses_of(db, act, profile_id).await?;
            Ok(found.map(|(_, email)| email))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_it_was_written_and_nothing_else_is_one() {
        let id = "0190a5d0-0000-7000-8000-000000000003";
        for kind in ["i", "p"] {
            let text = format!("{kind}-{id}");
            assert_eq!(text.parse::<PersonRef>().unwrap().to_string(), text);
        }
        for bad in ["", "i-", "i-x", "x-0190a5d0-0000-7000-8000-000000000003", id] {
            assert_eq!(bad.parse::<PersonRef>(), Err(InvalidPersonRef), "{bad}");
        }
    }
}
