//! Lists of campaigns that are asked for at once: one statement for many customers, and each gets its own.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sqlx::{Executor, PgPool};
use talentsoft_partner::audit::Act;
use talentsoft_partner::clients::add_customer;
use talentsoft_partner::db::Db;
use talentsoft_partner::error::Failure;
use talentsoft_partner::ids::{CampaignId, CustomerId};
use talentsoft_partner::page::Page;
use talentsoft_partner::recruiting::campaigns::{
    ActiveCampaignLoader, ActiveCampaignPage, ActiveCampaigns, Campaign, CampaignKind, CampaignSearch,
    NewCampaign, add_campaign, close_campaign, list_active_campaigns,
};
use tokio::task::{JoinHandle, LocalSet, spawn_local, yield_now};

use test_support::{actor, connection, database, frozen_instant};

const CUSTOMERS: usize = 40;

/// A database with campaigns of many customers, a way to it by one connection, and one of the test's own.
struct Scene {
    db: Db,
    sql: PgPool,
    loader: ActiveCampaignLoader,
    customers: Vec<CustomerId>,
    /// All campaigns that are open, in the order of their identifiers.
    campaigns: Vec<Campaign>,
}

/// A list, as a caller asks for it.
#[derive(Clone, Debug)]
struct Question {
    asked: ActiveCampaigns,
    search: CampaignSearch,
}

fn search(keyword: Option<&str>, language: Option<&str>) -> CampaignSearch {
    let language = language.map(|language| language.parse().unwrap());
    CampaignSearch::new(keyword, language.as_ref()).unwrap()
}

impl Scene {
    async fn new() -> Rc<Self> {
        let url = database::fresh().await;
        let db = Db::new(&url, 1, 1).unwrap();
        let sql = PgPool::connect(&url).await.unwrap();
        let mut now = frozen_instant();
        let mut customers = Vec::new();
        for number in 0..CUSTOMERS {
            let act = Act::new(actor(), now);
            let added = db
                .transaction(async |db| add_customer(db, &act, &format!("customer {number}")).await)
                .await;
            customers.push(added.unwrap().customer_id);
        }
        let mut campaigns = Vec::new();
        for number in 0..6 {
            for customer_id in &customers {
                now += TimeDelta::milliseconds(1);
                let new = NewCampaign {
                    customer_id: *customer_id,
                    kind: [CampaignKind::Video, CampaignKind::Video, CampaignKind::Assessment][number % 3],
                    name: format!("Campaign {number}").parse().unwrap(),
                    language: ["fr-FR", "en"][number % 2].parse().unwrap(),
                };
                let act = Act::new(actor(), now);
                let added = db.transaction(async |db| add_campaign(db, &act, &new).await);
                let campaign = added.await.unwrap();
                if number == 4 {
                    let id = campaign.campaign_id;
                    let closing = db.transaction(async |db| close_campaign(db, &act, id).await);
                    closing.await.unwrap();
                } else {
                    campaigns.push(campaign);
                }
            }
        }
        Rc::new(Self {
            db,
            sql,
            loader: ActiveCampaignLoader::default(),
            customers,
            campaigns,
        })
    }

    /// From now on a campaign's language is the backend's time when the statement began that reads it, and whoever looks
    /// at the folded name of one gets what `folded_name` says.
    async fn replace_columns(&self, folded_name: &str) {
        let view = format!(
            "alter table campaign rename to real_campaign;
             create view campaign as select campaign_id, customer_id, kind, name, closed_at,
                 statement_timestamp()::text as language, {folded_name} as folded_name from real_campaign"
        );
        self.sql.execute(sqlx::AssertSqlSafe(view)).await.unwrap();
    }

    /// Asks all questions while all connections are taken, and then gives them back.
    async fn ask_at_once(
        self: &Rc<Self>,
        questions: &[Question],
    ) -> Vec<Result<ActiveCampaignPage, Failure>> {
        let occupied = connection::occupy(&self.db, 2).await;
        let arrived = Rc::new(Cell::new(0));
        let ask = |question: &Question| {
            let (scene, arrived, question) = (Rc::clone(self), Rc::clone(&arrived), question.clone());
            spawn_local(async move {
                arrived.set(arrived.get() + 1);
                let Question { asked, search } = question;
                list_active_campaigns(&scene.db, &scene.loader, asked, search).await
            })
        };
        let callers: Vec<JoinHandle<_>> = questions.iter().map(ask).collect();
        while arrived.get() < questions.len() {
            yield_now().await;
        }
        occupied.release().await;
        let mut answers = Vec::new();
        for caller in callers {
            answers.push(caller.await.unwrap());
        }
        answers
    }

    /// What a caller must be told: the identifiers of the page, and whether more follow.
    fn expected(&self, Question { asked, search }: &Question) -> (Vec<CampaignId>, bool) {
        let has_keyword = |campaign: &&Campaign| {
            let keyword = search.folded_keyword.as_deref().unwrap_or_default();
            campaign.name.as_str().to_lowercase().contains(keyword)
        };
        let has_language = |campaign: &&Campaign| {
            let language = search.language.as_deref().unwrap_or_default();
            campaign.language.as_str().to_lowercase().starts_with(language)
        };
        let all = self.campaigns.iter();
        let mut ids: Vec<CampaignId> = all
            .filter(|campaign| campaign.customer_id == asked.customer_id)
            .filter(|campaign| campaign.kind == asked.kind)
            .filter(|campaign| asked.page.after.is_none_or(|after| campaign.campaign_id > after))
            .filter(has_keyword)
            .filter(has_language)
            .map(|campaign| campaign.campaign_id)
            .collect();
        let has_more = asked.page.cut(&mut ids);
        (ids, has_more)
    }

