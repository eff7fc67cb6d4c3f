//! Things to wear.

use super::{ellipse, fill, line, rect, shine};
use crate::art::paint::{PAPER, Paint};
use crate::art::random::Random;

pub fn tee(p: &Paint, r: &mut Random) -> String {
    let print = match r.between(0, 5) {
        0 => ellipse(400, 400, 58, 58, &p.a) + &line("M360 412c24-44 54-44 80-4", &p.b, 9),
        1 => (0..6).map(|i| line(&format!("M274 {}h252", 360 + i * 54), &p.a, 12)).collect(),
        2 => rect(448, 350, 62, 70, 8, &p.d) + &line("M448 366h62", &p.x, 4),
        3 => fill("M330 440l48-70 30 38 22-28 44 60z", &p.a),
        _ => String::new(),
    };
    fill(
        "M300 176l-158 76 54 156 72-28v296c0 12 8 18 20 18h224c12 0 20-6 20-18V380l72 28 54-156-158-76c-30 62-170 62-200 0z",
        "url(#g)",
    ) + &print
        + &fill("M300 176c30 62 170 62 200 0l-24-12c-30 42-122 42-152 0z", &p.d)
        + &line("M268 380c-2 110-2 210 0 296M532 380c2 110 2 210 0 296", &p.d, 5)
        + &line("M164 320l46 88-14 0M636 320l-46 88", &p.d, 4)
        + &line("M270 668h260", &p.d, 4)
        + &shine("M300 260c-14 40-14 90-12 150", 12)
}

pub fn sweater(p: &Paint, r: &mut Random) -> String {
    let knit = match r.between(0, 3) {
        0 => (0..7)
            .map(|i| line(&format!("M{} 320c14 30-14 60 0 90s-14 60 0 90-14 60 0 90", 290 + i * 37), &p.d, 6))
            .collect(),
        1 => (0..4)
            .map(|i| {
                line(
                    &format!(
                        "M272 {}l22-20 22 20 21-20 21 20 21-20 21 20 21-20 21 20 21-20 21 20 21-20 21 20",
                        330 + i * 70
                    ),
                    &p.a,
                    9,
                )
            })
            .collect::<String>(),
        _ => rect(270, 340, 260, 60, 0, &p.a) + &rect(270, 440, 260, 24, 0, &p.a),
    };
    fill(
        "M304 176c-96 20-150 70-168 170l-40 260 96 22 66-210v230c0 24 10 36 32 36h220c22 0 32-12 32-36V418l66 210 96-22-40-260c-18-100-72-150-168-170z",
        "url(#g)",
    ) + &knit
        + &fill("M258 636h284v14c0 24-10 36-32 36H290c-22 0-32-12-32-36z", &p.d)
        + &fill("M102 574l98 22-8 34-98-22zM698 574l-98 22 8 34 98-22z", &p.d)
        + &fill("M300 182c20 60 180 60 200 0l-20-26c-30 34-130 34-160 0z", &p.d)
        + &fill("M326 168c24 34 124 34 148 0-24-16-124-16-148 0z", &p.x)
        + &line("M258 418c-4-40-2-70 8-100M542 418c4-40 2-70-8-100", &p.d, 5)
        + &shine("M176 330c-16 70-30 140-40 210", 12)
}

pub fn beanie(p: &Paint, r: &mut Random) -> String {
    let ribs: String = (0..9)
        .map(|i| {
            line(&format!("M{} 500C{} 360 {} 280 400 226", 200 + i * 50, 220 + i * 45, 310 + i * 22), &p.d, 6)
        })
        .collect();
    let top = if r.between(0, 2) == 0 {
        ellipse(400, 200, 62, 60, &p.a) + &shine("M366 180c10-20 26-26 40-28", 8)
    } else {
        String::new()
    };
    let cuff: String = (0..17).map(|i| line(&format!("M{} 506v134", 172 + i * 28), &p.x, 5)).collect();
    fill("M174 520c0-190 90-306 226-306s226 116 226 306z", "url(#g)")
        + &ribs
        + &top
        + &rect(150, 492, 500, 162, 46, &p.d)
        + &format!("<g opacity=\".45\">{cuff}</g>")
        + &rect(470, 548, 96, 56, 6, PAPER)
        + &line("M488 568h60M488 584h38", &p.x, 6)
        + &shine("M184 530c-2 30-2 60 0 86", 12)
}

pub fn sneaker(p: &Paint, r: &mut Random) -> String {
    let side = match r.between(0, 3) {
        0 => line("M250 590c96 6 176-10 236-70", &p.a, 20),
        1 => fill("M300 600l70-110 34 18-52 92z", &p.a) + &fill("M384 600l60-80 32 20-44 60z", &p.a),
        _ => ellipse(250, 540, 34, 34, &p.a),
    };
    fill("M146 606c-6-72 6-146 36-200 22 34 104 26 146-24l150 128c66 40 170 24 184 96z", "url(#g)")
        + &fill("M560 546c66 4 98 20 102 60H500c4-40 24-62 60-60z", &p.l)
        + &fill("M182 406c-26 52-40 118-38 200h104c20-86-6-146-66-200z", &p.d)
        + &side
        + &fill("M330 384l-60 40 150 130 84-36z", &p.d)
        + &line("M346 410l-50 44M386 442l-52 46M428 476l-52 46M470 508l-50 44", PAPER, 13)
        + &fill("M182 406c22 34 104 26 146-24l-18-30c-30 30-90 40-116 24z", &p.x)
        + &rect(132, 604, 544, 70, 34, "#f7f5f0")
        + &rect(132, 644, 544, 32, 16, &p.b)
        + &line("M150 626h500", "#d8d4cb", 4)
        + &shine("M176 470c-10 34-14 70-14 104", 11)
}
