//! The one way the app shows that something could not be done.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    error::AppError,
    ui::{connect_form::ConnectForm, icon::Icon, permissions::Permissions},
};

#[component]
pub fn Problem(problem: AppError) -> impl IntoView {
    let AppError { code, title, detail, next, said, missing, can_connect } = problem;
    view! {
        <Title text=title.clone() />
        <article class="problem sheet" data-code=code>
            <div role="alert">
                <Icon name="#broken" />
                <h1>{title}</h1>
                <p class="lead">{detail}</p>
            </div>
            {said
                .map(|said| {
                    view! {
                        <figure class="quote">
                            <figcaption>"PagerDuty said"</figcaption>
                            <blockquote>{said}</blockquote>
                        </figure>
                    }
                        .into_any()
                })}
            {(!missing.is_empty())
                .then(|| {
                    view! {
                        <section class="problem-missing">
                            <h2>"Not granted"</h2>
                            <Permissions list=missing />
                        </section>
                    }
                        .into_any()
                })}
            <section class="problem-next">
                <h2>"What you can do"</h2>
                <p>{next}</p>
                {way_on(can_connect)}
            </section>
        </article>
    }
}

fn way_on(can_connect: bool) -> AnyView {
    if can_connect {
        return view! { <ConnectForm label="Connect again" return_to=None /> }.into_any();
    }
    view! {
        <a class="button" href="/">
            "Go to the first page"
        </a>
    }
    .into_any()
}
