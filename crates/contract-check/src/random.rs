//! Random bytes, and what is made of them: secrets and identifiers that nobody has.

use aws_lc_rs::rand;
use secrecy::SecretString;

/// A secret that nobody has.
pub fn wrong_secret() -> SecretString {
    random_bytes::<32>()
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
        .into()
}

/// An identifier that nobody has.
pub fn fresh_id() -> String {
    uuid::Builder::from_random_bytes(random_bytes())
        .into_uuid()
        .to_string()
}

/// Random bytes. A process whose random generator fails can make no assertion that is not a replay, so it ends.
fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    if rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}
