//! `PUT` and `DELETE /services/{id}`.

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;

use super::{read, under};
use crate::api::body::Sent;
use crate::api::call::{Act, Call};
use crate::api::errors;
use crate::api::made::{gone, told};
use crate::api::shape::Shape;

pub(in crate::api) async fn change(
    call: Call,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Response> {
    call.needs_scope("services.write")?;
    call.may(Act::Configure)?;
    let mut sent = Sent::read(&call, &body, "service")?;
    sent.refers_to("service");

    let mut account = call.account();
    let Some(old) = account.services.get(&id).cloned() else { return Err(not_found()) };
    let mut service = read(&call, &mut sent, &account, old)?;
    match sent.text("status", 100).as_deref() {
        None => {}
        // What its incidents then make of it is not for saying.
        Some("active") => service.set_status = None,
        Some("disabled") => service.set_status = Some("disabled"),
        Some(_) => sent.wrong("Status is not included in the list"),
    }
    let policy = sent.reference("escalation_policy");
    sent.check()?;
    if let Some(policy) = policy {
        service = under(&account, service, policy)?;
    }
    account.services.replace(service.clone());
    Ok(told("service", Shape::of(&call, &account).plain_service(&service)))
}

pub(in crate::api) async fn remove(call: Call, Path(id): Path<String>) -> Result<Response, Response> {
    call.needs_scope("services.write")?;
    call.may(Act::Configure)?;
    if !call.account().remove_service(&id) {
        return Err(not_found());
    }
    Ok(gone())
}

fn not_found() -> Response {
    errors::coded(404, 5002, "Service Not Found")
}
