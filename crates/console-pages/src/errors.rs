//! What is wrong with what was entered, in words that several screens use.

/// A reason is missing, or cannot be kept as it is.
pub const REASON: &str = "error-reason";
/// The reference was not typed as it is shown.
pub const REFERENCE: &str = "error-reference";
/// The text is no identifier.
pub const IDENTIFIER: &str = "error-identifier";
/// The text is no email address.
pub const EMAIL: &str = "error-email";
/// The text is no day.
pub const DAY: &str = "error-day";
/// Nothing was chosen.
pub const CHOICE: &str = "error-choice";
/// The title is too long.
pub const TITLE: &str = "error-title";
/// The key still seals, or is needed.
pub const KEY_NEEDED: &str = "error-key-needed";
