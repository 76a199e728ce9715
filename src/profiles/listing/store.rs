//! SQL of lists.

use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::Found;
use super::plan::{Counted, Plan, SegmentCount, Window};
use super::sort::Sort;
use super::statement::{Statement, columns_of};
use super::steps::{Alike, Boundary, Step, Steps};
use super::way::Way;
use crate::ids::ProfileId;
use crate::profiles::segment::Segment;
use crate::profiles::subdomain::SubdomainId;

/// The counts of these beginnings in these segments.
pub(super) async fn list_counts(
    db: &mut PgConnection,
    subdomain_id: SubdomainId,
    prefixes: &[&str],
    segments: &[Segment],
) -> Result<Vec<SegmentCount>, sqlx::Error> {
    let segments: Vec<i16> = segments.iter().map(|segment| segment.number()).collect();
    let rows = sqlx::query!(
        "select prefix, segment, profiles, by_family, by_given, by_email from profile_count
         where subdomain_id = $1 and prefix = any($2) and segment = any($3)",
        subdomain_id.0,
        prefixes as &[&str],
        &segments,
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

/// Counts what is found by these ways.
pub(super) async fn count_found(
    db: &mut PgConnection,
    found: &Found<'_>,
    ways: Vec<Way>,
) -> Result<Counted, sqlx::Error> {
    let mut statement = Statement::new(found);
    statement.push("select array[");
    for (index, way) in ways.iter().enumerate() {
        statement.push(if index == 0 { "(" } else { ", (" });
        statement.push("select count(*) from profile where ");
        statement.push_way(way);
        statement.push(")");
    }
    statement.push("]");
    let query = statement.sql.build_query_scalar().persistent(false);
    let counts: Vec<i64> = query.fetch_one(db).await?;
    Ok(Counted {
        total: counts.iter().sum(),
        ways: ways.into_iter().zip(counts).collect(),
    })
}

/// The identifiers of the rows of a window, in order; in the reverse order where it is read from the end.
///
/// The statement is planned each time, with its values: a plan for any values would have to guess how many rows a term finds.
pub(super) async fn list_ids(
    db: &mut PgConnection,
    found: &Found<'_>,
    sort: &Sort,
    window: &Window,
    plan: &Plan,
) -> Result<Vec<ProfileId>, sqlx::Error> {
    let order_by = sort.order_by(window.is_from_end);
    let columns = columns_of(sort);
    let mut statement = Statement::new(found);
    statement.push("select profile_id from (");
    for (index, way) in plan.0.iter().enumerate() {
        statement.push(if index == 0 { "(" } else { " union all (" });
        statement.push(&format!("select profile_id, {columns} from profile where "));
        statement.push_way(way);
        if !way.is_gathered() {
            statement.push(&format!(" order by {order_by} limit "));
            statement.sql.push_bind(window.end());
        }
        statement.push(")");
    }
    fetch_window(db, statement, sort, window).await
}

/// Reads the window of the rows that the statement has up to now.
async fn fetch_window(
    db: &mut PgConnection,
    mut statement: Statement<'_>,
    sort: &Sort,
    window: &Window,
) -> Result<Vec<ProfileId>, sqlx::Error> {
    let order_by = sort.order_by(window.is_from_end);
    statement.push(&format!(") as found order by {order_by} offset "));
    statement.sql.push_bind(window.skip);
    statement.push(" limit ");
    statement.sql.push_bind(window.limit);
    let query = statement.sql.build_query_scalar().persistent(false);
    let rows: Vec<Uuid> = query.fetch_all(db).await?;
    Ok(rows.into_iter().map(ProfileId).collect())
}

/// Where so many rows of a step end; `None`: it has fewer.
pub(super) async fn find_boundary(
    db: &mut PgConnection,
    found: &Found<'_>,
    step: &Step,
    rows: i64,
) -> Result<Option<Boundary>, sqlx::Error> {
    let column = step.key.column();
    let mut statement = Statement::new(found);
    statement.push("with first as materialized (select value from (");
    for (index, way) in step.ways.iter().enumerate() {
        statement.push(if index == 0 { "(" } else { " union all (" });
        statement.push(&format!("select {column} as value from profile where "));
        statement.push_way(way);
        statement.push_alike_on_the_way(step);
        if !way.is_gathered() {
            statement.push_order(column, step.direction, rows);
        }
        statement.push(")");
    }
    statement.push(") as found");
    statement.push_order("value", step.direction, rows);
    statement.push("), last as (select value from first");
    statement.push(&format!(" order by value {} offset ", step.direction.word()));
    statement.sql.push_bind(rows - 1);
    statement.push(&format!(
        ") select value::text, (select count(*) from first where first.value {} last.value) from last",
        step.direction.before()
    ));
    let query = statement.sql.build().persistent(false);
    let row = query.fetch_optional(db).await?;
    row.map(|row| {
        Ok(Boundary {
            value: row.try_get(0)?,
            rows_before: row.try_get(1)?,
        })
    })
    .transpose()
}

/// How many rows are alike, whether they are found or not; counted up to `most`.
pub(super) async fn count_alike(
    db: &mut PgConnection,
    found: &Found<'_>,
    alike: &[Alike],
    most: i64,
) -> Result<i64, sqlx::Error> {
    let mut statement = Statement::new(found);
    statement.push("select count(*) from (select from profile where ");
    statement.push_segments();
    for alike in alike {
        statement.push_alike(alike, "");
    }
    statement.push(" limit ");
    statement.sql.push_bind(most);
    statement.push(") as alike");
    let query = statement.sql.build_query_scalar().persistent(false);
    query.fetch_one(db).await
}

/// The identifiers of the rows of a window, in order, where they are found by steps.
pub(super) async fn list_stepped_ids(
    db: &mut PgConnection,
    found: &Found<'_>,
    sort: &Sort,
    window: &Window,
    steps: &Steps,
) -> Result<Vec<ProfileId>, sqlx::Error> {
    let columns = columns_of(sort);
    let mut statement = Statement::new(found);
    statement.push("select profile_id from (");
    for (step, value) in &steps.parts {
        for way in &step.ways {
            statement.push(&format!("(select profile_id, {columns} from profile where "));
            statement.push_way(way);
            statement.push_alike_on_the_way(step);
            statement.push_before(step, way, value);
            statement.push(") union all ");
        }
    }
    push_rest(&mut statement, found, sort, window, steps);
    fetch_window(db, statement, sort, window).await
}

/// The rows of the rest: the first ones by their identifiers, or all of them, sorted.
fn push_rest(statement: &mut Statement<'_>, found: &Found<'_>, sort: &Sort, window: &Window, steps: &Steps) {
    let columns = columns_of(sort);
    if let Some(ways) = steps.ways_by_identifier(found, sort) {
        for (index, way) in ways.iter().enumerate() {
            statement.push(if index == 0 { "(" } else { " union all (" });
            statement.push(&format!("select profile_id, {columns} from profile where "));
            statement.push_way(way);
            for alike in &steps.rest {
                statement.push_alike(alike, "");
            }
            statement.push_order(
                "profile_id",
                window.direction(sort.last_direction()),
                steps.rest_rows,
            );
            statement.push(")");
        }
        return;
    }
    // `offset 0`: what is alike is gathered and then sorted.
    statement.push(&format!(
        "(select profile_id, {columns} from (select profile_id, {columns} from profile where "
    ));
    statement.push_segments();
    for alike in &steps.rest {
        statement.push_alike(alike, "");
    }
    statement.push_terms();
    let order_by = sort.order_by(window.is_from_end);
    statement.push(&format!(" offset 0) as rest order by {order_by} limit "));
    statement.sql.push_bind(steps.rest_rows);
    statement.push(")");
}
