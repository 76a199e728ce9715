//! What is measured of each occupation for a raw title; the score is a weighted sum of it.

/// How many features there are.
pub const FEATURES: usize = 51;

/// The features of one occupation.
pub type Features = [f32; FEATURES];

/// A feature, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Feature {
    /// Words, by the titles of the library.
    Words,
    /// Pairs of words.
    Pairs,
    /// Pieces of words.
    Pieces,
    /// The head of the title.
    Head,
    /// How many words the titles of the occupation have.
    Length,
    /// The similarity of the most similar title.
    Nearest,
    /// The share of the most similar titles, as a logarithm.
    Votes,
    /// The share of the titles with exactly these words.
    Exact,
    /// The share of the titles with exactly these words without levels.
    ExactBare,
    /// The share of the titles with exactly the words of one part.
    ExactPart,
    /// Words, by the description of the occupation.
    Description,
    /// How many people have the occupation, as a logarithm.
    Employment,
    /// Whether the occupation is a residual one.
    Residual,
    /// The similarity of the occupation's name.
    Name,
    /// Words of the part with the head alone.
    MainPart,
    /// The next eleven are those from `Words` on, by coded titles.
    CodedWords,
    /// Pairs of words, by coded titles.
    CodedPairs,
    /// Pieces of words, by coded titles.
    CodedPieces,
    /// The head, by coded titles.
    CodedHead,
    /// How many words the coded titles of the occupation have.
    CodedLength,
    /// The similarity of the most similar coded title.
    CodedNearest,
    /// The share of the most similar coded titles, as a logarithm.
    CodedVotes,
    /// The share of the coded titles with exactly these words.
    CodedExact,
    /// The share of the coded titles with exactly these words without levels.
    CodedExactBare,
    /// The share of the coded titles with exactly the words of one part.
    CodedExactPart,
    /// How many coded titles the occupation has, as a logarithm.
    CodedPrior,
    /// How many titles the occupation has, as a logarithm.
    Titles,
    /// The similarity of the title that is most similar, whatever its occupation.
    Top,
    /// The share of the very similar titles, as a logarithm.
    SharpVotes,
    /// The share of the most similar titles that its major group has, as a logarithm.
    GroupVotes,
    /// The share of the very similar coded titles, as a logarithm.
    CodedSharpVotes,
    /// The share of the most similar coded titles that its major group has, as a logarithm.
    CodedGroupVotes,
    /// The share of the words that the titles of the occupation have.
    Matched,
    /// The share of the words that the coded titles of the occupation have.
    CodedMatched,
    /// The similarity of the coded title that is most similar, whatever its occupation.
    CodedTop,
    /// How many words of the raw title count.
    Counted,
    /// The share of the most similar titles that its minor group has, as a logarithm.
    MinorVotes,
    /// The share of the most similar coded titles that its minor group has, as a logarithm.
    CodedMinorVotes,
    /// The share of the most similar coded titles that its broad occupation has, as a logarithm.
    CodedBroadVotes,
    /// The share of the most similar coded titles by how often each was counted, as a logarithm.
    CodedCountedVotes,
    /// The share of coded titles with each word that it has, the mean over the words, as a logarithm.
    CodedWordShare,
    /// The share of coded titles with the head that it has, as a logarithm.
    CodedHeadShare,
    /// The share of coded titles with a pair of words that it has, of the pair with the greatest, as a logarithm.
    CodedPairShare,
    /// Pairs of words that do not follow each other, by coded titles.
    CodedDistantPairs,
    /// How many coded titles its major group has, as a logarithm.
    CodedGroupPrior,
    /// How much commoner the words are in coded titles than in the library, whatever the occupation.
    CodedLikeness,
    /// The share of the words that coded titles have, whatever the occupation.
    CodedKnown,
    /// `CodedPrior` times how likely a raw title with these words is one of those that were coded.
    LikelyPrior,
    /// The same of `CodedGroupPrior`.
    LikelyGroupPrior,
    /// The share that the classifier of coded titles gives it, as a logarithm.
    CodedClassified,
    /// The share of the coded titles like its most similar titles that are coded so, as a logarithm.
    CodedHabit,
}

impl Feature {
    /// The place of the feature of coded titles that corresponds to one of the library.
    pub(crate) fn coded(self) -> usize {
        match self {
            Self::Words => Self::CodedWords as usize,
            Self::Pairs => Self::CodedPairs as usize,
            Self::Pieces => Self::CodedPieces as usize,
            Self::Head => Self::CodedHead as usize,
            Self::Length => Self::CodedLength as usize,
            Self::Nearest => Self::CodedNearest as usize,
            Self::Votes => Self::CodedVotes as usize,
            Self::Exact => Self::CodedExact as usize,
            Self::ExactBare => Self::CodedExactBare as usize,
            Self::ExactPart => Self::CodedExactPart as usize,
            Self::SharpVotes => Self::CodedSharpVotes as usize,
            Self::GroupVotes => Self::CodedGroupVotes as usize,
            Self::Matched => Self::CodedMatched as usize,
            Self::MinorVotes => Self::CodedMinorVotes as usize,
            other => other as usize,
        }
    }
}
