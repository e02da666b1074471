//! The page of the first run. The server writes it whole and plain: it has no script, and is there only until the app
//! knows its credentials.

use leptos::{prelude::*, reactive::owner::Owner};
use pagerduty::{Scopes, scope};
use pagerduty_connect::{Finding, Verdict};

use crate::{
    shell::{Assets, plain},
    ui::icon::Icon,
};

/// Where it stands, and where its form goes.
pub const PATH: &str = "/setup";
/// Where its styles stand: the other pages do not load them.
pub const STYLE: &str = "/setup.css";

/// What the form asks with.
#[derive(Clone, Debug)]
pub struct Form {
    /// To be entered in PagerDuty, letter by letter.
    pub redirect_uri: String,
    /// To be ticked in PagerDuty.
    pub scopes: Scopes,
    /// Where the configuration is written.
    pub file: String,
    /// Where connections are kept unless somebody chooses otherwise; none where it is set already.
    pub database: Option<String>,
    /// Of what was sent: the choice of PostgreSQL stays, what stood in its field may be secret and does not.
    pub in_postgres: bool,
    /// Whether it can be written although something is wrong.
    pub offers_anyway: bool,
}

/// What became of what was sent.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Nothing was sent yet.
    Asking,
    /// It cannot be used: a sentence each.
    Refused(Vec<String>),
    /// The self-test found something.
    Failed(Vec<Finding>),
}

/// The page with its form.
pub fn asking(assets: &Assets, form: Form, outcome: Outcome) -> String {
    let title = "Use your own PagerDuty account";
    render(assets, title, move || {
        view! {
            <div class="board setup">
                <div class="hero board-head">
                    <h1>{title}</h1>
                    <p class="lead">
                        "Until now a sandbox stands in for PagerDuty. Three steps, and this app speaks to PagerDuty itself. The file with the secret does not leave this machine."
                    </p>
                </div>
                {told(outcome)}
                <form class="setup-steps" method="post" action=PATH enctype="multipart/form-data">
                    {register(&form)} {credentials()} {home(form)}
                </form>
            </div>
        }
        .into_any()
    })
}

/// The page that says that all is done.
pub fn done(assets: &Assets, file: &str, left: &[String], findings: Vec<Finding>) -> String {
    let file = file.to_owned();
    let more = (!left.is_empty()).then(|| {
        format!("Your file holds more than credentials. What is not taken over: {}", left.join(", "))
    });
    render(assets, "This app knows your PagerDuty account", move || {
        view! {
            <div class="board setup">
                <div class="hero board-head" role="status">
                    <h1>"This app knows your PagerDuty account"</h1>
                    <p class="lead">
                        "The configuration stands in " <code>{file}</code> ", for your eyes only. The sandbox is gone."
                    </p>
                    <a class="button" href="/">
                        "Go on to connect"
                        <Icon name="#arrow" />
                    </a>
                </div>
                {more
                    .map(|more| {
                        view! {
                            <p class="said">
                                <Icon name="#check" />
                                {more}
                            </p>
                        }
                    })}
                <section class="card" aria-labelledby="checked">
                    <h2 id="checked">"What was checked"</h2>
                    {list(findings)}
                    <p class="quiet">
                        "The same at any time, on a terminal: " <code>"pdconnect doctor"</code>
                    </p>
                </section>
            </div>
        }
        .into_any()
    })
}

/// The page where there is nothing to set up: somebody wrote the file meanwhile.
pub fn written(assets: &Assets, why: String) -> String {
    render(assets, "There is a configuration already", move || {
        view! {
            <article class="sheet">
                <Icon name="#lock" />
                <h1>"There is a configuration already"</h1>
                <p class="lead">{why}</p>
                <p>"It counts from the next start of this program."</p>
                <a class="button" href="/">
                    "Go to the first page"
                </a>
            </article>
        }
        .into_any()
    })
}

fn render(assets: &Assets, title: &str, content: impl FnOnce() -> AnyView) -> String {
    Owner::new().with(|| plain(assets, STYLE, title, content()))
}

fn told(outcome: Outcome) -> AnyView {
    let (title, content, done) = match outcome {
        Outcome::Asking => return ().into_any(),
        Outcome::Refused(wrong) => {
            let lines: Vec<AnyView> =
                wrong.into_iter().map(|it| view! { <li>{it}</li> }.into_any()).collect();
            ("This cannot be used yet", view! { <ul class="setup-wrong">{lines}</ul> }.into_any(), "")
        }
        Outcome::Failed(findings) => (
            "Not everything is right yet",
            list(findings),
            " Where it could be, the database with its key is made already, and waits there.",
        ),
    };
    view! {
        <section class="trouble" role="alert" data-code="setup">
            <Icon name="#broken" />
            <div>
                <h2>{title}</h2>
                {content}
                <p class="quiet">"No configuration was written."{done}" Mend it, and choose the file again."</p>
            </div>
        </section>
    }
    .into_any()
}

