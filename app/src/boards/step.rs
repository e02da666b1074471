//! One request, explained part by part.

use leptos::prelude::*;

use crate::{
    how::{Parameter, Step},
    ui::icon::Icon,
};

/// Steps whose parameters are open from the start; further ones open on demand.
const OPEN_STEPS: u32 = 2;

#[component]
pub fn StepCard(number: u32, step: Step) -> impl IntoView {
    let open = number <= OPEN_STEPS;
    view! {
        <li class="step" id=String::from("step-") + &number.to_string()>
            <p class="step-between">
                {step.between}
                {step.back_channel.then(|| {
                    view! {
                        <span class="step-hidden">
                            <Icon name="#lock" />
                            "Your browser never saw this"
                        </span>
                    }
                        .into_any()
                })}
            </p>
            <h2>{step.title}</h2>
            <div class="request">
                <span class="request-method">{step.method}</span>
                <code class="request-address">{step.address}</code>
                {step.status.map(status)}
                {step.took.map(|took| view! { <span class="request-time">{took}</span> }.into_any())}
            </div>
            <p class="step-purpose">{step.purpose}</p>
            <Exchange title="What was sent" parts=step.parameters open />
            <Exchange title="What came back" parts=step.answer open />
            <p class="step-source">"Defined in " <cite>{step.source}</cite></p>
        </li>
    }
}

fn status(status: String) -> AnyView {
    let kind = status.clone();
    view! {
        <span class="request-status" data-status=kind>
            {status}
        </span>
    }
    .into_any()
}

#[component]
fn Exchange(title: &'static str, parts: Vec<Parameter>, open: bool) -> impl IntoView {
    if parts.is_empty() {
        return ().into_any();
    }
    let count = parts.len().to_string();
    view! {
        <details class="exchange" open=open>
            <summary>
                {title}
                <span class="exchange-count">{count}</span>
            </summary>
            <dl class="parameters">{parts.into_iter().map(parameter).collect::<Vec<_>>()}</dl>
        </details>
    }
    .into_any()
}

fn parameter(parameter: Parameter) -> AnyView {
    view! {
        <div class="parameter">
            <dt>
                <code>{parameter.name}</code>
            </dt>
            <dd class="parameter-value">
                <code>{parameter.value}</code>
                {parameter
                    .masked
                    .then(|| {
                        view! {
                            <span class="masked">
                                <Icon name="#lock" />
                                "masked"
                            </span>
                        }
                            .into_any()
                    })}
            </dd>
            <dd class="parameter-meaning">{parameter.meaning}</dd>
        </div>
    }
    .into_any()
}
