//! The way past the router, for what is called most: a check of a token, and the endpoints that take a form.

use actix_web::web;

use super::{guard, oauth};
use crate::app::App;
use crate::wire::front::{Shortcut, Taken};

/// Answers what is called most without the router.
#[must_use]
pub fn past_router(app: web::Data<App>) -> Shortcut {
    Box::new(move |request, context| {
        if let Some(endpoint) = oauth::Endpoint::of(request.head()) {
            let answer = endpoint.answer_unrouted(app.clone(), request, context.clone());
            return Taken::Answering(Box::pin(answer), endpoint.path());
        }
        let checked = guard::check_from_memory(&app.oauth, request.head(), context);
        Taken::at_once(request, checked)
    })
}
