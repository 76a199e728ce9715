//! `/videos/interviews`, `/assessments/invitations`: inviting candidates, and how far they are (contract s4, s5).

use actix_web::{Resource, web};

use super::answers::{Answers, RowResult};
use super::candidates::{BatchText, CandidateBatch, CandidateRow};
use super::error::Error;
use super::refresh_query::RefreshQuery;
use super::{Assessments, Videos};
use crate::api::call::Call;
use crate::api::reply::Reply;
use crate::recruiting::invitations::{
    self, Candidate, Invited, Inviter, NoOpenCampaign, callback_rule, invite, invite_in_one_statement,
};
use crate::wire::body::read_json_rows;
use crate::wire::query::Query;

/// Longest batch, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Registers the endpoints; `/interview` is the guide's short name.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(resource::<Videos>("/videos/interviews"))
        .service(resource::<Videos>("/interview"))
        .service(resource::<Assessments>("/assessments/invitations"));
}

fn resource<A: Answers>(path: &str) -> Resource {
    web::resource(path)
        .post(post_invitations::<A>)
        .get(get_invitations::<A>)
        .head(get_invitations::<A>)
}

/// Invites candidates, and answers row by row.
async fn post_invitations<A: Answers>(call: Call<A>, payload: web::Payload) -> Result<Reply, Error> {
    let inviter = Inviter {
        client_id: call.caller().client_id(),
        customer_id: call.customer_id()?,
        kind: A::KIND,
        user: call.caller().current_user.as_ref(),
    };
    Query::expect_none(call.query())?;
    let body = read_json_rows(call.headers(), payload.into_inner(), MAX_BYTES).await?;
    let text = BatchText::of(&body);
    let batch = CandidateBatch::parse(&text)?;
    let rule = callback_rule(&call.app().recruiting, inviter.client_id).await?;
    let rows = batch.rows(&rule);
    let results = invite_rows(&call, &inviter, &rows).await?;
    let answers: Vec<_> = rows
        .iter()
        .zip(&results)
        .map(|(row, result)| A::row(row, result))
        .collect();
    Reply::ok(&answers)
}

/// Invites the candidates of the rows that have one; answers for each row.
async fn invite_rows<A: Answers>(
    call: &Call<A>,
    inviter: &Inviter<'_>,
    rows: &[CandidateRow],
) -> Result<Vec<RowResult>, Error> {
    let candidates: Vec<&Candidate> = rows
        .iter()
        .filter_map(|row| row.candidate.as_ref().ok())
        .collect();
    let invited = if candidates.is_empty() {
        Vec::new()
    } else {
        invite_candidates(call, inviter, &candidates).await?
    };
    let mut invited = invited.into_iter();
    let result = |row: &CandidateRow| match &row.candidate {
        Ok(_) => {
            let result = invited.next().unwrap_or(Err(NoOpenCampaign(inviter.kind)));
            result.map_err(|error| error.to_string())
        }
        Err(words) => Err(words.clone()),
    };
    Ok(rows.iter().map(result).collect())
}

async fn invite_candidates<A: Answers>(
    call: &Call<A>,
    inviter: &Inviter<'_>,
    candidates: &[&Candidate],
) -> Result<Vec<Result<Invited, NoOpenCampaign>>, invitations::Error> {
    let (act, recruiting) = (call.act(), &call.app().recruiting);
    if !recruiting.tells_platform() {
        let invited = call.change_in_one_statement(async |db| {
            invite_in_one_statement(db, &act, recruiting, inviter, candidates).await
        });
        if let Some(invited) = invited.await? {
            return Ok(invited.into_iter().map(Ok).collect());
        }
    }
    call.change(async |db| invite(db, &act, recruiting, inviter, candidates).await)
        .await
}

/// How far invitations are.
async fn get_invitations<A: Answers>(call: Call<A>) -> Result<Reply, Error> {
    let customer_id = call.customer_id()?;
    let query = RefreshQuery::parse(call.query())?;
    let mut states = call
        .read_from_standby(async |db| A::list(db, customer_id, &query.target, &query.page).await)
        .await?;
    let has_more = query.page.cut(&mut states);
    for state in &mut states {
        A::add_urls(state, &call.app().settings.public_url);
    }
    let next = states
        .last()
        .filter(|_| has_more)
        .map(|last| query.next(A::id(last)));
    Ok(Reply::ok::<Error>(&states)?.with_next(next))
}
