//! The resolver of callbacks: what it returns is what is connected to, so an address that is not public is refused here,
//! whatever the name resolved to when anybody else asked (DNS rebinding).

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// The host has an address that no callback goes to.
#[derive(Debug, thiserror::Error)]
#[error("the host has an address that is not public")]
pub(super) struct NotPublic;

/// Resolves names as the system does, and refuses those with an address that is not public.
pub(super) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // All of them: a name with a public and a private address is somebody's trick, or a mistake.
            if found.iter().all(|address| is_public(address.ip())) {
                Ok(Box::new(found.into_iter()) as Addrs)
            } else {
                Err(NotPublic.into())
            }
        })
    }
}