fn list(findings: Vec<Finding>) -> AnyView {
    let one = |finding: Finding| {
        let Finding { check, verdict, code, found, todo } = finding;
        let (kind, words) = match verdict {
            Verdict::Ok => ("good", "Good"),
            Verdict::Open => ("open", "Open"),
            Verdict::Warning => ("warning", "Look at it"),
            Verdict::Failed => ("bad", "Wrong"),
        };
        view! {
            <li data-check=check data-code=code>
                <span class="state" data-state=kind>
                    {words}
                </span>
                <div>
                    <p>{found}</p>
                    {(!todo.is_empty()).then(|| view! { <p class="quiet">{todo}</p> })}
                </div>
            </li>
        }
        .into_any()
    };
    view! { <ul class="findings">{findings.into_iter().map(one).collect::<Vec<_>>()}</ul> }.into_any()
}

fn register(form: &Form) -> AnyView {
    let rows: Vec<AnyView> = form
        .scopes
        .iter()
        .filter_map(|scope| {
            let (thing, access) = scope::to_tick(scope)?;
            let row = view! {
                <tr>
                    <th scope="row">{thing}</th>
                    <td>
                        <span class="tick" aria-hidden="true"></span>
                        {access}
                    </td>
                    <td>
                        <code>{scope.to_owned()}</code>
                    </td>
                </tr>
            };
            Some(row.into_any())
        })
        .collect();
    view! {
        <section class="card setup-register" aria-labelledby="register">
            <h2 id="register">"Register an app in PagerDuty"</h2>
            <p>
                "As a Manager, Global Admin or Account Owner, open "
                <strong>"Integrations → Developer Tools → App Registration"</strong> " and press " <strong>"New App"</strong>
                ". Name it, tick " <strong>"OAuth 2.0"</strong> ", press " <strong>"Next"</strong> ", and leave "
                <strong>"Scoped OAuth"</strong> " selected."
            </p>
            <label for="redirect">
                "Under " <strong>"Redirect URLs"</strong> " enter exactly"
            </label>
            <input id="redirect" class="setup-copy" readonly value=form.redirect_uri.clone() />
            <table class="setup-scopes">
                <caption>
                    "Under " <strong>"Scopes"</strong> " tick"
                </caption>
                <tbody>{rows}</tbody>
            </table>
            <p>
                "Press " <strong>"Register App"</strong> ", and then " <strong>"Download JSON"</strong>
                ". PagerDuty shows the secret only this once."
            </p>
        </section>
    }
    .into_any()
}

fn credentials() -> AnyView {
    view! {
        <section class="card setup-file" aria-labelledby="credentials">
            <h2 id="credentials">"Bring the file you downloaded"</h2>
            <label for="file">"The JSON file: drop it here, or choose it"</label>
            <input type="file" id="file" name="file" accept=".json,application/json" />
            <details>
                <summary>"Or paste its text"</summary>
                <label for="text" class="unseen">"The text of the file"</label>
                <textarea
                    id="text"
                    name="text"
                    rows="4"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="{ \"client_id\": …, \"client_secret\": … }"
                ></textarea>
            </details>
        </section>
    }
    .into_any()
}

fn home(form: Form) -> AnyView {
    let Form { file, database, in_postgres, .. } = form;
    let anyway = form.offers_anyway.then(|| {
        view! {
            <label class="setup-way">
                <input type="checkbox" name="anyway" value="yes" />
                "Write it all the same: I will mend the rest later"
            </label>
        }
    });
    let choice = match database {
        None => view! {
            <p class="quiet">
                <code>"DATABASE_URL"</code> " is set where this program was started, and stays as it is."
            </p>
        }
        .into_any(),
        Some(database) => view! {
            <fieldset>
                <legend class="unseen">"Where connections are kept"</legend>
                <label class="setup-way">
                    <input type="radio" name="home" value="sqlite" checked=!in_postgres />
                    "In a file on this machine"
                </label>
                <input
                    name="sqlite"
                    aria-label="The file"
                    value=database.trim_start_matches("sqlite:").to_owned()
                    autocomplete="off"
                    spellcheck="false"
                />
                <label class="setup-way">
                    <input type="radio" name="home" value="postgres" checked=in_postgres />
                    "In PostgreSQL"
                </label>
                <input
                    name="postgres"
                    aria-label="The address of the PostgreSQL database"
                    placeholder="postgres://user:password@host/database"
                    autocomplete="off"
                    spellcheck="false"
                />
            </fieldset>
        }
        .into_any(),
    };
    view! {
        <section class="card setup-home" aria-labelledby="home">
            <h2 id="home">"Choose where connections are kept"</h2>
            {choice}
            <div class="setup-go">
                {anyway}
                <button class="button" type="submit">
                    "Check it and go on"
                    <Icon name="#arrow" />
                </button>
                <p class="quiet">
                    "PagerDuty is asked whether all fits together. If so, " <code>{file}</code> " is written."
                </p>
            </div>
        </section>
    }
    .into_any()
}
