//! Candidates as Talentsoft sends them. What is personal of them must stay out of the log.

use std::sync::Once;

use serde_json::{Value, json};
use talentsoft_partner::ids::CampaignId;
use talentsoft_partner::recruiting::CampaignKind;

use crate::log;

pub const LASTNAME: &str = "Lemarchand-Quintreau";
pub const FIRSTNAME: &str = "Zoé-Marguerite";
/// What the address of each begins with.
pub const EMAIL: &str = "zoe.lemarchand.";
pub const PHONE: &str = "+33 6 98 76 54 32";

/// The paths of the two APIs, and what only one of them says.
pub struct Api {
    pub kind: CampaignKind,
    pub path: &'static str,
    pub link: &'static str,
}

pub const VIDEOS: Api = Api {
    kind: CampaignKind::Video,
    path: "/videos/interviews",
    link: "interview_invitation_link",
};

pub const ASSESSMENTS: Api = Api {
    kind: CampaignKind::Assessment,
    path: "/assessments/invitations",
    link: "assessment_invitation_link",
};

/// The identifier of the nth applicant.
pub fn applicant_id(number: u32) -> String {
    format!("aaaaaaaa-0000-4000-8000-{number:012x}")
}

/// The identifier of the nth applicant's application.
pub fn application_id(number: u32) -> String {
    format!("bbbbbbbb-0000-4000-8000-{number:012x}")
}

/// The nth candidate of a campaign.
pub fn candidate(campaign_id: CampaignId, number: u32) -> Value {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        [LASTNAME, FIRSTNAME, PHONE, EMAIL]
            .into_iter()
            .for_each(log::never);
    });
    let email = format!("{EMAIL}{number}@site");
    json!({
        "campaign_id": campaign_id, "applicant_id": applicant_id(number), "application_id": application_id(number),
        "lastname": LASTNAME, "firstname": FIRSTNAME, "email": email, "phone": PHONE,
    })
}

/// Candidates of a campaign by their numbers.
pub fn candidates(campaign_id: CampaignId, numbers: impl IntoIterator<Item = u32>) -> Vec<Value> {
    numbers
        .into_iter()
        .map(|number| candidate(campaign_id, number))
        .collect()
}

impl Api {
    /// The links of an answer, all of whose rows are successes; they are secrets. A few are looked for in the log, for to
    /// look for each would take its time.
    #[track_caller]
    pub fn links(&self, answer: &crate::Answer) -> Vec<String> {
        assert_eq!(answer.status, 200, "{answer:?}");
        let rows = answer.json();
        let link = |row: &Value| {
            assert_eq!(row["status"], "success", "{row}");
            row[self.link].as_str().unwrap().to_owned()
        };
        let links: Vec<String> = rows.as_array().unwrap().iter().map(link).collect();
        for link in links.iter().take(3) {
            log::never(link.rsplit_once('/').unwrap().1);
        }
        links
    }
}
