//! How far a rotation is: from the new secret that was added to the old ones that are retired.

use super::secrets::{QUIET, Secret, SecretState, addresses_since, uses_since};
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
    /// Whether it may have been reached earlier.
    pub is_or_earlier: bool,
}

/// The newest live secret, and those that it replaces.
struct Rotation<'a> {
    new: &'a Secret,
    /// All other live ones; where there is none, the one that was the last to be retired or to expire. Never empty.
    old: Vec<&'a Secret>,
}

impl<'a> Rotation<'a> {
    /// Of secrets of which the newest comes first; none where the client has had one secret only.
    fn of(secrets: &'a [Secret]) -> Option<Self> {
        let newest = secrets.iter().position(Secret::is_live)?;
        let new = secrets.get(newest)?;
        let older = secrets.get(newest + 1..)?;
        let live: Vec<&Secret> = older.iter().filter(|secret| secret.is_live()).collect();
        if !live.is_empty() {
            return Some(Self { new, old: live });
        }
        let ended_at = |secret: &&Secret| secret.retired_at.or(secret.expires_at);
        let last = older.iter().max_by_key(ended_at)?;
        Some(Self { new, old: vec![last] })
    }

    /// How many old secrets there are.
    fn count(&self) -> i64 {
        i64::try_from(self.old.len()).unwrap_or(i64::MAX)
    }

    fn is_over(&self) -> bool {
        !self.old.iter().any(|secret| secret.is_live())
    }

    fn has_new_in_use(&self) -> bool {
        self.new.last_used_at.is_some()
    }

    /// When an old secret was last used.
    fn old_used_at(&self) -> Option<DateTime<Utc>> {
        self.old.iter().filter_map(|secret| secret.last_used_at).max()
    }

    /// Since when no old secret has been used.
    fn quiet_since(&self) -> Option<DateTime<Utc>> {
        let added_at = || self.old.iter().map(|secret| secret.created_at).max();
        self.old_used_at().or_else(added_at)
    }

    fn is_quiet(&self, now: DateTime<Utc>) -> bool {
        self.old_used_at().is_none_or(|at| now - at >= QUIET)
    }
}

/// The five steps, the first one first; none where the client has had one secret only.
pub(super) fn steps(c: &Context<'_>, secrets: &[Secret]) -> Vec<Step> {
    let Some(rotation) = Rotation::of(secrets) else {
        return Vec::new();
    };
    let now = c.frame.now;
    let new = rotation.new;
    let is_used = rotation.has_new_in_use();
    let is_over = rotation.is_over();
    let is_quiet = is_over || (is_used && rotation.is_quiet(now));
    let quiet_at = rotation
        .old_used_at()
        .map(|at| at + QUIET)
        .filter(|at| *at <= now);
    let last = rotation.old.first();
    let step = |is_done, is_next, id: &str, at, detail| Step {
        class: match (is_done, is_next) {
            (true, _) => "ok",
            (false, true) => "waiting",
            (false, false) => "off",
        },
        title: c.t1(id, "secrets", rotation.count()),
        detail,
        at,
        is_or_earlier: false,
    };
    let since_first_use = |step| Step {
        at: new.first_use.map(|first| first.at),
        is_or_earlier: new.first_use.is_some_and(|first| !first.is_exact),
        ..step
    };
    vec![
        step(true, false, "rotation-added", Some(new.created_at), String::new()),
        since_first_use(step(
            is_used,
            !is_used,
            "rotation-first-use",
            None,
            if is_used {
                new.address_list()
            } else {
                c.t("rotation-first-use.waiting")
            },
        )),
        since_first_use(step(
            is_quiet,
            is_used && !is_quiet,
            "rotation-both",
            None,
            both(c, &rotation),
        )),
        step(
            is_quiet,
            false,
            "rotation-quiet",
            quiet_at.filter(|_| is_quiet),
            c.t1("rotation-quiet.detail", "ago", last_use(c, &rotation)),
        ),
        step(
            is_over,
            is_quiet && !is_over,
            match last.map(|old| old.state) {
                Some(SecretState::Expired) => "rotation-expired",
                _ => "rotation-retired",
            },
            last.filter(|_| is_over)
                .and_then(|old| old.retired_at.or(old.expires_at)),
            String::new(),
        ),
    ]
}

fn both(c: &Context<'_>, rotation: &Rotation<'_>) -> String {
    let old: i64 = rotation.old.iter().map(|secret| secret.uses.total()).sum();
    c.sentence("rotation-both.detail")
        .with("new", rotation.new.uses.total())
        .with("old", old)
        .with("secrets", rotation.count())
        .to_string()
}

fn last_use(c: &Context<'_>, rotation: &Rotation<'_>) -> String {
    rotation
        .old_used_at()
        .map_or_else(|| c.t("secret-never-used"), |at| c.relative(at))
}

/// What is to be done now: the class of the notice, and the sentence. None where one secret is live.
pub(super) fn advice(c: &Context<'_>, secrets: &[Secret]) -> Option<(&'static str, String)> {
    let rotation = Rotation::of(secrets).filter(|rotation| !rotation.is_over())?;
    let (now, count) = (c.frame.now, rotation.count());
    if !rotation.has_new_in_use() {
        return Some(("", c.t1("rotation-wait-for-first-use", "secrets", count)));
    }
    let since = super::secrets::lately(now);
    let used = |secret: &&&Secret| uses_since(&[**secret], since) > 0;
    let used: Vec<&Secret> = rotation.old.iter().filter(used).copied().collect();
    if !used.is_empty() {
        let sentence = c
            .sentence("rotation-still-used")
            .with("count", uses_since(&used, since))
            .with("since", c.instant(since))
            .with("used", i64::try_from(used.len()).unwrap_or(i64::MAX))
            .with("secrets", count)
            .with("addresses", addresses_since(c, &used, since));
        return Some(("warn", sentence.to_string()));
    }
    let quiet = rotation.quiet_since().map_or(0, |at| (now - at).num_seconds());
    let (class, id) = if rotation.is_quiet(now) {
        ("ok", "rotation-done")
    } else {
        ("", "rotation-wait-for-quiet")
    };
    let sentence = c
        .sentence(id)
        .with("secrets", count)
        .with("duration", c.duration(quiet));
    Some((class, sentence.to_string()))
}
