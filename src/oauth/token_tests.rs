//! Tests of the sealed token.

use proptest::prelude::*;

use super::*;
use crate::clients::Scope;
use crate::crypto::seal::{KeyBytes, SealKey};
use crate::keys::RingKey;

const ISSUER: &str = "https://api.partner.example";

fn ring_key(id: i32, fill: u8) -> RingKey {
    RingKey {
        id: SealingKeyId(id),
        purpose: Purpose::Token,
        created_at: DateTime::UNIX_EPOCH,
        active_at: DateTime::UNIX_EPOCH,
        key: SealKey::new(&KeyBytes::from([fill; 32])).unwrap(),
    }
}

fn ring() -> KeyRing {
    KeyRing::of(vec![ring_key(1, 7)])
}

fn application_token() -> Token {
    Token {
        token_id: TokenId(Uuid::from_bytes([0x11; 16])),
        client_id: "428a51ae-0387-43ab-8c64-cf026f77656f".parse().unwrap(),
        customer_id: Some(CustomerId(Uuid::from_bytes([0x22; 16]))),
        holder: Holder::Application,
        scopes: [Scope::Videos, Scope::Assessments].into_iter().collect(),
        generation: 3,
        issued_at: DateTime::from_timestamp(1_520_181_000, 0).unwrap(),
        ttl_seconds: 3600,
    }
}

fn user_token() -> Token {
    let email = "jean.dupont@site".parse().unwrap();
    Token {
        customer_id: None,
        holder: Holder::User {
            email,
            name: Some("Jean Dupont".to_owned()),
        },
        ..application_token()
    }
}

#[test]
fn the_format_is_the_documented_one() {
    let seal = |token: Token| {
        token
            .seal_with_nonce(&ring_key(1, 7), ISSUER, [9; NONCE_BYTES])
            .unwrap()
    };
    insta::assert_snapshot!(seal(application_token()), @"tsp_AQAAAAEJCQkJCQkJCQkJCQnsdyWn_TQXJQ94wKQ1dAP3GScyjYNKSPfu_8_imIZ8g6iBV-2prTNlrKgplQNoCpnD47p9fngWGqLntRPLK5Ajp_PQ3VjaK9nNNkuU3nsd-xuJR3NM5gwe2gueKItADOSC3WDLx9dD1Ts_g4Pe");
    insta::assert_snapshot!(seal(user_token()), @"tsp_AQAAAAEJCQkJCQkJCQkJCQk6f3zo8g3rIiKvRbNwbdZbHQvtpKTpMOTJmCu_5hNWeqEwZIzZ-GSyabCYlr20zohTKq05FaqvntSk5p3QPJppkdI6TJx3fKHC-lOFrAoRpm3RjwqTIgfhlzjtFb5pNgdr8hO8iafO1a7_5ClZcDDvKlwolG5iFA6O2IQ");
}

#[test]
fn a_token_opens_to_what_was_sealed() {
    for token in [application_token(), user_token()] {
        let text = token.seal(&ring_key(1, 7), ISSUER).unwrap();
        assert!(text.len() < 300, "{}", text.len());
        assert_eq!(Token::open(&text, &ring(), ISSUER).unwrap(), token);
    }
}

#[test]
fn no_two_tokens_are_alike() {
    let seal = || application_token().seal(&ring_key(1, 7), ISSUER).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn another_issuer_key_or_installation_does_not_open_it() {
    let text = application_token().seal(&ring_key(1, 7), ISSUER).unwrap();
    assert_eq!(
        Token::open(&text, &ring(), "https://other.example"),
        Err(MalformedToken::DoesNotOpen)
    );
    let other = KeyRing::of(vec![ring_key(1, 8)]);
    assert_eq!(
        Token::open(&text, &other, ISSUER),
        Err(MalformedToken::DoesNotOpen)
    );
    let without = KeyRing::of(vec![ring_key(2, 7)]);
    assert_eq!(
        Token::open(&text, &without, ISSUER),
        Err(MalformedToken::UnknownKey(SealingKeyId(1)))
    );
}

#[test]
fn every_flipped_bit_is_noticed() {
    let text = user_token().seal(&ring_key(1, 7), ISSUER).unwrap();
    let raw = URL_SAFE_NO_PAD
        .decode(text.strip_prefix(PREFIX).unwrap())
        .unwrap();
    for bit in 0..raw.len() * 8 {
        let mut flipped = raw.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(flipped));
        assert!(Token::open(&text, &ring(), ISSUER).is_err(), "bit {bit}");
    }
}

