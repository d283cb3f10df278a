//! A timer for protocol machines that move their deadlines far more often than they meet them.

use crate::units::{MaybeTime, Time};

/// One deadline that may move or vanish, served by events that cannot.
///
/// Nothing is ever taken out of the event queue. The timer remembers the events it has pending:
/// a deadline moved *later* leaves them alone, and when one of them comes up too early
/// [`fired`](Self::fired) says when to try again. A retransmission timer that every
/// acknowledgement pushes back thus costs one event per timeout, not one per segment.
///
/// The owner must push an event for every time returned by [`arm`](Self::arm) and by
/// [`Fired::Again`], and call [`fired`](Self::fired) whenever one of them comes up.
///
/// ```
/// use portolan::engine::{Fired, Timer};
/// use portolan::units::Time;
///
/// let mut timer = Timer::new();
/// assert_eq!(timer.arm(Time::from_ms(200)), Some(Time::from_ms(200))); // push an event
/// assert_eq!(timer.arm(Time::from_ms(300)), None); // moved, at no cost
/// assert_eq!(timer.fired(Time::from_ms(200)), Fired::Again(Time::from_ms(300)));
/// assert_eq!(timer.fired(Time::from_ms(300)), Fired::Expired);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timer {
    deadline: MaybeTime,
    /// The first of this timer's events still pending.
    next: MaybeTime,
    /// Those after it; absent until a deadline is moved to an earlier time, as few ever are.
    later: Option<Box<Later>>,
}

/// Pending events, the last first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Later(Vec<Time>);

/// What the owner of a [`Timer`] must do when one of its events comes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Fired {
    /// The deadline is reached: act. The timer is no longer armed.
    Expired,
    /// The deadline has moved: push another event for this time.
    Again(Time),
    /// Nothing to do: the timer is not armed, or an event for its deadline is already pending.
    Stale,
}

impl Timer {
    /// A timer that is not armed.
    #[must_use]
    pub const fn new() -> Self {
        Self { deadline: MaybeTime::NONE, next: MaybeTime::NONE, later: None }
    }

    /// Sets the deadline, in place of any earlier one. Some time means: push an event for it.
    /// None means that an event which comes up no later than `at` is already pending, or that `at`
    /// is [`Time::MAX`] and so never comes. O(1).
    #[must_use = "the timer never expires unless an event is pushed for this time"]
    pub fn arm(&mut self, at: Time) -> Option<Time> {
        self.deadline = MaybeTime::some(at);
        if self.next.or_never() <= at {
            return None;
        }
        if let Some(next) = self.next.get() {
            // Earlier than all others pending, so their order is kept.
            self.later.get_or_insert_default().0.push(next);
        }
        self.next = MaybeTime::some(at);
        Some(at)
    }

    /// Forgets the deadline; events still pending will turn out stale. O(1).
    pub const fn cancel(&mut self) {
        self.deadline = MaybeTime::NONE;
    }

    /// The deadline, if the timer is armed. O(1).
    #[must_use]
    pub const fn deadline(&self) -> Option<Time> {
        self.deadline.get()
    }

