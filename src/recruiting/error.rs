//! What can go wrong with campaigns.

use crate::error::Fault;
use crate::ids::CampaignId;

/// A campaign operation failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The name is out of bounds.
    #[error("a campaign's name has 1 to 200 characters, none of them a control character")]
    InvalidName,
    /// The language is no BCP 47 tag.
    #[error("a language is a BCP 47 tag such as fr or fr-FR")]
    InvalidLanguage,
    /// The keyword is too long, or has a character that no name can have.
    #[error("the keyword has at most 200 characters, none of them NUL")]
    InvalidKeyword,
    /// The limit is out of bounds.
    #[error("the limit is a number from 1 to 500")]
    InvalidLimit,
    /// The cursor was not made by this service.
    #[error("the cursor is the one of the Link header of the page before")]
    InvalidCursor,
    /// A parameter stands twice.
    #[error("a query parameter is sent more than once")]
    RepeatedParameter,
    /// There is no such customer.
    #[error("there is no such customer; `customer list` shows them")]
    UnknownCustomer,
    /// There is no such open campaign.
    #[error("there is no open campaign `{0}`; `campaign list` shows them")]
    UnknownCampaign(CampaignId),
    /// Ours.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.constraint() == Some("campaign_customer_id_fkey") => {
                Self::UnknownCustomer
            }
            _ => Self::Fault(error.into()),
        }
    }
}
