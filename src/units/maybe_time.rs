//! A time or none, in the room of a time.

use super::Time;

/// A time that may be missing, in eight bytes where an `Option<Time>` takes sixteen: what each of a
/// hundred thousand connections keeps a few of. [`Time::MAX`] stands for none, as an instant that
/// never comes.
///
/// ```
/// use portolan::units::{MaybeTime, Time};
///
/// let mut heard = MaybeTime::NONE;
/// assert_eq!(heard.get(), None);
/// heard = MaybeTime::some(Time::from_ms(5));
/// assert_eq!(heard.get(), Some(Time::from_ms(5)));
/// assert_eq!(heard.get_or_insert(Time::from_ms(9)), Time::from_ms(5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaybeTime(Time);

impl MaybeTime {
    /// No time.
    pub const NONE: Self = Self(Time::MAX);

    /// This time; none if it is [`Time::MAX`].
    #[must_use]
    pub const fn some(time: Time) -> Self {
        Self(time)
    }

    /// The time, if there is one.
    #[must_use]
    pub const fn get(self) -> Option<Time> {
        if self.is_some() { Some(self.0) } else { None }
    }

    /// Whether there is one.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0.as_ps() != Time::MAX.as_ps()
    }

    /// The time, or [`Time::MAX`] if there is none: what is missing is later than all others.
    #[must_use]
    pub const fn or_never(self) -> Time {
        self.0
    }

    /// The time, which becomes `time` if there is none.
    pub const fn get_or_insert(&mut self, time: Time) -> Time {
        if !self.is_some() {
            self.0 = time;
        }
        self.0
    }

    /// The time, from now on none.
    pub const fn take(&mut self) -> Option<Time> {
        let time = self.get();
        *self = Self::NONE;
        time
    }
}

impl Default for MaybeTime {
    fn default() -> Self {
        Self::NONE
    }
}

impl From<Option<Time>> for MaybeTime {
    fn from(time: Option<Time>) -> Self {
        time.map_or(Self::NONE, Self::some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_the_end_of_time() {
        assert_eq!(size_of::<MaybeTime>(), size_of::<Time>());
        assert_eq!(MaybeTime::some(Time::MAX), MaybeTime::NONE);
        assert_eq!(MaybeTime::from(None), MaybeTime::default());
        assert_eq!(MaybeTime::NONE.or_never(), Time::MAX);
    }

    #[test]
    fn what_is_taken_is_gone() {
        let mut time = MaybeTime::some(Time::ZERO);
        assert_eq!(time.take(), Some(Time::ZERO));
        assert_eq!(time.take(), None);
        assert_eq!(time.get_or_insert(Time::from_ms(1)), Time::from_ms(1));
    }
}
