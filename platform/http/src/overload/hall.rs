//! Who is inside, who waits and who is turned away, class by class. Pure: time is told to it, and those who wait are
//! whatever the caller wakes them by.

use super::limit::Limit;
use super::{Class, Rules, Settings};
use hanse_kernel::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;

/// What becomes of a request that arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    Enter,
    Wait,
    Shed(Reason),
}

/// Why a request is shed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// As many wait as may.
    Full,
    /// Those who wait do so for too long already.
    Slow,
    /// It has waited for too long itself.
    Late,
}

impl Reason {
    pub const ALL: [Self; 3] = [Self::Full, Self::Slow, Self::Late];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Slow => "slow",
            Self::Late => "late",
        }
    }
}

struct Hall<W> {
    rules: Rules,
    limit: Limit,
    inside: u32,
    waiting: VecDeque<(Timestamp, W)>,
}

/// The halls of all classes.
pub(super) struct Halls<W>([Hall<W>; Class::COUNTED.len()]);

impl<W> Hall<W> {
    /// How many may be inside. While somebody more important has to wait, no more than the least.
    fn most(&self, pressed: bool) -> u32 {
        if pressed { self.limit.lowest().min(self.limit.now()) } else { self.limit.now() }
    }
}

impl<W> Halls<W> {
    pub fn new(settings: &Settings) -> Self {
        let hall = |rules: Rules| Hall {
            rules,
            limit: Limit::new(rules.inside),
            inside: 0,
            waiting: VecDeque::new(),
        };
        Self(settings.of().map(hall))
    }

    /// Whether somebody of a more important class waits.
    fn pressed(&self, place: usize) -> bool {
        self.0[..place].iter().any(|hall| !hall.waiting.is_empty())
    }

    /// `waiter` is asked for when the request has to wait.
    pub fn arrive(&mut self, place: usize, now: Timestamp, waiter: impl FnOnce() -> W) -> Arrival {
        let pressed = self.pressed(place);
        let hall = &mut self.0[place];
        if hall.inside < hall.most(pressed) && hall.waiting.is_empty() {
            hall.inside += 1;
            return Arrival::Enter;
        }
        hall.limit.reached(now);
        if hall.waiting.len() >= hall.rules.room {
            return Arrival::Shed(Reason::Full);
        }
        if hall.waiting.front().is_some_and(|(since, _)| now.since(*since) > hall.rules.patience) {
            return Arrival::Shed(Reason::Slow);
        }
        hall.waiting.push_back((now, waiter()));
        Arrival::Wait
    }

    /// Somebody goes, `took` telling how long an answer took where there was one. Whoever may enter now is let in with
    /// `enter`, the longest waiting first; those who are not `there` any more are passed over. True when the limit of the
    /// class was judged anew.
    pub fn leave(
        &mut self,
        place: usize,
        now: Timestamp,
        took: Option<Duration>,
        there: impl Fn(&W) -> bool,
        mut enter: impl FnMut(usize, W),
    ) -> bool {
        let hall = &mut self.0[place];
        hall.inside = hall.inside.saturating_sub(1);
        let judged = took.is_some_and(|took| hall.limit.answered(now, took));
        // Those below may have been held back for the sake of this class.
        for place in place..self.0.len() {
            let pressed = self.pressed(place);
            let hall = &mut self.0[place];
            while hall.inside < hall.most(pressed)
                && let Some((_, waiter)) = hall.waiting.pop_front()
            {
                if there(&waiter) {
                    hall.inside += 1;
                    enter(place, waiter);
                }
            }
        }
        judged
    }

