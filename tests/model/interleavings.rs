//! Whatever is done to invitations, in whatever order: a plain model of the rules in memory, and the service beside it,
//! which must answer and tell exactly what the model says.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};
use strum::VariantArray;
use talentsoft_partner::recruiting::invitations::Status;
use talentsoft_partner::recruiting::{Campaign, CampaignKind};
use uuid::Uuid;

use test_support::platform::{Invitee, Stage};
use test_support::{Answer, send};

/// Runs of the model against the service.
const RUNS: u32 = 1_000;
const PEOPLE: usize = 2;

/// Something that is done to one of the people.
#[derive(Clone, Debug)]
struct Step {
    person: usize,
    deed: Deed,
}

#[derive(Clone, Debug)]
enum Deed {
    Invite,
    Erase,
    Resolve,
    Result(u8),
    /// A POST, which may have a key, and then may be sent twice at once.
    Post {
        post: Post,
        key: Option<u8>,
        is_twice: bool,
    },
}

#[derive(Clone, Debug)]
enum Post {
    Status(Status),
    Report(u8),
}

fn deeds() -> impl Strategy<Value = Deed> {
    // Most of the time the way that leads somewhere.
    let status = prop_oneof![
        4 => Just(Status::Started),
        2 => Just(Status::Completed),
        1 => select(Status::VARIANTS),
    ];
    let post = prop_oneof![
        3 => status.prop_map(Post::Status),
        1 => (0..2_u8).prop_map(Post::Report),
    ];
    let key = prop_oneof![1 => Just(None), 2 => (0..3_u8).prop_map(Some)];
    prop_oneof![
        3 => Just(Deed::Invite),
        1 => Just(Deed::Erase),
        1 => Just(Deed::Resolve),
        2 => (0..3_u8).prop_map(Deed::Result),
        6 => (post, key, any::<bool>()).prop_map(|(post, key, is_twice)| Deed::Post { post, key, is_twice }),
    ]
}

fn stories() -> impl Strategy<Value = Vec<Step>> {
    vec((0..PEOPLE, deeds()), 1..12).prop_map(|steps| {
        let step = |(person, deed)| Step { person, deed };
        steps.into_iter().map(step).collect()
    })
}

/// An invitation as the rules have it.
#[derive(Clone, Debug)]
struct Kept {
    status: Status,
    result: Option<u8>,
    reports: usize,
    /// What Talentsoft is told.
    told: Vec<String>,
}

impl Kept {
    fn enter(&mut self, status: Status) {
        self.status = status;
        self.told.push(format!("invitation.status_changed {status}"));
    }

    /// The status of the answer to a POST, and what it does.
    fn post(&mut self, post: &Post) -> u16 {
        use Status::{Cancelled, Completed, Expired, Invited, Started};
        match post {
            Post::Status(to) if *to == self.status => 200,
            Post::Status(to) => {
                let is_possible = matches!(
                    (self.status, to),
                    (Invited, Started | Expired | Cancelled) | (Started, Completed | Expired | Cancelled)
                );
                if is_possible {
                    self.enter(*to);
                }
                if is_possible { 200 } else { 409 }
            }
            Post::Report(_) if !matches!(self.status, Started | Completed) => 409,
            Post::Report(_) => {
                self.reports += 1;
                if self.status == Completed {
                    self.told.push("invitation.result_changed completed".to_owned());
                }
                201
            }
        }
    }

    fn put_result(&mut self, score: u8) -> u16 {
        match self.status {
            Status::Started => self.enter(Status::Completed),
            Status::Completed if self.result == Some(score) => {}
            Status::Completed => self.told.push("invitation.result_changed completed".to_owned()),
            Status::Invited | Status::Expired | Status::Cancelled => return 409,
        }
        self.result = Some(score);
        200
    }
}

/// A person, in the model and outside.
struct Person {
    invitee: Invitee,
    kept: Option<Kept>,
    /// The invitations that were over when the person was invited again.
    history: Vec<(Invitee, Kept)>,
}

