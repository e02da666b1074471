//! `pdconnect serve`

use std::{
    future::pending,
    io,
    net::{SocketAddr, TcpListener as StdTcpListener},
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
    time::Duration,
};

use app::ssr::AppState;
use pagerduty::region::is_loopback;
use pagerduty_connect::{Clock, Connect};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, MissedTickBehavior},
};

use super::{Failure, say};
use crate::{
    Policy, assets,
    config::{Config, Flags},
    listen,
    metrics::Metrics,
    router, router_with,
    setup::page::Setup,
    telemetry,
    traces::Traces,
};

/// Between two rounds of upkeep.
const SWEEP: Duration = Duration::from_secs(30);
/// After a signal to stop, requests under way have this long,
const DRAIN: Duration = Duration::from_secs(8);
/// tokens that are on their way this long: nearly as long as fetching them can take,
const SETTLE: Duration = Duration::from_millis(9_400);
/// and the database this long to hear goodbye.
const CLOSE: Duration = Duration::from_millis(300);
/// Traces that wait are sent meanwhile: for this long, where there is time left.
const FINISH: Duration = Duration::from_secs(2);

/// Shown on the connect page while a sandbox is used: one person of each region.
const PEOPLE: [&str; 2] = ["bethany@acme.example", "elif@acme-eu.example"];

pub(super) async fn run(flags: Flags) -> Result<(), Failure> {
    let mut config = Config::load(flags.clone()).map_err(|e| e.to_string())?;
    let traces = Traces::to(&config.traces).map_err(|e| e.to_string())?;
    let _logging = telemetry::start(&traces).map_err(|e| e.to_string())?;
    let mut door = bind(&config)?;
    // A signal counts whenever it comes.
    let mut asked = pin!(stopped());
    loop {
        let at = (config.listen, config.port);
        let Some(kept) = serve(config, door, &flags, &traces, asked.as_mut()).await? else { return Ok(()) };
        config = Config::load(flags.clone()).map_err(|e| e.to_string())?;
        door = if at == (config.listen, config.port) { kept } else { bind(&config)? };
    }
}

/// Serves until somebody asks it to stop; or until there are credentials, where there were none. Then it gives back the
/// door, before which whoever comes meanwhile waits.
async fn serve(
    config: Config,
    door: StdTcpListener,
    flags: &Flags,
    traces: &Traces,
    asked: Pin<&mut impl Future<Output = ()>>,
) -> Result<Option<StdTcpListener>, Failure> {
    let failed = |e: io::Error| format!("PORT / LISTEN: {e}");
    let setup = config.uses_sandbox().then(|| Setup::new(flags.clone(), &config));
    let kept = setup.as_ref().map(|_| door.try_clone()).transpose().map_err(failed)?;
    let listener = TcpListener::from_std(door).map_err(failed)?;
    let metrics_listener = bind_metrics(&config).await?;

    #[cfg(feature = "sandbox")]
    let (config, _sandbox) = super::sandbox::stand_in(config).await?;
    // Plain http is accepted for this machine only, and PagerDuty is not on it.
    let is_sandbox = is_loopback(config.endpoints.identity());
    let sandbox_people = if is_sandbox { PEOPLE.map(str::to_owned).into() } else { Arc::default() };

    let vault = super::vault::open(&config).await?;
    vault.mark(config.origin()).await.map_err(|e| super::vault::named(&e))?;
    let alerting = config.alerting().map_err(|e| e.to_string())?;
    let policy = Policy::new(&config.public_url, config.endpoints.identity(), config.proxies.clone());
    let connect =
        Connect::new(config.registration()?, vault.clone(), Clock::system()).map_err(|e| e.to_string())?;
    let options = assets::options().map_err(|e| e.to_string())?;
    let assets = assets::read(&options);
    let (reveals, import_share) = (config.reveal_tokens, config.imports.share);
    let sets_up = setup.is_some();
    let state = AppState { connect, options, assets, reveals, import_share, sandbox_people, sets_up };

    let ending = Arc::new(OnceLock::new());
    let stop = {
        let (connect, ending, setup) = (state.connect.clone(), Arc::clone(&ending), setup.clone());
        async move {
            let end = tokio::select! {
                () = asked => End::Asked,
                () = written(setup.as_ref()) => End::SetUp,
            };
            connect.wind_down();
            _ = ending.set((end, Instant::now()));
        }
    };
    let sweeping = tokio::spawn(upkeep(state.connect.clone(), config.keep_alive));
    let importing = {
        let (connect, options) = (state.connect.clone(), config.imports);
        tokio::spawn(async move { connect.work_on_imports(options).await })
    };
    let alerting = {
        let connect = state.connect.clone();
        tokio::spawn(async move { connect.work_on_alerts(alerting).await })
    };
    // It serves though nobody reads this.
    _ = say(&greeting(&config));
    let connect = state.connect.clone();
    let mut routes = match &setup {
        Some(setup) => router_with(state, policy.with_setup(), setup.routes()),
        None => router(state, policy),
    };
    let mut watching = None;
    if let Some(listener) = metrics_listener {
        let metrics = Metrics::of(&connect);
        routes = metrics.watch(routes);
        watching = Some(tokio::spawn(listen::serve(listener, metrics.router(), pending(), Duration::ZERO)));
    }
    listen::serve(listener, routes, stop, DRAIN).await;
    if let Some(watching) = watching {
        watching.abort();
        // Its port is free once it has ended.
        _ = watching.await;
    }
    sweeping.abort();
    importing.abort();
    alerting.abort();
    // Tokens may be on their way: what was begun is finished, as far as time allows.
    let (end, since) = ending.get().copied().unwrap_or_else(|| (End::Asked, Instant::now()));
    if tokio::time::timeout_at(since + SETTLE, connect.settle()).await.is_err() {
        tracing::warn!(event = "settle.cut", "PagerDuty did not answer in time; its answer may be lost");
    }
    let kept = kept.filter(|_| matches!(end, End::SetUp));
    let finishing = async {
        if kept.is_none() {
            traces.finish(FINISH.min((SETTLE + CLOSE).saturating_sub(since.elapsed()))).await;
        }
    };
    _ = tokio::join!(tokio::time::timeout(CLOSE, vault.close()), finishing);
    Ok(kept)
}

