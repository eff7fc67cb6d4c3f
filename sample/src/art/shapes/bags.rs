//! Bags.

use super::{ellipse, fill, line, rect, shine};
use crate::art::paint::{BRASS, Paint, STEEL};
use crate::art::random::Random;

pub fn backpack(p: &Paint, r: &mut Random) -> String {
    let top = if r.between(0, 2) == 0 {
        // Rolled, with two buckled straps.
        rect(258, 180, 284, 90, 40, &p.d)
            + &line("M272 224h256", &p.x, 6)
            + &rect(312, 176, 22, 240, 6, &p.b)
            + &rect(466, 176, 22, 240, 6, &p.b)
            + &rect(304, 380, 38, 30, 6, BRASS)
            + &rect(458, 380, 38, 30, 6, BRASS)
    } else {
        fill("M236 330c0-104 60-152 164-152s164 48 164 152c-60 34-268 34-328 0z", "url(#v)")
            + &line("M238 332c60 34 264 34 324 0", &p.x, 8)
            + &rect(548, 328, 18, 40, 6, BRASS)
    };
    line("M336 186c0-82 128-82 128 0", &p.x, 24)
        + &fill("M206 420c-30 20-36 180 2 220h34V410z", &p.x)
        + &fill("M594 420c30 20 36 180-2 220h-34V410z", &p.x)
        + &fill(
            "M228 340c0-110 60-160 172-160s172 50 172 160v290c0 40-24 60-60 60H288c-36 0-60-20-60-60z",
            "url(#g)",
        )
        + &top
        + &rect(272, 470, 256, 186, 34, &p.d)
        + &line("M284 524h232", &p.a, 7)
        + &rect(386, 520, 28, 46, 8, &p.a)
        + &rect(356, 596, 88, 32, 6, &p.b)
        + &shine("M252 400c-3 90-3 160 0 230", 13)
}

pub fn tote(p: &Paint, r: &mut Random) -> String {
    let print = match r.between(0, 4) {
        0 => ellipse(400, 500, 82, 82, &p.a) + &fill("M318 500a82 82 0 0 0 164 0z", &p.b),
        1 => fill("M400 400c60 60 60 150 0 190-60-40-60-130 0-190z", &p.a) + &line("M400 420v190", &p.b, 7),
        2 => (0..5).map(|i| rect(262, 430 + i * 44, 276, 16, 8, &p.a)).collect(),
        _ => line("M310 570l60-100 40 60 30-44 60 84z", &p.a, 14) + &ellipse(460, 440, 22, 22, &p.a),
    };
    line("M312 330c-10-200 186-200 176 0", &p.d, 22)
        + &line("M330 330c-8-160 148-160 140 0", &p.x, 16)
        + &fill("M220 318h360l30 340c2 20-10 32-30 32H220c-20 0-32-12-30-32z", "url(#g)")
        + &line("M222 342h356", &p.d, 6)
        + &rect(300, 318, 26, 60, 4, &p.d)
        + &rect(474, 318, 26, 60, 4, &p.d)
        + &print
        + &line("M520 360c20 100 26 200 24 300", &p.d, 4)
        + &shine("M246 370c-8 90-16 180-22 260", 12)
}

pub fn pouch(p: &Paint, r: &mut Random) -> String {
    let front = if r.between(0, 2) == 0 {
        rect(150, 420, 500, 14, 0, &p.a) + &rect(150, 560, 500, 14, 0, &p.a)
    } else {
        rect(300, 470, 200, 110, 10, &p.a) + &line("M330 506h140M330 536h90", &p.b, 8)
    };
    fill(
        "M150 372c0-26 16-40 40-40h420c24 0 40 14 40 40l14 268c0 34-18 50-48 50H184c-30 0-48-16-48-50z",
        "url(#g)",
    ) + &rect(146, 322, 508, 44, 20, &p.x)
        + &line("M170 344h460", STEEL, 7)
        + &front
        + &rect(600, 332, 24, 30, 6, BRASS)
        + &line("M612 362c20 30 8 60 18 92", &p.d, 10)
        + &fill("M616 446h34l6 44h-46z", &p.b)
        + &line("M150 640c80 20 420 20 500 0", &p.d, 4)
        + &shine("M176 400c-4 80-6 150-6 220", 13)
}
