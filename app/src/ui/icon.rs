//! Icons: drawn once in the document (`shell/icons.svg`), named where they are used.

use leptos::prelude::*;

/// Decoration only: the words beside it carry the meaning.
#[component]
pub fn Icon(
    /// Its id in the sheet: `#lock`.
    name: &'static str,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true">
            <use href=name></use>
        </svg>
    }
}
