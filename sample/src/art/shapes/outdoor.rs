//! Things of garden and trail.

use super::{ellipse, fill, line, rect, shine};
use crate::art::paint::{Hsl, PAPER, Paint, STEEL, STEEL_DARK, WOOD, WOOD_DARK};
use crate::art::random::Random;

pub fn bottle(p: &Paint, r: &mut Random) -> String {
    let print = match r.between(0, 4) {
        0 => fill("M292 560l70-100 44 56 30-40 72 84v60H292z", &p.a),
        1 => rect(288, 430, 224, 26, 0, &p.a) + &rect(288, 476, 224, 12, 0, &p.a),
        2 => ellipse(400, 500, 60, 60, &p.a),
        _ => line("M330 420v180M370 420v180M410 420v180M450 420v180", &p.a, 10),
    };
    let cap = if r.between(0, 2) == 0 {
        line("M362 140c0-64 76-64 76 0", STEEL_DARK, 14) + &rect(340, 132, 120, 76, 16, &p.x)
    } else {
        rect(346, 112, 108, 96, 14, WOOD) + &line("M346 150h108M346 180h108", WOOD_DARK, 4)
    };
    cap + &rect(354, 200, 92, 26, 6, STEEL)
        + &fill(
            "M358 222h84c6 66 72 70 72 160v256c0 36-22 52-54 52H340c-32 0-54-16-54-52V382c0-90 66-94 72-160z",
            "url(#g)",
        )
        + &print
        + &line("M288 646h224", &p.x, 6)
        + &shine("M312 390c-4 80-4 160 0 236", 14)
}

pub fn tent(p: &Paint, r: &mut Random) -> String {
    let ground = line("M96 690h608", "#7c8b62", 10);
    let flag = if r.between(0, 2) == 0 {
        line("M400 236V150", WOOD_DARK, 8) + &fill("M402 152l66 22-66 24z", &p.b)
    } else {
        String::new()
    };
    line("M150 690L92 704M650 690l58 14", STEEL_DARK, 6)
        + &ground
        + &flag
        + &fill("M400 226L132 690h536z", "url(#g)")
        + &fill("M400 226l268 464H520z", &p.d)
        + &fill("M400 226L300 690h196z", &p.x)
        + &fill("M400 250c-24 160-60 320-92 440h-50c50-140 104-300 142-440z", &p.a)
        + &fill("M400 250c16 160 54 320 92 440h48C490 550 438 390 400 250z", &p.b)
        + &line("M212 552c60 12 80 10 112 0M600 572l-60 20", &p.d, 5)
        + &line("M132 690l268-464 268 464", &p.x, 8)
        + &shine("M360 330L210 600", 10)
}

pub fn plant(p: &Paint, r: &mut Random) -> String {
    let mut leaves = String::new();
    for i in 0..9 {
        let angle = -80 + i * 20 + r.between(-6, 7);
        let long = r.between(210, 310);
        let leaf = Hsl(120 + r.between(0, 30), 32, r.between(28, 46)).css();
        let (near, far) = (long * 2 / 5, long * 4 / 5);
        leaves += &format!(
            "<g transform=\"rotate({angle} 400 480)\">{}{}</g>",
            fill(
                &format!(
                    "M400 480c-54-{near}-42-{far} 0-{long} 42 {} 54 {} 0 {long}z",
                    long / 5,
                    long * 3 / 5
                ),
                &leaf
            ),
            line(&format!("M400 470V{}", 480 - far), "#ffffff40", 4)
        );
    }
    let band = if r.between(0, 2) == 0 {
        line("M286 590c70 16 158 16 228 0", &p.a, 14)
    } else {
        line("M296 600l24-22 24 22 24-22 24 22 24-22 24 22 24-22 24 22", &p.a, 8)
    };
    leaves
        + &fill("M268 480h264l-34 178c-4 22-16 32-40 32H342c-24 0-36-10-40-32z", "url(#g)")
        + &band
        + &rect(250, 452, 300, 54, 20, &p.d)
        + &rect(250, 448, 300, 30, 15, &p.l)
        + &shine("M300 530l18 100", 12)
}

pub fn can(p: &Paint, r: &mut Random) -> String {
    let face = if r.between(0, 2) == 0 {
        ellipse(388, 560, 50, 50, &p.a)
    } else {
        line("M262 520h252M262 548h252", &p.a, 10)
    };
    line("M500 600c90-20 120-150 196-232", &p.d, 34)
        + &fill("M664 340l70 62-18 20-76-58z", &p.x)
        + &line("M300 400c-40-210 260-210 190 0", &p.d, 22)
        + &line("M258 450c-140-10-150 170 0 180", &p.x, 24)
        + &fill("M246 420h284l16 232c2 26-12 38-36 38H266c-24 0-38-12-36-38z", "url(#g)")
        + &ellipse(388, 420, 142, 26, &p.l)
        + &ellipse(388, 423, 122, 18, &p.x)
        + &face
        + &line("M236 646c90 16 216 16 304 0", &p.d, 6)
        + &shine("M272 470l-8 160", 13)
}

pub fn basket(p: &Paint, r: &mut Random) -> String {
    let strands = |light: bool| -> String {
        (0..54)
            .map(|i| (i % 9, i / 9))
            .filter(|(column, row)| ((row + column) % 3 == 0) == light)
            .map(|(column, row)| format!("M{} {}h18", 208 + column * 44 + row % 2 * 22, 452 + row * 40))
            .collect()
    };
    let weave = line(&strands(true), &p.l, 18) + &line(&strands(false), &p.d, 18);
    let inside = if r.between(0, 2) == 0 {
        fill("M250 420c10-90 90-110 120-50 40-80 150-50 170 50z", &p.a)
            + &line("M330 380c20 10 30 20 34 40", &p.b, 6)
    } else {
        ellipse(330, 396, 62, 52, &p.b)
            + &ellipse(440, 388, 70, 60, PAPER)
            + &line("M400 380c30-20 70-20 90 0", "#d9d2c2", 5)
    };
    line("M214 420c0-270 372-270 372 0", WOOD_DARK, 24)
        + &line("M222 410c4-240 352-240 356 0", WOOD, 8)
        + &inside
        + &fill("M172 420h456l-40 232c-4 26-20 38-46 38H258c-26 0-42-12-46-38z", "url(#g)")
        + &format!("<g opacity=\".7\">{weave}</g>")
        + &rect(160, 406, 480, 40, 20, &p.x)
        + &line("M180 420h440", &p.l, 6)
}
