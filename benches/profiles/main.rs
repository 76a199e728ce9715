//! How long a list of fifty out of a million profiles takes, for each filter, search and order, and by what plan.
//!
//! `cargo bench --bench profiles`; `-- rounds=30` is how often each list is made. It is the service's own operation on a throw-away
//! PostgreSQL, from the query to the profiles, without HTTP. The plans are those that PostgreSQL says it used (`auto_explain`).
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on should say so at once, and its output is what it is for"
)]

mod plans;

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Executor};
use strum::VariantArray;
use talentsoft_partner::audit::Act;
use talentsoft_partner::db::Db;
use talentsoft_partner::profiles::{
    Listing, ProfileFilter, ResumeApproval, Search, SortKey, SubdomainName, add_subdomain, list_profile_ids,
    read_profiles,
};
use test_support::Registry;

use plans::Plans;

/// What is measured: a name, and the list's parameters as a query has them.
const LISTS: &[(&str, &str)] = &[
    ("all", ""),
    ("all", "sort=-createdAt"),
    ("all", "sort=currentSchoolName"),
    ("all", "sort=-currentSchoolName"),
    ("all", "sort=email"),
    ("all", "sort=-email"),
    ("all", "sort=familyName"),
    ("all", "sort=-familyName"),
    ("all", "sort=givenName"),
    ("all", "sort=-givenName"),
    ("all", "sort=lastLogin"),
    ("all", "sort=-lastLogin"),
    ("all", "sort=familyName,givenName"),
    ("all", "sort=currentSchoolName,familyName"),
    ("all", "sort=-lastLogin,familyName"),
    ("one user", "user=u4711"),
    ("administrators", "admin=true"),
    ("administrators", "admin=true&sort=familyName"),
    ("everybody else", "admin=false&sort=-lastLogin"),
    ("with the invited", "invited=true&sort=givenName"),
    ("two statuses", "status=denied,edited&sort=email"),
    ("a rare filter", "admin=true&status=edited&sort=currentSchoolName"),
    ("m", "search=m"),
    ("m", "search=m&sort=familyName"),
    ("m", "search=m&sort=email"),
    ("m", "search=m&sort=-lastLogin"),
    ("mar", "search=mar"),
    ("mar", "search=mar&sort=familyName"),
    ("mar", "search=mar&sort=-givenName"),
    ("mar", "search=mar&sort=email"),
    ("mar", "search=mar&sort=currentSchoolName"),
    ("lubert", "search=lubert"),
    ("lubert", "search=lubert&sort=familyName"),
    ("lubert", "search=lubert&sort=lastLogin"),
    ("martin", "search=martin&sort=-createdAt"),
    ("an address", "search=martin.dupont"),
    ("two terms", "search=lubert,marti"),
    ("two terms", "search=lubert,marti&sort=familyName"),
    ("nobody", "search=zzz&sort=familyName"),
    (
        "administrators called mar",
        "admin=true&search=mar&sort=familyName",
    ),
    ("skip 10,000", "skip=10000"),
    ("skip 500,000", "skip=500000&sort=familyName"),
    ("the last", "skip=960000&sort=familyName"),
    ("two terms", "search=lubert,marti&sort=-familyName,lastLogin"),
    ("two frequent terms", "search=mar,smi"),
    ("two frequent terms", "search=mar,smi&sort=familyName"),
    ("two frequent terms", "search=mar,smi&sort=-givenName"),
    ("two frequent terms", "search=mar,smi&sort=email"),
    (
        "two frequent terms",
        "search=mar,smi&sort=-currentSchoolName,lastLogin",
    ),
    ("two letters", "search=m,s&sort=familyName"),
    ("two letters", "search=m,d&sort=-lastLogin"),
    ("a letter and a name", "search=m,smith"),
    ("three terms", "search=mar,smi,ti"),
    ("mar", "search=mar&sort=-familyName,lastLogin"),
    ("marti", "search=marti&sort=familyName,-lastLogin"),
    ("three keys", "sort=currentSchoolName,-familyName,lastLogin"),
    ("three keys", "sort=-lastLogin,currentSchoolName,-createdAt"),
    (
        "a pair of keys, skip 10,000",
        "sort=currentSchoolName,-lastLogin&skip=10000",
    ),
    ("20,000", "limit=20000&sort=familyName"),
];

