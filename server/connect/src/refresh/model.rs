//! The refresh protocol, explored by schedules made at random: two to four
//! processes, cut anywhere, against the real home in memory and a model of
//! PagerDuty, in a time that stands still unless a schedule moves it.
//!
//! | file | what |
//! |-|-|
//! | `process.rs` | the protocol of `refresh/flight.rs`, in steps |
//! | `server.rs` | PagerDuty's token endpoint, strict or with a grace window |
//! | `net.rs` | what processes share, and the safeguards that can be left out |
//! | `world.rs` | what a schedule does to them |
//! | `witness.rs` | the rules |

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

const GRACE: &[Rotation] = &[Rotation::Grace, Rotation::GraceForTheLast];

fn run(setting: &Setting, Schedule(schedule): &Schedule, without: &[Without]) -> Result<(), String> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().map_err(|e| e.to_string())?;
    runtime.block_on(async { World::new(setting, without).await?.run(schedule).await })
}

fn config(cases: u32) -> ProptestConfig {
    // PROPTEST_CASES says otherwise.
    contextualize_config(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() })
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn rf_10_whatever_happens_to_whom_the_rules_hold((setting, schedule) in runs(EVERY, ALL)) {
        run(&setting, &schedule, &[]).map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn rf_10_while_every_answer_is_heard_no_connection_ends(
        (setting, schedule) in runs(EVERY, Faults { losses: false, late: false, ends: false, ..ALL })
    ) {
        run(&setting, &schedule, &[]).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn rf_11_with_a_grace_window_no_lost_answer_ends_a_connection(
        (setting, schedule) in runs(GRACE, Faults { stalls: false, person: false, ends: false, ..ALL })
    ) {
        run(&setting, &schedule, &[]).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn sr_30_nothing_brings_a_connection_back(
        (setting, schedule) in runs(EVERY, Faults { ends: false, ..ALL })
    ) {
        run(&setting, &schedule, &[]).map_err(TestCaseError::fail)?;
    }
}

/// Rules that nothing could break would show nothing.
#[test]
fn schedules_at_random_find_a_safeguard_that_is_left_out() {
    use Without::{Count, Fence, Lease, LongLease, Revoking, StoringBeforeUse};
    let left_out: [&'static [Without]; 6] =
        [&[Lease], &[LongLease], &[Fence], &[StoringBeforeUse], &[Count], &[Revoking]];
    for without in left_out {
        let config = ProptestConfig { cases: 2_000, max_shrink_iters: 0, ..config(0) };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let found = TestRunner::new_with_rng(config, rng).run(&runs(EVERY, ALL), |(setting, schedule)| {
            run(&setting, &schedule, without).map_err(TestCaseError::fail)
        });
        assert!(matches!(found, Err(TestError::Fail(..))), "{without:?}");
    }
}

#[test]
fn each_safeguard_has_a_schedule_that_needs_it() {
    use Choice::{Connect, Disconnect, EndThere, Lose, Pass, Serve, Stall, Step, Trouble};
    use Rotation::{GraceForTheLast, ReuseEndsAll, Strict};

    // A call, a read, a lease, a send; then the server acts, and its answer arrives.
    let a = |steps| vec![Step(0); steps];
    let b = |steps| vec![Step(1); steps];
    let until_the_lease_is_over = vec![Pass(12), Pass(6), Pass(1), Pass(1)];
    // A call, a read, the time for others to store, a read, a lease.
    let b_takes_over = || [b(2), vec![Pass(3)], b(2)].concat();
    // A's first request is cut and its second answer stored; then the server sees the first.
    let answered_out_of_order = [a(4), vec![Lose(0)], a(2), vec![Pass(1)], a(7), vec![Serve]].concat();

    let needed = [
        (Without::Lease, Strict, a(1)),
        (Without::LongLease, Strict, [a(4), b(3), vec![Pass(6)], a(1), b(1), vec![Pass(3)], b(2)].concat()),
        (Without::Fence, Strict, [a(3), vec![Connect]].concat()),
        (Without::FencedRefusal, Strict, [a(3), vec![EndThere, Connect], a(3)].concat()),
        (Without::StoringBeforeUse, Strict, a(1)),
        (Without::Count, Strict, [a(4), vec![Lose(0), Serve]].concat()),
        (Without::Revoking, Strict, [vec![Disconnect], a(4), vec![Disconnect]].concat()),
        (Without::Ending, Strict, [vec![Disconnect], a(4), vec![Disconnect]].concat()),
        (Without::TokenBefore, GraceForTheLast, answered_out_of_order.clone()),
        // Somebody else has refreshed before the sleeper sends.
        (Without::LookBeforeSending, Strict, [a(3), vec![Stall(0)]].concat()),
        // The sleeper's request comes second and is refused, while the first one's answer arrives.
        (
            Without::OwnRefusal,
            Strict,
            [
                a(4),
                vec![Stall(0)],
                until_the_lease_is_over.clone(),
                b_takes_over(),
                b(2),
                vec![Serve, Pass(12)],
                a(2),
            ]
            .concat(),
        ),
        // The sleeper's answer is stored when another redemption has ended the grant.
        (
            Without::DoubtWhenLate,
            ReuseEndsAll,
            [a(5), vec![Stall(0)], until_the_lease_is_over, b_takes_over(), b(4)].concat(),
        ),
        (
            Without::PatienceWithTokenBefore,
            GraceForTheLast,
            [answered_out_of_order, b(8), vec![Trouble(1)]].concat(),
        ),
        (Without::RevokingReplaced, Strict, [a(6), vec![Connect]].concat()),
    ];
    for (without, rotation, schedule) in needed {
        let setting = Setting { rotation, processes: 2, faults: ALL };
        let schedule = Schedule(schedule);
        assert_eq!(run(&setting, &schedule, &[]), Ok(()), "{schedule:?}");
        assert!(run(&setting, &schedule, &[without]).is_err(), "{without:?} {schedule:?}");
    }
}
