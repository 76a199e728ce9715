//! What can go wrong with campaigns.

use super::campaign::InvalidLanguage;
use crate::error::Failure;
use crate::text::InvalidName;

/// Why an operation on campaigns did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is out of bounds.
    #[error("name must have 1 to 200 characters, none of them a control character")]
    InvalidName(#[from] InvalidName),
    /// The language is not a BCP 47 tag.
    #[error("language must be a BCP 47 tag such as fr or fr-FR")]
    InvalidLanguage(#[from] InvalidLanguage),
    /// The keyword is too long, or has a character that no name has.
    #[error("keyword must have at most 200 characters, none of them NUL")]
    InvalidKeyword,
    /// There is no such customer, or the actor does not reach its data.
    #[error("no such customer")]
    UnknownCustomer,
    /// There is no such campaign, open or closed, among those that the actor reaches.
    #[error("no such campaign")]
    UnknownCampaign,
    /// The service failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let constraint = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::constraint);
        match constraint {
            Some("campaign_customer_id_fkey") => Self::UnknownCustomer,
            _ => Self::Failure(error.into()),
        }
    }
}
