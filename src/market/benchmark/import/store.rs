//! SQL of what a source has for Occupation Benchmark.

use sqlx::PgConnection;

use super::rows::{ImportedArea, ImportedElement, ImportedFact, ImportedWage, ImportedWageOccupation};

pub(super) async fn insert_areas(
    connection: &mut PgConnection,
    source_id: i32,
    rows: &[ImportedArea],
) -> Result<(), sqlx::Error> {
    let areas: Vec<&str> = rows.iter().map(|row| row.area.as_str()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    sqlx::query!(
        "insert into market_area (source_id, area, name) select $1, * from unnest($2::text[], $3::text[])",
        source_id,
        &areas as &[&str],
        &names as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_wage_occupations(
    connection: &mut PgConnection,
    source_id: i32,
    rows: &[ImportedWageOccupation],
) -> Result<(), sqlx::Error> {
    let codes: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let row_codes: Vec<&str> = rows.iter().map(|row| row.row_code.as_str()).collect();
    sqlx::query!(
        "insert into market_wage_occupation (source_id, code, name, row_code)
         select $1, * from unnest($2::text[], $3::text[], $4::text[])",
        source_id,
        &codes as &[&str],
        &names as &[&str],
        &row_codes as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_wages(
    connection: &mut PgConnection,
    source_id: i32,
    rows: &[ImportedWage],
) -> Result<(), sqlx::Error> {
    let areas: Vec<&str> = rows.iter().map(|row| row.area.as_str()).collect();
    let codes: Vec<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    let employments: Vec<Option<f64>> = rows.iter().map(|row| row.employment).collect();
    let column = |of: fn(&ImportedWage) -> Option<f32>| rows.iter().map(of).collect::<Vec<Option<f32>>>();
    let employment_errors = column(|row| row.employment_error);
    let location_quotients = column(|row| row.location_quotient);
    let mean_errors = column(|row| row.mean_error);
    let hourly_mean = column(|row| row.wages[0]);
    let hourly_10 = column(|row| row.wages[1]);
    let hourly_25 = column(|row| row.wages[2]);
    let hourly_50 = column(|row| row.wages[3]);
    let hourly_75 = column(|row| row.wages[4]);
    let hourly_90 = column(|row| row.wages[5]);
    let annual_mean = column(|row| row.wages[6]);
    let annual_10 = column(|row| row.wages[7]);
    let annual_25 = column(|row| row.wages[8]);
    let annual_50 = column(|row| row.wages[9]);
    let annual_75 = column(|row| row.wages[10]);
    let annual_90 = column(|row| row.wages[11]);
    let top_coded: Vec<i16> = rows.iter().map(|row| row.top_coded).collect();
    sqlx::query!(
        "insert into market_wage (source_id, area, code, employment, employment_error, location_quotient, mean_error,
             hourly_mean, hourly_10, hourly_25, hourly_50, hourly_75, hourly_90,
             annual_mean, annual_10, annual_25, annual_50, annual_75, annual_90, top_coded)
         select $1, * from unnest($2::text[], $3::text[], $4::double precision[], $5::real[], $6::real[], $7::real[],
             $8::real[], $9::real[], $10::real[], $11::real[], $12::real[], $13::real[],
             $14::real[], $15::real[], $16::real[], $17::real[], $18::real[], $19::real[], $20::smallint[])",
        source_id,
        &areas as &[&str],
        &codes as &[&str],
        &employments as &[Option<f64>],
        &employment_errors as &[Option<f32>],
        &location_quotients as &[Option<f32>],
        &mean_errors as &[Option<f32>],
        &hourly_mean as &[Option<f32>],
        &hourly_10 as &[Option<f32>],
        &hourly_25 as &[Option<f32>],
        &hourly_50 as &[Option<f32>],
        &hourly_75 as &[Option<f32>],
        &hourly_90 as &[Option<f32>],
        &annual_mean as &[Option<f32>],
        &annual_10 as &[Option<f32>],
        &annual_25 as &[Option<f32>],
        &annual_50 as &[Option<f32>],
        &annual_75 as &[Option<f32>],
        &annual_90 as &[Option<f32>],
        &top_coded,
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_elements(
    connection: &mut PgConnection,
    source_id: i32,
    rows: &[ImportedElement],
) -> Result<(), sqlx::Error> {
    let ids: Vec<&str> = rows.iter().map(|row| row.element_id.as_str()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let descriptions: Vec<&str> = rows.iter().map(|row| row.description.as_str()).collect();
    sqlx::query!(
        "insert into market_element (source_id, element_id, name, description)
         select $1, * from unnest($2::text[], $3::text[], $4::text[])",
        source_id,
        &ids as &[&str],
        &names as &[&str],
        &descriptions as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn insert_facts(
    connection: &mut PgConnection,
    source_id: i32,
    rows: &[ImportedFact],
) -> Result<(), sqlx::Error> {
    let occupations: Vec<&str> = rows.iter().map(|row| row.occupation.as_str()).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.into()).collect();
    let items: Vec<&str> = rows.iter().map(|row| row.item.as_str()).collect();
    let values: Vec<f32> = rows.iter().map(|row| row.value).collect();
    let deviations: Vec<Option<f32>> = rows.iter().map(|row| row.deviations).collect();
    let are_suppressed: Vec<bool> = rows.iter().map(|row| row.is_suppressed).collect();
    sqlx::query!(
        "insert into market_fact (source_id, occupation, kind, item, value, deviations, is_suppressed)
         select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::real[], $6::real[], $7::boolean[])",
        source_id,
        &occupations as &[&str],
        &kinds as &[&str],
        &items as &[&str],
        &values,
        &deviations as &[Option<f32>],
        &are_suppressed,
    )
    .execute(connection)
    .await?;
    Ok(())
}
