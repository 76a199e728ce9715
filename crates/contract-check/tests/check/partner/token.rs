//! The OAuth endpoints and the metadata of the partner.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Call, Partner, Reply, TokenHolder, pairs};
use crate::harness::{AUDIENCE, CLIENT_ID, SECRET};

const FORM: &str = "application/x-www-form-urlencoded";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The parameters of all grants and of revocation.
const KNOWN_PARAMETERS: &[&str] = &[
    "grant_type",
    "client_id",
    "client_secret",
    "assertion",
    "scope",
    "username",
    "password",
    "token",
    "token_type_hint",
];

/// A request to an OAuth endpoint.
struct OAuthRequest {
    form: Vec<(String, String)>,
    /// `client_id` and secret of HTTP Basic authentication.
    basic: Option<(String, String)>,
}

impl OAuthRequest {
    fn get(&self, name: &str) -> Option<&str> {
        self.form
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Partner {
    pub fn token(&self, call: &Call) -> Reply {
        if call.method != "POST" {
            let reply = Reply::problem(405);
            return if self.has("token.error.get") {
                reply
            } else {
                reply.with("allow", "POST")
            };
        }
        let reply = self.grant(call).unwrap_or_else(|error| error);
        if self.has("token.error.content-type") && reply.status >= 400 {
            return reply.with("content-type", "text/html");
        }
        reply
    }

    fn grant(&self, call: &Call) -> Result<Reply, Reply> {
        let request = self.read(call)?;
        match request.get("grant_type") {
            None if self.has("token.error.no-grant-type") => Err(Reply::oauth_error(400, "invalid_grant")),
            None => Err(Reply::oauth_error(400, "invalid_request")),
            Some("client_credentials") => self.client_credentials(&request),
            Some(JWT_BEARER) if self.offers_all() => self.jwt_bearer(&request),
            Some("password") if self.has("token.error.password-grant") => {
                self.authenticate(&request)?;
                Ok(Self::issued(&self.issue(TokenHolder::Application)))
            }
            Some(_) if self.has("token.error.unknown-grant") => {
                Err(Reply::oauth_error(400, "invalid_request"))
            }
            Some(grant) => {
                let reply = Reply::oauth_error(400, "unsupported_grant_type");
                Err(if self.has("token.error.description") {
                    let body = json!({ "error": "unsupported_grant_type", "error_description": grant });
                    Reply {
                        body: body.to_string(),
                        ..reply
                    }
                } else {
                    reply
                })
            }
        }
    }

    /// Parses the form strictly.
    fn read(&self, call: &Call) -> Result<OAuthRequest, Reply> {
        let invalid = || Reply::oauth_error(400, "invalid_request");
        let media_type = call.header("content-type").unwrap_or_default();
        let essence = media_type.split(';').next().unwrap();
        let mut form = match essence {
            FORM => pairs(&call.body),
            "application/json" if self.has("token.error.media-type") => {
                let value: Value = serde_json::from_str(&call.body).unwrap();
                let members = value.as_object().unwrap().clone().into_iter();
                members
                    .map(|(name, value)| (name, value.as_str().unwrap().to_owned()))
                    .collect()
            }
            _ => return Err(Reply::oauth_error(415, "invalid_request")),
        };
        if self.has("token.form.charset") && media_type.contains(';') {
            return Err(Reply::oauth_error(415, "invalid_request"));
        }
        if self.has("token.error.query") {
            form.extend(pairs(&call.query));
        } else if !call.query.is_empty() {
            return Err(invalid());
        }
        if self.has("token.form.empty-parameter") && form.iter().any(|(_, value)| value.is_empty()) {
            return Err(invalid());
        }
        form.retain(|(_, value)| !value.is_empty());
        let is_known = |(name, _): &(String, String)| KNOWN_PARAMETERS.contains(&name.as_str());
        if self.has("token.form.unknown-parameter") && !form.iter().all(is_known) {
            return Err(invalid());
        }
        let is_twice = form
            .iter()
            .any(|(name, _)| form.iter().filter(|(other, _)| other == name).count() > 1);
        if is_twice && !self.has("token.error.repeated-parameter") {
            return Err(invalid());
        }
        let basic = call.header("authorization").and_then(|value| self.basic(&value));
        let has_secret = form.iter().any(|(name, _)| name == "client_secret");
        if basic.is_some() && has_secret && !self.has("token.error.two-methods") {
            return Err(invalid());
        }
        Ok(OAuthRequest { form, basic })
    }

    fn basic(&self, value: &str) -> Option<(String, String)> {
        let text = String::from_utf8(STANDARD.decode(value.strip_prefix("Basic ")?).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        let decode = |text: &str| {
            if self.has("token.basic.escapes") {
                text.to_owned()
            } else {
                pairs(text)
                    .first()
                    .map_or_else(String::new, |(name, _)| name.clone())
            }
        };
        Some((decode(user), decode(password)))
    }

    /// Verifies the credentials of the client.
    fn authenticate(&self, request: &OAuthRequest) -> Result<(), Reply> {
        let refused =
            || Reply::oauth_error(401, "invalid_client").with("www-authenticate", "Basic realm=\"partner\"");
        if let Some((client_id, secret)) = &request.basic {
            if self.has("token.basic.issued") {
                return Err(refused());
            }
            if client_id == CLIENT_ID && secret == SECRET {
                return Ok(());
            }
            return Err(if self.has("token.error.wrong-secret-basic") {
                refused().without("www-authenticate")
            } else {
                refused()
            });
        }
        match (request.get("client_id"), request.get("client_secret")) {
            (None, None) if self.has("token.error.no-credentials") && request.get("grant_type").is_some() => {
                Ok(())
            }
            (Some(client_id), Some(_))
                if client_id != CLIENT_ID && self.has("token.error.unknown-client") =>
            {
                Err(Reply::oauth_error(404, "not_found"))
            }
            (Some(CLIENT_ID), Some(_))
                if self.has("token.error.wrong-secret") && request.get("assertion").is_none() =>
            {
                Ok(())
            }
            (Some(CLIENT_ID), Some(SECRET)) => Ok(()),
            _ => Err(refused()),
        }
    }

    fn client_credentials(&self, request: &OAuthRequest) -> Result<Reply, Reply> {
        self.authenticate(request)?;
        if request.basic.is_some() {
            return Ok(Self::issued(&self.issue(TokenHolder::Application)));
        }
        if self.has("token.form.issued") {
            return Err(Reply::oauth_error(401, "invalid_client"));
        }
        if request.get("scope").is_some() && !self.has("token.error.unknown-scope") {
            return Err(Reply::oauth_error(400, "invalid_scope"));
        }
        Ok(self.with_token_defect(Self::issued(&self.issue(TokenHolder::Application))))
    }

    fn issue(&self, holder: TokenHolder) -> String {
        let mut token = Self::random();
        if self.has("token.response.token-length") {
            token.truncate(20);
        }
        if self.has("token.response.token-syntax") {
            token.push('!');
        }
        self.state.lock().unwrap().tokens.insert(token.clone(), holder);
        token
    }

    fn issued(token: &str) -> Reply {
        let body = json!({ "access_token": token, "token_type": "bearer", "expires_in": "3600" });
        Reply::json(200, &body)
            .with("cache-control", "no-store")
            .with("pragma", "no-cache")
    }

    /// Applies the defect if it is one of the token response.
    fn with_token_defect(&self, reply: Reply) -> Reply {
        let mut body: Value = serde_json::from_str(&reply.body).unwrap();
        match self.defect {
            "token.response.content-type" => return reply.with("content-type", "text/plain"),
            "token.response.no-store" => return reply.with("cache-control", "max-age=3600"),
            "token.response.pragma" => return reply.without("pragma"),
            "token.response.token-type" => body["token_type"] = json!("mac"),
            "token.response.token-type-case" => body["token_type"] = json!("Bearer"),
            "token.response.expires-in" => body["expires_in"] = json!("an hour"),
            "token.response.expires-in-string" => body["expires_in"] = json!(3600),
            "token.response.lifetime" => body["expires_in"] = json!("86400"),
            "token.response.no-refresh-token" => body["refresh_token"] = json!("a-refresh-token"),
            _ => {}
        }
        Reply {
            body: body.to_string(),
            ..reply
        }
    }

    fn jwt_bearer(&self, request: &OAuthRequest) -> Result<Reply, Reply> {
        let Some(assertion) = request.get("assertion") else {
            let code = if self.has("assertion.missing") {
                "invalid_grant"
            } else {
                "invalid_request"
            };
            return Err(Reply::oauth_error(400, code));
        };
        if request.get("client_secret").is_some() && !self.has("assertion.wrong-secret-beside") {
            self.authenticate(request)?;
        }
        let refused = || {
            if self.has("assertion.error") {
                Reply::oauth_error(401, "invalid_client")
            } else {
                Reply::oauth_error(400, "invalid_grant")
            }
        };
        let is_other = request
            .get("client_id")
            .is_some_and(|client_id| client_id != CLIENT_ID);
        if is_other && !self.has("assertion.other-client-id") {
            return Err(refused());
        }
        let email = match self.verify(assertion) {
            Ok(email) => email,
            Err("crash") => return Err(Reply::problem(500)),
            Err(_) => return Err(refused()),
        };
        let reply = Self::issued(&self.issue(TokenHolder::User(email)));
        Ok(match self.defect {
            "assertion.response" => reply.without("cache-control"),
            "assertion.no-refresh-token" => {
                let mut body: Value = serde_json::from_str(&reply.body).unwrap();
                body["refresh_token"] = json!("a-refresh-token");
                Reply {
                    body: body.to_string(),
                    ..reply
                }
            }
            _ => reply,
        })
    }

    pub fn revoke(&self, call: &Call) -> Reply {
        let request = match self.read(call) {
            Ok(request) => request,
            Err(error) => return error,
        };
        if !self.has("revocation.unauthenticated")
            && let Err(error) = self.authenticate(&request)
        {
            return error;
        }
        if self.has("revocation.offered") {
            return Reply::problem(404);
        }
        if self.has("revocation.unknown-hint") && request.get("token_type_hint").is_some() {
            return Reply::oauth_error(400, "unsupported_token_type");
        }
        let done = Reply::json(200, &json!({}));
        match request.get("token") {
            None if self.has("revocation.no-token") => done,
            None => Reply::oauth_error(400, "invalid_request"),
            Some(_) if self.has("revocation.effect") => done,
            Some(token) => {
                let known = self.state.lock().unwrap().tokens.remove(token);
                if known.is_none() && self.has("revocation.unknown-token") {
                    return Reply::oauth_error(400, "invalid_request");
                }
                done
            }
        }
    }

    pub fn metadata(&self) -> Reply {
        let mut document = json!({
            "issuer": AUDIENCE,
            "token_endpoint": format!("{AUDIENCE}/token"),
            "revocation_endpoint": format!("{AUDIENCE}/revoke"),
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials", JWT_BEARER],
            "token_endpoint_auth_signing_alg_values_supported": ["HS256"],
        });
        if let Some(origin) = &self.state.lock().unwrap().advertised_origin {
            document["revocation_endpoint"] = json!(format!("{origin}/revoke"));
        }
        match self.defect {
            "metadata.offered" => return Reply::problem(500),
            "metadata.content-type" => return Reply::json(200, &document).with("content-type", "text/html"),
            "metadata.issuer" => document["issuer"] = json!("https://elsewhere.example"),
            "metadata.members" => {
                _ = document
                    .as_object_mut()
                    .unwrap()
                    .remove("response_types_supported");
            }
            "metadata.grant-types" => {
                document["grant_types_supported"] = json!(["client_credentials", JWT_BEARER, "password"]);
            }
            "metadata.user-grant" => document["grant_types_supported"] = json!(["client_credentials"]),
            "metadata.no-none" => {
                document["token_endpoint_auth_signing_alg_values_supported"] = json!(["HS256", "none"]);
            }
            "metadata.endpoints" => {
                document["revocation_endpoint"] = json!("https://elsewhere.example/revoke");
            }
            _ => {}
        }
        Reply::json(200, &document)
    }
}
