//! Being asked for password and code again, for what is not done without them.
//!
//! It is asked within the form that needs it: the same form comes back with what was entered, but for secrets, and goes on
//! once password and code are right. Where the company's identity provider asks, the form waits in the database meanwhile.

use actix_web::HttpResponse;
use console_pages::pages::Confirm;
use console_pages::{Form, Message, Section};

use super::error::Error;
use super::forms::{CONFIRM_CODE, CONFIRM_PASSWORD, FIRST_NUMBER, Fields, LEFT_OUT};
use super::visit::{RoleMarker, Visit, own_path};
use crate::crypto::secret::PresentedSecret;
use crate::error::Failure;
use crate::ids::KeptFormId;
use crate::staff::SignInError;
use crate::staff::kept_forms::{self, KeptForm};
use crate::staff::second_factor::Accepted;
use crate::staff::sessions;
use crate::wire::refused::Refused;
use crate::wire::request_context::RequestContext;

/// What is there of a form once password and code were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All that was entered.
    All,
    /// What was entered but for secrets, which are to be asked for again.
    WithoutSecrets,
}

impl<R: RoleMarker> Visit<R> {
    /// Goes on if password and code were asked for in the last ten minutes, or are right in this form; otherwise answers with
    /// a page that asks for them and keeps the fields of these names.
    pub async fn require_elevation(
        &mut self,
        section: Section,
        fields: &Fields,
        (form, kept): (&str, &[&str]),
    ) -> Result<Kept, Error> {
        let is_whole = fields.get(LEFT_OUT).is_empty();
        let there = if is_whole { Kept::All } else { Kept::WithoutSecrets };
        if self.session().is_elevated(self.now()) {
            return Ok(there);
        }
        let refused = match fields.secret(CONFIRM_PASSWORD) {
            None => None,
            Some(password) => match self.confirm(password, fields).await {
                Ok(()) => return Ok(there),
                Err(SignInError::Failure(failure)) => return Err(failure.into()),
                Err(SignInError::Refused(reason)) => Some(reason),
            },
        };
        let asked = self.ask_again(section, fields, (form, kept), refused).await?;
        Err(asked.into())
    }

    async fn confirm(&mut self, password: PresentedSecret, fields: &Fields) -> Result<(), SignInError> {
        let account = self.session().account.clone();
        let address = RequestContext::of(self.request()).peer().nearest();
        let sign_in = &self.app().sign_in;
        sign_in
            .check_password(account.sign_in_name.as_str(), password, Some(address))
            .await?;
        if account.has_second_factor {
            let code = fields.secret(CONFIRM_CODE);
            let code = code.ok_or(SignInError::Refused("staff_wrong_code"))?;
            sign_in.check_code(&account, &code, Accepted::AppOnly).await?;
        }
        let (act, hash) = (self.act(), self.session().hash);
        let renewed = self
            .change(async |db| sessions::elevate(db, &act, hash).await)
            .await?;
        if let Some(renewed) = &renewed {
            self.renew(renewed);
        }
        Ok(())
    }

    async fn ask_again(
        &self,
        section: Section,
        fields: &Fields,
        (form_name, kept): (&str, &[&str]),
        refused: Option<&'static str>,
    ) -> Result<HttpResponse, Error> {
        let account = &self.session().account;
        let form = match refused {
            Some(_) => Form::new().error(CONFIRM_PASSWORD, Message::text(Confirm::REFUSED)),
            None => Form::new(),
        };
        let mut pairs = fields.pairs(kept);
        if !fields.get(LEFT_OUT).is_empty() || fields.has_more_than(kept) {
            pairs.push((LEFT_OUT.to_owned(), "1".to_owned()));
        }
        pairs.push((FIRST_NUMBER.to_owned(), fields.number().to_string()));
        let kept = KeptForm {
            path: own_path(self.console(), self.request()),
            form_name: form_name.to_owned(),
            fields: pairs,
        };
        let company = self.console().company().filter(|_| account.is_linked);
        let kept_form_id = match company {
            Some(_) => self.keep(&kept).await?,
            None => None,
        };
        let page = Confirm {
            path: kept.path,
            form_name: kept.form_name,
            kept: kept.fields,
            has_password: account.has_password,
            has_second_factor: account.has_second_factor,
            company,
            kept_form_id: kept_form_id.map(|id| id.to_string()),
            form,
        };
        let response = self.page(section, &page)?;
        Ok(match refused {
            Some(reason) => Refused::because(reason).mark(response),
            None => response,
        })
    }

    /// Keeps a form while the identity provider asks. A database that takes no changes keeps none, and the person is asked all
    /// the same.
    async fn keep(&self, form: &KeptForm) -> Result<Option<KeptFormId>, Error> {
        let (act, number) = (self.act(), self.session().number);
        let kept = self
            .change(async |db| kept_forms::keep(db, &act, number, form).await)
            .await;
        match kept {
            Err(Failure::Internal(cause)) => Err(Failure::Internal(cause).into()),
            kept => Ok(kept.unwrap_or_default()),
        }
    }
}
