//! The partner's own library.

use market_files::{OwnTitle, Row, read_titles};

use crate::support::{Folder, code, read};

#[test]
fn an_own_title_has_what_its_columns_say_in_any_order() {
    let folder = Folder::with(&[(
        "titles.csv",
        "skills,id,socs,name,level_band,is_supervisor,plural_name,note\n\
         Rust;  SQL ;,ET0123456789ABCDEF,15-1252; 15-1252.00;15-1252,Software  Engineer,senior,no,Software Engineers,x\n\
         ,,11-1011,CEO,,,,\n\
         ,,11-9199,Lead,,TRUE,,\n",
    )]);
    let (rows, summary) = read(&folder.path().join("titles.csv"), read_titles);
    assert_eq!(
        rows[..2],
        [
            Row::OwnTitle(OwnTitle {
                name: "Software Engineer".to_owned(),
                id: Some("ET0123456789ABCDEF".to_owned()),
                plural_name: Some("Software Engineers".to_owned()),
                codes: vec![code("15-1252"), code("15-1252.00")],
                is_supervisor: Some(false),
                level_band: Some("senior".to_owned()),
                skills: vec!["Rust".to_owned(), "SQL".to_owned()],
            }),
            Row::OwnTitle(OwnTitle {
                name: "CEO".to_owned(),
                id: None,
                plural_name: None,
                codes: vec![code("11-1011")],
                is_supervisor: None,
                level_band: None,
                skills: Vec::new(),
            }),
        ]
    );
    assert!(matches!(&rows[2], Row::OwnTitle(title) if title.is_supervisor == Some(true)));
    assert_eq!((summary.files[0].rows, summary.files[0].handed_on), (3, 3));
}

#[test]
fn a_row_that_is_not_as_it_should_be_is_refused_by_its_column() {
    let folder = Folder::new();
    for (row, expected) in [
        (
            " ,15-1252,,",
            "column `name`: the field is empty; fill it in, or remove the row",
        ),
        (
            "B, ; ,,",
            "column `socs`: the field is empty; fill it in, or remove the row",
        ),
        (
            "B,15-1252;15-12,,",
            "column `socs`: `15-12` is not an occupation code; it must be like 15-1252 or 15-1252.00",
        ),
        (
            "É A,15-1252,,",
            "column `name`: `É A` stands in line 2 already; remove one of the two",
        ),
        (
            "B,15-1252,ET0000000000000001,",
            "column `id`: `ET0000000000000001` stands in line 2 already; remove one of the two",
        ),
        (
            "B,15-1252,et0000000000000002,",
            "column `id`: `et0000000000000002` is not `ET` and 16 upper-case hexadecimal digits; leave it empty where the title has no identifier yet",
        ),
        (
            "B,15-1252,,maybe",
            "column `is_supervisor`: `maybe` is not one of true, false",
        ),
    ] {
        let text = format!("name,socs,id,is_supervisor\né a,15-1252,ET0000000000000001,\n{row}\n");
        let said = folder.refused("titles.csv", text, read_titles);
        assert_eq!(said, format!("titles.csv, line 3, {expected}"));
    }
}
