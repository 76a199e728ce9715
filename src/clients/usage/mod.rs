//! Which secrets are used, how often and from where: noted in memory ([`SecretUsage`]), written in batches, kept for some days.

mod memory;
mod record;
mod store;

pub use memory::SecretUsage;
pub use record::{
    AddressUses, FirstUse, SecretUses, flush_usage, list_first_uses, list_secret_uses, prune_secret_uses,
};
