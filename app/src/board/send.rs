//! Forms of a board, sent without leaving the page.

use gloo_net::http::Request;
use leptos::{
    ev::SubmitEvent,
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{FormData, HtmlButtonElement, HtmlFormElement, UrlSearchParams},
};
use leptos_router::hooks::use_navigate;

/// A form that asks changes the address. One that changes something and says so
/// with `data-live` is sent in the background: `data-sending` names what becomes
/// of the chosen rows, which show it at once, and the page that comes back tells
/// the truth. Every other form is the browser's own affair.
pub fn sender() -> impl Fn(SubmitEvent) {
    let navigate = use_navigate();
    let here = crate::page::address();
    move |event| {
        let Some(form) = event.target().and_then(|it| it.dyn_into::<HtmlFormElement>().ok()) else { return };
        let pressed = event.submitter().and_then(|it| it.dyn_into::<HtmlButtonElement>().ok());
        let is_question = form.method() == "get";
        if !is_question && !form.has_attribute("data-live") {
            return;
        }
        let Some(fields) = fields(&form, pressed.as_ref()) else { return };
        event.prevent_default();
        let action = form.get_attribute("action").unwrap_or_default();
        let go = {
            let (navigate, here) = (navigate.clone(), here.clone());
            // The same address again would load nothing.
            move |place: String| match here.is(&place) {
                true => here.load_again(),
                false => navigate(&place, Default::default()),
            }
        };
        if is_question {
            return go(action + "?" + &fields);
        }
        let becomes = pressed.map(|it| it.value()).unwrap_or_default();
        _ = form.set_attribute("data-sending", &becomes);
        // Nothing can be chosen or pressed meanwhile.
        _ = form.set_attribute("inert", "");
        spawn_local(async move {
            let place = location(&action, fields).await;
            // The person may be elsewhere by now.
            if !form.is_connected() {
                return;
            }
            // Where the page that comes back is the same to the letter, this form stays.
            _ = form.remove_attribute("inert");
            match place {
                Some(place) => {
                    _ = form.remove_attribute("data-sending");
                    go(place);
                }
                None => _ = form.set_attribute("data-sending", "lost"),
            }
        });
    }
}

/// What the form would send, the pressed button's own value included.
fn fields(form: &HtmlFormElement, pressed: Option<&HtmlButtonElement>) -> Option<String> {
    let data = FormData::new_with_form(form).ok()?;
    if let Some(pressed) = pressed.filter(|it| !it.name().is_empty()) {
        data.append_with_str(&pressed.name(), &pressed.value()).ok()?;
    }
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&JsValue::from(data)).ok()?;
    Some(fields.to_string().into())
}

/// Where the server sends people after it has done what was asked.
async fn location(action: &str, fields: String) -> Option<String> {
    let request = Request::post(action)
        .header("Accept", "application/json")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(fields)
        .ok()?;
    let answer = request.send().await.ok()?;
    // To its end, or the browser counts the request as broken off.
    answer.text().await.ok()?;
    answer.headers().get("Location").filter(|_| answer.ok())
}
