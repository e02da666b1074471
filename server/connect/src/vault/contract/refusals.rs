//! Addresses that lead nowhere: each is named in time, and no text holds a password.

use std::{path::Path, time::Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use url::Url;

use super::home::server;
use crate::{Vault, VaultError};

const PASSWORD: &str = "hunter2";

async fn refused(url: &str) -> VaultError {
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("v.key");
    let asked_at = Instant::now();
    let refused = Vault::open(url, &key_file).await.unwrap_err();
    assert!(asked_at.elapsed().as_secs() < 6, "{refused} after {:?}", asked_at.elapsed());
    assert!(!format!("{refused} {refused:?}").contains(PASSWORD), "{refused:?}");
    assert!(!Path::exists(&key_file), "a key was made for nothing");
    refused
}

fn with_password(address: &str) -> Url {
    let mut url: Url = address.parse().unwrap();
    url.set_password(Some(PASSWORD)).unwrap();
    url
}

async fn no_answer(url: &str, says: &str) {
    let refused = refused(url).await;
    assert!(matches!(refused, VaultError::NoAnswer { .. }), "{refused:?}");
    assert!(refused.to_string().contains(says), "{refused}");
}

#[tokio::test]
async fn rf_14_a_server_that_is_not_there_is_named() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    no_answer(with_password(&format!("postgres://me@{gone}/db")).as_str(), &format!("{gone}/db")).await;
}

#[tokio::test]
async fn rf_14_a_server_that_says_nothing_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    no_answer(with_password(&format!("postgres://me@{address}/db")).as_str(), "too long").await;
}

#[tokio::test]
async fn rf_14_a_database_or_a_user_that_is_not_there_is_named() {
    let mut url = with_password(server().as_str());
    url.set_path("no_such_database");
    no_answer(url.as_str(), "no_such_database").await;
    let mut url = with_password(server().as_str());
    url.set_username("nobody").unwrap();
    no_answer(url.as_str(), "nobody").await;
}

/// The tests' server takes any password, so that it is played here how
/// PostgreSQL refuses one (its manual, "Message Formats").
#[tokio::test]
async fn a_refused_password_is_not_told() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = with_password(&format!("postgres://me@{}/db", server.local_addr().unwrap()));
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        while !heard.ends_with(b"hunter2\0") {
            let (mut client, _) = server.accept().await.unwrap();
            let mut buffer = [0; 1024];
            loop {
                let read = client.read(&mut buffer).await.unwrap();
                match &buffer[..read] {
                    [] => break,
                    // A request for TLS: no.
                    [0, 0, 0, 8, ..] => client.write_all(b"N").await.unwrap(),
                    [b'p', password @ ..] => {
                        heard = password.to_vec();
                        let why =
                            b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"me\"\0\0";
                        let length = (why.len() as u32 + 4).to_be_bytes();
                        client.write_all(&[b"E", &length[..], why].concat()).await.unwrap();
                        break;
                    }
                    // Who it is: tell me the password as it is.
                    _ => client.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await.unwrap(),
                }
            }
        }
    });
    no_answer(url.as_str(), "password authentication failed for user \"me\"").await;
    heard.await.unwrap();
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_not_told_whole() {
    for url in [
        "postgres://me:hunter2@host:port/db",
        "postgresq://me:hunter2@host/db",
        "mysql://me:hunter2@host/db",
        "postgres:me:hunter2@host/db",
        "sqlite3://me:hunter2@host/db",
    ] {
        let refused = refused(url).await;
        assert!(matches!(refused, VaultError::Address(_)), "{url}: {refused:?}");
        assert!(refused.to_string().contains(url.split(':').next().unwrap()), "{refused}");
    }
}
