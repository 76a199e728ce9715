//! Where the platform is in the feed of new invitations.
//!
//! The feed is in the order of the transactions that made the invitations (`created_in`), as far as all of them have ended:
//! whoever commits late is listed later, never skipped. A cursor is the place of the last invitation that was listed.
//!
//! The numbers of transactions belong to one server. After a restore into another one, or to an earlier instant, they are
//! given again; so a cursor counts only while its invitation is there with its number. Where it is not (restored, or erased),
//! the feed goes on with what was made from an hour before that invitation on, by the clock in its UUIDv7: some are listed
//! twice, none is missed. Nothing that was made later has a lower number than all that was made in the hour after the first
//! of them: that is longer than any transaction of ours, and than clocks differ.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;
use uuid::Uuid;

use crate::ids::InvitationId;

/// How far back the feed goes where a place is lost, and how far on it looks for where to begin.
const STEP: TimeDelta = TimeDelta::hours(1);

/// A place in the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The transaction.
    pub(super) created_in: i64,
    /// The invitation.
    pub(super) invitation_id: InvitationId,
}

impl Cursor {
    /// Before all invitations.
    pub const BEGINNING: Self = Self {
        created_in: 0,
        invitation_id: InvitationId(Uuid::nil()),
    };

    /// The smallest identifier of an invitation made from [`STEP`] before this one on.
    pub(super) fn earlier(self) -> InvitationId {
        let before = self.invitation_id.0.as_u128().saturating_sub(step());
        // The bits below those of the time are random.
        InvitationId(Uuid::from_u128(before >> 80 << 80))
    }
}

/// The identifier of an invitation made [`STEP`] after this one.
pub(super) fn later(invitation_id: InvitationId) -> InvitationId {
    InvitationId(Uuid::from_u128(invitation_id.0.as_u128().saturating_add(step())))
}

/// [`STEP`] as it is in a UUIDv7, whose first 48 bits are its time in milliseconds.
fn step() -> u128 {
    u128::from(STEP.num_milliseconds().unsigned_abs()) << 80
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created_in, self.invitation_id)
    }
}

/// The text is not a cursor that the feed gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor must be the value that the previous page returned")]
pub struct InvalidCursor;

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (created_in, invitation_id) = text.split_once('.').ok_or(InvalidCursor)?;
        let is_number = created_in.bytes().all(|byte| byte.is_ascii_digit());
        Ok(Self {
            created_in: created_in
                .parse()
                .ok()
                .filter(|_| is_number)
                .ok_or(InvalidCursor)?,
            invitation_id: invitation_id.parse().map_err(|_| InvalidCursor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_place_is_read_back_and_nothing_else_is() {
        let now = DateTime::from_timestamp(1_520_181_000, 0).unwrap();
        let place = Cursor {
            created_in: 4711,
            invitation_id: InvitationId::generate(now),
        };
        assert_eq!(place.to_string().parse::<Cursor>().unwrap(), place);
        assert_eq!(
            Cursor::BEGINNING.to_string().parse::<Cursor>().unwrap(),
            Cursor::BEGINNING
        );
        let id = place.invitation_id;
        for bad in [
            String::new(),
            "4711".to_owned(),
            format!("-1.{id}"),
            format!("+1.{id}"),
            format!("99999999999999999999.{id}"),
            format!("1.{id}x"),
            format!(".{id}"),
        ] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn stepping_back_reaches_all_of_the_hour_before_and_nothing_earlier() {
        let now = DateTime::from_timestamp(1_520_181_000, 0).unwrap();
        let at = |seconds: i64| InvitationId::generate(now + TimeDelta::seconds(seconds));
        let place = Cursor {
            created_in: 1,
            invitation_id: at(0),
        };
        assert!(place.earlier() <= at(-3600));
        assert!(place.earlier() > at(-3601));
        assert!(later(place.invitation_id) > at(3599));
        assert!(later(place.invitation_id) < at(3601));
        assert_eq!(Cursor::BEGINNING.earlier(), Cursor::BEGINNING.invitation_id);
    }
}
