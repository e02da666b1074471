//! What boards are made of. Only the server renders it.

use jiff::{Timestamp, tz::TimeZone};
use leptos::{prelude::*, server_fn::ServerFn};
use pagerduty::{Reference, page::REACHABLE};

use crate::{
    board::Board,
    connect::BeginConnect,
    ssr::{
        fields::{Fields, ON_A_PAGE, grouped},
        trouble::{Trouble, WayOn},
    },
    ui::icon::Icon,
};

/// A board that is all its own. `said` is read out when it takes another's place.
pub(crate) fn written(title: &str, said: &str, html: AnyView) -> Board {
    Board { title: title.to_owned(), said: said.to_owned(), html: html.to_html(), live: String::new() }
}

/// A board with its heading.
pub(crate) fn board(title: &str, lead: &str, said: &str, content: AnyView) -> Board {
    let (heading, words) = (title.to_owned(), lead.to_owned());
    let html = view! {
        <div class="board">
            <div class="hero board-head">
                <h1>{heading}</h1>
                <p class="lead">{words}</p>
            </div>
            {content}
        </div>
    };
    written(title, if said.is_empty() { lead } else { said }, html.into_any())
}

/// Why there is nothing to see here, and the way on. Also sets the status of the answer.
pub(crate) fn trouble(trouble: Trouble, here: &str) -> AnyView {
    crate::ssr::answer(trouble.status);
    if let WayOn::Again(Some(seconds)) = trouble.way_on {
        crate::ssr::retry_after(seconds);
    }
    hindrance(trouble, here)
}

/// Why something further on this page could not be done.
pub(crate) fn hindrance(trouble: Trouble, here: &str) -> AnyView {
    let Trouble { code, title, detail, said, way_on, .. } = trouble;
    view! {
        <section class="trouble" data-code=code>
            <Icon name="#broken" />
            <div>
                <h2>{title}</h2>
                <p>{detail}</p>
                {(!said.is_empty())
                    .then(|| {
                        view! {
                            <figure class="quote">
                                <figcaption>"PagerDuty said"</figcaption>
                                <blockquote>{said.join(" · ")}</blockquote>
                            </figure>
                        }
                    })}
                {way(way_on, here)}
            </div>
        </section>
    }
    .into_any()
}

fn way(way_on: WayOn, here: &str) -> AnyView {
    match way_on {
        WayOn::Allow(scopes) => allow("Allow it at PagerDuty", &scopes.to_string(), here),
        WayOn::Connect => allow("Connect again", "", here),
        WayOn::Again(wait) => {
            let label = wait.map_or("Try again".to_owned(), |seconds| format!("Try again in {seconds} s"));
            view! {
                <a class="button button-quiet" href=here.to_owned() rel="external">
                    {label}
                </a>
            }
            .into_any()
        }
        WayOn::Other => ().into_any(),
    }
}

/// The way to PagerDuty and back to this very place, with more scopes.
pub(crate) fn allow(label: &'static str, scopes: &str, here: &str) -> AnyView {
    view! {
        <form class="connect-form" method="post" action=BeginConnect::PATH>
            <input type="hidden" name="return_to" value=here.to_owned() />
            {(!scopes.is_empty())
                .then(|| view! { <input type="hidden" name="ask_for" value=scopes.to_owned() /> })}
            <button class="button" type="submit">
                {label}
                <Icon name="#arrow" />
            </button>
        </form>
    }
    .into_any()
}

/// Nothing fits, or there is nothing.
pub(crate) fn empty(title: &'static str, detail: &'static str) -> AnyView {
    view! {
        <section class="empty">
            <h2>{title}</h2>
            <p>{detail}</p>
        </section>
    }
    .into_any()
}

/// A page beyond the last.
pub(crate) fn beyond(path: &str, fields: &Fields) -> AnyView {
    view! {
        <section class="empty">
            <h2>"There is nothing on this page"</h2>
            <p>"The list has become shorter, or the address is mistyped."</p>
            <a class="button button-quiet" href=fields.with("page", None).address(path)>
                "To the first page"
            </a>
        </section>
    }
    .into_any()
}

