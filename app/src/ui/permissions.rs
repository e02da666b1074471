//! Permissions in words, with PagerDuty's name for each beside them.

use leptos::prelude::*;

use crate::{permission::Permission, ui::icon::Icon};

#[component]
pub fn Permissions(list: Vec<Permission>) -> impl IntoView {
    view! { <ul class="permissions">{list.into_iter().map(permission).collect::<Vec<_>>()}</ul> }
}

fn permission(permission: Permission) -> AnyView {
    let (kind, icon, can) = if permission.writes {
        ("permission permission-writes", "#pen", "Can change")
    } else {
        ("permission", "#eye", "Read only")
    };
    view! {
        <li class=kind>
            <Icon name=icon />
            <span class="permission-words">{permission.words}</span>
            <code class="permission-scope">{permission.scope}</code>
            <span class="permission-kind">{can}</span>
        </li>
    }
    .into_any()
}
