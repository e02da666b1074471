//! The page at `/`: what this is, who lives here, what can be turned.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};

use crate::html::{self, escape};
use crate::seed::Person;
use crate::state::{Here, World};

pub(super) async fn show(State(here): State<Here>) -> Response {
    let world = &here.world;
    let people: String = world.shown().iter().map(person_row).collect();
    let urls: String =
        world.redirect_urls().iter().map(|url| format!("<li><code>{}</code></li>", escape(url))).collect();
    let body = format!(
        r#"<h1>PagerDuty sandbox</h1>
<p class="lead">A PagerDuty that runs on this machine: sign in, consent, tokens, and its REST API.
It forgets everything when it stops.</p>
<section aria-labelledby="addresses">
<h2 id="addresses">Addresses</h2>
<dl class="facts">
<div><dt>Identity and US API</dt><dd><code>{main}</code></dd></div>
<div><dt>EU API</dt><dd><code>{eu}</code></dd></div>
<div><dt>Issuer</dt><dd><code>{issuer}</code></dd></div>
<div><dt>Client id</dt><dd><code>{client_id}</code></dd></div>
<div><dt>Client secret</dt><dd>in <a href="/_sandbox/credentials">the credentials file</a></dd></div>
<div><dt>Events</dt><dd><code>{main}/v2/enqueue</code>, routing key <code>{routing_key}</code></dd></div>
<div><dt>Redirect URLs</dt><dd><ul class="plain">{urls}</ul></dd></div>
</dl>
</section>
<section aria-labelledby="people">
<h2 id="people">People</h2>
<p>Any password will do.</p>
<div class="wide" role="region" aria-label="Table of people" tabindex="0"><table>
<thead><tr><th scope="col">Name</th><th scope="col">E-mail</th><th scope="col">Role</th><th scope="col">Region</th></tr></thead>
<tbody>
{people}</tbody>
</table></div>
</section>
<section aria-labelledby="controls">
<h2 id="controls">Controls</h2>
<p>To look: <a href="/_sandbox/requests">requests received</a>, <a href="/_sandbox/tokens">tokens</a>,
<a href="/_sandbox/alerts">alerts</a>,
<a href="/_sandbox/faults">faults</a>, <a href="/_sandbox/clock">clock</a>,
<a href="/_sandbox/switches">switches</a>. To turn, from a shell:</p>
<div class="wide" role="region" aria-label="Commands" tabindex="0"><pre><code>curl -X POST {main}/_sandbox/reset
curl -X POST {main}/_sandbox/expire
curl -X POST {main}/_sandbox/keys/rotate
curl -X POST {main}/_sandbox/clock -d '{{"advance_seconds": 86400}}'
curl -X POST {main}/_sandbox/faults -d '{{"path": "/oauth/token", "status": 503}}'
curl -X PATCH {main}/_sandbox/switches -d '{{"issuer": "app"}}'</code></pre></div>
</section>
<section aria-labelledby="switches">
<h2 id="switches">Switches</h2>
<p>As they stand now. The crate's README says what each does.</p>
<div class="wide" role="region" aria-label="Table of switches" tabindex="0"><table>
<thead><tr><th scope="col">Switch</th><th scope="col">Now</th></tr></thead>
<tbody>
{switches}</tbody>
</table></div>
</section>"#,
        main = escape(&world.addresses.main),
        eu = escape(&world.addresses.eu),
        issuer = escape(&world.issuer()),
        client_id = escape(&world.client_id),
        routing_key = escape(&world.routing_key),
        switches = switch_rows(world),
    );
    html::page(StatusCode::OK, "PagerDuty sandbox", &body)
}

fn person_row(person: &Person) -> String {
    format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escape(&person.name),
        escape(&person.email),
        person.role.label(),
        person.region.label(),
    )
}

fn switch_rows(world: &World) -> String {
    let Value::Object(switches) = json!(*world.switches()) else { return String::new() };
    let row = |(name, value): (&String, &Value)| {
        format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td><code>{}</code></td></tr>\n",
            escape(name),
            escape(&value.to_string()),
        )
    };
    switches.iter().map(row).collect()
}
