//! How far a rotation is: from the new secret that was added to the old one that is retired.

use super::secrets::{QUIET, Secret, SecretState};
use crate::context::Context;
use chrono::{DateTime, Utc};

/// A step of the timeline.
pub(super) struct Step {
    /// The class of its dot.
    pub class: &'static str,
    /// What it is.
    pub title: String,
    /// What is known of it.
    pub detail: String,
    /// When it was reached.
    pub at: Option<DateTime<Utc>>,
}

/// The newest live secret, and the one before it that is live or was the last to be retired.
fn pair(secrets: &[Secret]) -> Option<(&Secret, &Secret)> {
    let newest = secrets.iter().position(Secret::is_live)?;
    let new = secrets.get(newest)?;
    let older = secrets.get(newest + 1..)?;
    let old = older.iter().find(|secret| secret.is_live()).or(older.first())?;
    Some((new, old))
}

/// The five steps, the first one first; none where the client has had one secret only.
pub(super) fn steps(c: &Context<'_>, secrets: &[Secret]) -> Vec<Step> {
    let Some((new, old)) = pair(secrets) else {
        return Vec::new();
    };
    let now = c.frame.now;
    let is_used = new.last_used_at.is_some();
    let is_over = !old.is_live();
    let is_quiet = is_over || (is_used && old.is_quiet(now));
    let quiet_at = old.last_used_at.map(|at| at + QUIET).filter(|at| *at <= now);
    let step = |is_done, is_next, id: &str, at, detail| Step {
        class: match (is_done, is_next) {
            (true, _) => "ok",
            (false, true) => "waiting",
            (false, false) => "off",
        },
        title: c.t(id),
        detail,
        at,
    };
    vec![
        step(true, false, "rotation-added", Some(new.created_at), String::new()),
        step(
            is_used,
            !is_used,
            "rotation-first-use",
            new.first_used_at,
            if is_used {
                new.address_list()
            } else {
                c.t("rotation-first-use.waiting")
            },
        ),
        step(
            is_quiet,
            is_used && !is_quiet,
            "rotation-both",
            new.first_used_at.filter(|_| is_used),
            both(c, new, old),
        ),
        step(
            is_quiet,
            false,
            "rotation-quiet",
            quiet_at.filter(|_| is_quiet),
            c.t1("rotation-quiet.detail", "ago", last_use(c, old)),
        ),
        step(
            is_over,
            is_quiet && !is_over,
            match old.state {
                SecretState::Expired => "rotation-expired",
                SecretState::Live | SecretState::Retired => "rotation-retired",
            },
            old.retired_at.or(old.expires_at.filter(|_| is_over)),
            String::new(),
        ),
    ]
}

fn both(c: &Context<'_>, new: &Secret, old: &Secret) -> String {
    c.sentence("rotation-both.detail")
        .with("new", new.uses.total())
        .with("old", old.uses.total())
        .to_string()
}

fn last_use(c: &Context<'_>, secret: &Secret) -> String {
    secret
        .last_used_at
        .map_or_else(|| c.t("secret-never-used"), |at| c.relative(at))
}

/// What is to be done now: the class of the notice, and the sentence. None where one secret is live.
pub(super) fn advice(c: &Context<'_>, secrets: &[Secret]) -> Option<(&'static str, String)> {
    let (new, old) = pair(secrets)?;
    if !old.is_live() {
        return None;
    }
    if new.last_used_at.is_none() {
        return Some(("", c.t("rotation-wait-for-first-use")));
    }
    let uses = old.uses_lately();
    if uses > 0 {
        let sentence = c
            .sentence("rotation-still-used")
            .with("count", uses)
            .with("addresses", old.address_list());
        return Some(("warn", sentence.to_string()));
    }
    if old.is_quiet(c.frame.now) {
        return Some(("ok", c.t1("rotation-done", "duration", quiet_for(c, old))));
    }
    Some(("", c.t1("rotation-wait-for-quiet", "duration", quiet_for(c, old))))
}

fn quiet_for(c: &Context<'_>, old: &Secret) -> String {
    let since = old.last_used_at.unwrap_or(old.created_at);
    c.duration((c.frame.now - since).num_seconds())
}
