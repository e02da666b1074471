//! What a page shows, fetched in one request.
//!
//! Pages share one type, one resource and one boundary: each further kind of
//! them costs the browser several kilobytes of Wasm.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    connect::Invitation,
    error::AppError,
    how::Step,
    ui::{loading::Loading, problem::Problem},
};

/// Everything a page may need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Who is connected in this browser.
    pub account: Option<Account>,
    pub invitation: Option<Invitation>,
    /// The flow that just happened; only on `/how`.
    pub steps: Vec<Step>,
    /// Why this page cannot be shown.
    pub problem: Option<AppError>,
}

/// What the page at this address shows. `/callback` ends the flow.
#[server(endpoint = "page")]
pub async fn load_page(path: String) -> Result<Page, AppError> {
    let path = path.trim_end_matches('/');
    let finished = if path == "/callback" { crate::ssr::finish_connect().await } else { Ok(()) };
    let account = crate::ssr::account().await;
    let steps = if path == "/how" { crate::ssr::how_it_worked().await } else { Ok(Vec::new()) };
    let invitation = crate::ssr::invitation();

    // Of several problems the one nearest to what was asked for.
    let unknown = if path == "/welcome" { account.as_ref().err() } else { None };
    let problem = finished.err().or(steps.as_ref().err().cloned()).or(unknown.cloned());
    Ok(Page {
        account: account.unwrap_or_default(),
        invitation: invitation.ok(),
        steps: steps.unwrap_or_default(),
        problem,
    })
}

type Loaded = Resource<Result<Page, AppError>>;

/// Loads at every change of address: a browser that was signed out in another
/// tab must notice.
pub fn provide_page() {
    let path = use_location().pathname;
    let loaded = Resource::new_blocking(move || path.get(), load_page);
    provide_context(loaded);
}

/// Waits for the page, then shows its problem or what `render` makes of it.
///
/// It takes a plain function, so that all its uses share one piece of Wasm.
pub fn body(render: fn(Page) -> AnyView) -> AnyView {
    let loaded = expect_context::<Loaded>();
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok(Page { problem: Some(problem), .. }) | Err(problem) => {
                        view! { <Problem problem /> }.into_any()
                    }
                    Ok(page) => render(page),
                }
            })}
        </Transition>
    }
    .into_any()
}
