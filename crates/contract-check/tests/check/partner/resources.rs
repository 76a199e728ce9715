//! The API of the partner, which requires a token.

use serde_json::{Value, json};

use super::{Call, Partner, Reply, TokenHolder};
use crate::harness::CAMPAIGN;

impl Partner {
    pub fn resource(&self, call: &Call, api: &str) -> Reply {
        let defect = self
            .defect
            .strip_prefix(api)
            .and_then(|defect| defect.strip_prefix('.'))
            .unwrap_or_default();
        let path = call.path.rsplit('/').next().unwrap();
        let is_list = path == "campaigns";
        let is_open = match defect {
            "status.no-token" => call.method == "GET" && ["interviews", "invitations"].contains(&path),
            "invite.no-token" => call.method == "POST",
            _ => false,
        };
        if (!is_open || call.header("authorization").is_some())
            && let Err(error) = self.admit(call, is_list)
        {
            return error;
        }
        match (call.method.as_str(), path) {
            ("GET", "campaigns" | "campaign") => Self::campaigns(call, defect),
            ("GET", "campaigncreationlink") if self.offers_all() => {
                let link = if defect == "creation-link" {
                    "somewhere"
                } else {
                    "https://partner.example/new"
                };
                Reply::json(200, &json!({ "campaign_creation_link": link }))
            }
            ("GET", "interviews" | "invitations") if self.offers_all() => self.status(call, defect),
            ("POST", "interviews" | "invitations") => self.invite(call, api, defect),
            _ => Reply::problem(404),
        }
    }

    /// Checks the token and `X-Current-User`.
    fn admit(&self, call: &Call, is_list: bool) -> Result<(), Reply> {
        let refuse = |status: u16, challenge: &str| {
            Reply::problem(status).with("www-authenticate", format!("Bearer realm=\"partner\"{challenge}"))
        };
        let holder = self.holder(call)?;
        if self.has("bearer.accepted") && is_list {
            return Err(Reply::problem(500));
        }
        let users = call.all("x-current-user");
        let is_application = matches!(holder, TokenHolder::Application);
        match users.as_slice() {
            [] if is_list && is_application && self.has("current-user.absent") => Err(refuse(403, "")),
            [] if !is_application && self.has("current-user.user-token-alone") => Err(refuse(400, "")),
            [] => Ok(()),
            [_, _] if self.has("current-user.twice") => Ok(()),
            [user] => self.admit_user(user, &holder, is_list && call.query.is_empty()),
            _ => Err(refuse(400, ", error=\"invalid_request\"")),
        }
    }

    fn admit_user(&self, user: &str, holder: &TokenHolder, is_plain_list: bool) -> Result<(), Reply> {
        let defect = if user.is_empty() {
            Some("current-user.empty")
        } else if user.len() > 254 {
            Some("current-user.too-long")
        } else if user.chars().any(char::is_control) {
            Some("current-user.control-character")
        } else if !user.contains('@') {
            Some("current-user.no-at")
        } else {
            None
        };
        match (defect, holder) {
            (Some(defect), _) if self.has(defect) => Ok(()),
            (Some(_), _) => Err(Reply::problem(400)),
            (None, TokenHolder::Application) if is_plain_list && self.has("current-user.application") => {
                Err(Reply::problem(403))
            }
            (None, TokenHolder::Application) => Ok(()),
            (None, TokenHolder::User(own)) if own == user && self.has("current-user.same") => {
                Err(Reply::problem(403))
            }
            (None, TokenHolder::User(own)) if own == user => Ok(()),
            (None, TokenHolder::User(own))
                if own.eq_ignore_ascii_case(user) && !self.has("current-user.same-case") =>
            {
                Ok(())
            }
            (None, TokenHolder::User(_)) if self.has("current-user.other") && user != user.to_uppercase() => {
                Ok(())
            }
            (None, TokenHolder::User(_)) => Err(Reply::problem(403)),
        }
    }

    /// For whom the token of a request was issued.
    fn holder(&self, call: &Call) -> Result<TokenHolder, Reply> {
        let refuse = |status: u16, challenge: &str| {
            Reply::problem(status).with("www-authenticate", format!("Bearer realm=\"partner\"{challenge}"))
        };
        let headers = call.all("authorization");
        let in_query = call.query_parameter("access_token");
        if headers.len() > 1 && !self.has("bearer.two-headers") {
            return Err(refuse(400, ", error=\"invalid_request\""));
        }
        let value = match (headers.first(), in_query) {
            (None, Some(token)) if self.has("bearer.query") => format!("Bearer {token}"),
            (Some(_), Some(_)) if !self.has("bearer.two-ways") => {
                return Err(refuse(400, ", error=\"invalid_request\""));
            }
            (Some(value), _) => value.clone(),
            (None, _) if self.has("bearer.no-token") => return Err(Reply::problem(401)),
            (None, _) if self.has("bearer.no-token-no-error") => {
                return Err(refuse(401, ", error=\"invalid_token\""));
            }
            (None, _) => return Err(refuse(401, "")),
        };
        let (scheme, token) = value.split_once(' ').unwrap_or((&value, ""));
        let is_bearer =
            scheme == "Bearer" || scheme.eq_ignore_ascii_case("Bearer") && !self.has("bearer.scheme-case");
        if !is_bearer {
            return Err(refuse(401, ""));
        }
        match token.len() {
            0 if self.has("bearer.empty-token") => return Err(Reply::problem(500)),
            8192.. if self.has("bearer.long-token") => return Err(Reply::problem(500)),
            _ => {}
        }
        self.find(token).ok_or_else(|| match self.defect {
            "bearer.invalid-token" if !token.is_empty() => Reply::problem(403),
            "bearer.invalid-token-error" => refuse(401, ""),
            "bearer.challenge" => refuse(401, ", error=\"invalid_token\", error=\"invalid_token\""),
            _ => refuse(401, ", error=\"invalid_token\""),
        })
    }

