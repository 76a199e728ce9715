//! Whatever is written, listed and erased, in whatever order: a plain model of profiles in memory, and the service beside it,
//! whose lists must have the same people in the same order, the same totals, and nobody of another subdomain.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use talentsoft_partner::text::fold;

use test_support::profiles::{ProfileStage, SUBDOMAIN};
use test_support::send;

/// Runs of the model against the service.
const RUNS: u32 = 1_000;
/// One of each customer.
const SUBDOMAINS: [&str; 2] = [SUBDOMAIN, "other"];
const TABLES: [&str; 2] = ["profile", "profile_count"];
/// Users of each subdomain.
const USERS: u8 = 9;

/// Names that share beginnings, also beyond the eight characters that are counted, and differ in case and accents alone.
const NAMES: &[&str] = &[
    "",
    "Ann",
    "ánna",
    "ANNA",
    "Bo",
    "Christopherson",
    "christophersen",
    "Ørsted",
];
const EMAILS: &[&str] = &[
    "ann@x.example",
    "Ann@x.example",
    "anna.bo@x",
    "bo@x",
    "christopherson@x",
    "z@x",
];
const SCHOOLS: &[&str] = &["", "École", "ecole", "Zoo"];
const STATUSES: &[&str] = &["pending", "approved", "denied", "edited"];
const TERMS: &[&str] = &[
    "a",
    "ann",
    "ANNA",
    "anna.b",
    "bo",
    "christopher",
    "christopherso",
    "é",
    "orsted",
    "x",
    "z@x",
];
const KEYS: &[&str] = &[
    "createdAt",
    "currentSchoolName",
    "email",
    "familyName",
    "givenName",
    "lastLogin",
];

/// What the platform says of a person.
#[derive(Clone, Debug)]
struct Person {
    email: &'static str,
    given: &'static str,
    family: &'static str,
    school: &'static str,
    is_admin: bool,
    is_invited: bool,
    status: Option<&'static str>,
    /// Days, for both.
    created: u8,
    login: Option<u8>,
}

#[derive(Clone, Debug)]
struct Query {
    is_admin: Option<bool>,
    includes_invited: bool,
    statuses: Vec<&'static str>,
    terms: Vec<&'static str>,
    sort: Vec<(&'static str, bool)>,
    skip: usize,
    limit: usize,
}

#[derive(Clone, Debug)]
enum Step {
    /// One subdomain or the other, a user, and what is said of the person.
    Put(bool, u8, Person),
    Batch(bool, Vec<(u8, Person)>),
    /// Changes the family name and whether the person is an administrator.
    Patch(bool, u8, &'static str, bool),
    Delete(bool, u8),
    /// With the customer of the first subdomain, or with all.
    Erase(&'static str, bool),
    List(Query),
}

fn people() -> impl Strategy<Value = Person> {
    let texts = (select(EMAILS), select(NAMES), select(NAMES), select(SCHOOLS));
    let rest = (
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.3),
        of(select(STATUSES)),
        0..3_u8,
        of(0..3_u8),
    );
    (texts, rest).prop_map(
        |((email, given, family, school), (is_admin, is_invited, status, created, login))| Person {
            email,
            given,
            family,
            school,
            is_admin,
            is_invited,
            status,
            created,
            login,
        },
    )
}

fn queries() -> impl Strategy<Value = Query> {
    let filter = (
        of(any::<bool>()),
        any::<bool>(),
        prop_oneof![2 => Just(vec![]), 1 => subsequence(STATUSES, 1..=2)],
    );
    let terms = prop_oneof![1 => Just(vec![]), 2 => vec(select(TERMS), 1..=3)];
    let sort = subsequence(KEYS, 1..=3).prop_shuffle().prop_flat_map(|keys| {
        let count = keys.len();
        (Just(keys), vec(any::<bool>(), count)).prop_map(|(keys, ways)| keys.into_iter().zip(ways).collect())
    });
    (filter, terms, sort, 0..4_usize, 1..6_usize).prop_map(
        |((is_admin, includes_invited, statuses), terms, sort, skip, limit)| Query {
            is_admin,
            includes_invited,
            statuses,
            terms,
            sort,
            skip,
            limit,
        },
    )
}

fn steps() -> impl Strategy<Value = Step> {
    let user = 0..USERS;
    prop_oneof![
        3 => (any::<bool>(), user.clone(), people()).prop_map(|(at, user, person)| Step::Put(at, user, person)),
        3 => (any::<bool>(), vec((user.clone(), people()), 0..9)).prop_map(|(at, rows)| Step::Batch(at, rows)),
        1 => (any::<bool>(), user.clone(), select(NAMES), any::<bool>())
            .prop_map(|(at, user, name, is_admin)| Step::Patch(at, user, name, is_admin)),
        1 => (any::<bool>(), user).prop_map(|(at, user)| Step::Delete(at, user)),
        1 => (select(EMAILS), any::<bool>()).prop_map(|(email, is_all)| Step::Erase(email, is_all)),
        4 => queries().prop_map(Step::List),
    ]
}

impl Person {
    fn json(&self) -> Value {
        let roles = if self.is_admin {
            json!(["admin"])
        } else {
            json!([])
        };
        json!({
            "email": self.email, "given-name": self.given, "family-name": self.family,
            "current-school-name": self.school, "user-roles": roles, "is-invited": self.is_invited,
            "resume-approval-status": self.status, "created-at": format!("2018-01-0{}T00:00:00Z", self.created + 1),
            "last-login": self.login.map(|day| format!("2018-02-0{}T00:00:00Z", day + 1)),
        })
    }

