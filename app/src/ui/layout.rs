//! The frame around every page.

use leptos::{html::Main, prelude::*};
use leptos_router::hooks::use_location;

use crate::{
    page::{provide_page, when_loaded},
    ui::masthead::Masthead,
};

#[component]
pub fn Layout(children: Children) -> impl IntoView {
    provide_page();
    let main = NodeRef::<Main>::new();
    focus_new_pages(main);
    view! {
        <a class="skip-link" href="#main" rel="external">
            "Skip to content"
        </a>
        <Masthead />
        <main id="main" tabindex="-1" node_ref=main>
            {children()}
        </main>
        <p class="unseen" role="status">
            {when_loaded(|answer| {
                answer.0.ok().and_then(|page| page.board).map(|board| board.said).into_any()
            })}
        </p>
        <footer class="colophon">
            <p>
                "Connect for PagerDuty is an unofficial, open-source project. "
                "It is not affiliated with or endorsed by PagerDuty, Inc."
            </p>
            <p>"Secrets stay on the server. This browser holds one session cookie."</p>
        </footer>
    }
}

/// Without a page load nothing tells a screen reader that the page is new.
fn focus_new_pages(main: NodeRef<Main>) {
    let place = use_location();
    Effect::new(move |seen: Option<()>| {
        place.pathname.track();
        place.search.track();
        if let (Some(()), Some(main)) = (seen, main.get_untracked()) {
            _ = main.focus();
        }
    });
}
