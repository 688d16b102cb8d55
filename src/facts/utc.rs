//! Times as they are kept and shown: seconds since 1970-01-01 00:00 UTC, and RFC 3339 in UTC. No clock is asked here.

use super::policy::Day;

const DAY: u64 = 86_400;

/// `2026-11-28T03:00:00Z`.
pub fn text(seconds: u64) -> String {
    let day = Day::from_unix_seconds(seconds);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{day}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `Sat, 28 Nov 2026 03:00:00 +0000`, the form of RFC 5322 for mails.
pub fn mail_date(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day = Day::from_unix_seconds(seconds);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let of_week = usize::try_from(seconds / DAY % 7).ok().and_then(|n| DAYS.get(n)).copied().unwrap_or_default();
    let month = MONTHS.get(usize::from(day.month).saturating_sub(1)).copied().unwrap_or_default();
    format!("{of_week}, {:02} {month} {:04} {hour:02}:{minute:02}:{second:02} +0000", day.day, day.year)
}

/// The last second that a text means: `2026-11-28` (the end of that day), `2026-11-28T03:00Z`, `2026-11-28T03:00:00Z`.
/// `None` when it is no such text.
pub fn last_second(text: &str) -> Option<u64> {
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let start = days_before(Day::parse(day)?) * DAY;
    let Some(time) = time else { return Some(start + DAY - 1) };
    let mut parts = time.strip_suffix('Z')?.split(':');
    let mut number = |below: u64| {
        let part = parts.next()?;
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|n: &u64| digits && *n < below)
    };
    let (hour, minute) = (number(24)?, number(60)?);
    let second = if time.len() > "03:00Z".len() { number(60)? } else { 59 };
    parts.next().is_none().then_some(start + hour * 3600 + minute * 60 + second)
}

/// Days between 1970-01-01 and this one; 0 for what is before.
fn days_before(day: Day) -> u64 {
    // By halves: the other direction is known, and grows with the number of days.
    let (mut low, mut high) = (0, 366 * 8100);
    while low < high {
        let middle = u64::midpoint(low, high);
        if Day::from_unix_seconds(middle * DAY) < day { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_again() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_795_834_800, "2026-11-28T03:00:00Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(text(seconds), expected);
            assert_eq!(last_second(expected), Some(seconds), "{expected}");
        }
    }

    #[test]
    fn mails_have_a_form_of_their_own() {
        for (seconds, expected) in [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_827_696, "Tue, 29 Feb 2000 12:34:56 +0000"),
            (1_795_834_800, "Sat, 28 Nov 2026 03:00:00 +0000"),
        ] {
            assert_eq!(mail_date(seconds), expected);
        }
    }

    #[test]
    fn a_day_or_a_minute_means_its_last_second() {
        for (given, expected) in [
            ("2026-11-28", Some("2026-11-28T23:59:59Z")),
            ("2026-11-28T03:00Z", Some("2026-11-28T03:00:59Z")),
            ("2026-11-28T03:00", None),
            ("2026-11-28T24:00Z", None),
            ("2026-02-30", None),
            ("2026-11-28T03:00:00:00Z", None),
            ("yesterday", None),
        ] {
            assert_eq!(last_second(given).map(text).as_deref(), expected, "{given}");
        }
    }
}
