//! A person's picture, large or small.

use leptos::prelude::*;

/// Who is here, in the page's top.
#[component]
pub fn Badge(name: String, avatar: Option<String>) -> impl IntoView {
    view! {
        <span class="badge">
            <Avatar name=name.clone() avatar />
            <span class="badge-name">{name}</span>
        </span>
    }
}

/// The picture, or the initials where PagerDuty has none.
///
/// Decoration: it always stands beside the name.
#[component]
pub fn Avatar(name: String, avatar: Option<String>) -> impl IntoView {
    match avatar {
        Some(address) => view! { <img class="avatar" src=address alt="" /> }.into_any(),
        None => view! {
            <span class="avatar" aria-hidden="true">
                {initials(&name)}
            </span>
        }
        .into_any(),
    }
}

/// First letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split(' ').filter_map(|word| word.chars().next());
    words.next().into_iter().chain(words.next_back()).collect()
}