/// Why it serves no more.
#[derive(Clone, Copy)]
enum End {
    Asked,
    SetUp,
}

/// Never, where nothing is to be set up.
async fn written(setup: Option<&Setup>) {
    match setup {
        Some(setup) => setup.written().await,
        None => pending().await,
    }
}

/// What must be done though nobody asks for it, until the program stops.
async fn upkeep(connect: Connect, keep_alive: bool) {
    let mut round = tokio::time::interval(SWEEP);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        round.tick().await;
        connect.sweep(keep_alive).await;
    }
}

fn bind(config: &Config) -> Result<StdTcpListener, Failure> {
    let address = SocketAddr::new(config.listen, config.port);
    let bound = StdTcpListener::bind(address).and_then(|door| door.set_nonblocking(true).map(|()| door));
    bound.map_err(|e| match e.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} is taken by another program. Stop that one, or choose another port with PORT \
             (and, with credentials of your own, register http://localhost:PORT/callback in PagerDuty)",
            config.port
        ),
        _ => format!("PORT / LISTEN: cannot listen on {address}: {e}"),
    })
}

async fn bind_metrics(config: &Config) -> Result<Option<TcpListener>, Failure> {
    let Some(address) = config.metrics_listen else { return Ok(None) };
    let bound = TcpListener::bind(address).await;
    bound
        .map(Some)
        .map_err(|e| format!("METRICS_LISTEN: cannot listen on {address}: {e}. Choose another port"))
}

fn greeting(config: &Config) -> String {
    let address = config.public_url.as_str().trim_end_matches('/');
    if config.uses_sandbox() {
        format!(
            "\n  Connect for PagerDuty\n  → {address}\n\n  No credentials are configured: a sandbox stands in for \
             PagerDuty.\n  Sign in as bethany@acme.example, with any password.\n\n  \
             Your own PagerDuty account: {address}{}\n",
            app::setup::PATH
        )
    } else {
        format!("\n  Connect for PagerDuty\n  → {address}\n")
    }
}

/// Resolves when somebody asks the program to stop. They may from this call on,
/// not only once it is waited for.
pub(super) fn stopped() -> impl Future<Output = ()> {
    let asked = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    async move {
        let [Ok(mut terminated), Ok(mut interrupted)] = asked else { return pending().await };
        either(&mut terminated, &mut interrupted).await;
        // Asked twice, it does not wait for anything.
        tokio::spawn(async move {
            either(&mut terminated, &mut interrupted).await;
            std::process::exit(1);
        });
    }
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
