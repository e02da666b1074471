//! `sort_by` (PagerDuty docs, “Sorting”).

use std::cmp::Ordering;

use axum::response::Response;

use super::call::Call;
use super::errors;

/// `name`, `name:asc` or `name:desc`; by name when nothing is said.
pub(super) fn by_name<T>(call: &Call, found: &mut [T], name: impl Fn(&T) -> &str) -> Result<(), Response> {
    let order: fn(Ordering) -> Ordering = match call.query.get("sort_by").unwrap_or("name") {
        "name" | "name:asc" => |order| order,
        "name:desc" => Ordering::reverse,
        _ => return Err(errors::bad_arguments("sort_by must be name, name:asc or name:desc.")),
    };
    // Stable, so that equal names keep their order from page to page.
    found.sort_by(|one, other| order(name(one).cmp(name(other))));
    Ok(())
}

/// The fields of `sort_by`, each with its direction: at most two.
pub(super) fn fields<'a>(call: &'a Call, known: &[&str]) -> Result<Vec<(&'a str, bool)>, Response> {
    let mut fields = Vec::new();
    for text in call.query.all("sort_by").into_iter().chain(call.query.all("sort_by[]")) {
        for part in text.split(',') {
            let (field, direction) = part.split_once(':').unwrap_or((part, "asc"));
            if !known.contains(&field) || !matches!(direction, "asc" | "desc") {
                return Err(errors::bad_arguments(&format!("Cannot sort by {part:?}.")));
            }
            fields.push((field, direction == "desc"));
        }
    }
    if fields.len() > 2 {
        return Err(errors::bad_arguments("sort_by takes at most two fields."));
    }
    Ok(fields)
}
