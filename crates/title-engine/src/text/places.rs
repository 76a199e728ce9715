//! Names of places that stand behind titles: the states of the United States and its largest cities.

/// Postal codes of states, sorted.
const STATE_CODES: &[&str] = &[
    "ak", "al", "ar", "az", "ca", "co", "ct", "dc", "de", "fl", "ga", "hi", "ia", "id", "il", "in", "ks",
    "ky", "la", "ma", "md", "me", "mi", "mn", "mo", "ms", "mt", "nc", "nd", "ne", "nh", "nj", "nm", "nv",
    "ny", "oh", "ok", "or", "pa", "pr", "ri", "sc", "sd", "tn", "tx", "ut", "va", "vt", "wa", "wi", "wv",
    "wy",
];

/// Words of which names of states, of large cities and of some countries are made, sorted.
///
/// A part of a title that is made of them alone names a place; "Washington State Trooper" keeps its words.
const PLACE_WORDS: &[&str] = &[
    "alabama",
    "alaska",
    "america",
    "angeles",
    "antonio",
    "arizona",
    "arkansas",
    "atlanta",
    "aurora",
    "austin",
    "baltimore",
    "boston",
    "bronx",
    "brooklyn",
    "buffalo",
    "california",
    "canada",
    "carolina",
    "charlotte",
    "chicago",
    "cincinnati",
    "city",
    "cleveland",
    "colorado",
    "columbus",
    "connecticut",
    "dakota",
    "dallas",
    "delaware",
    "denver",
    "detroit",
    "diego",
    "east",
    "florida",
    "fort",
    "fresno",
    "georgia",
    "hampshire",
    "hawaii",
    "honolulu",
    "houston",
    "idaho",
    "illinois",
    "india",
    "indiana",
    "indianapolis",
    "iowa",
    "island",
    "jacksonville",
    "jersey",
    "jose",
    "kansas",
    "kentucky",
    "las",
    "london",
    "los",
    "louis",
    "louisiana",
    "louisville",
    "maine",
    "manhattan",
    "maryland",
    "massachusetts",
    "memphis",
    "mexico",
    "miami",
    "michigan",
    "milwaukee",
    "minneapolis",
    "minnesota",
    "mississippi",
    "missouri",
    "montana",
    "nashville",
    "nebraska",
    "nevada",
    "new",
    "north",
    "northern",
    "oakland",
    "ohio",
    "oklahoma",
    "omaha",
    "oregon",
    "orlando",
    "orleans",
    "paul",
    "pennsylvania",
    "philadelphia",
    "phoenix",
    "pittsburgh",
    "portland",
    "queens",
    "raleigh",
    "rhode",
    "richmond",
    "sacramento",
    "salt",
    "san",
    "seattle",
    "south",
    "southern",
    "st",
    "states",
    "tampa",
    "tennessee",
    "texas",
    "toronto",
    "tucson",
    "tulsa",
    "uk",
    "united",
    "us",
    "usa",
    "utah",
    "vegas",
    "vermont",
    "virginia",
    "washington",
    "west",
    "western",
    "wisconsin",
    "worth",
    "wyoming",
    "york",
];

/// Whether the word is the postal code of a state.
pub(crate) fn is_state_code(word: &str) -> bool {
    STATE_CODES.binary_search(&word).is_ok()
}

/// Whether the word is part of the name of a known place.
pub(crate) fn is_place_word(word: &str) -> bool {
    PLACE_WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(STATE_CODES.is_sorted());
        assert!(
            PLACE_WORDS.is_sorted(),
            "{:?}",
            PLACE_WORDS.windows(2).find(|pair| pair[0] >= pair[1])
        );
    }
}
