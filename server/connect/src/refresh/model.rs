//! The refresh protocol, explored by schedules made at random.

use std::fmt::{self, Debug};

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestError, TestRng, TestRunner, contextualize_config},
};

mod net;
mod process;
mod server;
mod witness;
mod world;

use net::Without;
use server::Rotation;
use world::World;

/// What happens next. Numbers of processes wrap.
#[derive(Clone, Copy, Debug)]
enum Choice {
    /// A process does the next thing; an idle one gets a caller; of one that waits
    /// for the server, the server acts, then the answer arrives.
    Step(usize),
    /// It does, and dies of it.
    StepAndDie(usize),
    Die(usize),
    /// It stands still for longer than a lease.
    Stall(usize),
    /// The connection it waits on is cut.
    Lose(usize),
    /// The server answers 503 and does nothing.
    Trouble(usize),
    /// The server sees the last request it has not seen, whether or not somebody waits for it.
    Serve,
    Pass(u64),
    /// One step of a disconnect.
    Disconnect,
    Connect,
    /// Somebody ends the grant at PagerDuty.
    EndThere,
}

/// Which faults may happen.
#[derive(Clone, Copy, Debug)]
struct Faults {
    losses: bool,
    late: bool,
    stalls: bool,
    person: bool,
    ends: bool,
}

#[derive(Clone, Copy, Debug)]
struct Setting {
    rotation: Rotation,
    processes: usize,
    faults: Faults,
}

const ALL: Faults = Faults { losses: true, late: true, stalls: true, person: true, ends: true };

#[derive(Clone)]
struct Schedule(Vec<Choice>);

/// On one line, even where the rest is spread out.
impl Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{:?}", self.0))
    }
}

/// What a throw of the dice comes to; the everyday more often than the rest.
fn choice(faults: Faults, dice: u32, n: usize, seconds: u64) -> Choice {
    let may = |allowed: bool, often: u32| if allowed { often } else { 0 };
    let choices = [
        (40, Choice::Step(n)),
        (8, Choice::Pass(seconds)),
        (3, Choice::Serve),
        (2, Choice::StepAndDie(n)),
        (2, Choice::Die(n)),
        (2, Choice::Lose(n)),
        (2, Choice::Trouble(n)),
        (may(faults.stalls, 3), Choice::Stall(n)),
        (may(faults.person, 3), Choice::Disconnect),
        (may(faults.person, 1), Choice::Connect),
        (may(faults.ends, 1), Choice::EndThere),
    ];
    let mut left = dice % choices.iter().map(|(often, _)| often).sum::<u32>();
    for (often, choice) in choices {
        match left.checked_sub(often) {
            Some(less) => left = less,
            None => return choice,
        }
    }
    Choice::Serve
}

/// Any of these servers, any of these faults, and what happens then.
fn runs(rotations: &'static [Rotation], may: Faults) -> impl Strategy<Value = (Setting, Schedule)> {
    let dice =
        prop::collection::vec((0..840_u32, 0..12_usize, prop::sample::select(vec![1, 6, 12, 25, 70])), 1..64);
    let faults = any::<[bool; 5]>();
    (prop::sample::select(rotations), 2..=4_usize, faults, dice).prop_map(
        move |(rotation, processes, [losses, late, stalls, person, ends], dice)| {
            let faults = Faults {
                losses: losses && may.losses,
                late: late && may.late,
                stalls: stalls && may.stalls,
                person: person && may.person,
                ends: ends && may.ends,
            };
            let choose = |(dice, n, seconds)| choice(faults, dice, n % processes, seconds);
            let schedule = dice.into_iter().map(choose).collect();
            (Setting { rotation, processes, faults }, Schedule(schedule))
        },
    )
}

const EVERY: &[Rotation] =
    &[Rotation::Strict, Rotation::ReuseEndsAll, Rotation::Grace, Rotation::GraceForTheLast];

fn run(setting: &Setting, Schedule(schedule): &Schedule, without: &'static [Without]) -> Result<(), String> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().map_err(|e| e.to_string())?;
    runtime.block_on(async { World::new(setting, without).await?.run(schedule).await })
}

fn config() -> ProptestConfig {
    contextualize_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    })
}

/// Unless it breaks a rule, none; else which, and how.
fn broken(
    runs: impl Strategy<Value = (Setting, Schedule)>,
    without: &'static [Without],
    cases: u32,
) -> Option<String> {
    let config = ProptestConfig { cases, ..config() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let run = |(setting, schedule): (Setting, Schedule)| {
        run(&setting, &schedule, without).map_err(TestCaseError::fail)
    };
    match runner.run(&runs, run) {
        Ok(()) => None,
        Err(TestError::Fail(why, (s, schedule))) => {
            Some(format!("{why} [{:?}, {}]: {schedule:?}", s.rotation, s.processes))
        }
        Err(TestError::Abort(why)) => Some(format!("aborted {why}")),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn rf_10_whatever_happens_to_whom_the_rules_hold((setting, schedule) in runs(EVERY, ALL)) {
        run(&setting, &schedule, &[]).map_err(TestCaseError::fail)?;
    }
}

/// Rules that nothing could break would show nothing.
#[test]
fn the_rules_notice_each_safeguard_that_is_left_out() {
    use Without::{Count, Fence, Lease, StoringBeforeUse};
    let left_out: [&'static [Without]; 4] = [&[Lease], &[Fence], &[StoringBeforeUse], &[Count]];
    for without in left_out {
        assert!(broken(runs(EVERY, ALL), without, 2_000).is_some(), "{without:?}");
    }
}