    /// Accounts for one of this timer's events, which has come up at `now`. O(1).
    pub fn fired(&mut self, now: Time) -> Fired {
        debug_assert!(self.next.or_never() >= now, "an event of a timer was lost");
        if self.next != MaybeTime::some(now) {
            return Fired::Stale;
        }
        self.next = self.later.as_mut().and_then(|later| later.0.pop()).into();
        match self.deadline.get() {
            Some(deadline) if deadline <= now => {
                self.deadline = MaybeTime::NONE;
                Fired::Expired
            }
            Some(deadline) => self.arm(deadline).map_or(Fired::Stale, Fired::Again),
            None => Fired::Stale,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const fn ms(ms: u64) -> Time {
        Time::from_ms(ms)
    }

    #[test]
    fn expires_once_at_its_deadline() {
        let mut timer = Timer::new();
        assert_eq!(timer.arm(ms(5)), Some(ms(5)));
        assert_eq!(timer.deadline(), Some(ms(5)));
        assert_eq!(timer.fired(ms(5)), Fired::Expired);
        assert_eq!(timer.deadline(), None);
        assert_eq!(timer.fired(ms(5)), Fired::Stale);
    }

    #[test]
    fn an_earlier_deadline_costs_an_event_and_leaves_a_stale_one() {
        let mut timer = Timer::new();
        assert_eq!(timer.arm(ms(5)), Some(ms(5)));
        assert_eq!(timer.arm(ms(3)), Some(ms(3)));
        assert_eq!(timer.fired(ms(3)), Fired::Expired);
        assert_eq!(timer.fired(ms(5)), Fired::Stale);
    }

    #[test]
    fn a_stale_event_is_used_again() {
        let mut timer = Timer::new();
        assert_eq!(timer.arm(ms(5)), Some(ms(5)));
        assert_eq!(timer.arm(ms(3)), Some(ms(3)));
        assert_eq!(timer.arm(ms(6)), None);
        // The event at 5 ms is still to come and will ask for one at 6 ms.
        assert_eq!(timer.fired(ms(3)), Fired::Stale);
        assert_eq!(timer.fired(ms(5)), Fired::Again(ms(6)));
        assert_eq!(timer.fired(ms(6)), Fired::Expired);
    }

    #[test]
    fn cancelled_is_silent_until_armed_again() {
        let mut timer = Timer::new();
        assert_eq!(timer.arm(ms(5)), Some(ms(5)));
        timer.cancel();
        assert_eq!(timer.deadline(), None);
        assert_eq!(timer.arm(ms(8)), None);
        timer.cancel();
        assert_eq!(timer.fired(ms(5)), Fired::Stale);
        assert_eq!(timer.arm(ms(8)), Some(ms(8)));
        assert_eq!(timer.fired(ms(8)), Fired::Expired);
    }

    #[test]
    fn stays_small() {
        assert!(size_of::<Timer>() <= 24);
    }

    #[test]
    fn the_end_of_time_never_comes() {
        let mut timer = Timer::new();
        assert_eq!(timer.arm(Time::MAX), None);
        assert_eq!(timer.deadline(), None);
        assert_eq!(timer.arm(ms(5)), Some(ms(5)));
        assert_eq!(timer.arm(Time::MAX), None);
        assert_eq!(timer.fired(ms(5)), Fired::Stale);
    }

    #[derive(Debug, Clone)]
    enum Step {
        /// Set the deadline this far from now.
        Arm(u64),
        Cancel,
        /// Let this much time pass; at an expiry, set the next deadline this far from then.
        Wait(u64, Option<u64>),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..20_u64).prop_map(Step::Arm),
            1 => Just(Step::Cancel),
            3 => (0..12_u64, proptest::option::of(0..6_u64)).prop_map(|(w, r)| Step::Wait(w, r)),
        ]
    }

    /// A timer with the events it asked for, in a list instead of an event queue.
    #[derive(Default)]
    struct Bench {
        timer: Timer,
        pending: Vec<Time>,
    }

    impl Bench {
        /// Pushes what the timer asks for; it must ask only if nothing pending would do.
        fn arm(&mut self, at: Time) {
            let served = self.pending.iter().any(|&pending| pending <= at);
            let asked = self.timer.arm(at);
            assert_eq!(asked, (!served).then_some(at));
            self.pending.extend(asked);
        }

        /// Delivers all events due until `end`, arming again after an expiry, and returns the
        /// expiries.
        fn wait(&mut self, end: Time, mut again: Option<Time>) -> Vec<Time> {
            let mut expired = Vec::new();
            while let Some(&now) = self.pending.iter().min().filter(|&&at| at <= end) {
                let place = self.pending.iter().position(|&at| at == now).expect("the minimum");
                self.pending.remove(place);
                match self.timer.fired(now) {
                    Fired::Expired => {
                        expired.push(now);
                        if let Some(span) = again.take() {
                            self.arm(now + span);
                        }
                    }
                    Fired::Again(at) => {
                        assert!(self.pending.iter().all(|&pending| pending > at));
                        self.pending.push(at);
                    }
                    Fired::Stale => {}
                }
            }
            expired
        }
    }

    proptest! {
        #[test]
        fn expires_exactly_when_a_plain_deadline_would(steps in vec(step(), 0..80)) {
            let mut bench = Bench::default();
            let (mut now, mut deadline) = (Time::ZERO, None);
            for step in steps {
                match step {
                    Step::Arm(span) => {
                        bench.arm(now + Time::from_ps(span));
                        deadline = Some(now + Time::from_ps(span));
                    }
                    Step::Cancel => {
                        bench.timer.cancel();
                        deadline = None;
                    }
                    Step::Wait(span, again) => {
                        now += Time::from_ps(span);
                        let again = again.map(Time::from_ps);
                        let mut due = Vec::new();
                        if let Some(first) = deadline.filter(|&at| at <= now) {
                            due.push(first);
                            deadline = again.map(|again| first + again);
                            if let Some(second) = deadline.filter(|&at| at <= now) {
                                due.push(second);
                                deadline = None;
                            }
                        }
                        prop_assert_eq!(bench.wait(now, again), due);
                    }
                }
                prop_assert_eq!(bench.timer.deadline(), deadline);
            }
        }
    }
}
