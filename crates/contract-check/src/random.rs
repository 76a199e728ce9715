//! Random values: secrets and ids that are certain to belong to nobody.

use aws_lc_rs::rand;
use secrecy::SecretString;

/// A secret or token that no client has: 32 random bytes as hexadecimal digits.
pub fn random_secret() -> SecretString {
    random_bytes::<32>()
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
        .into()
}

/// An id that nothing has: a random UUID (version 4).
pub fn random_id() -> String {
    uuid::Builder::from_random_bytes(random_bytes())
        .into_uuid()
        .to_string()
}

/// Random bytes from the system's generator. Without a working generator no check is meaningful, so that the process
/// ends if it fails.
fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    if rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}
