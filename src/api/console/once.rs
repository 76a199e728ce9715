//! Forms that are done once, however often they are sent: by a second click, or by going back to the page.
//!
//! It is for what makes something, and for what takes away what it is about; what only sets something is done again, because what
//! it has set may have been changed meanwhile.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use super::forms::Fields;
use super::visit::{RoleMarker, Visit, own_path};
use crate::db::PgTransaction;
use crate::error::Failure;
use crate::staff::sent_forms::{self, SentFormKey};

impl<R: RoleMarker> Visit<R> {
    fn sent_form(&self, fields: &Fields) -> SentFormKey {
        let path = own_path(self.console(), self.request());
        SentFormKey::new(self.session().number, fields.number(), &path, fields.entered())
    }

    /// Changes the database in one transaction, once for each form that was shown: sent again as it was, it gets what came of it
    /// the first time.
    pub async fn change_once<T: Serialize + DeserializeOwned, E: From<Failure>>(
        &self,
        fields: &Fields,
        work: impl AsyncFnOnce(&mut PgTransaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (form, now) = (self.sent_form(fields), self.now());
        self.change(async |db| {
            if let Some(before) = sent_forms::begin(db, form, now).await? {
                return Ok(before);
            }
            let outcome = work(db).await?;
            sent_forms::finish(db, form, &outcome).await?;
            Ok(outcome)
        })
        .await
    }

    /// What came of a form that was sent before, where what it is about is not there any more; otherwise the error.
    pub async fn came_of<T: DeserializeOwned>(&self, fields: &Fields, error: Error) -> Result<T, Error> {
        if !matches!(error, Error::NotFound) {
            return Err(error);
        }
        let form = self.sent_form(fields);
        let before = self.read(async |db| sent_forms::find(db, form).await).await?;
        before.ok_or(error)
    }
}
