//! What a page says no with. The response is bare: its body, the same for all, is made by [`super::problem`].

use std::cell::RefCell;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::clients;
use crate::error::Failure;
use crate::wire::body::BodyError;
use crate::wire::refused::Refused;

/// Why a request of the console is not answered with what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such page, or the person may not see it: from outside both are the same.
    #[error("not found")]
    NotFound,
    /// An address or a form has a value that no page of ours sends.
    #[error("invalid request")]
    Invalid,
    /// The form was not sent by a page of ours.
    #[error("forged request")]
    Forged(&'static str),
    /// The body is too large, too slow or broken.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A failure of the service.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// Another answer, such as the way to sign in.
    #[error("another answer")]
    Answer(Answer),
}

/// A response that is given instead of the page.
pub struct Answer(Box<RefCell<Option<HttpResponse>>>);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

impl From<HttpResponse> for Error {
    fn from(response: HttpResponse) -> Self {
        Self::Answer(Answer(Box::new(RefCell::new(Some(response)))))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<clients::Error> for Error {
    fn from(error: clients::Error) -> Self {
        use clients::Error as Clients;
        match error {
            Clients::UnknownClient(_) | Clients::UnknownCustomer(_) | Clients::UnknownSecret(..) => {
                Self::NotFound
            }
            Clients::Failure(failure) => Self::Failure(failure),
            // No page of ours makes a form whose key is the identifier of another secret; screens that can cause the others
            // say so at the field.
            Clients::SecretIdTaken
            | Clients::CustomerExists(_)
            | Clients::InvalidCustomerName
            | Clients::ClientExists(_)
            | Clients::SecretExists(_)
            | Clients::SecretNotRestorable(..)
            | Clients::WeakSecret
            | Clients::InvalidSetting(_) => Self::Invalid,
        }
    }
}

impl From<crate::staff::Error> for Error {
    fn from(error: crate::staff::Error) -> Self {
        use crate::staff::Error as Staff;
        match error {
            Staff::UnknownAccount(_) => Self::NotFound,
            Staff::Failure(failure) => Self::Failure(failure),
            // Screens that can cause these say so at the field.
            Staff::AccountExists(_)
            | Staff::LastAdmin(_)
            | Staff::WeakPassword
            | Staff::SecondFactorExists
            | Staff::IdentityTaken(_)
            | Staff::InvalidIdentity => Self::Invalid,
        }
    }
}

fn bare(status: StatusCode, refused: Refused) -> HttpResponse {
    refused.mark(HttpResponse::build(status).finish())
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Forged(_) => StatusCode::FORBIDDEN,
            Self::Body(error) => error.status(),
            Self::Failure(Failure::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failure(Failure::Internal(_)) | Self::Answer(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let refused = match self {
            Self::NotFound => Refused::because("console_not_found"),
            Self::Invalid => Refused::because("console_invalid"),
            Self::Forged(reason) => Refused::because(reason),
            Self::Body(error) => Refused::because(error.reason()),
            Self::Failure(failure) => Refused::failed(failure),
            Self::Answer(answer) => {
                let answer = answer.0.borrow_mut().take();
                return answer.unwrap_or_else(|| HttpResponse::InternalServerError().finish());
            }
        };
        bare(self.status_code(), refused)
    }
}
