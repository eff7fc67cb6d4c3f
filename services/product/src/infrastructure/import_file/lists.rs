//! Cells that hold several values.

/// Splits at commas, else at semicolons, else at bars; blanks fall away, repeated values count once.
pub(super) fn split(cell: &str) -> Vec<&str> {
    let mark = [',', ';', '|'].into_iter().find(|mark| cell.contains(*mark));
    match mark {
        None => distinct(std::iter::once(cell)),
        Some(mark) => distinct(cell.split(mark)),
    }
}

/// Splits a list of addresses: an address may have commas in it, so only those before the next address part.
pub(super) fn addresses(cell: &str) -> Vec<&str> {
    if cell.is_empty() {
        return vec![];
    }
    if !cell.contains([',', ';', '|', ' ', '\n', '\t']) {
        return vec![cell];
    }
    let mut starts: Vec<usize> = ["http://", "https://", "sample:"]
        .iter()
        .flat_map(|scheme| cell.match_indices(scheme).map(|(i, _)| i))
        .filter(|i| *i == 0 || cell[..*i].ends_with([',', ';', '|', ' ', '\n', '\t']))
        .collect();
    starts.sort_unstable();
    if starts.first() != Some(&0) {
        return distinct(cell.split([',', ';', '|', ' ', '\n', '\t']));
    }
    let ends = starts.iter().skip(1).copied().chain([cell.len()]);
    distinct(starts.iter().zip(ends).map(|(start, end)| {
        cell[*start..end].trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'))
    }))
}

fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = std::collections::HashSet::new();
    values.map(str::trim).filter(|value| !value.is_empty() && seen.insert(*value)).collect()
}

/// `mens-shirts` as a person writes it: `Mens shirts`. Texts with a capital or a space stay.
pub(super) fn humanised(word: &str) -> String {
    let machine_made = !word.contains(' ') && !word.chars().any(char::is_uppercase);
    if !machine_made {
        return word.to_string();
    }
    let spaced = word.replace(['-', '_'], " ");
    let mut chars = spaced.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_split_at_the_mark_they_use() {
        assert_eq!(split("S, M,L,,S"), ["S", "M", "L"]);
        assert_eq!(split("Black/White; Navy"), ["Black/White", "Navy"]);
        assert_eq!(split("One"), ["One"]);
        assert!(split(" ").is_empty());
    }

    #[test]
    fn addresses_keep_their_commas() {
        let cell = "https://a.example/w_1,h_2/x.jpg, https://a.example/y.jpg";
        assert_eq!(addresses(cell), ["https://a.example/w_1,h_2/x.jpg", "https://a.example/y.jpg"]);
        assert_eq!(addresses("a.jpg,b.jpg"), ["a.jpg", "b.jpg"]);
        assert_eq!(
            addresses("https://a.example/?u=https://b.example"),
            ["https://a.example/?u=https://b.example"]
        );
    }

    #[test]
    fn machine_words_become_readable() {
        assert_eq!(humanised("mens-shirts"), "Mens shirts");
        assert_eq!(humanised("T-Shirt"), "T-Shirt");
        assert_eq!(humanised("beauty"), "Beauty");
    }
}
