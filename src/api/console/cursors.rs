//! Cursors of lists. One says which row was the last on a page, which may be by a customer's name, so it is sealed: a URL, and
//! whatever writes it down, names nobody, and nobody can make one.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::Error;
use super::visit::{RoleMarker, Visit};
use crate::error::Failure;
use crate::keys::{Purpose, SealingKeyId};
use crate::wire::query::Query;

/// What a cursor of this list is sealed for.
fn context(list: &str) -> Vec<u8> {
    [b"talentsoft-partner console cursor ", list.as_bytes()].concat()
}

impl<R: RoleMarker> Visit<R> {
    /// The cursor of a query of this list, which is a path of `console_pages::paths`.
    pub(super) fn cursor<T: FromStr>(&self, query: &Query<'_>, list: &str) -> Result<Option<T>, Error> {
        let sealed = query.get("cursor");
        sealed
            .map(|sealed| self.open_cursor(sealed, list).ok_or(Error::Invalid))
            .transpose()
    }

    fn open_cursor<T: FromStr>(&self, sealed: &str, list: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (key_id, sealed) = bytes.split_first_chunk()?;
        let key_id = SealingKeyId(i32::from_be_bytes(*key_id));
        let key = self.app().ring.opening(Purpose::Token, key_id)?;
        let opened = key.key.open(&context(list), sealed).ok()?;
        str::from_utf8(&opened).ok()?.parse().ok()
    }

    /// The path of the next page of this list, if there is one, by what makes it of a cursor.
    pub(super) fn older(
        &self,
        next: Option<impl Display>,
        list: &str,
        path: impl FnOnce(&str) -> String,
    ) -> Result<Option<String>, Error> {
        let sealed = next.map(|cursor| self.seal_cursor(&cursor, list)).transpose()?;
        Ok(sealed.map(|sealed| path(&sealed)))
    }

    fn seal_cursor(&self, cursor: &impl Display, list: &str) -> Result<String, Error> {
        let missing = || Failure::internal("there is no key for tokens");
        let key = self
            .app()
            .ring
            .sealing(Purpose::Token, self.now())
            .ok_or_else(missing)?;
        let sealed = key
            .key
            .seal(&context(list), cursor.to_string().as_bytes())
            .map_err(Failure::internal)?;
        Ok(URL_SAFE_NO_PAD.encode([&key.id.0.to_be_bytes()[..], &sealed].concat()))
    }
}
