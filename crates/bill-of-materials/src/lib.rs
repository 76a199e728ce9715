//! What the program is made of, as `cargo` and the lock file know it: written as an SBOM for machines ([`sbom`]) and as
//! the notices that the licences of the dependencies ask for ([`notices`]).
//!
//! Both are the same for every build of a commit.

mod dependencies;
mod embedded;
mod notices;
mod sbom;
mod text;

pub use dependencies::{Dependencies, Package};
pub use embedded::Embedded;
pub use notices::notices;
pub use sbom::sbom;
