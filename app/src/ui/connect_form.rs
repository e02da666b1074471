//! The way to PagerDuty: a plain form, with or without Wasm.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{connect::BeginConnect, ui::icon::Icon};

/// The server answers with a redirect to PagerDuty, which a page's own
/// navigation follows best: so this is no `ActionForm`.
#[component]
pub fn ConnectForm(
    label: &'static str,
    /// Local address to come back to.
    return_to: Option<String>,
) -> impl IntoView {
    view! {
        <form class="connect-form" method="post" action=BeginConnect::PATH>
            {return_to
                .map(|place| {
                    view! { <input type="hidden" name="return_to" value=place /> }.into_any()
                })}
            <button class="button" type="submit">
                {label}
                <Icon name="#arrow" />
            </button>
        </form>
    }
}