#[test]
fn what_has_not_the_form_of_a_token_is_refused() {
    let text = application_token().seal(&ring_key(1, 7), ISSUER).unwrap();
    let too_long = format!("{text}{}", "A".repeat(MAX_TOKEN_CHARS));
    let padded = format!("{text}=");
    let last = text.len() - 1;
    for bad in [
        "",
        "tsp_",
        "tsp_AA",
        &text[4..],
        &padded,
        &too_long,
        &text[..last],
        &text.to_uppercase(),
        "2YotnFZFEjr1zCsicMWpAA",
    ] {
        assert!(Token::open(bad, &ring(), ISSUER).is_err(), "{bad}");
    }
}

#[test]
fn a_text_that_is_longer_than_any_token_is_not_decoded() {
    let open = |bytes: usize| {
        let mut raw = vec![0; bytes];
        raw[..HEADER_BYTES].copy_from_slice(&header(SealingKeyId(1)));
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(raw));
        (text.len(), Token::open(&text, &ring(), ISSUER).unwrap_err())
    };
    assert_eq!(open(1197), (MAX_TOKEN_CHARS, MalformedToken::DoesNotOpen));
    assert_eq!(open(1198), (MAX_TOKEN_CHARS + 2, MalformedToken::Malformed));
}

proptest! {
    #[test]
    fn any_token_survives_sealing(
        client_id in "[ -~]{1,255}",
        local in "[a-zA-Z0-9.é]{1,60}",
        name in proptest::option::of(".{1,60}"),
        bits in 0_u16..512,
        generation in any::<i64>(),
        issued_at in 0_i64..4_000_000_000,
        ttl_seconds in any::<u32>(),
        is_user in any::<bool>(),
    ) {
        let email = format!("{local}@site").parse().unwrap();
        let token = Token {
            client_id: client_id.parse().unwrap(),
            holder: if is_user { Holder::User { email, name } } else { Holder::Application },
            scopes: ScopeSet::from_bits(bits).unwrap(),
            generation,
            issued_at: DateTime::from_timestamp(issued_at, 0).unwrap(),
            ttl_seconds,
            ..application_token()
        };
        let text = token.seal(&ring_key(1, 7), ISSUER).unwrap();
        prop_assert_eq!(Token::open(&text, &ring(), ISSUER).unwrap(), token);
    }

    #[test]
    fn no_text_opens_or_panics(text in "(tsp_)?[A-Za-z0-9_-]{0,400}") {
        prop_assert!(Token::open(&text, &ring(), ISSUER).is_err());
    }

    #[test]
    fn no_plaintext_makes_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = TokenDecoder(&bytes).token();
    }

    #[test]
    fn a_damaged_token_does_not_open(
        of_user in any::<bool>(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..7, any::<char>()), 1..4),
    ) {
        let (one, other) = if of_user { (user_token(), application_token()) } else { (application_token(), user_token()) };
        let sealed = [one, other].map(|token| token.seal(&ring_key(1, 7), ISSUER).unwrap());
        let damaged = damages.iter().fold(sealed[0].clone(), |text, damage| damage_of(&text, &sealed[1], *damage));
        prop_assume!(!sealed.contains(&damaged));
        prop_assert!(Token::open(&damaged, &ring(), ISSUER).is_err(), "{}", damaged);
    }

    #[test]
    fn a_damaged_seal_does_not_open(
        at in any::<prop::sample::Index>(),
        kind in 0_u8..4,
        bytes in prop::collection::vec(any::<u8>(), 1..20),
    ) {
        let sealed = [user_token(), application_token()].map(|token| token.seal(&ring_key(1, 7), ISSUER).unwrap());
        let [one, other] = sealed.map(|text| URL_SAFE_NO_PAD.decode(&text[PREFIX.len()..]).unwrap());
        let at = at.index(one.len());
        let damaged = match kind {
            0 => [&one[..at], &bytes, &one[at..]].concat(),
            1 => [&one[..at], &bytes, one.get(at + bytes.len()..).unwrap_or_default()].concat(),
            2 => one[..at].to_vec(),
            _ => [&one[..at], other.get(at..).unwrap_or_default()].concat(),
        };
        prop_assume!(damaged != one && damaged != other);
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(damaged));
        prop_assert!(Token::open(&text, &ring(), ISSUER).is_err());
    }

    #[test]
    fn a_plaintext_that_is_read_is_one_that_is_written(
        kind in 0_u8..3,
        customer in 0_u8..3,
        lengths in (0_u8..5, 0_u8..5, 0_u8..3),
        texts in ("[ -~]{0,4}", "[a@é]{0,4}", "[ -~]{0,2}"),
        rest in prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(any::<u8>(), 1..4)],
    ) {
        // Fields as a token has them, their lengths right or wrong by chance.
        let mut plaintext = Vec::new();
        application_token().encode(&mut plaintext);
        plaintext.truncate(39);
        plaintext[16] = kind;
        plaintext.push(customer);
        plaintext.extend_from_slice(&[0x22; 16][..if customer == 1 { 16 } else { 0 }]);
        plaintext.push(lengths.0);
        plaintext.extend_from_slice(texts.0.as_bytes());
        if kind == 1 {
            plaintext.push(lengths.1);
            plaintext.extend_from_slice(texts.1.as_bytes());
            plaintext.extend_from_slice(&[0, lengths.2]);
            plaintext.extend_from_slice(texts.2.as_bytes());
        }
        plaintext.extend_from_slice(&rest);
        if let Some(token) = TokenDecoder(&plaintext).token() {
            let mut written = Vec::new();
            token.encode(&mut written);
            prop_assert_eq!(written, plaintext);
        }
    }
}

