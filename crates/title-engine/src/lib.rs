//! Finds the title and the occupation that a raw job title stands for, in a library held in memory.
//!
//! An [`Engine`] is built from the rows of a [`Library`](library::Library) and asked for titles: no HTTP, no SQL, no
//! files, no threads.
//! [`Engine::normalize`] cleans the raw title, collects occupations whose titles have the same or similar words,
//! scores them by a softmax over [features](engine::features) with [weights](engine::weights) and [trees](engine::trees)
//! that were learned from titles which employers coded, chooses the title of each occupation that fits best, and says by a calibrated
//! confidence how likely the occupation is right.
//! [`Engine::search`] finds titles by the beginning of their words.
//!
//! How well it does is measured by the example `quality`, how fast it is by `cargo bench -p title-engine`.
//!
//! ```
//! use title_engine::library::{Evidence, Library, Occupation, TitleRow};
//! use title_engine::{Engine, Scratch, TitleId};
//!
//! let code = "29-1141.00".parse().unwrap();
//! let name = String::from("Registered Nurse");
//! let library = Library {
//!     occupations: vec![Occupation { code, name: name.clone(), description: String::new(), employment: None }],
//!     titles: vec![TitleRow {
//!         id: TitleId::of_name(&name),
//!         name,
//!         evidence: vec![Evidence { occupation: code, weight: 1.0 }],
//!     }],
//!     coded_titles: Vec::new(),
//! };
//! let engine = Engine::build(&library);
//! let found = engine.normalize("Sr. RN (Remote) - Req 1234", 1, &mut Scratch::default());
//! assert_eq!(found.candidates[0].name, "Registered Nurse");
//! assert_eq!(found.job_levels[0].as_str(), "senior");
//! ```

mod codes;
pub mod engine;
mod ids;
mod index;
pub mod library;
mod supervisors;
mod text;

pub use codes::{InvalidCode, OccupationCode, Soc};
pub use engine::explain::{Explanation, SimilarCodedTitle, SimilarTitle};
pub use engine::normalize::{Candidate, MAX_CANDIDATES, Normalized, Reasons};
pub use engine::query::Form;
pub use engine::search::Found;
pub use engine::work::Work;
pub use engine::{Engine, Scratch};
pub use ids::{InvalidId, SkillId, TitleId};
pub use supervisors::{is_supervisor, level_band};
pub use text::key;
pub use text::levels::JobLevel;
