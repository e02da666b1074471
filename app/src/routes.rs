//! The addresses of the app.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    account::welcome::WelcomePage,
    board::BoardPage,
    connect::{callback::CallbackPage, disconnected::DisconnectedPage, page::ConnectPage},
    ui::{layout::Layout, not_found::NotFound, unavailable::UnavailablePage},
};

/// The whole application.
///
/// Every page is `Async`: it is short, and its status and cookies must be
/// settled before the first byte leaves.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Layout>
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/") view=ConnectPage ssr=SsrMode::Async />
                    <Route path=path!("/callback") view=CallbackPage ssr=SsrMode::Async />
                    <Route path=path!("/welcome") view=WelcomePage ssr=SsrMode::Async />
                    <Route path=path!("/connection") view=BoardPage ssr=SsrMode::Async />
                    <Route path=path!("/services") view=BoardPage ssr=SsrMode::Async />
                    <Route path=path!("/incidents") view=BoardPage ssr=SsrMode::Async />
                    <Route path=path!("/on-call") view=BoardPage ssr=SsrMode::Async />
                    <Route path=path!("/explorer") view=BoardPage ssr=SsrMode::Async />
                    <Route path=path!("/how") view=BoardPage ssr=SsrMode::Async />
                    <Route path=path!("/disconnected") view=DisconnectedPage ssr=SsrMode::Async />
                    <Route path=path!("/unavailable") view=UnavailablePage ssr=SsrMode::Async />
                </FlatRoutes>
            </Layout>
        </Router>
    }
}
