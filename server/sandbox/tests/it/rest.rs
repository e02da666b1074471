//! The REST API beyond `/users/me`: lists, filters, paging, changes, refusals.

mod incidents;
mod large;
mod lists;
mod oncalls;
mod operations;
mod pace;
mod reach;
mod refusals;
mod services;
mod users;
mod writes;

use pagerduty_sandbox::Sandbox;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::*;

pub const GRACE: &str = "grace@acme.example";
pub const TOMAS: &str = "tomas@acme.example";
pub const MARCUS: &str = "marcus@acme.example";

/// One person with a token of every scope.
pub struct Rest {
    pub driver: Driver,
    token: String,
}

impl Rest {
    pub async fn of(email: &str) -> Self {
        Self::with_scope(email, None).await
    }

    pub async fn with_scope(email: &str, scope: Option<&str>) -> Self {
        Self::around(Driver::start().await, email, scope).await
    }

    pub async fn around(driver: Driver, email: &str, scope: Option<&str>) -> Self {
        let tokens = driver.connect_with(&[("scope", scope)], email).await;
        Self { token: text(&tokens, "access_token").to_owned(), driver }
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.driver.sandbox
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.driver.http.request(method, self.driver.url(path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        let response = self.ask(Method::GET, path, None).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let response = self.ask(Method::POST, path, Some(body)).await;
        (response.status(), response.json().await.unwrap())
    }

    pub async fn put(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let response = self.ask(Method::PUT, path, Some(body)).await;
        (response.status(), response.json().await.unwrap())
    }

    pub async fn delete(&self, path: &str) -> StatusCode {
        self.ask(Method::DELETE, path, None).await.status()
    }

    /// The sentences of a 400 with code 2001.
    pub async fn wrong(&self, method: Method, path: &str, body: Option<Value>) -> Vec<String> {
        let response = self.ask(method.clone(), path, body).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!(2001)), "{method} {path}: {body}");
        serde_json::from_value(body["error"]["errors"].clone()).unwrap()
    }

    pub async fn refused(&self, path: &str) -> (u16, Value) {
        let response = self.ask(Method::GET, path, None).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

/// One field of every thing in a list.
pub fn each<'a>(body: &'a Value, list: &str, field: &str) -> Vec<&'a str> {
    body[list].as_array().unwrap().iter().map(|thing| thing[field].as_str().unwrap()).collect()
}

/// What is sent of one thing: under its name, with its type.
pub fn wrapped(kind: &str, mut fields: Value) -> Value {
    fields["type"] = json!(kind);
    json!({ kind: fields })
}
