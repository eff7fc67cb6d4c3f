//! Things of the desk.

use super::{ellipse, fill, line, rect, shine};
use crate::art::paint::{BRASS, PAPER, Paint, WOOD, WOOD_DARK};
use crate::art::random::Random;

pub fn notebook(p: &Paint, r: &mut Random) -> String {
    let cover = match r.between(0, 4) {
        0 => rect(300, 260, 220, 90, 6, PAPER) + &line("M330 292h160M330 320h100", &p.x, 7),
        1 => ellipse(410, 410, 96, 96, &p.a) + &fill("M314 410a96 96 0 0 1 192 0z", &p.b),
        2 => (0..7).map(|i| line(&format!("M270 {}h290", 230 + i * 66), &p.a, 10)).collect(),
        _ => fill("M262 560c60-110 110-40 150-120s100-60 162-180v434H262z", &p.a),
    };
    let spine = if r.between(0, 2) == 0 {
        (0..11).map(|i| ellipse(234, 190 + i * 46, 20, 9, BRASS)).collect()
    } else {
        rect(220, 150, 42, 540, 8, &p.x)
    };
    rect(250, 166, 344, 528, 10, "#e9e3d6")
        + &line("M594 190v480M586 186v490", "#cfc7b6", 3)
        + &rect(228, 150, 352, 532, 14, "url(#g)")
        + &cover
        + &spine
        + &rect(530, 150, 16, 532, 0, &p.x)
        + &line("M420 682v24l14-12 14 12v-24", &p.b, 12)
        + &shine("M282 186v150", 10)
}

pub fn pencils(p: &Paint, r: &mut Random) -> String {
    let shades = [&p.a, &p.b, &p.l, &p.x, &p.m];
    let mut sticks = String::new();
    for i in 0..6_i32 {
        let x = 272 + i * 44;
        let top = r.between(150, 250);
        let tilt = (i - 2) * 4 + r.between(-2, 3);
        let colour = shades[usize::try_from(i).unwrap_or(0) % 5];
        sticks += &format!(
            "<g transform=\"rotate({tilt} {x} 660)\">{}{}{}</g>",
            rect(x - 15, top, 30, 420, 4, colour),
            fill(&format!("M{} {top}l15-44 15 44z", x - 15), WOOD),
            fill(&format!("M{} {}l5-15 5 15z", x - 5, top - 29), "#2f2a28")
        );
    }
    sticks
        + &fill("M238 430h324l-20 226c-2 24-14 34-36 34H294c-22 0-34-10-36-34z", "url(#g)")
        + &ellipse(400, 430, 162, 24, &p.x)
        + &fill("M238 430a162 24 0 0 0 324 0l-2 24c-60 26-260 26-320 0z", &p.l)
        + &line("M252 580c80 20 216 20 296 0", &p.a, 10)
        + &shine("M270 480l12 160", 13)
}

pub fn clock(p: &Paint, r: &mut Random) -> String {
    let marks: String = (0..12)
        .map(|i| {
            format!(
                "<g transform=\"rotate({} 400 410)\">{}</g>",
                i * 30,
                line("M400 226v22", &p.x, if i % 3 == 0 { 12 } else { 6 })
            )
        })
        .collect();
    let (hour, minute) = (r.between(0, 12) * 30 + 5, r.between(0, 12) * 30);
    let stand = if r.between(0, 2) == 0 {
        line("M290 630l-40 56M510 630l40 56", BRASS, 24) + &ellipse(400, 150, 26, 20, BRASS)
    } else {
        fill("M250 600h300l30 90H220z", WOOD_DARK)
    };
    stand
        + &ellipse(400, 410, 252, 252, &p.d)
        + &ellipse(394, 404, 246, 246, "url(#g)")
        + &ellipse(400, 410, 204, 204, PAPER)
        + &marks
        + &format!("<g transform=\"rotate({hour} 400 410)\">{}</g>", line("M400 426V310", &p.x, 18))
        + &format!("<g transform=\"rotate({minute} 400 410)\">{}</g>", line("M400 432V258", &p.x, 11))
        + &format!(
            "<g transform=\"rotate({} 400 410)\">{}</g>",
            r.between(0, 360),
            line("M400 450V246", &p.b, 5)
        )
        + &ellipse(400, 410, 17, 17, &p.m)
        + &shine("M176 360c16-74 60-130 120-158", 13)
}
