//! Things of the kitchen.

use super::{ellipse, fill, line, rect, shine};
use crate::art::paint::{PAPER, Paint, STEEL, STEEL_DARK, WOOD, WOOD_DARK, WOOD_LIGHT};
use crate::art::random::Random;

pub fn mug(p: &Paint, r: &mut Random) -> String {
    let glaze = match r.between(0, 3) {
        0 => fill("M236 560h324c-4 84-44 128-126 128h-72c-82 0-122-44-126-128z", &p.a),
        1 => fill("M233 440c54 34 108-30 164 0s110 32 167 0v60c-57 32-113 30-167 0s-110 34-164 0z", &p.a),
        _ => [420, 480, 540].map(|y| line(&format!("M240 {y}h316"), &p.a, 10)).concat(),
    };
    line("M552 392c118-22 140 52 126 118-14 68-76 100-142 96", &p.d, 40)
        + &line("M552 392c118-22 140 52 126 118", &p.m, 16)
        + &fill("M230 316h336v232c0 94-50 140-132 140h-72c-82 0-132-46-132-140z", "url(#g)")
        + &glaze
        + &ellipse(398, 316, 168, 40, &p.l)
        + &ellipse(398, 320, 146, 29, &p.x)
        + &ellipse(398, 328, 130, 20, "#54331f")
        + &shine("M262 380c-3 96-2 170 22 236", 15)
}

pub fn bowl(p: &Paint, r: &mut Random) -> String {
    let rim = if r.between(0, 2) == 0 {
        line("M150 438c70 44 430 44 500 0", &p.a, 16)
    } else {
        (0..9).map(|i| ellipse(196 + i * 51, 474 - (i - 4) * (i - 4), 9, 9, &p.a)).collect()
    };
    fill("M318 660h164l18 30H300z", &p.x)
        + &fill("M134 420c0 168 98 250 214 250h104c116 0 214-82 214-250z", "url(#g)")
        + &rim
        + &ellipse(400, 420, 266, 66, &p.l)
        + &ellipse(400, 424, 240, 52, &p.d)
        + &ellipse(400, 446, 196, 30, &p.m)
        + &shine("M178 484c16 72 56 122 104 146", 14)
}

pub fn teapot(p: &Paint, r: &mut Random) -> String {
    let handle = if r.between(0, 2) == 0 {
        line("M232 330c-6-210 342-210 336 0", WOOD_DARK, 26)
            + &line("M236 320c4-180 324-180 328 0", WOOD_LIGHT, 6)
    } else {
        line("M226 420c-130-40-150 150 14 160", &p.d, 32)
    };
    handle
        + &fill("M560 450c70-6 84-96 140-116l22 26c-54 50-50 170-156 200z", &p.d)
        + &fill(
            "M206 500c0-120 84-176 194-176s194 56 194 176c0 118-66 186-140 186H346c-74 0-140-68-140-186z",
            "url(#g)",
        )
        + &fill("M276 344c30-34 218-34 248 0 4 30-252 30-248 0z", &p.m)
        + &ellipse(400, 344, 124, 22, &p.l)
        + &fill("M290 342c16-44 204-44 220 0-40 18-180 18-220 0z", &p.d)
        + &ellipse(400, 290, 26, 24, &p.a)
        + &line("M222 560c90 26 266 26 356 0", &p.a, 10)
        + &shine("M248 440c-16 60-6 130 30 180", 15)
}

pub fn board(p: &Paint, r: &mut Random) -> String {
    let grain: String = (0..6)
        .map(|i| {
            let y = 300 + i * 62 + r.between(-10, 10);
            line(
                &format!("M250 {y}c90 {} 200 {} 300 0", r.between(-24, 24), r.between(-24, 24)),
                WOOD_DARK,
                3,
            )
        })
        .collect();
    let holder = fill("M372 120h56c20 0 30 14 30 34l-6 86H348l-6-86c0-20 10-34 30-34z", WOOD);
    holder
        + &ellipse(400, 168, 18, 18, WOOD_DARK)
        + &rect(232, 228, 336, 462, 46, WOOD)
        + &format!("<g opacity=\".5\">{grain}</g>")
        + &fill("M232 590h336v54c0 30-18 46-46 46H278c-28 0-46-16-46-46z", "url(#g)")
        + &line("M232 588h336", &p.x, 4)
        + &line("M400 120c-40-40-10-70 0-40", &p.d, 10)
        + &shine("M262 280v260", 12)
}

pub fn pan(p: &Paint, r: &mut Random) -> String {
    let lid = r.between(0, 2) == 0;
    let top = if lid {
        fill("M182 430c20-110 416-110 436 0z", "url(#v)")
            + &rect(372, 306, 56, 46, 20, WOOD)
            + &ellipse(400, 430, 220, 30, &p.d)
    } else {
        ellipse(400, 430, 222, 44, &p.l)
            + &ellipse(400, 434, 200, 33, &p.x)
            + &ellipse(400, 446, 176, 22, &p.d)
    };
    rect(92, 440, 110, 34, 17, WOOD_DARK)
        + &rect(598, 440, 110, 34, 17, WOOD_DARK)
        + &rect(176, 446, 40, 22, 8, STEEL)
        + &rect(584, 446, 40, 22, 8, STEEL)
        + &fill("M178 430h444v190c0 46-30 70-74 70H252c-44 0-74-24-74-70z", "url(#g)")
        + &line("M180 640c60 20 380 20 440 0", &p.x, 8)
        + &top
        + &rect(352, 520, 96, 60, 10, &p.a)
        + &line("M372 540h56M372 560h36", STEEL_DARK, 6)
        + &ellipse(384, 522, 3, 3, PAPER)
        + &shine("M206 480c-2 60 0 100 12 150", 13)
}
