//! What recruiting keeps in memory in one process.

use std::sync::Arc;

use chrono::TimeDelta;

use super::campaigns::ActiveCampaignLoader;
use crate::clients::ClientCache;
use crate::keys::KeyRing;
use crate::text::PublicUrl;
use crate::webhooks::Webhooks;

/// How candidates are invited.
#[derive(Clone, Debug)]
pub struct InvitationSettings {
    /// `PARTNER_INVITATION_URL`: what invitation links begin with; no trailing slash.
    pub base_url: String,
    /// `PARTNER_INVITATION_DAYS`: how long a link is valid.
    pub ttl: TimeDelta,
}

impl InvitationSettings {
    /// The defaults of a service at this URL.
    #[must_use]
    pub fn at(public_url: &PublicUrl) -> Self {
        Self {
            base_url: public_url.join("/invitations"),
            ttl: TimeDelta::days(30),
        }
    }
}

/// What recruiting keeps in memory.
pub struct Recruiting {
    /// How candidates are invited.
    pub settings: InvitationSettings,
    /// The keys that seal invitation links.
    pub ring: Arc<KeyRing>,
    /// The clients that invite.
    pub clients: Arc<ClientCache>,
    /// The outbox that events are written to.
    pub webhooks: Arc<Webhooks>,
    /// Reads the lists of active campaigns that are waited for together.
    pub active_campaigns: ActiveCampaignLoader,
}

impl Recruiting {
    /// Begins with nothing in memory.
    #[must_use]
    pub fn new(
        settings: InvitationSettings,
        ring: Arc<KeyRing>,
        clients: Arc<ClientCache>,
        webhooks: Arc<Webhooks>,
    ) -> Self {
        Self {
            settings,
            ring,
            clients,
            webhooks,
            active_campaigns: ActiveCampaignLoader::default(),
        }
    }

    /// Whether the platform is told of new invitations, rather than asking for them.
    #[must_use]
    pub fn tells_platform(&self) -> bool {
        self.webhooks.settings.platform.is_some()
    }
}
