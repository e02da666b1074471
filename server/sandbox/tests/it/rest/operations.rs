//! What the API can do, one row each, for the tests that go through all of it.

use reqwest::Method;
use serde_json::{Value, json};

/// Every operation, the scope it needs, and a body with which it works.
pub fn operations() -> Vec<(Method, &'static str, &'static str, Value)> {
    let policy = json!({"id": "PESCAL1", "type": "escalation_policy_reference"});
    let incident =
        json!({"incidents": [{"id": "Q0INC00000026", "type": "incident", "status": "acknowledged"}]});
    let email = json!({"type": "email_contact_method", "label": "Home", "address": "b@home.example"});
    let rule = json!({"type": "assignment_notification_rule", "start_delay_in_minutes": 3, "urgency": "high",
        "contact_method": {"id": "CBETH01", "type": "email_contact_method"}});
    let rules = json!([{"escalation_delay_in_minutes": 5, "targets": [{"id": "PBETH01", "type": "user"}]}]);
    let layer = json!({"rotation_virtual_start": "2026-01-01T00:00:00Z", "start": "2026-01-01T00:00:00Z",
        "rotation_turn_length_seconds": 3600, "users": [{"user": {"id": "PBETH01", "type": "user_reference"}}]});
    let service = json!({"id": "PSERV01", "type": "service_reference"});
    vec![
        (Method::GET, "/users", "users.read", Value::Null),
        (
            Method::POST,
            "/users",
            "users.write",
            json!({"user": {"type": "user", "name": "N", "email": "n@acme.example"}}),
        ),
        (Method::GET, "/users/PNEMO08", "users.read", Value::Null),
        (
            Method::PUT,
            "/users/PNEMO08",
            "users.write",
            json!({"user": {"type": "user", "job_title": "Archivist"}}),
        ),
        (Method::DELETE, "/users/PNEMO08", "users.write", Value::Null),
        (Method::GET, "/users/PBETH01/contact_methods", "users:contact_methods.read", Value::Null),
        (
            Method::POST,
            "/users/PBETH01/contact_methods",
            "users:contact_methods.write",
            json!({"contact_method": email}),
        ),
        (Method::GET, "/users/PBETH01/notification_rules", "users:contact_methods.read", Value::Null),
        (
            Method::POST,
            "/users/PBETH01/notification_rules",
            "users:contact_methods.write",
            json!({"notification_rule": rule}),
        ),
        (Method::GET, "/users/PBETH01/notification_rules/NBETH01", "users:contact_methods.read", Value::Null),
        (
            Method::PUT,
            "/users/PBETH01/notification_rules/NBETH01",
            "users:contact_methods.write",
            json!({"notification_rule": {"type": "assignment_notification_rule", "start_delay_in_minutes": 9}}),
        ),
        (
            Method::DELETE,
            "/users/PBETH01/notification_rules/NBETH01",
            "users:contact_methods.write",
            Value::Null,
        ),
        (Method::GET, "/users/PBETH01/contact_methods/CBETH01", "users:contact_methods.read", Value::Null),
        (
            Method::PUT,
            "/users/PBETH01/contact_methods/CBETH01",
            "users:contact_methods.write",
            json!({"contact_method": {"type": "email_contact_method", "label": "Desk"}}),
        ),
        (
            Method::DELETE,
            "/users/PBETH01/contact_methods/CBETH01",
            "users:contact_methods.write",
            Value::Null,
        ),
        (Method::GET, "/users/PBETH01/license", "licenses.read", Value::Null),
        (Method::GET, "/teams", "teams.read", Value::Null),
        (Method::GET, "/teams/PTEAM01/members", "teams.read", Value::Null),
        (Method::POST, "/teams", "teams.write", json!({"team": {"type": "team", "name": "T"}})),
        (Method::PUT, "/teams/PTEAM03/users/PBETH01", "teams.write", json!({"role": "manager"})),
        (Method::DELETE, "/teams/PTEAM03/users/PBETH01", "teams.write", Value::Null),
        (Method::GET, "/services", "services.read", Value::Null),
        (
            Method::POST,
            "/services",
            "services.write",
            json!({"service": {"type": "service", "name": "S", "escalation_policy": policy}}),
        ),
        (Method::GET, "/services/PSERV14", "services.read", Value::Null),
        (
            Method::PUT,
            "/services/PSERV14",
            "services.write",
            json!({"service": {"type": "service", "description": "D"}}),
        ),
        (Method::DELETE, "/services/PSERV14", "services.write", Value::Null),
        (Method::GET, "/escalation_policies", "escalation_policies.read", Value::Null),
        (
            Method::POST,
            "/escalation_policies",
            "escalation_policies.write",
            json!({"escalation_policy": {"type": "escalation_policy", "name": "E", "escalation_rules": rules}}),
        ),
        (Method::GET, "/schedules", "schedules.read", Value::Null),
        (
            Method::POST,
            "/schedules",
            "schedules.write",
            json!({"schedule": {"type": "schedule", "name": "R", "time_zone": "UTC", "schedule_layers": [layer]}}),
        ),
        (Method::GET, "/oncalls", "oncalls.read", Value::Null),
        (Method::GET, "/incidents", "incidents.read", Value::Null),
        (Method::PUT, "/incidents", "incidents.write", incident),
        (
            Method::POST,
            "/incidents",
            "incidents.write",
            json!({"incident": {"type": "incident", "title": "I", "service": service}}),
        ),
        (Method::GET, "/abilities", "abilities.read", Value::Null),
        (Method::GET, "/licenses", "licenses.read", Value::Null),
        (Method::GET, "/license_allocations", "licenses.read", Value::Null),
    ]
}