/// Where in the list this is, and the ways to the rest of it.
pub(crate) fn pager(path: &str, fields: &Fields, more: bool, total: Option<u64>) -> AnyView {
    pager_by(ON_A_PAGE, path, fields, more, total)
}

/// The same with another number of things on a page.
pub(crate) fn pager_by(size: u64, path: &str, fields: &Fields, more: bool, total: Option<u64>) -> AnyView {
    let page = fields.page();
    let last = total.map(|total| total.min(REACHABLE).div_ceil(size).max(1));
    let next = more && page.saturating_mul(size) < REACHABLE;
    if page == 1 && !next {
        return ().into_any();
    }
    let link = |page: u64, label: &'static str, rel: &'static str| {
        let address = fields.with("page", (page > 1).then_some(&*page.to_string())).address(path);
        view! {
            <a class="button button-quiet" href=address rel=rel>
                {label}
            </a>
        }
        .into_any()
    };
    let place = match last {
        Some(last) => format!("Page {} of {}", grouped(page), grouped(last)),
        None => format!("Page {}", grouped(page)),
    };
    view! {
        <nav class="pager" aria-label="Pages">
            {(page > 1).then(|| link(page - 1, "Before", "prev"))}
            <p>{place}</p>
            {next.then(|| link(page + 1, "Next", "next"))}
        </nav>
        {total
            .filter(|total| *total > REACHABLE)
            .map(|total| {
                view! {
                    <p class="quiet">
                        "PagerDuty lists the first " {grouped(REACHABLE)} " of " {grouped(total)}
                        ". Search to reach the others."
                    </p>
                }
            })}
    }
    .into_any()
}

/// One of a few ways to look at a page.
pub(crate) fn choice(label: &'static str, address: String, is_current: bool) -> AnyView {
    view! {
        <li>
            <a href=address aria-current=is_current.then_some("true")>
                {label}
            </a>
        </li>
    }
    .into_any()
}

/// A name that leads to PagerDuty, where the address is one of PagerDuty's own.
pub(crate) fn outward(name: String, address: Option<&str>) -> AnyView {
    match address.filter(|address| crate::ssr::is_pagerduty_page(address)) {
        Some(address) => view! {
            <a href=address.to_owned() title="Open in PagerDuty">
                {name}
            </a>
        }
        .into_any(),
        None => name.into_any(),
    }
}

/// Something PagerDuty points to, by its name.
pub(crate) fn reference(it: &Reference) -> AnyView {
    outward(it.name().to_owned(), it.html_url.as_deref())
}

/// How something is, in a word and a colour.
pub(crate) fn state(kind: &'static str, words: &'static str) -> AnyView {
    view! {
        <span class="state" data-state=kind>
            {words}
        </span>
    }
    .into_any()
}

/// How what was just done went.
pub(crate) fn note(code: &str, went_well: bool, sentence: String) -> AnyView {
    view! {
        <p class="said" data-note=code.to_owned()>
            <Icon name=if went_well { "#check" } else { "#broken" } />
            {sentence}
        </p>
    }
    .into_any()
}

/// A list in columns.
pub(crate) fn table(name: &'static str, columns: &[&'static str], rows: Vec<AnyView>) -> AnyView {
    let head = columns.iter().map(|column| view! { <th scope="col">{*column}</th> }.into_any());
    view! {
        <table class="rows">
            <caption class="unseen">{name}</caption>
            <thead>
                <tr>{head.collect::<Vec<_>>()}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// A time of PagerDuty's, told from now, with the moment beside it.
pub(crate) fn since(time: Option<&str>, now: i64) -> AnyView {
    let Some(at) = time.and_then(|time| time.parse::<Timestamp>().ok()) else { return ().into_any() };
    view! {
        <time datetime=at.to_string() title=crate::ssr::moment(at.as_second())>
            {crate::ssr::ago(at.as_second(), now)}
        </time>
    }
    .into_any()
}

/// The person's own time zone, where this machine knows it.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}