    fn find(&self, token: &str) -> Option<TokenHolder> {
        let tokens = &self.state.lock().unwrap().tokens;
        let is_similar =
            |known: &String| self.has("bearer.changed-token") && token.get(..8) == known.get(..8);
        let similar = || {
            tokens
                .iter()
                .find(|(known, _)| is_similar(known))
                .map(|(_, holder)| holder)
        };
        tokens.get(token).or_else(similar).cloned()
    }

    fn campaigns(call: &Call, defect: &str) -> Reply {
        let mut list = vec![
            json!({ "campaign_id": CAMPAIGN, "name": "Sales", "language": "fr-FR" }),
            json!({ "campaign_id": "2", "name": "Care", "language": "de" }),
        ];
        if defect == "campaigns.members" {
            list[1]["language"] = Value::Null;
        }
        if let Some(keyword) = call.query_parameter("keyword")
            && defect != "campaigns.keyword"
        {
            list.retain(|campaign| campaign["name"].as_str().unwrap().contains(&keyword));
        }
        if let Some(language) = call.query_parameter("language")
            && defect != "campaigns.language"
        {
            list.retain(|campaign| campaign["language"] == language.as_str());
        }
        match defect {
            "campaigns" => Reply::problem(500),
            "campaigns.content-type" => Reply::json(200, &json!(list)).with("content-type", "text/html"),
            _ => Reply::json(200, &json!(list)),
        }
    }

    fn status(&self, call: &Call, defect: &str) -> Reply {
        if call.query_parameter("campaign_id").is_some() {
            let score = if defect == "status.scores" { 120.0 } else { 87.5 };
            let named = json!([{ "name": "Logic", "score": 100 }]);
            return Reply::json(
                200,
                &json!([{ "overall_score": score, "scores": named }, { "overall_score": null }]),
            );
        }
        let application = call.query_parameter("application_id").unwrap_or_default();
        let is_known = self.state.lock().unwrap().invited.contains_key(&application);
        if !is_known {
            return if defect == "status.unknown" {
                Reply::problem(500)
            } else {
                Reply::json(200, &json!([]))
            };
        }
        let mut row = json!({ "application_id": application, "status": "invited" });
        if defect == "invite.status" {
            row["status"] = Value::Null;
        }
        Reply::json(200, &json!([row]))
    }

    fn invite(&self, call: &Call, api: &str, defect: &str) -> Reply {
        let candidates: Vec<Value> = serde_json::from_str(&call.body).unwrap();
        let mut rows: Vec<Value> = candidates
            .iter()
            .map(|one| self.invite_one(one, api, defect))
            .collect();
        if defect == "invite.answered" {
            rows.truncate(1);
        }
        Reply::json(200, &json!(rows))
    }

    fn invite_one(&self, candidate: &Value, api: &str, defect: &str) -> Value {
        let link_name = if api == "videos" {
            "interview_invitation_link"
        } else {
            "assessment_invitation_link"
        };
        let application = candidate["application_id"].as_str().unwrap().to_owned();
        let mut row = json!({
            "applicant_id": candidate["applicant_id"], "application_id": application,
            link_name: null, "status": "error", "error_message": "The candidate is invalid.",
        });
        let is_known = candidate["campaign_id"] == CAMPAIGN || defect == "invite.unknown-campaign";
        let is_complete = candidate["email"].is_string() || defect == "invite.bad-row";
        if !is_known || !is_complete {
            return row;
        }
        let link = format!("https://partner.example/i/{}", Self::random());
        let mut state = self.state.lock().unwrap();
        let stored = state.invited.entry(application).or_insert_with(|| link.clone());
        row["error_message"] = Value::Null;
        row["status"] = json!(if defect == "invite.success" {
            "ok"
        } else {
            "success"
        });
        row[link_name] = match defect {
            "invite.link" => json!("/i/1"),
            "invite.again" => json!(link),
            _ => json!(stored),
        };
        row
    }
}
