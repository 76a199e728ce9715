//! Cryptography, all of it from libraries: the random generator, the AEAD that seals tokens and secrets, the password
//! hash, and the types of secrets in their different states.

pub mod assertion_key;
pub mod hash_memory;
pub mod password;
pub mod random;
pub mod seal;
pub mod secret;
mod threads;
pub mod webhook_secret;
