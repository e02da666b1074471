//! What a page shows, fetched in one request.
//!
//! Pages share one type, one resource and one boundary: each further kind of
//! them costs the browser several kilobytes of Wasm.

use std::{
    fmt::{self, Display, Formatter},
    str::FromStr,
};

use leptos::{prelude::*, serde_json};
use leptos_router::{hooks::use_location, location::Location};
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    board::Board,
    connect::Invitation,
    error::AppError,
    ui::{loading::Loading, problem::Problem},
};

/// Below it each import has a page.
#[cfg(feature = "ssr")]
const IMPORT: &str = "/import/";

/// Everything a page may need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Who is connected in this browser.
    pub account: Option<Account>,
    pub invitation: Invitation,
    /// Why nobody is: the connection was ended at PagerDuty. A title and what it means.
    pub ended: Option<(String, String)>,
    /// The page itself, where the server writes it.
    pub board: Option<Board>,
    /// Why this page cannot be shown.
    pub problem: Option<AppError>,
}

/// What the page at this address shows: the answers of the server functions it
/// needs, in one request. `/callback` ends the flow.
#[server(endpoint = "page")]
pub async fn load_page(path: String, query: String) -> Result<Page, AppError> {
    let path = path.trim_end_matches('/');
    let done = match path {
        "/callback" => crate::connect::finish_connect().await,
        "/disconnected" => crate::ssr::disconnected(&query),
        "/unavailable" => crate::ssr::unavailable(),
        _ => Ok(()),
    };
    let account = crate::account::account().await;
    let ended = match account {
        Ok(None) => crate::ssr::ended().await,
        _ => Ok(None),
    };
    let board = match (&account, path) {
        (Ok(Some(_)), "/connection") => crate::account::connection(query).await.map(Some),
        (Ok(Some(_)), "/how") => crate::how::how_it_worked().await.map(Some),
        (Ok(Some(_)), "/services") => crate::services::services(query).await.map(Some),
        (Ok(Some(_)), "/incidents") => crate::incidents::incidents(query).await.map(Some),
        (Ok(Some(_)), "/on-call") => crate::oncalls::on_call(query).await.map(Some),
        (Ok(Some(_)), "/import") => crate::import::imports(query).await.map(Some),
        (Ok(Some(_)), one) if one.starts_with(IMPORT) => {
            let id = one.strip_prefix(IMPORT).unwrap_or_default();
            crate::import::import(id.to_owned(), query).await
        }
        (Ok(Some(_)), "/explorer") => crate::explorer::explorer(query).await.map(Some),
        _ => Ok(None),
    };
    let invitation = crate::connect::invitation().await;

    let problem = done.err().or(account.clone().err()).or(board.clone().err());
    Ok(Page {
        problem: problem.or(invitation.clone().err()),
        account: account.unwrap_or_default(),
        ended: ended.unwrap_or_default(),
        board: board.unwrap_or_default(),
        invitation: invitation.unwrap_or_default(),
    })
}

/// The answer to [`load_page`].
///
/// Inside the document it is read the same way as from the network (as bytes),
/// so that the Wasm holds one JSON reader and not two.
#[derive(Clone, Debug)]
pub struct Answer(pub Result<Page, AppError>);

impl Display for Answer {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Answer {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_slice(text.as_bytes()).map(Self)
    }
}

type Loaded = Resource<Answer, codee::string::FromToStringCodec>;

/// Loads at every change of address: a browser that was signed out in another
/// tab must notice.
pub fn provide_page() {
    let place = use_location();
    let loaded: Loaded = Resource::new_str_blocking(
        move || (place.pathname.get(), place.search.get()),
        |(path, query)| async move { Answer(load_page(path, query).await) },
    );
    provide_context(loaded);
}

/// The address of the page that is loaded.
#[derive(Clone, Debug)]
pub struct Address {
    place: Location,
    loaded: Loaded,
}

pub fn address() -> Address {
    Address { place: use_location(), loaded: expect_context::<Loaded>() }
}

impl Address {
    pub fn is(&self, other: &str) -> bool {
        let (path, query) = other.split_once('?').unwrap_or((other, ""));
        self.place.pathname.get_untracked() == path && self.place.search.get_untracked() == query
    }

    pub fn load_again(&self) {
        self.loaded.refetch();
    }
}

/// Waits for the page, then renders.
///
/// It takes a plain function, so that all its uses share one piece of Wasm.
pub fn when_loaded(render: fn(Answer) -> AnyView) -> AnyView {
    let loaded = expect_context::<Loaded>();
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move { render(loaded.await) })}
        </Transition>
    }
    .into_any()
}

/// The page's problem, if it has one, else what `render` makes of it.
pub fn or_problem(answer: Answer, render: fn(Page) -> AnyView) -> AnyView {
    match answer.0 {
        Ok(Page { problem: Some(problem), .. }) | Err(problem) => view! { <Problem problem /> }.into_any(),
        Ok(page) => render(page),
    }
}