/// One story, in the model and outside.
struct Run<'a> {
    stage: &'a Stage,
    campaign: &'a Campaign,
    people: Vec<Person>,
    /// The request that was first under a key, and its answer.
    keys: HashMap<u8, (String, u16, String)>,
    id: Uuid,
}

impl Run<'_> {
    async fn take(&mut self, step: &Step) {
        match &step.deed {
            Deed::Invite => self.invite(step.person).await,
            Deed::Erase => self.erase(step.person).await,
            Deed::Resolve => self.resolve(step.person).await,
            Deed::Result(score) => self.put_result(step.person, *score).await,
            Deed::Post { post, key, is_twice } => self.post(step.person, post, *key, *is_twice).await,
        }
    }

    async fn invite(&mut self, person: usize) {
        let person = &mut self.people[person];
        let (client, invitee) = (&self.stage.client, person.invitee.clone());
        let invited = self.stage.invite_person(client, self.campaign, invitee).await;
        let is_same = invited.invitation_id == person.invitee.invitation_id;
        let is_over = |kept: &Kept| matches!(kept.status, Status::Expired | Status::Cancelled);
        let over = person.kept.take_if(|kept| is_over(kept));
        assert_eq!(
            is_same,
            person.kept.is_some(),
            "the same invitation, or a fresh one"
        );
        assert_eq!(invited.link_token == person.invitee.link_token, is_same);
        if let Some(kept) = over {
            person.history.push((person.invitee.clone(), kept));
        }
        person.invitee = invited;
        person.kept.get_or_insert(Kept {
            status: Status::Invited,
            result: None,
            reports: 0,
            told: Vec::new(),
        });
    }

    async fn erase(&mut self, person: usize) {
        let person = &mut self.people[person];
        let path = format!(
            "/customers/{}/candidates/{}",
            self.stage.customer_id, person.invitee.applicant_id
        );
        let answer = send(self.stage.request(Method::DELETE, &path)).await;
        person.history.clear();
        let expected = if person.kept.take().is_some() { 204 } else { 404 };
        assert_eq!(answer.status, expected, "{answer:?}");
    }

    async fn resolve(&self, person: usize) {
        let person = &self.people[person];
        let body = json!({ "token": person.invitee.link_token });
        let answer = self.stage.post("/invitations/resolve", &body).await;
        let expected = match &person.kept {
            None => 404,
            Some(kept) if matches!(kept.status, Status::Invited | Status::Started) => 200,
            Some(_) => 410,
        };
        assert_eq!(answer.status, expected, "{answer:?}");
        if expected == 200 {
            assert_eq!(answer.json()["invitation_id"], person.invitee.invitation_id);
        }
    }

    fn path(&self, person: usize) -> String {
        let id = &self.people[person].invitee.invitation_id;
        let nobody = Uuid::nil().to_string();
        format!("/invitations/{}", if id.is_empty() { &nobody } else { id })
    }

    async fn put_result(&mut self, person: usize, score: u8) {
        let path = format!("{}/result", self.path(person));
        let answer = self.stage.put(&path, &json!({ "overall_score": score })).await;
        let kept = self.people[person].kept.as_mut();
        let expected = kept.map_or(404, |kept| kept.put_result(score));
        assert_eq!(answer.status, expected, "{answer:?}");
    }

    async fn post(&mut self, person: usize, post: &Post, key: Option<u8>, is_twice: bool) {
        let (path, body) = match post {
            Post::Status(status) => ("status", json!({ "status": status })),
            Post::Report(number) => {
                let url = format!("https://partner.example/{number}");
                ("reports", json!({ "name": "Report", "url": url }))
            }
        };
        let path = format!("{}/{path}", self.path(person));
        let Some(key) = key else {
            let answer = self.stage.post(&path, &body).await;
            let expected = self.expect(person, post);
            assert_eq!(answer.status, expected, "{answer:?}");
            return;
        };
        let name = format!("{}-{key}", self.id);
        let ask = || self.stage.post_under(&name, &path, &body);
        let answers = if is_twice {
            let (one, other) = tokio::join!(ask(), ask());
            vec![one, other]
        } else {
            vec![ask().await]
        };
        let request = format!("{path} {body}");
        let known = self.keys.get(&key).cloned();
        match known {
            Some((first, status, answered)) if first == request => {
                for answer in &answers {
                    assert_eq!((answer.status.as_u16(), &answer.body), (status, &answered));
                    assert_eq!(answer.header("idempotency-replayed"), "true");
                }
            }
            Some(_) => {
                for answer in &answers {
                    assert_eq!(answer.problem(), (409, "idempotency-key-reused".to_owned()));
                }
            }
            None => {
                let expected = self.expect(person, post);
                for answer in &answers {
                    assert_eq!(answer.status, expected, "{answer:?}");
                    assert_eq!(answer.body, answers[0].body);
                }
                // What refuses is the state of the invitation or that it is not there, so it is not kept.
                let is_done = expected < 300;
                let first = answers.iter().filter(|answer| !is_replayed(answer)).count();
                assert_eq!(first, if is_done { 1 } else { answers.len() });
                if is_done {
                    self.keys
                        .insert(key, (request, expected, answers[0].body.clone()));
                }
            }
        }
    }

    fn expect(&mut self, person: usize, post: &Post) -> u16 {
        let kept = self.people[person].kept.as_mut();
        kept.map_or(404, |kept| kept.post(post))
    }

    /// What is there in the end is what the model has.
    async fn compare(&self) {
        for person in &self.people {
            match &person.kept {
                Some(kept) => self.compare_one(&person.invitee, kept, None).await,
                None if person.invitee.invitation_id.is_empty() => {}
                None => {
                    let path = format!("/invitations/{}", person.invitee.invitation_id);
                    assert_eq!(self.stage.get(&path).await.status, 404);
                }
            }
            let later = person.history.iter().skip(1).map(|(invitee, _)| invitee);
            let later = later.chain([&person.invitee]);
            for ((invitee, kept), next) in person.history.iter().zip(later) {
                self.compare_one(invitee, kept, Some(next)).await;
            }
        }
    }

    /// An invitation is what the model has, and superseded by this one.
    async fn compare_one(&self, invitee: &Invitee, kept: &Kept, next: Option<&Invitee>) {
        let path = format!("/invitations/{}", invitee.invitation_id);
        let shown = self.stage.get(&path).await.json();
        let score = kept.result.map(f64::from);
        assert_eq!(shown["status"], json!(kept.status));
        assert_eq!(
            shown["superseded_by"],
            json!(next.map(|next| &next.invitation_id))
        );
        let result = &shown["result"];
        assert_eq!(
            (result == &Value::Null, result["overall_score"].as_f64()),
            (score.is_none(), score)
        );
        assert_eq!(shown["reports"].as_array().unwrap().len(), kept.reports);
        assert_eq!(self.stage.callbacks(invitee).await, kept.told);
    }
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

async fn tell(stage: &Stage, campaign: &Campaign, story: &[Step]) {
    let people = std::iter::repeat_with(|| Person {
        invitee: Invitee::somebody(),
        kept: None,
        history: Vec::new(),
    });
    let mut run = Run {
        stage,
        campaign,
        people: people.take(PEOPLE).collect(),
        keys: HashMap::new(),
        id: Invitee::somebody().applicant_id,
    };
    for step in story {
        run.take(step).await;
    }
    run.compare().await;
}

#[test]
fn whatever_is_done_in_whatever_order_the_service_keeps_the_rules() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (stage, campaign) = runtime.block_on(async {
        let stage = Stage::new().await;
        let campaign = stage.campaign(CampaignKind::Assessment).await;
        (stage, campaign)
    });
    let config = Config {
        cases: RUNS,
        max_shrink_iters: 500,
        ..Config::default()
    };
    let told = TestRunner::new(config).run(&stories(), |story| {
        runtime.block_on(tell(&stage, &campaign, &story));
        Ok(())
    });
    if let Err(error) = told {
        panic!("{error}");
    }
}
