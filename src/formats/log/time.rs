//! Time stamps as logs write them: local time of a machine, seldom with its zone.

/// A time as written. Logs of one deployment are put in order by their lines, not by this: Windows PE runs on Pacific time
/// unless it is told otherwise, so stamps jump, also backwards, where the deployed system takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Year.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
    /// 0 to 999; 0 where the format has none.
    pub millisecond: u16,
    /// Minutes to add to get UTC, as written. MDT scripts write 0 whatever the zone is: see [`super::Record`]'s component.
    pub bias: Option<i16>,
}

impl Stamp {
    /// Date `YYYY-MM-DD` or `YYYY/MM/DD`, a blank, time `HH:MM:SS`; the rest of the text follows.
    pub(super) fn leading(text: &str) -> Option<(Self, &str)> {
        let bytes = text.as_bytes();
        let head = bytes.get(..19)?;
        let separator = |at: usize, of: &[u8]| head.get(at).is_some_and(|b| of.contains(b));
        if !(separator(4, b"-/") && separator(7, b"-/") && separator(10, b" ")) {
            return None;
        }
        let date = (number(&head[..4])?, number(&head[5..7])?, number(&head[8..10])?);
        let stamp = Self::new(date, &head[11..19], 0)?;
        text.get(19..).map(|rest| (stamp, rest))
    }

    /// As [`leading`](Self::leading), and milliseconds `.mmm` where they follow.
    pub(super) fn leading_with_milliseconds(text: &str) -> Option<(Self, &str)> {
        let (stamp, rest) = Self::leading(text)?;
        match rest.as_bytes() {
            [b'.', a, b, c, ..] => {
                let millisecond = number(&[*a, *b, *c])?;
                Some((Self { millisecond, ..stamp }, rest.get(4..)?))
            }
            _ => Some((stamp, rest)),
        }
    }

    /// CMTrace: `HH:MM:SS.mmm+BIAS` and `MM-DD-YYYY`.
    pub(super) fn cmtrace(time: &str, date: &str) -> Option<Self> {
        let (time, date) = (time.as_bytes(), date.as_bytes());
        let (&[a, b, b'-', c, d, b'-', ref year @ ..], clock) = (date, time.get(..8)?) else { return None };
        let (milli, bias) = match time.get(8..)? {
            [b'.', rest @ ..] => {
                let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
                let milli = number(&rest[..digits.min(3)]).unwrap_or(0);
                (milli, signed(&rest[digits..]))
            }
            rest => (0, signed(rest)),
        };
        let stamp = Self::new((number(year)?, number(&[a, b])?, number(&[c, d])?), clock, milli)?;
        Some(Self { bias, ..stamp })
    }

    /// The viewer's clipboard: `M/D/YYYY h:mm:ss AM`.
    pub(super) fn clipboard(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (date, clock, half) = (words.next()?, words.next()?, words.next());
        let mut date = date.split('/').map(|part| number(part.as_bytes()));
        let (month, day, year) = (date.next()??, date.next()??, date.next()??);
        let mut clock = clock.split(':').map(|part| number(part.as_bytes()));
        let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
        let hour = match half {
            Some(half) if half.eq_ignore_ascii_case("PM") => hour % 12 + 12,
            Some(_) => hour % 12,
            None => hour,
        };
        Self::checked(year, month, day, (hour, minute, second), 0)
    }

    fn new((year, month, day): (u16, u16, u16), clock: &[u8], millisecond: u16) -> Option<Self> {
        let &[a, b, b':', c, d, b':', e, f] = clock else { return None };
        let clock = (number(&[a, b])?, number(&[c, d])?, number(&[e, f])?);
        Self::checked(year, month, day, clock, millisecond)
    }

    fn checked(year: u16, month: u16, day: u16, clock: (u16, u16, u16), millisecond: u16) -> Option<Self> {
        let (hour, minute, second) = clock;
        let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        let byte = |value: u16| u8::try_from(value).ok();
        valid.then_some(())?;
        Some(Self {
            year,
            month: byte(month)?,
            day: byte(day)?,
            hour: byte(hour)?,
            minute: byte(minute)?,
            second: byte(second)?,
            millisecond,
            bias: None,
        })
    }

    /// Milliseconds since 0000-03-01 as the clock of the machine showed them; for differences within one log.
    pub fn local_milliseconds(&self) -> i64 {
        // Days of a year that begins in March, so that a leap day is its last one.
        let (month, year) = (i64::from(self.month), i64::from(self.year));
        let (month, year) = if month > 2 { (month - 3, year) } else { (month + 9, year - 1) };
        let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = days + (month * 153 + 2) / 5 + i64::from(self.day) - 1;
        let seconds = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        (days * 86_400 + seconds) * 1000 + i64::from(self.millisecond)
    }

    /// The same in UTC; `None` where the log does not say its zone.
    pub fn utc_milliseconds(&self) -> Option<i64> {
        self.bias.map(|bias| self.local_milliseconds() + i64::from(bias) * 60_000)
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { year, month, day, hour, minute, second, millisecond, .. } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")?;
        if *millisecond > 0 { write!(f, ".{millisecond:03}") } else { Ok(()) }
    }
}

/// One to five digits.
fn number(digits: &[u8]) -> Option<u16> {
    (!digits.is_empty() && digits.len() <= 5).then_some(())?;
    digits.iter().try_fold(0u16, |sum, b| {
        b.is_ascii_digit().then_some(())?;
        sum.checked_mul(10)?.checked_add(u16::from(b - b'0'))
    })
}

fn signed(text: &[u8]) -> Option<i16> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        _ => return None,
    };
    i16::try_from(number(digits)?).ok().map(|value| value * sign)
}
