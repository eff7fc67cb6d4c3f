//! Furniture.

use super::{ellipse, fill, line, rect, shine};
use crate::art::paint::{PAPER, Paint, WOOD, WOOD_DARK, WOOD_LIGHT};
use crate::art::random::Random;

pub fn chair(p: &Paint, r: &mut Random) -> String {
    let back = if r.between(0, 2) == 0 {
        fill("M256 196c0-52 288-52 288 0l-22 244H278z", "url(#g)") + &shine("M292 216c-2 70 4 140 10 196", 14)
    } else {
        let rails: String = (0..4).map(|i| rect(270, 190 + i * 58, 260, 32, 16, "url(#g)")).collect();
        line("M272 170l10 270M528 170l-10 270", WOOD_DARK, 22) + &rails
    };
    line("M290 500l-56 186M510 500l56 186", WOOD_DARK, 22)
        + &line("M330 500l-14 150M470 500l14 150", WOOD, 18)
        + &line("M262 600h276", WOOD_DARK, 10)
        + &back
        + &rect(232, 440, 336, 96, 44, &p.d)
        + &rect(232, 424, 336, 86, 42, &p.m)
        + &shine("M270 452h190", 12)
}

pub fn stool(p: &Paint, r: &mut Random) -> String {
    let seat = if r.between(0, 2) == 0 {
        rect(212, 330, 376, 86, 40, &p.d)
            + &ellipse(400, 340, 188, 46, "url(#v)")
            + &shine("M264 332c60-24 160-28 220-12", 10)
    } else {
        let weave: String = (0..7).map(|i| line(&format!("M{} 312l-10 76", 246 + i * 52), &p.a, 8)).collect();
        rect(214, 308, 372, 84, 26, "url(#g)") + &weave
    };
    line("M276 400l-52 286M524 400l52 286M346 400l-18 240M454 400l18 240", WOOD_DARK, 24)
        + &line("M274 410l-44 260M344 410l-14 220", WOOD_LIGHT, 7)
        + &line("M250 560h300M338 612h126", WOOD, 14)
        + &seat
}

pub fn table(p: &Paint, r: &mut Random) -> String {
    let under = if r.between(0, 2) == 0 {
        line("M400 420v230M300 686l100-70 100 70", WOOD_DARK, 34)
    } else {
        line("M206 420l-44 266M594 420l44 266M300 420l-20 220M500 420l20 220", WOOD_DARK, 26)
    };
    let vase = fill("M470 388c-30-30-24-76 0-92v-40h40v40c24 16 30 62 0 92z", &p.a)
        + &line(
            "M484 256c-10-60-40-80-54-92M492 256c0-70 20-90 34-110M488 256c2-50-4-90-2-130",
            "#5d7a58",
            6,
        )
        + &[(430, 160), (528, 142), (486, 122)].map(|(x, y)| ellipse(x, y, 17, 17, &p.b)).concat();
    under
        + &ellipse(400, 402, 300, 44, &p.d)
        + &ellipse(400, 390, 300, 42, "url(#g)")
        + &vase
        + &rect(250, 352, 130, 22, 5, PAPER)
        + &rect(262, 332, 112, 20, 5, &p.b)
        + &shine("M150 384c60-16 120-22 180-24", 7)
}

pub fn shelf(p: &Paint, r: &mut Random) -> String {
    let shades = [&p.a, &p.b, &p.x, &p.l];
    let mut books = String::new();
    for (row, y) in [330, 486, 642].into_iter().enumerate() {
        let mut x = 256 + r.between(0, 40);
        for n in 0..r.between(4, 7) {
            let (width, height) = (r.between(20, 38), r.between(66, 112));
            let colour = shades[(row + usize::try_from(n).unwrap_or(0)) % 4];
            books += &rect(x, y - height, width, height, 4, colour);
            x += width + 4;
        }
        if x < 470 {
            books += &fill(&format!("M{} {y}c-16-30-14-50 8-64h34c22 14 24 34 8 64z", x + 24), WOOD_LIGHT);
        }
    }
    rect(222, 150, 356, 540, 14, &p.d)
        + &rect(222, 150, 26, 540, 10, &p.m)
        + &rect(552, 150, 26, 540, 10, &p.x)
        + &rect(248, 176, 304, 486, 2, &p.x)
        + &books
        + &[174, 330, 486, 642].map(|y| rect(236, y, 328, 18, 4, "url(#g)")).concat()
        + &rect(222, 140, 356, 26, 8, &p.l)
        + &rect(240, 680, 30, 14, 3, WOOD_DARK)
        + &rect(530, 680, 30, 14, 3, WOOD)
}
