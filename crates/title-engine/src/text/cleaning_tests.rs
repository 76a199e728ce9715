//! What cleaning drops and what it keeps.

use super::*;

fn clean(text: &str) -> String {
    let (mut lexemes, mut marks) = (Lexemes::default(), Vec::new());
    lexemes.read(text);
    mark(&lexemes, &mut marks);
    let kept = lexemes
        .list()
        .iter()
        .zip(&marks)
        .filter(|(_, mark)| !mark.dropped);
    kept.map(|(lexeme, _)| lexemes.word(lexeme))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn what_belongs_to_the_posting_is_dropped() {
    for (text, expected) in [
        ("Sr. Dev (Remote) – Req 1234", "sr dev"),
        ("Nurse - Requisition ID: R-00123", "nurse"),
        (
            "Accountants and Auditors - Kbgfjg224270-3",
            "accountants and auditors",
        ),
        ("Cook $18.50/hr - $22 per hour", "cook"),
        ("Truck Driver - Dallas, TX", "truck driver"),
        ("Truck Driver, Springfield, IL", "truck driver"),
        ("Verkäufer (m/w/d)", "verkäufer"),
        ("Cashier - Part Time", "cashier"),
        ("Registered Nurse - Night Shift", "registered nurse"),
        ("Housekeeper 40 hours/week", "housekeeper"),
        ("Software Engineer II", "software engineer ii"),
        ("Software Engineer 2", "software engineer 2"),
        ("&nbsp;Rebar&nbsp;Workers", "and rebar and workers"),
    ] {
        assert_eq!(clean(text), expected, "{text}");
    }
}

#[test]
fn what_belongs_to_the_title_stays() {
    for text in [
        "remote sensing scientist",
        "contract manager",
        "night auditor",
        "new york state trooper",
        "c++ developer",
    ] {
        assert_eq!(clean(text), text);
    }
}

#[test]
fn a_text_of_such_words_alone_keeps_its_words_but_not_its_numbers() {
    assert_eq!(clean("12345 678"), "");
    assert_eq!(clean("Night"), "night");
}
