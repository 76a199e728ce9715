//! A person is erased everywhere: as a candidate, with invitations, results and reports, and at subdomains, with profiles.
//!
//! What is known of a person in one domain is found in the other by the email address, with the same customer. The domains do
//! not know each other; here both are asked.

mod held;

pub use held::{Held, InvalidPersonRef, PersonRef, find_person, list_held, person_of};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;

use crate::audit::Act;
use crate::error::Failure;
use crate::ids::{ApplicantId, CustomerId, ProfileId, ReceiptId};
use crate::profiles;
use crate::recruiting::people::{self, InvitationCounts};
use crate::recruiting::reports::Detached;
use crate::text::{EmailAddress, Name};

/// The person whose data is to be erased.
pub enum Person {
    /// A customer's candidate, as Talentsoft names one, with the profiles that have the candidate's address.
    Applicant(CustomerId, ApplicantId),
    /// Whoever has this profile, with the customer's invitations of the same address, and other profiles that have it.
    Profile(ProfileId),
    /// Whoever has this address, in any case of letters, with whatever customer the actor reaches.
    Address(EmailAddress),
}

/// What was erased of a person.
pub struct Erased {
    /// How many invitations it were, and what they had.
    pub invitations: InvitationCounts,
    /// How many events of the outbox were about them.
    pub callbacks: i64,
    /// How many profiles.
    pub profiles: u64,
    /// The number of the receipt; none where nothing was known of the person.
    pub receipt_id: Option<ReceiptId>,
    /// The uploads, which are to be deleted once the rest is committed
    /// ([`delete_detached`](crate::recruiting::reports::delete_detached)).
    pub uploads: Detached,
}

impl Erased {
    /// Whether nothing was known of the person.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.invitations.invitations == 0 && self.profiles == 0
    }

    /// What is answered.
    #[must_use]
    pub const fn receipt(&self) -> Receipt {
        Receipt {
            receipt_id: self.receipt_id,
            counts: self.counts(),
        }
    }

    /// How much was erased.
    #[must_use]
    pub const fn counts(&self) -> ErasedCounts {
        ErasedCounts {
            erased_invitations: self.invitations.invitations,
            erased_results: self.invitations.results,
            erased_reports: self.invitations.reports,
            erased_callbacks: self.callbacks,
            erased_profiles: self.profiles,
        }
    }
}

/// What is answered to who had a person erased: the number under which the audit trail says so, and how much it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The number; none where nothing was known of the person.
    pub receipt_id: Option<ReceiptId>,
    /// How much was erased.
    #[serde(flatten)]
    pub counts: ErasedCounts,
}

/// How much was erased of a person: what a receipt says, and an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct ErasedCounts {
    /// Invitations.
    pub erased_invitations: i64,
    /// Results of assessments and videos.
    pub erased_results: i64,
    /// Reports, uploaded ones with their files.
    pub erased_reports: i64,
    /// Events of the outbox about the invitations, delivered or not.
    pub erased_callbacks: i64,
    /// Profiles.
    pub erased_profiles: u64,
}

/// Erases a person, and records the receipt, with the reason where one is given. Nobody is no error, and has no receipt: erasing
/// twice is erasing once.
pub async fn erase(
    db: &mut PgConnection,
    act: &Act,
    person: &Person,
    reason: Option<&Name>,
) -> Result<Erased, Failure> {
    let mut erased = match person {
        Person::Address(email) => erase_address(db, act, email).await?,
        Person::Applicant(customer_id, applicant_id) => {
            erase_applicant(db, act, *customer_id, *applicant_id).await?
        }
        Person::Profile(profile_id) => erase_profile(db, act, *profile_id).await?,
    };
    if !erased.is_nothing() {
        erased.receipt_id = Some(record_receipt(db, act, erased.counts(), reason).await?);
    }
    Ok(erased)
}

/// Records that a person was erased, why, and how much that was, under a number that names nobody.
async fn record_receipt(
    db: &mut PgConnection,
    act: &Act,
    counts: ErasedCounts,
    reason: Option<&Name>,
) -> Result<ReceiptId, Failure> {
    let receipt_id = ReceiptId::generate(act.now);
    let mut detail = json!({
        "invitations": counts.erased_invitations,
        "results": counts.erased_results,
        "reports": counts.erased_reports,
        "callbacks": counts.erased_callbacks,
        "profiles": counts.erased_profiles,
    });
    if let (Some(reason), Some(detail)) = (reason, detail.as_object_mut()) {
        detail.insert("reason".to_owned(), json!(reason));
    }
    act.record(db, "erased", ("person", &receipt_id), detail).await?;
    Ok(receipt_id)
}

async fn erase_address(db: &mut PgConnection, act: &Act, email: &EmailAddress) -> Result<Erased, Failure> {
    let candidate = people::Person::Address(email.clone());
    let erased = people::erase(db, act, &candidate).await?;
    Ok(Erased {
        invitations: erased.counts,
        callbacks: erased.callbacks,
        profiles: profiles::erase_addresses(db, act, std::slice::from_ref(email)).await?,
        receipt_id: None,
        uploads: erased.uploads,
    })
}

async fn erase_applicant(
    db: &mut PgConnection,
    act: &Act,
    customer_id: CustomerId,
    applicant_id: ApplicantId,
) -> Result<Erased, Failure> {
    let candidate = people::Person::Applicant(customer_id, applicant_id);
    let erased = people::erase(db, act, &candidate).await?;
    let of_customer = Act {
        customer_id: Some(customer_id),
        ..act.clone()
    };
    Ok(Erased {
        invitations: erased.counts,
        callbacks: erased.callbacks,
        profiles: profiles::erase_addresses(db, &of_customer, &erased.addresses).await?,
        receipt_id: None,
        uploads: erased.uploads,
    })
}

async fn erase_profile(db: &mut PgConnection, act: &Act, profile_id: ProfileId) -> Result<Erased, Failure> {
    let Some((customer_id, email)) = profiles::addresses_of(db, act, profile_id).await? else {
        return Ok(Erased {
            invitations: InvitationCounts::default(),
            callbacks: 0,
            profiles: 0,
            receipt_id: None,
            uploads: Detached::default(),
        });
    };
    let of_customer = Act {
        customer_id: Some(customer_id),
        ..act.clone()
    };
    let erased = erase_address(db, &of_customer, &email).await?;
    Ok(Erased {
        // Its address may have changed at this moment.
        profiles: erased.profiles + profiles::erase_profile(db, &of_customer, profile_id).await?,
        ..erased
    })
}
