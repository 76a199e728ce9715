//! What each screen shows: plain data, one struct for each page, and the template that it is written with.

mod access;
mod account;
mod audit;
mod callbacks;
mod clients;
mod confirm;
mod customers;
mod invitations;
mod keys;
mod market;
mod overview;
mod persons;
mod problem;
mod refusals;
mod rotation;
mod secrets;
mod shared;
mod staff;

pub use access::{Onward, SignIn, SignInCode};
pub use account::{Account, OwnSession, RecoveryCodes, SecondFactorSetup, language_choices, theme_choices};
pub use audit::{Audit, AuditEvent, AuditFilter, Door, FieldChange};
pub use callbacks::{
    Attempt, Callback, CallbackDetail, Callbacks, DeliveryState, Receiver, RetryParked, delivery_choices,
};
pub use clients::{
    Client, ClientDanger, ClientDangerKind, ClientRow, ClientSettings, Clients, NewClient, SettingChoices,
};
pub use confirm::{Confirm, Confirmed, ELEVATED_FORMS};
pub use customers::{Customer, CustomerRow, Customers, NewCustomer};
pub use invitations::{
    Invitation, InvitationEvent, InvitationEventKind, InvitationRow, InvitationStatus, Invitations,
};
pub use keys::{Key, KeyPurpose, KeyState, Keys, NewKey, RemoveKey};
pub use market::{
    FileProgress, FoundTitle, Import, ImportPhase, ImportSource, Library, LibraryVersion, Market,
    TitleDifference, TryTitle, VersionAction, VersionState,
};
pub use overview::{
    CallbackCounts, DatabaseRole, Overview, RefusedCaller, Replica, SecretNotice, SecretNoticeKind,
};
pub use persons::{ErasePerson, EraseReceipt, Held, Person, Persons};
pub use problem::{Problem, ProblemKind};
pub use refusals::{
    Check, Explain, Refusal, RefusalFilter, RefusalGroup, RefusalGroups, Refusals, RefusedCall, Verdict,
};
pub use secrets::{
    Added, AddressUse, FirstUse, NewSecret, RetireSecret, Secret, SecretMatch, SecretOnce, SecretState,
    Secrets,
};
pub use shared::{Caller, Conflict, CustomerRef, Paging, Panel, Reason};
pub use staff::{Member, StaffList, StaffMember, StaffNew, role_choices, staff_errors};

/// Binds a page to its template: `page!(Struct, "template.html", |page, context| title)`, and where it has a form,
/// what says whether that has errors.
macro_rules! page {
    ($page:ident, $template:literal, |$p:ident, $c:ident| $title:expr) => {
        page!($page, $template, |$p, $c| $title, |_page| false);
    };
    ($page:ident, $template:literal, |$p:ident, $c:ident| $title:expr, |$q:ident| $errors:expr) => {
        const _: () = {
            #[derive(askama::Template)]
            #[template(path = $template)]
            struct View<'a> {
                c: &'a crate::context::Context<'a>,
                p: &'a $page,
                title: String,
            }

            impl crate::context::Page for $page {
                fn title(&self, context: &crate::context::Context<'_>) -> String {
                    let ($p, $c) = (self, context);
                    $title
                }

                fn has_errors(&self) -> bool {
                    let $q = self;
                    $errors
                }

                fn html(
                    &self,
                    context: &crate::context::Context<'_>,
                ) -> Result<String, crate::context::RenderError> {
                    let title = crate::context::Page::title(self, context);
                    let view = View {
                        c: context,
                        p: self,
                        title,
                    };
                    Ok(askama::Template::render(&view)?)
                }
            }
        };
    };
}
pub(crate) use page;
