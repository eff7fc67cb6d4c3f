//! Small rules for text that many services share.

/// A URL-safe name from a title: lower-case ASCII letters, digits and single hyphens, at most 80 characters.
/// Letters that fold to ASCII (`ö`, `é`, `ß`) fold; others fall away. Empty when nothing is left.
pub fn slug(title: &str) -> String {
    let mut out = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        let folded: &str = match c {
            'a'..='z' | '0'..='9' => {
                out.push(c);
                continue;
            }
            'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ą' => "a",
            'ä' | 'æ' => "ae",
            'ç' | 'ć' | 'č' => "c",
            'ď' | 'đ' | 'ð' => "d",
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
            'ğ' => "g",
            'ì' | 'í' | 'î' | 'ï' | 'ı' | 'ī' => "i",
            'ł' | 'ľ' => "l",
            'ñ' | 'ń' | 'ň' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ő' => "o",
            'ö' | 'ø' | 'œ' => "oe",
            'ř' => "r",
            'ś' | 'š' | 'ş' | 'ș' => "s",
            'ß' => "ss",
            'ť' | 'ț' => "t",
            'þ' => "th",
            'ù' | 'ú' | 'û' | 'ů' | 'ű' | 'ū' => "u",
            'ü' => "ue",
            'ý' | 'ÿ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            '\'' | '’' => "",
            _ => {
                if !out.is_empty() && !out.ends_with('-') {
                    out.push('-');
                }
                continue;
            }
        };
        out.push_str(folded);
    }
    out.truncate(80);
    out.trim_end_matches('-').to_string()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_slug_folds_letters_and_drops_the_rest() {
        assert_eq!(slug("*New* Bombay Bamboo Bath Towel"), "new-bombay-bamboo-bath-towel");
        assert_eq!(slug("Größe & Höhe – 50 %"), "groesse-hoehe-50");
        assert_eq!(slug("Men’s tee"), "mens-tee");
        assert_eq!(slug("日本"), "");
    }
}
