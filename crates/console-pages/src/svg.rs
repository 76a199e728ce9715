//! Pictures that are mark-up already: what `chart.rs` draws, and nothing else.

use std::fmt;

use askama::filters::HtmlSafe;

/// A drawing as SVG, in which nothing comes from outside but numbers.
#[derive(Clone, Debug)]
pub(crate) struct Svg(String);

impl Svg {
    /// Takes what a library has drawn.
    pub(crate) const fn drawn(svg: String) -> Self {
        Self(svg)
    }

    #[cfg(test)]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Svg {}
