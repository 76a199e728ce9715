//! What a page says when it cannot show what was asked for.

use super::page;
use crate::context::Page as _;
use crate::frame::{FlashKind, Section};
use crate::paths;
use crate::text::Message;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// 404: there is no such page, or the person may not see it.
    NotFound,
    /// 400: an address or a form could not be read.
    Invalid,
    /// 403: the form was not sent by a page of the console.
    Forgery,
    /// 405: the page does not take this method.
    Method,
    /// 413: the form is too large.
    TooLarge,
    /// 421: the request was for another host.
    Host,
    /// 429: too many tries.
    TooMany,
    /// 500: a mistake of the service.
    Internal,
    /// 503: the database is not reachable.
    Unavailable,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::NotFound,
        Self::Invalid,
        Self::Forgery,
        Self::Method,
        Self::TooLarge,
        Self::Host,
        Self::TooMany,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The status of the response.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Invalid => 400,
            Self::Forgery => 403,
            Self::Method => 405,
            Self::TooLarge => 413,
            Self::Host => 421,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::NotFound => "problem-not-found",
            Self::Invalid => "problem-unclear",
            Self::Forgery => "problem-forgery",
            Self::Method => "problem-method",
            Self::TooLarge => "problem-too-large",
            Self::Host => "problem-host",
            Self::TooMany => "problem-too-many",
            Self::Internal => "problem-internal",
            Self::Unavailable => "problem-unavailable",
        }
    }

    fn body(self) -> String {
        format!("{}.body", self.title())
    }
}

/// What, why, the identifier of the request, and one way out.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What went wrong.
    pub kind: ProblemKind,
    /// What more there is to say.
    pub detail: Option<Message>,
    /// Whether somebody is signed in, who can go on from the overview.
    pub is_signed_in: bool,
}

impl Problem {
    const fn way_out(&self) -> &'static str {
        if self.is_signed_in {
            paths::OVERVIEW
        } else {
            paths::SIGN_IN
        }
    }

    const fn way_out_text(&self) -> &'static str {
        if self.is_signed_in {
            "problem-to-overview"
        } else {
            "problem-to-sign-in"
        }
    }
}

page!(Problem, "problem.html", |p, c| c.t(p.kind.title()));
