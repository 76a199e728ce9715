//! Asking the provider: no redirects, no proxy of the environment, little time, and answers of a bounded size.

use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse};
use reqwest::Client;
use reqwest::redirect::Policy;

use crate::error::Failure;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer: metadata, keys or tokens.
const MAX_BYTES: usize = 512 * 1024;

/// The client, which is made at its first use because it reads the system's trusted certificates.
#[derive(Default)]
pub(super) struct HttpClient(OnceLock<Client>);

impl HttpClient {
    pub(super) fn client(&self) -> Result<Client, Failure> {
        if let Some(client) = self.0.get() {
            return Ok(client.clone());
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .build()
            .map_err(Failure::internal)?;
        Ok(self.0.get_or_init(|| client).clone())
    }
}

/// Sends a request of the library.
pub(super) async fn send(client: Client, request: HttpRequest) -> io::Result<HttpResponse> {
    let request = reqwest::Request::try_from(request).map_err(io::Error::other)?;
    let mut response = client.execute(request).await.map_err(io::Error::other)?;
    let mut answer = HttpResponse::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    while let Some(chunk) = response.chunk().await.map_err(io::Error::other)? {
        if answer.body().len() + chunk.len() > MAX_BYTES {
            return Err(io::Error::other("the answer is too large"));
        }
        answer.body_mut().extend_from_slice(&chunk);
    }
    Ok(answer)
}