    pub fn inside(&self, place: usize) -> u32 {
        self.0[place].inside
    }
    pub fn waiting(&self, place: usize) -> usize {
        self.0[place].waiting.len()
    }
    pub fn limit(&self, place: usize) -> u32 {
        self.0[place].limit.now()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Bounds;
    use super::*;
    use proptest::prelude::*;

    const CHECKOUT: usize = 0;
    const CART: usize = 1;
    const BROWSE: usize = 2;

    fn settings() -> Settings {
        let of = |lowest, highest, room| Rules {
            inside: Bounds {
                lowest,
                first: highest,
                highest,
                bearable: Duration::from_millis(5),
                worst: Duration::from_millis(250),
            },
            room,
            patience: Duration::from_millis(100),
        };
        Settings { checkout: of(3, 3, 5), cart: of(1, 4, 4), browse: of(1, 2, 3), background: of(1, 2, 0) }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    #[test]
    fn who_waits_enters_in_order_and_who_left_meanwhile_is_passed_over() {
        let mut halls = Halls::new(&settings());
        let arrivals: Vec<_> = (0..6).map(|n| halls.arrive(BROWSE, at(n), || n)).collect();
        let (enter, wait, full) = (Arrival::Enter, Arrival::Wait, Arrival::Shed(Reason::Full));
        assert_eq!(arrivals, [enter, enter, wait, wait, wait, full]);
        let mut entered = vec![];
        halls.leave(BROWSE, at(6), None, |n| *n != 2, |_, n| entered.push(n));
        assert_eq!((entered, halls.inside(BROWSE), halls.waiting(BROWSE)), (vec![3], 2, 1));
    }

    #[test]
    fn nobody_joins_a_line_that_does_not_move() {
        let mut halls = Halls::new(&settings());
        let arrivals: Vec<_> = [0, 0, 0, 100, 101].map(|n| halls.arrive(BROWSE, at(n), || ())).into();
        let (enter, wait, slow) = (Arrival::Enter, Arrival::Wait, Arrival::Shed(Reason::Slow));
        assert_eq!(arrivals, [enter, enter, wait, wait, slow]);
    }

    #[test]
    fn while_a_checkout_waits_browsing_has_the_least_and_gets_the_rest_back() {
        let mut halls = Halls::new(&settings());
        for _ in 0..4 {
            halls.arrive(CHECKOUT, at(0), || "checkout");
        }
        let arrivals: Vec<_> = (0..3).map(|_| halls.arrive(BROWSE, at(0), || "browse")).collect();
        assert_eq!(arrivals, [Arrival::Enter, Arrival::Wait, Arrival::Wait]);
        let mut entered = vec![];
        halls.leave(CHECKOUT, at(1), None, |_| true, |_, who| entered.push(who));
        assert_eq!(entered, ["checkout", "browse"]);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Arrive(usize),
        Leave(usize, u64),
        GiveUp(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<(Step, u32)>> {
        let step = prop_oneof![
            4 => (0usize..4).prop_map(Step::Arrive),
            3 => ((0usize..4), 0u64..400_000).prop_map(|(place, took)| Step::Leave(place, took)),
            1 => any::<usize>().prop_map(Step::GiveUp),
        ];
        proptest::collection::vec((step, 0u32..60_000), 1..400)
    }

    proptest! {
        /// The bounds hold, nobody waits beside a free place, lines keep their order, and what a class is told does not
        /// depend on what is asked of the classes below it.
        #[test]
        fn the_house_rules_hold_under_any_load(steps in steps()) {
            let settings = settings();
            let (mut halls, mut alone) = (Halls::<u64>::new(&settings), Halls::<u64>::new(&settings));
            let (mut now, mut next) = (0i64, 0u64);
            let mut gone = std::collections::BTreeSet::new();
            let mut last_entered = [0u64; 4];
            for (step, pause) in steps {
                now += i64::from(pause);
                let time = Timestamp::from_micros(now);
                match step {
                    Step::Arrive(place) => {
                        next += 1;
                        let told = halls.arrive(place, time, || next);
                        if place < BROWSE {
                            prop_assert_eq!(told, alone.arrive(place, time, || next));
                        }
                    }
                    Step::Leave(place, took) if halls.inside(place) > 0 => {
                        let took = Some(Duration::from_micros(took));
                        let mut entered = vec![];
                        halls.leave(place, time, took, |w| !gone.contains(w), |at, w| entered.push((at, w)));
                        for (at, waiter) in entered {
                            prop_assert!(waiter > last_entered[at], "out of order");
                            last_entered[at] = waiter;
                        }
                        if place < BROWSE {
                            alone.leave(place, time, took, |w| !gone.contains(w), |_, _| {});
                        }
                    }
                    Step::Leave(..) => {}
                    Step::GiveUp(who) => { gone.insert(who as u64 % (next + 1)); }
                }
                for (place, rules) in settings.of().iter().enumerate() {
                    prop_assert!(halls.inside(place) <= rules.inside.highest);
                    prop_assert!(halls.waiting(place) <= rules.room);
                    let most = halls.0[place].most(halls.pressed(place));
                    prop_assert!(halls.waiting(place) == 0 || halls.inside(place) >= most, "a free place");
                }
                for place in [CHECKOUT, CART] {
                    prop_assert_eq!(halls.inside(place), alone.inside(place));
                }
            }
        }
    }
}
