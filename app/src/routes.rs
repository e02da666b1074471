//! The addresses of the app.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    PartialPathMatch, PathSegment, PossibleRouteMatch, SsrMode,
    components::{FlatRoutes, Route, Router},
};

use crate::{
    account::welcome::WelcomePage,
    board::BoardPage,
    connect::{callback::CallbackPage, disconnected::DisconnectedPage, page::ConnectPage},
    ui::{layout::Layout, not_found::NotFound, unavailable::UnavailablePage},
};

/// An address; one that ends with `/` stands for each that has one more part.
///
/// All routes have this one kind of it: each further kind costs the browser a kilobyte of Wasm.
#[derive(Clone, Copy, Debug)]
struct At(&'static str);

impl At {
    fn is_parent(self) -> bool {
        self.0.len() > 1 && self.0.ends_with('/')
    }
}

impl PossibleRouteMatch for At {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let rest = path.strip_prefix(self.0)?;
        let fits = if self.is_parent() {
            !rest.is_empty() && !rest.contains('/')
        } else {
            rest.is_empty() || rest == "/"
        };
        fits.then(|| PartialPathMatch::new("", Vec::new(), path))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        if !self.is_parent() {
            return path.push(PathSegment::Static(self.0.into()));
        }
        path.push(PathSegment::Static(self.0.trim_end_matches('/').into()));
        path.push(PathSegment::Param("part".into()));
    }
}

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
                    <Route path=At("/") view=ConnectPage ssr=SsrMode::Async />
                    <Route path=At("/callback") view=CallbackPage ssr=SsrMode::Async />
                    <Route path=At("/welcome") view=WelcomePage ssr=SsrMode::Async />
                    <Route path=At("/connection") view=BoardPage ssr=SsrMode::Async />
                    <Route path=At("/services") view=BoardPage ssr=SsrMode::Async />
                    <Route path=At("/incidents") view=BoardPage ssr=SsrMode::Async />
                    <Route path=At("/on-call") view=BoardPage ssr=SsrMode::Async />
                    <Route path=At("/import") view=BoardPage ssr=SsrMode::Async />
                    <Route path=At("/import/") view=BoardPage ssr=SsrMode::Async />
                    <Route path=At("/explorer") view=BoardPage ssr=SsrMode::Async />
                    <Route path=At("/how") view=BoardPage ssr=SsrMode::Async />
                    <Route path=At("/disconnected") view=DisconnectedPage ssr=SsrMode::Async />
                    <Route path=At("/unavailable") view=UnavailablePage ssr=SsrMode::Async />
                </FlatRoutes>
            </Layout>
        </Router>
    }
}
