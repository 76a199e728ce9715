//! Pages of lists.

/// Most rows on one page.
pub const MAX_LIMIT: i64 = 500;

/// Where a page begins and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Page<Id> {
    /// The last row of the page before.
    pub after: Option<Id>,
    /// 1 to 500 where the caller says so.
    pub limit: i64,
}

/// A limit or cursor that is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPage {
    /// The limit is not a number from 1 to [`MAX_LIMIT`].
    #[error("limit must be a number from 1 to {MAX_LIMIT}")]
    Limit,
    /// The cursor was not made by this service.
    #[error("cursor must be the value that the previous page returned")]
    Cursor,
}

/// Reads a limit: 1 to 500; `default_limit` without one.
pub fn parse_limit(limit: Option<&str>, default_limit: i64) -> Result<i64, InvalidPage> {
    match limit {
        None | Some("") => Ok(default_limit),
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit))
            .ok_or(InvalidPage::Limit),
    }
}

impl<Id> Page<Id> {
    /// Rows to read: one more than the page has, to see whether there are more.
    #[must_use]
    pub const fn read_limit(&self) -> i64 {
        self.limit + 1
    }

    /// Cuts what was read to the page; whether there is more.
    pub fn cut<T>(&self, rows: &mut Vec<T>) -> bool {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        has_more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_bounded() {
        assert_eq!(parse_limit(None, MAX_LIMIT), Ok(500));
        assert_eq!(parse_limit(Some(""), 2000), Ok(2000));
        assert_eq!(parse_limit(Some("1"), MAX_LIMIT), Ok(1));
        for bad in ["0", "501", "-1", "x", "1.5"] {
            assert_eq!(
                parse_limit(Some(bad), MAX_LIMIT),
                Err(InvalidPage::Limit),
                "{bad}"
            );
        }
    }

    #[test]
    fn one_row_too_many_says_that_there_are_more() {
        let page = Page::<u8> {
            after: None,
            limit: 2,
        };
        assert_eq!(page.read_limit(), 3);
        let (mut two, mut three) = (vec![1, 2], vec![1, 2, 3]);
        assert!(!page.cut(&mut two));
        assert!(page.cut(&mut three));
        assert_eq!(three, two);
    }
}
