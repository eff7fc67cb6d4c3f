//! Cushions, blankets, towels.

use super::{ellipse, fill, line, rect, shine};
use crate::art::paint::{Paint, WOOD, WOOD_DARK};
use crate::art::random::Random;

pub fn cushion(p: &Paint, r: &mut Random) -> String {
    let pattern = match r.between(0, 4) {
        0 => (0..5).map(|i| line(&format!("M{} 246c-14 120-14 260 0 390", 232 + i * 84), &p.a, 16)).collect(),
        1 => (0..16)
            .map(|i| ellipse(236 + (i % 4) * 110, 282 + (i / 4) * 106, 22, 22, &p.a))
            .collect::<String>(),
        2 => line(
            "M190 440c70-90 140 90 210 0s140 90 210 0M196 340c70-90 136 90 204 0s140 90 206 0M196 540c70-90 136 90 204 0s140 90 206 0",
            &p.a,
            14,
        ),
        _ => {
            fill("M400 240l190 200-190 200-190-200z", &p.a) + &fill("M400 320l110 120-110 120-110-120z", &p.m)
        }
    };
    fill("M168 220c80 26 384 26 464 0 34 120 34 330 0 462-80-22-384-22-464 0-34-132-34-342 0-462z", "url(#g)")
        + &pattern
        + &line(
            "M168 220c80 26 384 26 464 0 34 120 34 330 0 462-80-22-384-22-464 0-34-132-34-342 0-462z",
            &p.d,
            8,
        )
        + &shine("M196 270c-14 100-14 220-2 330", 14)
}

pub fn blanket(p: &Paint, r: &mut Random) -> String {
    let stripes = match r.between(0, 3) {
        0 => rect(250, 300, 40, 384, 0, &p.a) + &rect(510, 300, 40, 384, 0, &p.a),
        1 => {
            rect(160, 372, 480, 20, 0, &p.a)
                + &rect(160, 500, 480, 20, 0, &p.a)
                + &rect(160, 628, 480, 20, 0, &p.a)
        }
        _ => (0..9).map(|i| line(&format!("M{} 330v330", 200 + i * 50), &p.l, 4)).collect(),
    };
    let fringe: String = (0..25).map(|i| format!("M{} 672l{} 26", 168 + i * 19, r.between(-5, 6))).collect();
    let fringe = line(&fringe, &p.l, 6);
    fringe
        + &rect(150, 556, 500, 122, 52, &p.d)
        + &rect(150, 430, 500, 128, 54, "url(#g)")
        + &rect(150, 304, 500, 128, 54, "url(#v)")
        + &format!("<g opacity=\".75\">{stripes}</g>")
        + &line("M190 432h420M190 558h420", &p.x, 5)
        + &rect(560, 590, 66, 48, 6, &p.a)
        + &line("M576 608h34M576 622h22", &p.b, 5)
        + &shine("M210 336h300", 12)
}

pub fn towel(p: &Paint, r: &mut Random) -> String {
    let band = match r.between(0, 3) {
        0 => rect(266, 540, 268, 44, 0, &p.a),
        1 => [500, 540, 580].map(|y| rect(266, y, 268, 14, 0, &p.a)).concat(),
        _ => line("M276 556l24-24 24 24 24-24 24 24 24-24 24 24 24-24 24 24 24-24 24 24", &p.a, 9),
    };
    let fringe: String = (0..14).map(|i| format!("M{} 654v28", 274 + i * 19)).collect();
    let fringe = line(&fringe, &p.d, 6);
    line("M140 196h520", WOOD_DARK, 26)
        + &line("M140 190h520", WOOD, 10)
        + &fill("M510 190c40 0 50 10 50 40v330c-20 10-60 10-80 0V200z", &p.x)
        + &fringe
        + &fill("M240 224c0-34 20-50 60-50h210c-34 4-44 20-44 50l70 0v430H266V232z", "url(#g)")
        + &fill("M240 224c0-34 20-50 60-50h220c26 2 36 16 36 40v440H266z", "url(#g)")
        + &band
        + &line("M330 250v270M420 250v270M490 260v250", &p.d, 3)
        + &shine("M288 226v260", 12)
}
