//! What lists of profiles read of the indexes: about what they find or list, however many others are like it.

use sqlx::{AssertSqlSafe, Executor, PgConnection};
use talentsoft_partner::ids::ProfileId;
use talentsoft_partner::profiles::{
    Error, Listing, ProfileFilter, ProfileIds, Search, SubdomainName, add_subdomain, list_profile_ids,
};
use test_support::Registry;

const LIMIT: i64 = 10;
const FILL: &str = include_str!("../../../benches/profiles/fill.sql");

struct Stage {
    registry: Registry,
    name: SubdomainName,
}

impl Stage {
    /// The people of the benchmark, as many as this.
    async fn with(people: u32) -> Self {
        let registry = Registry::fresh().await;
        let act = registry.act();
        let customer_id = registry.add_customer("Acme").await;
        let name: SubdomainName = "acme".parse().unwrap();
        let added = registry
            .db
            .transaction(async |db| add_subdomain(db, &act, customer_id, &name).await);
        added.await.unwrap();
        let fill = FILL.replace("1000000", &people.to_string());
        let mut filler = registry.sql.acquire().await.unwrap();
        filler.execute(sqlx::raw_sql(AssertSqlSafe(fill))).await.unwrap();
        filler.execute("vacuum analyze profile").await.unwrap();
        Self { registry, name }
    }

    /// What a list has, and how many entries of indexes it read.
    async fn read(&self, search: &str, sort: &str) -> (ProfileIds, i64) {
        let listing = listing(search, sort, LIMIT);
        let act = self.registry.act();
        let read = self.registry.db.read(async |db| {
            let before = entries_read(db).await;
            let ids = list_profile_ids(db, &act, &self.name, &listing).await?;
            assert_eq!(ids.profile_ids.len(), 10, "{search} {sort}");
            Ok::<_, Error>((ids, entries_read(db).await - before))
        });
        read.await.unwrap()
    }
}

fn listing(search: &str, sort: &str, limit: i64) -> Listing {
    Listing {
        institution_user_id: None,
        filter: ProfileFilter::default(),
        search: Search::parse(search).unwrap(),
        sort: sort.parse().unwrap(),
        skip: 0,
        limit,
    }
}

/// How many entries of the indexes this session has read that it has not reported yet, which it does after a transaction.
async fn entries_read(db: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select sum(pg_stat_get_xact_tuples_returned(indexrelid))::bigint from pg_index
         where indrelid = 'profile'::regclass",
    )
    .fetch_one(db)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_list_reads_what_it_finds_and_what_it_lists() {
    let stage = Stage::with(20_000).await;
    for (search, sort) in [
        ("mar,smi", "createdAt"),
        ("mar,smi", "familyName"),
        ("mar,smi", "email"),
        ("m,s", "-lastLogin"),
    ] {
        // Once to count them, and once at most to list some of them: most addresses begin with a name, and stay apart.
        let (ids, read) = stage.read(search, sort).await;
        let total = ids.total;
        assert!(
            total > 100 && read <= 2 * total + 10 * LIMIT,
            "{search} {sort}: {read} of {total}"
        );
    }
    // A tenth of them never logged in and has no school: the first ten by their identifiers are read, and not all.
    let (ids, read) = stage.read("", "lastLogin,currentSchoolName").await;
    assert!(read < ids.total / 15, "{read} of {}", ids.total);
    let first: Vec<ProfileId> = sqlx::query_scalar(
        "select profile_id from profile where segment % 2 = 0 order by login_key, school_key, profile_id limit $1",
    )
    .bind(LIMIT)
    .fetch_all(&stage.registry.sql)
    .await
    .unwrap();
    assert_eq!(ids.profile_ids, first);
    // Those whose given name begins so are met on the way, and not gathered.
    let (ids, read) = stage.read("mar", "familyName,-lastLogin").await;
    assert!(read < ids.total, "{read} of {}", ids.total);
}

#[tokio::test]
async fn two_terms_find_each_profile_once_whatever_its_address_shares_with_its_names() {
    let stage = Stage::with(2_000).await;
    let sql = &stage.registry.sql;
    // Addresses that begin with the given name, with both names, with no name, and with a part of one.
    sql.execute(
        "update profile set email_key = case substr(institution_user_id, 2)::integer % 4
             when 0 then email_key when 1 then family_key || email_key when 2 then 'smi' || email_key
             else left(given_key, 2) || 'mar' || email_key end",
    )
    .await
    .unwrap();
    // The counts follow, as the benchmark makes them.
    let (_, counts) = FILL.split_once("insert into profile_count").unwrap();
    sql.execute(sqlx::raw_sql(AssertSqlSafe(format!(
        "delete from profile_count; insert into profile_count {counts}"
    ))))
    .await
    .unwrap();
    let begins = |text: &str| {
        let keys = ["family_key", "given_key", "email_key"];
        let begins = keys.map(|key| format!("starts_with({key}, '{text}')"));
        begins.join(" or ")
    };
    for (one, other) in [("mar", "smi"), ("m", "s"), ("smi", "marti"), ("s", "mar")] {
        for (sort, columns) in [
            ("createdAt", "created_at"),
            ("familyName", "family_key, given_key, email_key"),
            ("email", "email_key, family_key, given_key"),
        ] {
            let expected = format!(
                "select profile_id from profile where segment % 2 = 0 and ({}) and ({}) order by {columns}, profile_id",
                begins(one),
                begins(other)
            );
            let expected: Vec<ProfileId> = sqlx::query_scalar(AssertSqlSafe(expected))
                .fetch_all(sql)
                .await
                .unwrap();
            let search = format!("{one},{other}");
            let listing = listing(&search, sort, 2_000);
            let act = stage.registry.act();
            let listed = stage
                .registry
                .db
                .read(async |db| list_profile_ids(db, &act, &stage.name, &listing).await);
            let listed = listed.await.unwrap();
            assert_eq!(listed.profile_ids, expected, "{search} {sort}");
            assert_eq!(
                usize::try_from(listed.total).unwrap(),
                expected.len(),
                "{search} {sort}"
            );
        }
    }
}
