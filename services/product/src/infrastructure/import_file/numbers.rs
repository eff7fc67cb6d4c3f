//! Numbers of a cell: decimals with the separators people use, counts, weights, yes and no.

use super::limits;

/// A number that is not negative, exactly as written: digits before and after the decimal separator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    whole: String,
    fraction: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DecimalFault {
    NotANumber,
    /// One separator with three digits behind it: a decimal fraction or thousands.
    Ambiguous {
        small: String,
        large: String,
    },
}

impl Decimal {
    /// Reads digits with at most one kind of thousands separator and one decimal separator.
    pub fn read(text: &str) -> Result<Self, DecimalFault> {
        let plain: String;
        let text = if text.is_ascii() {
            text
        } else {
            plain = text
                .chars()
                .map(|c| match c {
                    '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
                    '’' => '\'',
                    _ => c,
                })
                .collect();
            &plain
        };
        let marks: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
        if text.is_empty() || marks.iter().any(|c| !matches!(c, '.' | ',' | ' ' | '\'')) {
            return Err(DecimalFault::NotANumber);
        }
        let Some(last) = marks.last().copied() else { return Self::of(text, None, "") };
        let repeated = marks.iter().filter(|c| **c == last).count() > 1;
        let only_grouping = matches!(last, ' ' | '\'');
        if repeated || only_grouping {
            // 1,299,000 · 1 299: grouped, no fraction.
            let uniform = marks.iter().all(|c| *c == last);
            return if uniform { Self::of(text, Some(last), "") } else { Err(DecimalFault::NotANumber) };
        }
        let Some((whole, fraction)) = text.rsplit_once(last) else { return Err(DecimalFault::NotANumber) };
        let group = marks.first().copied().filter(|first| *first != last);
        if marks[..marks.len() - 1].iter().any(|c| Some(*c) != group) {
            return Err(DecimalFault::NotANumber);
        }
        if group.is_none() && fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0')
        {
            return Err(DecimalFault::Ambiguous {
                small: format!("{whole}.{fraction}"),
                large: format!("{whole}{fraction}"),
            });
        }
        Self::of(whole, group, fraction)
    }

    fn of(whole: &str, group: Option<char>, fraction: &str) -> Result<Self, DecimalFault> {
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let ungrouped = match group {
            None => whole.to_string(),
            Some(mark) => {
                let mut groups = whole.split(mark);
                let first = groups.next().unwrap_or_default();
                let well_formed = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
                if !well_formed {
                    return Err(DecimalFault::NotANumber);
                }
                whole.replace(mark, "")
            }
        };
        if ungrouped.is_empty() || !digits(&ungrouped) || !digits(fraction) {
            return Err(DecimalFault::NotANumber);
        }
        Ok(Self { whole: ungrouped, fraction: fraction.to_string() })
    }

    /// Plain: `1299.00`.
    pub fn text(&self) -> String {
        if self.fraction.is_empty() {
            self.whole.clone()
        } else {
            format!("{}.{}", self.whole, self.fraction)
        }
    }
    /// In millionths, halves away from zero. None: too large.
    fn millionths(&self) -> Option<i128> {
        let whole: i128 = self.whole.parse().ok()?;
        let mut places: String = self.fraction.chars().take(6).collect();
        while places.len() < 6 {
            places.push('0');
        }
        let round_up = self.fraction.as_bytes().get(6).is_some_and(|digit| *digit >= b'5');
        let fraction: i128 = places.parse().ok()?;
        whole.checked_mul(1_000_000)?.checked_add(fraction + i128::from(round_up))
    }
}

/// Why a cell is no count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountFault {
    NotANumber,
    Negative,
    TooLarge,
}

/// A whole number of units: `12`, also `12.0` as spreadsheets write it.
pub(super) fn count(text: &str) -> Result<i64, CountFault> {
    let (digits, negative) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let whole = match digits.split_once(['.', ',']) {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.len() < 3 && zeros.bytes().all(|b| b == b'0') => {
            whole
        }
        Some(_) => return Err(CountFault::NotANumber),
        None => digits,
    };
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CountFault::NotANumber);
    }
    match whole.parse::<i64>() {
        Ok(0) => Ok(0),
        Ok(_) if negative => Err(CountFault::Negative),
        Ok(n) if n <= limits::STOCK => Ok(n),
        _ => Err(CountFault::TooLarge),
    }
}