/// All pairs of keys, each way.
fn pairs_of_keys() -> Vec<String> {
    let keys = || {
        SortKey::VARIANTS
            .iter()
            .flat_map(|key| [format!("{key}"), format!("-{key}")])
    };
    let bare = |key: &str| key.trim_start_matches('-').to_owned();
    let pairs = keys().flat_map(|one| keys().map(move |other| (one.clone(), other)));
    pairs
        .filter(|(one, other)| bare(one) != bare(other))
        .map(|(one, other)| format!("sort={one},{other}"))
        .collect()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let registry = Registry::fresh().await;
    let act = registry.act();
    let customer_id = registry.add_customer("Acme").await;
    let name: SubdomainName = "acme".parse().unwrap();
    let added = registry
        .db
        .transaction(async |db| add_subdomain(db, &act, customer_id, &name).await);
    added.await.unwrap();
    let mut filler = registry.sql.acquire().await.unwrap();
    filler
        .execute(sqlx::raw_sql(include_str!("fill.sql")))
        .await
        .unwrap();
    filler.execute("vacuum analyze").await.unwrap();
    let rounds = std::env::args().find_map(|argument| argument.strip_prefix("rounds=")?.parse().ok());
    let plans = Plans::begin(&registry).await;
    let db = Db::new(&registry.database_url, 1, 1).unwrap();
    println!("| list | parameters | total | median | p99 | plan |");
    println!("|---|---|---:|---:|---:|---|");
    let pairs = pairs_of_keys();
    let pairs = pairs.iter().map(|query| ("a pair of keys", query.as_str()));
    for (what, query) in LISTS.iter().copied().chain(pairs) {
        let listing = listing(query);
        let (total, plan) = plans.of(&act, &name, &listing).await;
        let mut times = Vec::new();
        for _ in 0..rounds.unwrap_or(100) {
            let began = Instant::now();
            list(&db, &act, &name, &listing).await;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let at = |hundredths: usize| millis(times[(times.len() * hundredths / 100).min(times.len() - 1)]);
        println!(
            "| {what} | `{query}` | {total} | {} | {} | {plan} |",
            at(50),
            at(99)
        );
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// Makes one list, and answers its total.
async fn list(db: &Db, act: &Act, name: &SubdomainName, listing: &Listing) -> i64 {
    let made = db.read(async |db| {
        let ids = list_profile_ids(db, act, name, listing).await?;
        for part in ids.profile_ids.chunks(200) {
            read_profiles(db, ids.subdomain_id, part).await?;
        }
        Ok::<_, talentsoft_partner::profiles::Error>(ids.total)
    });
    made.await.unwrap()
}

fn listing(query: &str) -> Listing {
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find_map(|(known, value)| (known == name).then_some(value))
    };
    let statuses = |text: &str| -> Vec<ResumeApproval> {
        text.split(',').map(|status| status.parse().unwrap()).collect()
    };
    Listing {
        institution_user_id: value("user").map(|text| text.parse().unwrap()),
        filter: ProfileFilter {
            is_admin: value("admin").map(|text| text == "true"),
            includes_invited: value("invited").is_some(),
            resume_approval: value("status").map(statuses),
        },
        search: Search::parse(value("search").unwrap_or_default()).unwrap(),
        sort: value("sort")
            .map(|text| text.parse().unwrap())
            .unwrap_or_default(),
        skip: value("skip").map_or(0, |text| text.parse().unwrap()),
        limit: value("limit").map_or(50, |text| text.parse().unwrap()),
    }
}

/// Sets what every later session of the database begins with.
async fn set_for_later(registry: &Registry, setting: &str) {
    let sql =
        format!("do $$ begin execute format('alter database %I {setting}', current_database()); end $$");
    registry.sql.execute(AssertSqlSafe(sql)).await.unwrap();
}
