//! The people who sign in at the console: their accounts, passwords and sessions.
//!
//! It knows nothing of HTTP. A cookie's value comes in as a [`sessions::SessionId`], a form's token is checked by
//! [`sessions::FormKey::accepts`], and all failures of signing in are one [`SignInError::Refused`] whose reason is for
//! the log alone.

pub mod accounts;
mod error;
pub mod failures;
pub mod kept_forms;
mod names;
mod password;
pub mod provider;
mod role;
pub mod second_factor;
pub mod sent_forms;
pub mod sessions;
mod sign_in;

pub use accounts::Account;
pub use error::Error;
pub use names::{InvalidSignInName, SignInName};
pub use password::{HashedPassword, MIN_PASSWORD_CHARS, hash_password};
pub use role::{Language, Role, Theme};
pub use sign_in::{SignIn, SignInError};
