//! Loading users and services: what is planned, what is written, what is told; and that no crash, outage or other
//! admin makes anything twice, or lets anything be lost.

use std::collections::BTreeMap;

use futures_util::TryStreamExt as _;
use pagerduty::{
    import::Kind,
    services::FindServices,
    users::{FindUsers, Person},
};
use pagerduty_connect::{
    Connect, Filter, UserId,
    imports::{FindRows, Import, ImportRow, ImportState, RowState},
};

use crate::harness::{App, BETHANY, PATIENCE, Setup, eventually};

mod kills;
mod others;
mod pace;
mod plans;
mod runs;
mod stops;
mod terminal;
mod undone;

const EVERYTHING: &str = "openid users.read users.write users:contact_methods.read users:contact_methods.write \
     teams.read teams.write services.read services.write escalation_policies.read licenses.read";

/// An app, and somebody who imports.
struct Desk {
    app: App,
    connect: Connect,
    user: UserId,
}

impl Desk {
    async fn new() -> Self {
        Self::of(Setup { scopes: Some(EVERYTHING), ..Setup::default() }, BETHANY).await
    }

    async fn of(setup: Setup, email: &str) -> Self {
        let app = App::start_with(setup).await;
        app.connected(email).await;
        let connect = app.state().connect;
        let user =
            connect.identities(&Filter::all().known_by(email), None, 1).await.unwrap().found.remove(0).user;
        Self { app, connect, user }
    }

    async fn load(&self, kind: Kind, file: &str) -> String {
        self.connect.begin_import(&self.user, kind, "people.csv", file.into()).await.unwrap()
    }

    async fn plan(&self, kind: Kind, file: &str) -> String {
        let id = self.load(kind, file).await;
        self.until(&id, ImportState::Planned).await;
        id
    }

    /// To the end of it.
    async fn run(&self, kind: Kind, file: &str) -> String {
        let id = self.plan(kind, file).await;
        self.apply(&id).await;
        id
    }

    async fn apply(&self, id: &str) {
        self.connect.apply_import(&self.user, id).await.unwrap();
        self.until(id, ImportState::Done).await;
    }

    async fn import(&self, id: &str) -> Import {
        self.connect.import(&self.user, id).await.unwrap()
    }

    async fn until(&self, id: &str, state: ImportState) {
        eventually(state.name(), async || {
            let it = self.import(id).await;
            assert!(it.state != ImportState::Unreadable || state == it.state, "{:?}", it.about.mistakes);
            it.state == state
        })
        .await;
    }

    async fn until_waiting(&self, id: &str) -> Import {
        eventually("it waits for a person", async || self.import(id).await.waits_for.is_some()).await;
        self.import(id).await
    }

    async fn rows(&self, id: &str) -> Vec<ImportRow> {
        let find = FindRows { limit: 20_000, ..FindRows::default() };
        self.connect.import_rows(&self.user, id, find).await.unwrap()
    }

    /// The row of that address or name.
    async fn row(&self, id: &str, key: &str) -> ImportRow {
        self.rows(id).await.into_iter().find(|row| row.key == key).expect(key)
    }

    /// How many rows are at what.
    async fn ends(&self, id: &str) -> BTreeMap<RowState, u64> {
        let tally = self.import(id).await.tally;
        RowState::ALL.into_iter().map(|it| (it, tally.at(it))).filter(|(_, count)| *count > 0).collect()
    }

    /// Everybody in the account, as PagerDuty has them.
    async fn people(&self) -> Vec<Person> {
        let client = self.connect.client();
        self.connect
            .call(&self.user, |it| async move {
                it.api(client).people(&FindUsers::default(), true).all().try_collect().await
            })
            .await
            .unwrap()
    }

    async fn person(&self, email: &str) -> Person {
        self.people().await.into_iter().find(|it| it.user.email == email).expect(email)
    }

    async fn services(&self) -> Vec<pagerduty::Service> {
        let client = self.connect.client();
        self.connect
            .call(&self.user, |it| async move {
                it.api(client).services(&FindServices::default()).all().try_collect().await
            })
            .await
            .unwrap()
    }

    /// Writes that PagerDuty was sent.
    fn writes(&self) -> usize {
        let is_write = |it: &&pagerduty_sandbox::Recorded| it.method != "GET" && !it.path.contains("oauth");
        self.app.sandbox.requests().iter().filter(is_write).count()
    }

    /// Nobody is there twice, and everybody of `person-1 …` once.
    async fn assert_each_once(&self, count: usize) {
        let mut emails: Vec<String> = self.people().await.into_iter().map(|it| it.user.email).collect();
        emails.retain(|it| it.ends_with("@import.example"));
        emails.sort();
        let mut wanted: Vec<String> =
            (1..=count).map(|number| format!("person-{number}@import.example")).collect();
        wanted.sort();
        assert_eq!(emails, wanted);
    }
}

/// So many new people.
fn people(count: usize) -> String {
    let row = |number| format!("Person {number},person-{number}@import.example\n");
    std::iter::once("name,email\n".to_owned()).chain((1..=count).map(row)).collect()
}

fn timeout() -> std::time::Duration {
    PATIENCE
}
