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

/// When a record was written, as it stands in the log: of most records nobody wants to know, so it is read when it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written<'a> {
    /// The log does not say it.
    #[default]
    Nowhere,
    /// It has been read.
    At(Stamp),
    /// Attributes of a CMTrace record, from the time to the day: `HH:MM:SS.mmm+BIAS" date="MM-DD-YYYY`.
    CmTrace(&'a [u8]),
}

impl Written<'_> {
    /// The time; `None`: not said, or not readable.
    pub fn stamp(self) -> Option<Stamp> {
        match self {
            Written::Nowhere => None,
            Written::At(stamp) => Some(stamp),
            Written::CmTrace(text) => {
                let (time, rest) = text.split_at(memchr::memchr(b'"', text)?);
                Stamp::cmtrace(time, rest.strip_prefix(b"\" date=\"")?)
            }
        }
    }
}

impl From<Stamp> for Written<'_> {
    fn from(stamp: Stamp) -> Self {
        Written::At(stamp)
    }
}

impl From<Option<Stamp>> for Written<'_> {
    fn from(stamp: Option<Stamp>) -> Self {
        stamp.map_or(Written::Nowhere, Written::At)
    }
}

impl Stamp {
    /// Date `YYYY-MM-DD` or `YYYY/MM/DD`, a blank, time `HH:MM:SS`; the rest of the text follows.
    pub(super) fn leading(text: &str) -> Option<(Self, &str)> {
        let (head, _) = text.as_bytes().split_first_chunk::<19>()?;
        let &[y1, y2, y3, y4, b'-' | b'/', m1, m2, b'-' | b'/', d1, d2, b' ', ref clock @ ..] = head else {
            return None;
        };
        let stamp = Self::from_digits([y1, y2, y3, y4], [m1, m2], [d1, d2], *clock)?;
        text.get(head.len()..).map(|rest| (stamp, rest))
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

    /// `MM-DD-YYYY HH:MM:SS.mmm`, as another viewer writes it; some pages lost the blank. The rest of the text follows.
    pub(super) fn viewer(text: &str) -> Option<(Self, &str)> {
        let (date, rest) = text.as_bytes().split_first_chunk::<10>()?;
        let &[m1, m2, b'-', d1, d2, b'-', y1, y2, y3, y4] = date else { return None };
        let blanks = rest.iter().take_while(|b| **b == b' ').count();
        let (clock, rest) = rest[blanks..].split_first_chunk::<8>()?;
        let &[b'.', a, b, c, ..] = rest else { return None };
        let millisecond = number(&[a, b, c])?;
        let stamp = Self::from_digits([y1, y2, y3, y4], [m1, m2], [d1, d2], *clock)?;
        Some((Self { millisecond, ..stamp }, text.get(text.len() - rest.len() + 4..)?))
    }

    /// CMTrace: `HH:MM:SS.mmm+BIAS` and `MM-DD-YYYY`.
    pub(super) fn cmtrace(time: &[u8], date: &[u8]) -> Option<Self> {
        let &[m1, m2, b'-', d1, d2, b'-', y1, y2, y3, y4] = date else { return None };
        let (clock, rest) = time.split_first_chunk::<8>()?;
        let stamp = Self::from_digits([y1, y2, y3, y4], [m1, m2], [d1, d2], *clock)?;
        let (millisecond, zone) = match rest {
            [b'.', fraction @ ..] => {
                let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
                (number(&fraction[..digits.min(3)]).unwrap_or(0), &fraction[digits..])
            }
            _ => (0, rest),
        };
        Some(Self { millisecond, bias: signed(zone), ..stamp })
    }

    /// The viewer's clipboard: `M/D/YYYY h:mm:ss AM`, `D.M.YYYY h:mm:ss`. Dates with dashes are written in either order.
    pub(super) fn clipboard(text: &str) -> Option<Self> {
        let small = |text: &str| number(text.as_bytes()).and_then(|value| u8::try_from(value).ok());
        let mut words = text.split_whitespace();
        let (date, clock, half) = (words.next()?, words.next()?, words.next());
        let mut parts = date.split(['/', '.']);
        let (month, day, year) = (small(parts.next()?)?, small(parts.next()?)?, number(parts.next()?.as_bytes())?);
        let (month, day) = if date.contains('.') { (day, month) } else { (month, day) };
        let mut clock = clock.split(':');
        let (hour, minute, second) = (small(clock.next()?)?, small(clock.next()?)?, small(clock.next()?)?);
        let hour = match half {
            Some(half) if half.eq_ignore_ascii_case("PM") => hour % 12 + 12,
            Some(_) => hour % 12,
            None => hour,
        };
        Self { year, month, day, hour, minute, second, millisecond: 0, bias: None }.valid()
    }

    /// Digits of year, month and day, and `HH:MM:SS`.
    fn from_digits([y1, y2, y3, y4]: [u8; 4], month: [u8; 2], day: [u8; 2], clock: [u8; 8]) -> Option<Self> {
        let [h1, h2, b':', m1, m2, b':', s1, s2] = clock else { return None };
        let pairs = [[y1, y2], [y3, y4], month, day, [h1, h2], [m1, m2], [s1, s2]];
        pairs.as_flattened().iter().all(u8::is_ascii_digit).then_some(())?;
        let [century, year, month, day, hour, minute, second] =
            pairs.map(|[tens, ones]| (tens - b'0') * 10 + (ones - b'0'));
        let year = u16::from(century) * 100 + u16::from(year);
        Self { year, month, day, hour, minute, second, millisecond: 0, bias: None }.valid()
    }

    fn valid(self) -> Option<Self> {
        let Self { month, day, hour, minute, second, .. } = self;
        let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        valid.then_some(self)
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
    let whole = |value: u32, digit: &u8| digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0'));
    (1..=5).contains(&digits.len()).then_some(())?;
    u16::try_from(digits.iter().try_fold(0, whole)?).ok()
}

fn signed(text: &[u8]) -> Option<i16> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        _ => return None,
    };
    i16::try_from(number(digits)?).ok().map(|value| value * sign)
}
