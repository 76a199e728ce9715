//! The file that gives a shell what the examples of the API document use: identifiers, credentials and tokens.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context as _;

use super::script::{DemoCredentials, DemoData, DemoScript};

/// What the shell runs after the variables are set: functions of the examples, and the tokens. It needs only curl, od and sed.
const FUNCTIONS: &str = r#"
# member NAME: the first text of that name in the JSON that it reads.
member() { sed 's/[{}]/\n/g; s/,"/\n"/g' | sed -n 's/^ *"'"$1"'": *"\{0,1\}\([^",]*\).*/\1/p' | sed -n 1p; }
# new_id: a UUID that nobody has.
new_id() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n' | sed 's/\(.\{8\}\)\(.\{4\}\)\(.\{4\}\)\(.\{4\}\)/\1-\2-\3-\4-/'; }
# token ID SECRET: an access token of the client.
token() { curl -sS "$SERVICE/token" -d grant_type=client_credentials -d "client_id=$1" --data-urlencode "client_secret=$2" | member access_token; }
# invite: invites a candidate for a new application to the assessment, and prints the answer.
invite() {
    curl -sS "$SERVICE/assessments/invitations" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
        -d '[{"campaign_id":"'"$ASSESSMENT_ID"'","applicant_id":"'"$(new_id)"'","application_id":"'"$(new_id)"'",
        "lastname":"Martin","firstname":"Zoé","email":"zoe.martin@mail.example","callback_url":"'"$CALLBACK_URL"'"}]'
}
# start: invites a candidate, says that the candidate has started, and prints the identifier of the invitation.
start() {
    started=$(invite | member invitation_id)
    curl -sS "$SERVICE/platform/v1/invitations/$started/status" -H "Authorization: Bearer $PLATFORM_TOKEN" \
        -H 'Content-Type: application/json' -d '{"status":"started"}' >/dev/null
    echo "$started"
}
TOKEN=$(token "$CLIENT_ID" "$CLIENT_SECRET")
PLATFORM_TOKEN=$(token "$PLATFORM_ID" "$PLATFORM_SECRET")
DATA_TOKEN=$(token "$DATA_ID" "$DATA_SECRET")
ADMIN_TOKEN=$(token "$ADMIN_ID" "$ADMIN_SECRET")
"#;

/// Writes `file`, which only its owner may read.
pub fn write(file: &Path, ops_url: &str, script: &DemoScript, data: &DemoData) -> anyhow::Result<()> {
    let credentials = |pair: &DemoCredentials, name: &str| {
        [
            (format!("{name}_ID"), pair.client_id.to_string()),
            (format!("{name}_SECRET"), pair.secret.expose().to_owned()),
        ]
    };
    let variables = [
        ("SERVICE", script.base_url.clone()),
        ("OPS", ops_url.to_owned()),
        ("ASSERTION", script.assertion.clone()),
        ("CUSTOMER_ID", data.customer_id.to_string()),
        ("CAMPAIGN_ID", data.campaign_id.to_string()),
        ("ASSESSMENT_ID", data.assessment_id.to_string()),
        ("CALLBACK_URL", data.callback_url.clone()),
    ];
    let variables = variables
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(credentials(&data.talentsoft, "CLIENT"))
        .chain(credentials(&data.platform, "PLATFORM"))
        .chain(credentials(&data.data_caller, "DATA"))
        .chain(credentials(&data.admin, "ADMIN"));
    let mut text = "# What the examples of the API document use: read it with the `.` command of a shell, while the demo runs.\n\
                    # Its tokens are new each time; those of the admin live ten minutes.\n"
        .to_owned();
    // A quote ends the quoting, stands for itself, and begins it again.
    text.extend(variables.map(|(name, value)| format!("{name}='{}'\n", value.replace('\'', r"'\''"))));
    text.push_str(FUNCTIONS);
    let failed = || format!("cannot write {}", file.display());
    // It is made anew, so that nobody who could read an old one reads this one.
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(failed),
        _ => {}
    }
    let mut created = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(failed)?;
    created.write_all(text.as_bytes()).with_context(failed)
}
