//! `bill-of-materials sbom [SECONDS_SINCE_1970]` and `bill-of-materials notices` write about the repository in the working directory to
//! standard output.

use std::env;
use std::io::{self, Write};
use std::path::Path;

use anyhow::bail;
use bill_of_materials::{Dependencies, notices, sbom};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let dependencies = Dependencies::of(Path::new("."))?;
    let document = match arguments.first().map(String::as_str) {
        Some("sbom") => sbom(
            &dependencies,
            arguments.get(1).map(|epoch| epoch.parse()).transpose()?,
        )?,
        Some("notices") => notices(&dependencies)?,
        _ => bail!("usage: bill-of-materials sbom [SECONDS_SINCE_1970], or bill-of-materials notices"),
    };
    io::stdout().lock().write_all(document.as_bytes())?;
    Ok(())
}
