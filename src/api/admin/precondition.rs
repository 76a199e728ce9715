//! The tag of what is answered, and `If-Match` (RFC 9110 s13.1.1): which state a change is of.

use actix_web::http::header::{HeaderMap, IF_MATCH};
use serde::Serialize;

use super::Call;
use super::error::Error;
use crate::api::reply::Reply;
use crate::error::Failure;
use crate::wire::etag::EntityTag;

/// The tag of a state, made of all that `GET` says of it.
pub(super) fn tag_of(state: &impl Serialize) -> Result<EntityTag, Error> {
    let described = serde_json::to_string(state).map_err(Failure::internal)?;
    Ok(EntityTag::of(&described))
}

/// A state, with its tag.
pub(super) fn reply(state: &impl Serialize) -> Result<Reply, Error> {
    Ok(Reply::ok::<Error>(state)?.with_tag(tag_of(state)?))
}

/// What was created, with its tag.
pub(super) fn created(state: &impl Serialize, location: String) -> Result<Reply, Error> {
    Ok(Reply::created::<Error>(state, location)?.with_tag(tag_of(state)?))
}

/// The state that a change is of.
pub(super) struct Expected<'a>(&'a HeaderMap);

impl<'a> Expected<'a> {
    /// Of a change that replaces or removes what is there: without `If-Match` it would undo another's unseen (RFC 6585 s3).
    pub(super) fn required(call: &'a Call) -> Result<Self, Error> {
        if !call.headers().contains_key(IF_MATCH) {
            return Err(Error::NoPrecondition);
        }
        Ok(Self(call.headers()))
    }

    /// Of what does the same whatever there is: `If-Match` counts where it is sent.
    pub(super) fn if_sent(call: &'a Call) -> Self {
        Self(call.headers())
    }

    /// Refuses where the state is another; it must be locked, so that it stays.
    pub(super) fn check(&self, tag: &EntityTag) -> Result<(), Error> {
        match tag.is_expected(self.0) {
            Some(false) => Err(Error::Changed),
            Some(true) | None => Ok(()),
        }
    }
}
