//! The pages of the partner's console: what a screen shows ([`pages`]), how it is written as HTML, and in which words.
//!
//! Pure: no HTTP, no SQL, no clock, and nothing of the service, so that no page can reach a secret that could be recovered.
//! A handler fills the plain data of a page and calls [`render()`] with the [`Frame`] of the request.
//!
//! - `templates/` has the HTML ([askama]), which may not turn off escaping: what is HTML already has a type that says so.
//! - `texts/` has every sentence in English and in French (Fluent).
//! - `assets/` has the style sheet and the script, which every page works without.

pub mod assets;
mod chart;
mod components;
mod context;
pub mod errors;
mod form;
mod format;
mod frame;
mod given;
pub mod pages;
pub mod paths;
mod qr;
mod secret;
mod snippets;
mod svg;
mod text;

pub use chart::{Hourly, Hue};
pub use context::{Context, Page, RenderError, render};
pub use form::{Choice, FieldError, Form, Offer};
pub use frame::{Flash, FlashKind, Frame, Language, Role, Section, SignedIn, Theme, flashes};
pub use secret::OneTimeSecret;
pub use text::{Arg, Message, ToArg, has_text};
