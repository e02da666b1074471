//! The HTML document around the app. Only the server writes it.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::{App, ui::icon::Icon};

/// Starts the Wasm; says so when it does not come.
///
/// Leptos' own script shows nothing when the Wasm fails, and its preload links
/// carry the nonce in an attribute that scripts of other origins could read.
const BOOTSTRAP: &str = include_str!("shell/bootstrap.js");

/// Every icon of the app, drawn once and outside the Wasm.
const ICONS: &str = include_str!("shell/icons.svg");

/// Addresses of the built files: `/pkg/pdconnect.<hash>.js` and so on.
#[derive(Clone, Debug)]
pub struct Assets {
    pub js: String,
    pub wasm: String,
    pub css: String,
}

/// A document without any script, with styles of its own beside the usual ones, and with nothing but this in it. Its links and forms are the browser's own.
pub fn plain(assets: &Assets, style: &'static str, title: &str, content: AnyView) -> String {
    let document = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="stylesheet" href=assets.css.clone() />
                <link rel="stylesheet" href=style />
                <title>{format!("{title} · Connect for PagerDuty")}</title>
            </head>
            <body>
                <a class="skip-link" href="#main">
                    "Skip to content"
                </a>
                <header class="masthead">
                    <div class="masthead-bar">
                        <a class="brand" href="/">
                            <Icon name="#mark" />
                            <span class="brand-name">"Connect for PagerDuty"</span>
                            <span class="brand-note">"unofficial"</span>
                        </a>
                    </div>
                </header>
                <main id="main" tabindex="-1">
                    {content}
                </main>
                <footer class="colophon">
                    <p>
                        "Connect for PagerDuty is an unofficial, open-source project. "
                        "It is not affiliated with or endorsed by PagerDuty, Inc."
                    </p>
                </footer>
                <svg class="icon-sheet" aria-hidden="true" inner_html=ICONS></svg>
            </body>
        </html>
    };
    document.to_html()
}

/// The whole document, with the app inside.
pub fn shell(options: &LeptosOptions, assets: &Assets) -> impl IntoView + use<> {
    let Assets { js, wasm, css } = assets.clone();
    if let Some(nonce) = use_nonce() {
        crate::ssr::allow_own_scripts(&nonce.to_string());
    }
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#f7f6f3" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#0f1118" media="(prefers-color-scheme: dark)" />
                <meta
                    name="description"
                    content="Connect to PagerDuty with OAuth, and see how every step of it works. Unofficial."
                />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="stylesheet" href=css />
                <link rel="modulepreload" href=js nonce=use_nonce() />
                <link
                    rel="preload"
                    href=wasm
                    r#as="fetch"
                    r#type="application/wasm"
                    crossorigin="anonymous"
                />
                <script type="module" nonce=use_nonce() inner_html=BOOTSTRAP></script>
                <AutoReload options=options.clone() />
                <MetaTags />
            </head>
            <body>
                <App />
                <p id="plain-notice" class="plain-notice" role="status" hidden>
                    "This page works without its faster half: the part that runs in your browser did not load. Links and forms still work."
                </p>
                <svg class="icon-sheet" aria-hidden="true" inner_html=ICONS></svg>
            </body>
        </html>
    }
}