    /// As a text that sorts as the key does.
    fn key(&self, key: &str) -> String {
        match key {
            "createdAt" => self.created.to_string(),
            "currentSchoolName" => fold(self.school),
            "email" => fold(self.email),
            "familyName" => fold(self.family),
            "givenName" => fold(self.given),
            _ => self.login.map_or_else(String::new, |day| day.to_string()),
        }
    }

    fn is_found(&self, query: &Query) -> bool {
        let begins = |term: &str| {
            ["email", "familyName", "givenName"]
                .iter()
                .any(|key| self.key(key).starts_with(&fold(term)))
        };
        let is_awaited = self.is_invited && self.login.is_none();
        query.is_admin.is_none_or(|is_admin| is_admin == self.is_admin)
            && (query.includes_invited || !is_awaited)
            && (query.statuses.is_empty()
                || self.status.is_some_and(|status| query.statuses.contains(&status)))
            && query.terms.iter().all(|term| begins(term))
    }
}

impl Query {
    fn text(&self) -> String {
        let sort: Vec<String> = self
            .sort
            .iter()
            .map(|(key, is_descending)| format!("{}{key}", if *is_descending { "-" } else { "" }))
            .collect();
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.append_pair("skip", &self.skip.to_string())
            .append_pair("limit", &self.limit.to_string())
            .append_pair("includeInvited", &self.includes_invited.to_string())
            .append_pair("resumeApprovalStatus", &self.statuses.join(","))
            .append_pair("search", &self.terms.join(","))
            .append_pair("sort", &sort.join(","));
        if let Some(is_admin) = self.is_admin {
            text.append_pair("isAdmin", &is_admin.to_string());
        }
        text.finish()
    }

    /// The order of two profiles: by the keys, by names and address where the first key is a text, and by the identifiers.
    fn order(&self, (id, person): &(String, Person), (other_id, other): &(String, Person)) -> Ordering {
        let (first, is_reversed) = self.sort[0];
        let mut keys = self.sort.clone();
        if !["createdAt", "lastLogin"].contains(&first) {
            keys.extend(["familyName", "givenName", "email"].map(|key| (key, is_reversed)));
        }
        let way = |order: Ordering, is_descending: bool| if is_descending { order.reverse() } else { order };
        keys.iter()
            .map(|(key, is_descending)| way(person.key(key).cmp(&other.key(key)), *is_descending))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| way(id.cmp(other_id), is_reversed))
    }
}

/// One story: two subdomains of two customers, and who is there, with the identifiers of their profiles.
struct Run<'a> {
    stage: &'a ProfileStage,
    others_token: &'a str,
    people: [BTreeMap<u8, (String, Person)>; 2],
}

