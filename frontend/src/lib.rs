//! The browser's entry point: takes over the page the server rendered.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the page's bootstrap script, after the Wasm has loaded.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(app::App);
}
