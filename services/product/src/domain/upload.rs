//! A picture that a merchant uploaded: named by what is in it, and kept in several widths.

/// How the address of an image begins that shows an upload; its digest follows.
pub const SCHEME: &str = "upload:";
/// For a cart's line and a list on a phone, up to a large screen. A smaller picture is never made larger.
const WIDTHS: [u32; 4] = [320, 640, 1280, 2048];
/// A picture may be as high as two of the widest.
const HIGHEST: u64 = 4096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Of all its files.
    pub digest: String,
    /// `jpg`, or `webp` where something can be seen through.
    pub ending: String,
    /// Of the largest file, in pixels.
    pub width: i64,
    pub height: i64,
    /// Of its files, the smallest first.
    pub widths: Vec<i64>,
}

impl Upload {
    /// The file of this width.
    pub fn name(&self, width: i64) -> String {
        format!("{}-{width}.{}", self.digest, self.ending)
    }

    pub fn names(&self) -> Vec<String> {
        self.widths.iter().map(|width| self.name(*width)).collect()
    }

    pub fn src(&self) -> String {
        format!("{SCHEME}{}", self.digest)
    }

    /// What a browser chooses from, as `srcset` has it.
    pub fn srcset(&self) -> String {
        let each = self.widths.iter().map(|width| format!("/media/{} {width}w", self.name(*width)));
        each.collect::<Vec<_>>().join(", ")
    }

    /// For where a picture is shown small.
    pub fn smallest(&self) -> String {
        self.name(self.widths.first().copied().unwrap_or(self.width))
    }
}

/// The sizes that a picture of this size is made in, the smallest first. One hardly smaller than the largest is left out.
pub fn sizes(width: u32, height: u32) -> Vec<(u32, u32)> {
    let (wide, high) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let fits = u32::try_from(HIGHEST * wide / high).unwrap_or(u32::MAX).max(1);
    let largest = width.max(1).min(WIDTHS[WIDTHS.len() - 1]).min(fits);
    let smaller = WIDTHS.into_iter().filter(|width| width * 10 <= largest * 9);
    let high_of = |width: u32| u32::try_from((u64::from(width) * high + wide / 2) / wide).unwrap_or(1).max(1);
    smaller.chain([largest]).map(|width| (width, high_of(width))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_made_in_widths_that_are_worth_it_and_never_larger() {
        assert_eq!(sizes(4000, 3000), [(320, 240), (640, 480), (1280, 960), (2048, 1536)]);
        assert_eq!(sizes(1300, 650), [(320, 160), (640, 320), (1300, 650)], "1280 is hardly smaller");
        assert_eq!(sizes(200, 100), [(200, 100)]);
        assert_eq!(sizes(1, 1), [(1, 1)]);
        assert_eq!(sizes(3000, 1), [(320, 1), (640, 1), (1280, 1), (2048, 1)]);
        assert_eq!(sizes(1000, 12_000), [(341, 4092)], "as high as may be");
        assert_eq!(sizes(1, 12_000), [(1, 12_000)]);
    }

    #[test]
    fn its_files_are_named_by_digest_and_width() {
        let upload = Upload {
            digest: "ab12".into(),
            ending: "jpg".into(),
            width: 900,
            height: 600,
            widths: vec![320, 900],
        };
        assert_eq!(upload.names(), ["ab12-320.jpg", "ab12-900.jpg"]);
        assert_eq!(upload.srcset(), "/media/ab12-320.jpg 320w, /media/ab12-900.jpg 900w");
        assert_eq!((upload.src().as_str(), upload.smallest().as_str()), ("upload:ab12", "ab12-320.jpg"));
    }
}
