//! Lamps and candles.

use super::{ellipse, fill, line, rect, shine};
use crate::art::paint::{BRASS, GLOW, PAPER, Paint, WOOD, WOOD_DARK};
use crate::art::random::Random;

pub fn table_lamp(p: &Paint, r: &mut Random) -> String {
    let foot = match r.between(0, 3) {
        0 => rect(390, 400, 20, 270, 8, BRASS) + &ellipse(400, 676, 112, 22, BRASS),
        1 => {
            fill("M350 470c-50 60-60 210 0 216h100c60-6 50-156 0-216z", &p.a)
                + &rect(386, 400, 28, 80, 8, BRASS)
                + &line("M330 560c50 14 90 14 140 0", &p.b, 6)
        }
        _ => {
            line("M400 410l-90 270M400 410l90 270M400 410v270", WOOD_DARK, 20)
                + &line("M396 412l-88 262", WOOD, 8)
        }
    };
    foot + &fill("M210 410l-96 240h572l-96-240z", "url(#o)")
        + &fill("M296 170h208l88 240H208z", "url(#g)")
        + &ellipse(400, 410, 192, 28, GLOW)
        + &ellipse(400, 170, 104, 15, &p.d)
        + &line("M330 190l-62 200M400 190v196M470 190l62 200", &p.d, 3)
        + &shine("M308 196l-66 184", 13)
}

pub fn pendant(p: &Paint, r: &mut Random) -> String {
    let shade = if r.between(0, 2) == 0 {
        fill("M180 470c0-150 90-216 220-216s220 66 220 216z", "url(#g)")
            + &line("M196 440c40-16 368-16 408 0", &p.a, 8)
            + &shine("M216 430c10-80 50-128 100-150", 15)
    } else {
        let ribs: String = (0..7)
            .map(|i| line(&format!("M400 250C{} 300 {} 420 400 470", 130 + i * 90, 130 + i * 90), &p.d, 3))
            .collect();
        ellipse(400, 362, 222, 112, "url(#v)") + &ribs + &ellipse(400, 470, 60, 12, GLOW)
    };
    rect(340, 0, 120, 26, 8, BRASS)
        + &line("M400 20v220", "#2d2a28", 7)
        + &rect(376, 214, 48, 50, 12, BRASS)
        + &fill("M200 470L80 690h640L600 470z", "url(#o)")
        + &shade
        + &ellipse(400, 470, 220, 22, &p.x)
        + &ellipse(400, 472, 176, 15, GLOW)
        + &ellipse(400, 488, 44, 40, PAPER)
}

pub fn candle(p: &Paint, r: &mut Random) -> String {
    let label = if r.between(0, 2) == 0 {
        rect(312, 470, 176, 130, 8, PAPER) + &line("M346 512h108M358 540h84M372 566h56", &p.x, 7)
    } else {
        ellipse(400, 530, 74, 74, PAPER) + &line("M362 530h76M376 556h48M376 504h48", &p.d, 7)
    };
    ellipse(400, 210, 130, 150, "url(#o)")
        + &fill("M400 150c46 60 46 116 0 130-46-14-46-70 0-130z", "#ffb44a")
        + &fill("M400 206c20 30 20 58 0 68-20-10-20-38 0-68z", "#fff2cf")
        + &line("M400 262v60", "#3b2c22", 8)
        + &rect(258, 316, 284, 374, 34, "url(#g)")
        + &ellipse(400, 330, 142, 32, &p.l)
        + &ellipse(400, 334, 122, 23, "#fbf1de")
        + &label
        + &shine("M286 390v240", 14)
}