    /// Any list of any customer; some are asked for by several callers.
    fn question(self: &Rc<Self>) -> impl Strategy<Value = Question> + use<> {
        let scene = Rc::clone(self);
        let kind = prop_oneof![Just(CampaignKind::Video), Just(CampaignKind::Assessment)];
        let after = proptest::option::of(any::<Index>());
        let keyword = proptest::option::weighted(0.2, prop_oneof![Just("campaign"), Just("1"), Just("none")]);
        let language = proptest::option::weighted(0.2, prop_oneof![Just("fr"), Just("en"), Just("de")]);
        (any::<Index>(), kind, after, 1..8_i64, keyword, language).prop_map(
            move |(customer, kind, after, limit, keyword, language)| Question {
                asked: ActiveCampaigns {
                    customer_id: *customer.get(&scene.customers),
                    kind,
                    page: Page {
                        // Often another customer's campaign: a cursor is a place in the order, and no right to anything.
                        after: after.map(|after| after.get(&scene.campaigns).campaign_id),
                        limit,
                    },
                },
                search: search(keyword, language),
            },
        )
    }

    /// The whole list of each customer.
    fn whole_lists(&self) -> Vec<Question> {
        let lists = self.customers.iter().map(|customer_id| Question {
            asked: ActiveCampaigns {
                customer_id: *customer_id,
                kind: CampaignKind::Video,
                page: Page {
                    after: None,
                    limit: 500,
                },
            },
            search: CampaignSearch::default(),
        });
        lists.collect()
    }

    /// The same for a search by a keyword.
    fn searches(&self, keyword: &str) -> Vec<Question> {
        let mut searches = self.whole_lists();
        for question in &mut searches {
            question.search = search(Some(keyword), None);
        }
        searches
    }
}

fn values(listing: &ActiveCampaignPage, member: &str) -> Vec<String> {
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&listing.json).unwrap();
    rows.iter()
        .map(|row| row[member].as_str().unwrap().to_owned())
        .collect()
}

fn assert_is(listing: &ActiveCampaignPage, expected: &(Vec<CampaignId>, bool), question: &Question) {
    let (ids, has_more) = expected;
    let told = values(listing, "campaign_id");
    let wanted: Vec<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(told, wanted, "{question:?}");
    let last = ids.last().filter(|_| *has_more);
    assert_eq!(listing.continues_after.as_ref(), last, "{question:?}");
}

/// How many statements these were told by, where the columns are replaced.
fn statements(answers: &[Result<ActiveCampaignPage, Failure>]) -> usize {
    let instants: BTreeSet<String> = answers
        .iter()
        .flat_map(|answer| values(answer.as_ref().unwrap(), "language"))
        .collect();
    instants.len()
}

#[tokio::test]
async fn many_customers_at_once_get_exactly_their_own() {
    let test = async {
        let scene = Scene::new().await;
        let questions = proptest::collection::vec(scene.question(), 1..100);
        let mut runner = TestRunner::default();
        for _ in 0..50 {
            let questions = questions.new_tree(&mut runner).unwrap().current();
            let answers = scene.ask_at_once(&questions).await;
            for (question, answer) in questions.iter().zip(answers) {
                assert_is(&answer.unwrap(), &scene.expected(question), question);
            }
        }
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn lists_of_different_customers_are_one_statement() {
    let test = async {
        let scene = Scene::new().await;
        scene.replace_columns("folded_name").await;
        let lists = scene.whole_lists();
        let answers = scene.ask_at_once(&lists[..16]).await;
        assert_eq!(statements(&answers), 1);
        for (question, answer) in lists.iter().zip(answers) {
            assert_is(&answer.unwrap(), &scene.expected(question), question);
        }
        let answers = scene.ask_at_once(&lists[..17]).await;
        assert_eq!(statements(&answers), 2, "no statement grows without end");
        let same = vec![lists[0].clone(); 100];
        assert_eq!(statements(&scene.ask_at_once(&same).await), 1);
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn a_search_is_a_statement_of_its_own() {
    let test = async {
        let scene = Scene::new().await;
        scene.replace_columns("folded_name").await;
        let searches = scene.searches("campaign");
        assert_eq!(statements(&scene.ask_at_once(&searches[..5]).await), 5);
        let same = vec![searches[0].clone(); 5];
        assert_eq!(statements(&scene.ask_at_once(&same).await), 1);
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn a_search_that_fails_takes_no_list_along() {
    let test = async {
        let scene = Scene::new().await;
        scene
            .replace_columns("(1 / (length(folded_name) - length(folded_name)))::text")
            .await;
        let (searches, lists) = (scene.searches("campaign"), scene.whole_lists());
        let mixed: Vec<Question> = searches[..3].iter().chain(&lists[..3]).cloned().collect();
        let answers = scene.ask_at_once(&mixed).await;
        let are_told: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        assert_eq!(are_told, [false, false, false, true, true, true]);
    };
    LocalSet::new().run_until(test).await;
}
