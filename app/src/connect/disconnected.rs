//! After disconnecting.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::{connect_form::ConnectForm, icon::Icon};

#[component]
pub fn DisconnectedPage() -> impl IntoView {
    view! {
        <Title text="Disconnected · Connect for PagerDuty" />
        <article class="disconnected sheet">
            <Icon name="#unplugged" />
            <h1>"You are disconnected"</h1>
            <p class="lead">
                "Both tokens were revoked at PagerDuty, and everything stored here about you was removed."
            </p>
            <ConnectForm label="Connect again" return_to=None />
        </article>
    }
}

/// Wiped here, but PagerDuty could not be told.
#[component]
pub fn UnreachedPage() -> impl IntoView {
    view! {
        <Title text="Disconnected here only · Connect for PagerDuty" />
        <article class="disconnected sheet">
            <Icon name="#broken" />
            <h1>"Disconnected here, but PagerDuty did not answer"</h1>
            <p class="lead">
                "Everything stored here was removed, so this app can no longer act for you. PagerDuty could not be asked to revoke the tokens, so it may still list them as valid."
            </p>
            <section class="problem-next">
                <h2>"What you can do"</h2>
                <p>"Revoke the access by hand, in PagerDuty, in either of two places:"</p>
                <ul>
                    <li>
                        <strong>"My Profile"</strong>
                        ": remove this app from the apps you have authorized."
                    </li>
                    <li>
                        "As an admin: the app’s "
                        <strong>"Client"</strong>
                        " tab in App Registration, "
                        <strong>"Revoke All Tokens"</strong>
                        ". This ends it for everyone who uses the app."
                    </li>
                </ul>
                <ConnectForm label="Connect again" return_to=None />
            </section>
        </article>
    }
}
