//! How a connection stands: said the same way wherever it is shown.

use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    account::Standing,
    connect::Disconnect,
    ui::{connect_form::ConnectForm, icon::Icon},
};

/// The state in an icon and words, and the way on: connecting again where it is
/// over, else what the page offers.
pub fn standing_note(standing: Standing, return_to: &'static str, way_on: AnyView) -> AnyView {
    let Standing { code, title, detail, is_over, trouble, .. } = standing;
    let icon = match &*code {
        _ if is_over => "#unplugged",
        "refreshing" => "#renew",
        _ => "#check",
    };
    view! {
        <div class="standing" data-state=code>
            <Icon name=icon />
            <div class="standing-words">
                <p class="standing-title">{title}</p>
                <p>{detail}</p>
                {trouble
                    .map(|trouble| {
                        view! {
                            <p class="standing-trouble">
                                <strong>"Last trouble: "</strong>
                                {trouble}
                            </p>
                        }
                            .into_any()
                    })}
            </div>
            {if is_over {
                view! { <ConnectForm label="Connect again" return_to=Some(return_to.to_owned()) /> }
                    .into_any()
            } else {
                way_on
            }}
        </div>
    }
    .into_any()
}

/// Two presses, the first of which only opens.
pub fn disconnect_form() -> AnyView {
    view! {
        <details class="disconnect">
            <summary>"Disconnect…"</summary>
            <p>"Disconnect revokes both tokens at PagerDuty and removes everything stored here."</p>
            {act(Disconnect::PATH, "Disconnect now", "button button-danger")}
        </details>
    }
    .into_any()
}

/// A form that is one button. The server answers with a redirect, so that it
/// works with and without Wasm.
pub fn act(path: &'static str, label: &'static str, class: &'static str) -> AnyView {
    view! {
        <form method="post" action=path>
            <button class=class type="submit">
                {label}
            </button>
        </form>
    }
    .into_any()
}