/// Why a cell is no weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WeightFault {
    NotANumber,
    UnknownUnit,
    NoUnit,
    TooLarge,
}

/// Grams of `text` such as `250`, `0.25 kg` or `8 oz`; a unit in the text wins over `unit`. Rounded to the gram.
pub(super) fn grams(text: &str, unit: Option<&str>) -> Result<i64, WeightFault> {
    let end = text.rfind(|c: char| c.is_ascii_digit()).map_or(0, |i| i + 1);
    if end == 0 {
        return Err(WeightFault::NotANumber);
    }
    // What exports mostly have: whole grams.
    if unit == Some("g") && text.len() < 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map_err(|_| WeightFault::NotANumber);
    }
    let (number, own_unit) = (text[..end].trim(), text[end..].trim());
    let unit = Some(own_unit).filter(|u| !u.is_empty()).or(unit).ok_or(WeightFault::NoUnit)?;
    let micrograms_per_unit: i128 = match unit.to_ascii_lowercase().trim_end_matches('.') {
        "g" | "gr" | "gram" | "grams" => 1_000_000,
        "kg" | "kgs" | "kilo" | "kilogram" | "kilograms" => 1_000_000_000,
        "lb" | "lbs" | "pound" | "pounds" => 453_592_370,
        "oz" | "ounce" | "ounces" => 28_349_523,
        _ => return Err(WeightFault::UnknownUnit),
    };
    let decimal = match Decimal::read(number) {
        Ok(decimal) => decimal,
        // Weights have decimals, seldom thousands: 1.299 kg is what it says.
        Err(DecimalFault::Ambiguous { small, .. }) => {
            let (whole, fraction) = small.split_once('.').unwrap_or((&small, ""));
            Decimal { whole: whole.to_string(), fraction: fraction.to_string() }
        }
        Err(DecimalFault::NotANumber) => return Err(WeightFault::NotANumber),
    };
    let millionths = decimal.millionths().ok_or(WeightFault::TooLarge)?;
    let scaled = millionths.checked_mul(micrograms_per_unit).ok_or(WeightFault::TooLarge)?;
    let one = 1_000_000_i128 * 1_000_000;
    let rounded = (scaled + one / 2) / one;
    i64::try_from(rounded).ok().filter(|g| *g <= limits::GRAMS).ok_or(WeightFault::TooLarge)
}

/// `true`, `yes`, `1` and their opposites.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    const YES: [&str; 8] = ["true", "yes", "y", "1", "x", "on", "wahr", "ja"];
    const NO: [&str; 7] = ["false", "no", "n", "0", "off", "falsch", "nein"];
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&YES) { Some(true) } else { is(&NO).then_some(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_whole_and_bounded() {
        assert_eq!(count("12"), Ok(12));
        assert_eq!(count("12.0"), Ok(12));
        assert_eq!(count("-0"), Ok(0));
        assert_eq!(count("-3"), Err(CountFault::Negative));
        for text in ["", "a few", "1,000", "1.5", "12 pcs", "∞"] {
            assert_eq!(count(text), Err(CountFault::NotANumber), "{text}");
        }
        assert_eq!(count("99999999999999999999"), Err(CountFault::TooLarge));
    }

    #[test]
    fn weights_become_grams() {
        assert_eq!(grams("250", Some("g")), Ok(250));
        assert_eq!(grams("0.0", Some("g")), Ok(0));
        assert_eq!(grams("1.299", Some("kg")), Ok(1_299));
        assert_eq!(grams("1,5 kg", None), Ok(1_500));
        assert_eq!(grams("2", Some("lb")), Ok(907));
        assert_eq!(grams("8oz", Some("kg")), Ok(227));
        assert_eq!(grams("4", None), Err(WeightFault::NoUnit));
        assert_eq!(grams("4", Some("stone")), Err(WeightFault::UnknownUnit));
        assert_eq!(grams("-4", Some("g")), Err(WeightFault::NotANumber));
        assert_eq!(
            grams("99999999999999999999999999999999999999999", Some("kg")),
            Err(WeightFault::TooLarge)
        );
    }
}
