//! SQL of lists. It is put together, because the way to the rows depends on what is listed: of fixed words and of the names of
//! columns alone, and everything that comes from outside is bound.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use super::Found;
use super::plan::{Field, Plan, SegmentCount, Way, Window, gather};
use super::sort::Sort;
use crate::ids::ProfileId;
use crate::profiles::segment::Segment;
use crate::profiles::subdomain::SubdomainId;

/// Follows everything that begins with a term: names and addresses have no such character.
const LAST_CHARACTER: char = '\u{10ffff}';

/// The counts of these beginnings in these segments.
pub(super) async fn list_counts(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    prefixes: &[&str],
    segments: &[Segment],
) -> Result<Vec<SegmentCount>, sqlx::Error> {
    let rows = sqlx::query!(
        "select prefix, segment, profiles, by_family, by_given, by_email from profile_count
         where subdomain_id = $1 and prefix = any($2) and segment = any($3)",
        subdomain_id.0,
        prefixes as &[&str],
        &numbers(segments),
    )
    .fetch_all(db)
    .await?;
    let counts = rows.into_iter().map(|row| SegmentCount {
        prefix: row.prefix,
        segment: Segment::from_number(row.segment),
        profiles: row.profiles.into(),
        by_family: row.by_family.into(),
        by_given: row.by_given.into(),
        by_email: row.by_email.into(),
    });
    Ok(counts.collect())
}

fn numbers(segments: &[Segment]) -> Vec<i16> {
    segments.iter().map(|segment| segment.number()).collect()
}

/// Counts what is found.
pub(super) async fn count_found(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    found: &Found<'_>,
) -> Result<i64, sqlx::Error> {
    let mut statement = Statement::new(subdomain_id, found);
    for (index, way) in gather(&[]).iter().enumerate() {
        statement.push(if index == 0 { "select (" } else { " + (" });
        statement.push("select count(*) from profile where ");
        statement.push_way(way);
        statement.push(")");
    }
    statement
        .sql
        .build_query_scalar()
        .persistent(false)
        .fetch_one(db)
        .await
}

/// The identifiers of the rows of a window, in order; in the reverse order where it is read from the end.
///
/// The statement is planned each time, with its values: a plan for any values would have to guess how many rows a term finds.
pub(super) async fn list_ids(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    found: &Found<'_>,
    sort: &Sort,
    window: &Window,
    plan: &Plan,
) -> Result<Vec<ProfileId>, sqlx::Error> {
    let order_by = sort.order_by(window.is_from_end);
    let columns: Vec<&str> = sort.columns().into_iter().map(|(column, _)| column).collect();
    let columns = columns.join(", ");
    let mut statement = Statement::new(subdomain_id, found);
    statement.push("select profile_id from (");
    for (index, way) in plan.0.iter().enumerate() {
        statement.push(if index == 0 { "(" } else { " union all (" });
        statement.push(&format!("select profile_id, {columns} from profile where "));
        statement.push_way(way);
        if !matches!(way, Way::Gather(..)) {
            statement.push(&format!(" order by {order_by} limit "));
            statement.sql.push_bind(window.end());
        }
        statement.push(")");
    }
    statement.push(&format!(") as found order by {order_by} offset "));
    statement.sql.push_bind(window.skip);
    statement.push(" limit ");
    statement.sql.push_bind(window.limit);
    let rows: Vec<Uuid> = statement
        .sql
        .build_query_scalar()
        .persistent(false)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(ProfileId).collect())
}

/// A statement that is being put together.
struct Statement<'a> {
    sql: QueryBuilder<Postgres>,
    subdomain_id: SubdomainId,
    found: &'a Found<'a>,
}

impl<'a> Statement<'a> {
    fn new(subdomain_id: SubdomainId, found: &'a Found<'a>) -> Self {
        Self {
            sql: QueryBuilder::new(""),
            subdomain_id,
            found,
        }
    }

    fn push(&mut self, text: &str) {
        self.sql.push(text);
    }

    /// What holds of the rows of a way.
    fn push_way(&mut self, way: &Way) {
        self.push("subdomain_id = ");
        self.sql.push_bind(self.subdomain_id.0);
        match way {
            Way::Pass(segment, but_by) => {
                self.push_segment(*segment);
                self.push_passed(*but_by);
            }
            Way::Part(segment, field) => {
                self.push_segment(*segment);
                self.push_first(*field, " and ");
            }
            Way::Gather(field, but_by) => {
                self.push(" and segment = any(");
                self.sql.push_bind(numbers(&self.found.segments));
                self.push(")");
                self.push_first(*field, " and ");
                self.push_all_but(*field, but_by);
                for term in self.found.terms.iter().skip(1) {
                    self.push(" and ");
                    self.push_any(term);
                }
            }
        }
    }

    fn push_segment(&mut self, segment: Segment) {
        self.push(&format!(" and segment = {}", segment.number()));
    }

    /// `is true` keeps the planner from another index than that of the order.
    fn push_passed(&mut self, but_by: Option<Field>) {
        if self.found.terms.is_empty() {
            return;
        }
        self.push(" and (true");
        for term in &self.found.terms {
            self.push(" and ");
            self.push_any(term);
        }
        if let Some(field) = but_by {
            self.push_first(field, " and not ");
        }
        self.push(") is true");
    }

    /// That none of these keys begins with the first term. Where an address is all that is left, the index of those that share
    /// less with the names knows them.
    fn push_all_but(&mut self, field: Field, but_by: &[Field]) {
        let by_names = [Field::Family, Field::Given]
            .iter()
            .all(|name| but_by.contains(name));
        if field == Field::Email && by_names {
            let chars = self.found.terms.first().map_or(0, |term| term.chars().count());
            let overlaps: Vec<i16> = (0..i16::try_from(chars).unwrap_or(i16::MAX)).collect();
            self.push(" and email_overlap = any(");
            self.sql.push_bind(overlaps);
            self.push(")");
            return;
        }
        for field in but_by {
            self.push_first(*field, " and not ");
        }
    }

    /// That this key begins with the first term.
    fn push_first(&mut self, field: Field, before: &str) {
        if let Some(term) = self.found.terms.first() {
            self.push(before);
            self.push_beginning(field, term);
        }
    }

    /// That one of the keys begins with the term.
    fn push_any(&mut self, term: &str) {
        self.push("(");
        self.push_beginning(Field::Family, term);
        self.push(" or ");
        self.push_beginning(Field::Given, term);
        self.push(" or ");
        self.push_beginning(Field::Email, term);
        self.push(")");
    }

    fn push_beginning(&mut self, field: Field, term: &str) {
        let column = field.column();
        self.push(&format!("({column} >= "));
        self.sql.push_bind(term.to_owned());
        self.push(&format!(" and {column} < "));
        self.sql.push_bind(format!("{term}{LAST_CHARACTER}"));
        self.push(")");
    }
}