/// The text, damaged at one place in one of some ways; `other` is where a splice comes from.
fn damage_of(text: &str, other: &str, (at, kind, c): (prop::sample::Index, u8, char)) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return c.to_string();
    }
    let at = at.index(chars.len());
    match kind {
        0 => chars[at] = c,
        1 => chars.insert(at, c),
        2 => drop(chars.remove(at)),
        3 => chars.truncate(at),
        4 => chars.swap(at, 0),
        5 => {
            chars.truncate(at);
            chars.extend(other.chars().skip(at));
        }
        _ => {
            chars[at] = match chars[at] {
                'A' => 'B',
                c if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
                _ => 'A',
            }
        }
    }
    chars.into_iter().collect()
}

#[test]
fn what_is_too_short_for_a_tag_is_malformed_before_its_key_is_looked_for() {
    let open = |sealed: usize| {
        let mut raw = vec![0; HEADER_BYTES + NONCE_BYTES + sealed];
        raw[..HEADER_BYTES].copy_from_slice(&header(SealingKeyId(2)));
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(raw));
        Token::open(&text, &ring(), ISSUER).unwrap_err()
    };
    assert_eq!(open(0), MalformedToken::Malformed);
    assert_eq!(open(TAG_BYTES - 1), MalformedToken::Malformed);
    assert_eq!(open(TAG_BYTES), MalformedToken::UnknownKey(SealingKeyId(2)));
}
