//! Texts that are no titles: letters, emoji, addresses, other scripts, prose.

/// A generator of numbers that is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(bound).unwrap_or(1)).unwrap_or_default()
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn letters(&mut self, length: usize, alphabet: &[char]) -> String {
        (0..length)
            .map(|_| alphabet[self.below(alphabet.len())])
            .collect()
    }
}

const STREETS: &[&str] = &[
    "Main", "Oak", "Baker", "Miller", "Church", "Park", "Mason", "Hunter", "Market", "Mill", "Cooper",
    "Driver",
];
const CITIES: &[&str] = &[
    "Springfield",
    "Dallas",
    "Boston",
    "Portland",
    "Cook County",
    "Salem",
    "Austin",
    "Denver",
];
const PROSE: &[&str] = &[
    "we are looking for a person who",
    "will be working with our customers and",
    "the quick brown fox jumps over the lazy dog",
    "please send your application before the end of the month",
    "our office is in the middle of the city",
    "it was the best of times it was the worst of times",
    "you must be able to lift heavy boxes",
    "benefits include dental and vision",
    "the manager said that the driver had left",
    "nobody knows what the teacher told the nurse",
    "salary depends on experience",
    "all of the engineers went home early",
    "the cook and the baker were in the kitchen",
    "I would like to order a large pizza",
    "this position reports to the director",
    "she sells sea shells by the sea shore",
    "lorem ipsum dolor sit amet consectetur",
    "terms and conditions apply to this offer",
    "to be or not to be that is the question",
    "my dog ate the homework of the student",
];

/// `count` such texts.
pub fn texts(count: usize) -> Vec<String> {
    let mut numbers = Numbers(20_260_801);
    let latin: Vec<char> = ('a'..='z').collect();
    let emoji: Vec<char> = "😀🚀🔥💼🎉👩\u{200d}💻✨🤖🏖".chars().collect();
    let scripts: Vec<char> = "ソフトウェア技術者看護師программистмедсестраمهندسממתכנתκαιवेतन"
        .chars()
        .collect();
    (0..count)
        .map(|index| text(index, &mut numbers, &latin, &emoji, &scripts))
        .collect()
}

fn text(index: usize, numbers: &mut Numbers, latin: &[char], emoji: &[char], scripts: &[char]) -> String {
    match index % 8 {
        0 => (0..=numbers.below(4))
            .map(|_| {
                let length = 2 + numbers.below(10);
                numbers.letters(length, latin) + " "
            })
            .collect(),
        1 => {
            let length = 1 + numbers.below(12);
            numbers.letters(length, emoji)
        }
        2 => format!(
            "{} {} Street, {}, IL {}",
            1 + numbers.below(9999),
            numbers.of(STREETS),
            numbers.of(CITIES),
            10_000 + numbers.below(89_999)
        ),
        3 => {
            let length = 3 + numbers.below(20);
            numbers.letters(length, scripts)
        }
        4 => prose(numbers),
        5 => format!(
            "{}.{}@{}.com",
            numbers.of(STREETS).to_lowercase(),
            numbers.letters(6, latin),
            numbers.letters(8, latin)
        ),
        6 => format!(
            "{}-{}-{}",
            numbers.below(999),
            numbers.below(999),
            numbers.below(9999)
        ),
        _ => format!(
            "https://www.{}.com/{}/{}",
            numbers.letters(7, latin),
            numbers.of(STREETS).to_lowercase(),
            numbers.below(99_999)
        ),
    }
}

/// About a kilobyte of sentences.
fn prose(numbers: &mut Numbers) -> String {
    let mut text = String::new();
    while text.len() < 960 {
        text.push_str(numbers.of(PROSE));
        text.push_str(". ");
    }
    text
}
