//! The `oauth2` crate as a client of the service.
//!
//! It knows neither RFC 8414 nor the grant of RFC 7523: it is told the endpoints, and gets its tokens with credentials.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicTokenType};
use oauth2::http::StatusCode;
use oauth2::{
    AccessToken, AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    IntrospectionUrl, RequestTokenError, RevocationUrl, Scope, StandardRevocableToken,
    TokenIntrospectionResponse, TokenResponse, TokenUrl,
};
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointSet>;

const WAYS: [(AuthType, &str); 2] = [
    (AuthType::BasicAuth, "BasicAuth"),
    (AuthType::RequestBody, "RequestBody"),
];

/// Who asks, by which way, over what.
struct Caller {
    client: Client,
    agent: Agent,
}

impl Caller {
    fn new(who: &str, way: &AuthType, agent: &Agent) -> Outcome<Self> {
        let secret = setting(&format!("INTEROP_{who}_SECRET"))?;
        Self::with_secret(who, secret, way, agent)
    }

    fn with_secret(who: &str, secret: String, way: &AuthType, agent: &Agent) -> Outcome<Self> {
        let issuer = setting("INTEROP_ISSUER")?;
        let client = BasicClient::new(ClientId::new(setting(&format!("INTEROP_{who}_ID"))?))
            .set_client_secret(ClientSecret::new(secret))
            .set_auth_type(way.clone())
            .set_token_uri(TokenUrl::new(format!("{issuer}/connect/token"))?)
            .set_introspection_url(IntrospectionUrl::new(format!("{issuer}/introspect"))?)
            .set_revocation_url(RevocationUrl::new(format!("{issuer}/revoke"))?);
        Ok(Self {
            client,
            agent: agent.clone(),
        })
    }

    fn http(&self) -> impl Fn(HttpRequest) -> Result<HttpResponse, ureq::Error> {
        |request| {
            let (parts, mut body) = self.agent.run(request)?.into_parts();
            Ok(HttpResponse::from_parts(parts, body.read_to_vec()?))
        }
    }

    fn introspect(&self, token: &AccessToken) -> Outcome<impl TokenIntrospectionResponse + use<>> {
        Ok(self.client.introspect(token).request(&self.http())?)
    }
}

fn setting(name: &str) -> Outcome<String> {
    env::var(name).map_err(|error| format!("{name}: {error}").into())
}

fn expect<T: PartialEq + std::fmt::Debug>(seen: T, wanted: T) -> Outcome {
    if seen == wanted {
        Ok(())
    } else {
        Err(format!("{wanted:?} was expected, {seen:?} was seen").into())
    }
}

/// Trusts the throw-away certificate authority only.
fn agent() -> Outcome<Agent> {
    let pem = std::fs::read(setting("INTEROP_CA_FILE")?)?;
    let certificates = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let roots = RootCerts::Specific(std::sync::Arc::new(certificates.collect()));
    let tls = TlsConfig::builder().root_certs(roots).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false);
    Ok(config.build().into())
}

fn call_with(token: &AccessToken, agent: &Agent) -> Outcome<StatusCode> {
    let answer = agent
        .get(format!("{}/videos/campaigns", setting("INTEROP_ISSUER")?))
        .header("Authorization", format!("Bearer {}", token.secret()));
    Ok(answer.call()?.status())
}

fn a_token_is_granted(caller: &Caller) -> Outcome<AccessToken> {
    let request = caller.client.exchange_client_credentials();
    let token = request
        .add_scope(Scope::new("videos".to_owned()))
        .request(&caller.http())?;
    expect(token.token_type(), &BasicTokenType::Bearer)?;
    expect(token.expires_in().map(|ttl| ttl.as_secs()), Some(3600))?;
    expect(token.scopes(), Some(&vec![Scope::new("videos".to_owned())]))?;
    expect(call_with(token.access_token(), &caller.agent)?, StatusCode::OK)?;
    Ok(token.access_token().clone())
}

fn a_token_is_introspected(caller: &Caller, asker: &Caller, token: &AccessToken) -> Outcome {
    for who in [caller, asker] {
        let answer = who.introspect(token)?;
        expect(answer.active(), true)?;
        expect(
            answer.client_id().map(|id| id.as_str()),
            Some(setting("INTEROP_CLIENT_ID")?.as_str()),
        )?;
        expect(answer.iss(), Some(setting("INTEROP_ISSUER")?.as_str()))?;
    }
    Ok(())
}

fn a_token_is_revoked(caller: &Caller, token: &AccessToken) -> Outcome {
    let revocable = StandardRevocableToken::AccessToken(token.clone());
    caller.client.revoke_token(revocable)?.request(&caller.http())?;
    expect(caller.introspect(token)?.active(), false)?;
    expect(call_with(token, &caller.agent)?, StatusCode::UNAUTHORIZED)
}

fn a_wrong_secret_is_refused(way: &AuthType, agent: &Agent) -> Outcome {
    let caller = Caller::with_secret("CLIENT", "wrong".to_owned(), way, agent)?;
    match caller
        .client
        .exchange_client_credentials()
        .request(&caller.http())
    {
        Err(RequestTokenError::ServerResponse(refusal)) => {
            expect(refusal.error(), &BasicErrorResponseType::InvalidClient)
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err("it was accepted".into()),
    }
}

/// Says how it went.
fn report<T>(what: &str, way: &str, outcome: Outcome<T>) -> Option<T> {
    match outcome {
        Ok(value) => {
            println!("ok    oauth2: {what}, {way}");
            Some(value)
        }
        Err(error) => {
            println!("FAIL  oauth2: {what}, {way}: {error}");
            None
        }
    }
}

fn checks(way: &AuthType, name: &str, agent: &Agent) -> Outcome<bool> {
    let caller = Caller::new("CLIENT", way, agent)?;
    let asker = Caller::new("ASKER", way, agent)?;
    let granted = a_token_is_granted(&caller);
    let Some(token) = report("client_credentials and a call with the token", name, granted) else {
        return Ok(false);
    };
    let odd = Caller::new("ODD", way, agent)?;
    let outcomes = [
        report(
            "client_credentials with a pair that must be encoded",
            name,
            a_token_is_granted(&odd),
        )
        .map(drop),
        report(
            "introspection",
            name,
            a_token_is_introspected(&caller, &asker, &token),
        ),
        report("revocation", name, a_token_is_revoked(&caller, &token)),
        report(
            "a wrong secret is invalid_client",
            name,
            a_wrong_secret_is_refused(way, agent),
        ),
    ];
    Ok(outcomes.iter().all(Option::is_some))
}

fn main() -> Outcome<ExitCode> {
    let agent = agent()?;
    let mut all_right = true;
    for (way, name) in &WAYS {
        all_right &= checks(way, name, &agent)?;
    }
    Ok(if all_right {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