impl Run<'_> {
    async fn take(&mut self, step: &Step) {
        match step {
            Step::Put(at, user, person) => self.put(usize::from(*at), *user, person).await,
            Step::Batch(at, rows) => self.batch(usize::from(*at), rows).await,
            Step::Patch(at, user, name, is_admin) => {
                self.patch(usize::from(*at), *user, name, *is_admin).await;
            }
            Step::Delete(at, user) => self.delete(usize::from(*at), *user).await,
            Step::Erase(email, is_all) => self.erase(email, *is_all).await,
            Step::List(query) => self.list(query).await,
        }
    }

    fn path(at: usize, user: u8) -> String {
        format!("/profiles/{}/{user}", SUBDOMAINS[at])
    }

    async fn put(&mut self, at: usize, user: u8, person: &Person) {
        let request = self.stage.request(Method::PUT, &Self::path(at, user));
        let answer = send(request.json(&person.json())).await;
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let before = self.people[at].insert(user, (id.clone(), person.clone()));
        assert_eq!(
            answer.status,
            if before.is_some() { 200 } else { 201 },
            "{answer:?}"
        );
        assert!(before.is_none_or(|(before, _)| before == id));
    }

    async fn batch(&mut self, at: usize, rows: &[(u8, Person)]) {
        let profiles: Vec<Value> = rows
            .iter()
            .map(|(user, person)| {
                let mut row = person.json();
                row["institution-user-id"] = json!(user.to_string());
                row
            })
            .collect();
        let path = format!("/profiles/{}", SUBDOMAINS[at]);
        let request = self.stage.request(Method::POST, &path);
        let answer = send(request.json(&json!({ "profiles": profiles }))).await.json();
        let mut written = Vec::new();
        for ((user, person), result) in rows.iter().zip(answer["results"].as_array().unwrap()) {
            let is_repeated = written.contains(user);
            let status = if is_repeated {
                "error"
            } else if self.people[at].contains_key(user) {
                "replaced"
            } else {
                "created"
            };
            assert_eq!(result["status"], status, "{result}");
            if !is_repeated {
                written.push(*user);
                let id = result["id"].as_str().unwrap().to_owned();
                self.people[at].insert(*user, (id, person.clone()));
            }
        }
    }

    async fn patch(&mut self, at: usize, user: u8, name: &'static str, is_admin: bool) {
        let roles = if is_admin {
            json!(["student", "admin"])
        } else {
            Value::Null
        };
        let patch = json!({ "family-name": name, "user-roles": roles });
        let request = self.stage.request(Method::PATCH, &Self::path(at, user));
        let status = send(request.json(&patch)).await.status;
        let person = self.people[at].get_mut(&user);
        assert_eq!(status, if person.is_some() { 200 } else { 404 });
        if let Some((_, person)) = person {
            (person.family, person.is_admin) = (name, is_admin);
        }
    }

    async fn delete(&mut self, at: usize, user: u8) {
        let status = send(self.stage.request(Method::DELETE, &Self::path(at, user)))
            .await
            .status;
        let was_there = self.people[at].remove(&user).is_some();
        assert_eq!(status, if was_there { 204 } else { 404 });
    }

    async fn erase(&mut self, email: &str, is_all: bool) {
        let mut person = json!({ "email": email });
        if !is_all {
            person["customer_id"] = json!(self.stage.customer_id);
        }
        let request = self.stage.request(Method::POST, "/people/erase");
        let answer = send(request.json(&person)).await.json();
        let mut erased = 0;
        for people in self.people.iter_mut().take(if is_all { 2 } else { 1 }) {
            let before = people.len();
            people.retain(|_, (_, person)| !person.email.eq_ignore_ascii_case(email));
            erased += before - people.len();
        }
        assert_eq!(answer["erased_profiles"], erased);
    }

    async fn list(&self, query: &Query) {
        for (at, token) in [(0, self.stage.token.as_str()), (1, self.others_token)] {
            let mut expected: Vec<_> = self.people[at]
                .values()
                .filter(|(_, person)| person.is_found(query))
                .cloned()
                .collect();
            expected.sort_by(|one, other| query.order(one, other));
            let ids = expected
                .iter()
                .skip(query.skip)
                .take(query.limit)
                .map(|(id, _)| id.as_str());
            let path = format!("/profiles/{}?{}", SUBDOMAINS[at], query.text());
            let answer = self.stage.app.get_with(&path, token).await.json();
            let listed = answer["data"].as_array().unwrap().iter();
            let listed: Vec<&str> = listed.map(|profile| profile["id"].as_str().unwrap()).collect();
            assert_eq!(listed, ids.collect::<Vec<_>>(), "{query:?}");
            assert_eq!(answer["meta"]["total"], expected.len(), "{query:?}");
        }
        // Neither sees the other's.
        let path = format!("/profiles/{}", SUBDOMAINS[1]);
        assert_eq!(
            self.stage.app.get_with(&path, &self.stage.token).await.status,
            404
        );
    }
}

async fn tell(stage: &ProfileStage, others_token: &str, story: &[Step]) {
    // What a story that failed has left.
    for table in TABLES {
        let sql = format!("delete from {table}");
        sqlx::query(AssertSqlSafe(sql))
            .execute(&stage.app.sql)
            .await
            .unwrap();
    }
    let mut run = Run {
        stage,
        others_token,
        people: [BTreeMap::new(), BTreeMap::new()],
    };
    for step in story {
        run.take(step).await;
    }
    // When everybody is erased, nothing of anybody is left, not even of what their names began with.
    let people = run.people.iter().flat_map(BTreeMap::values);
    let emails: BTreeSet<&str> = people.map(|(_, person)| person.email).collect();
    for email in emails {
        run.erase(email, true).await;
    }
    for table in TABLES {
        let sql = format!("select count(*) from {table}");
        let left: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&stage.app.sql)
            .await
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[test]
fn whatever_is_written_listed_and_erased_counts_order_and_isolation_are_those_of_the_model() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (stage, others_token) = runtime.block_on(async {
        let stage = ProfileStage::new().await;
        let other_id = stage.app.add_customer("other").await;
        let other = ProfileStage::add_client(&stage.app, "profiles-of-other", other_id).await;
        let others_token = stage.app.application_token(&other).await;
        stage.add_subdomain(SUBDOMAINS[1], other_id).await;
        (stage, others_token)
    });
    let config = Config {
        cases: RUNS,
        max_shrink_iters: 500,
        ..Config::default()
    };
    let told = TestRunner::new(config).run(&vec(steps(), 1..8), |story| {
        runtime.block_on(tell(&stage, &others_token, &story));
        Ok(())
    });
    if let Err(error) = told {
        panic!("{error}");
    }
}
