//! How an input is changed: bytes, pieces, words that mean something, numbers at their ends, another input's piece.

use crate::dice::Dice;
use std::ops::Range;

/// Bytes that mean something to most readers of texts.
const BYTES: &[u8] = b"\0\t\n\r \"'%+,-./0129:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\xc3\xe2\xef\xf0\xff";
/// Numbers at which readers of numbers trip.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "+1",
    "00",
    "1.5",
    "1e400",
    "255",
    "65536",
    "2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
];

/// A new input, from one that is there.
pub fn changed(all: &[Vec<u8>], words: &[Vec<u8>], longest: usize, dice: &mut Dice) -> Vec<u8> {
    let mut input = dice.of(all).cloned().unwrap_or_default();
    for _ in 0..=dice.below(4) {
        change(&mut input, all, words, dice);
        input.truncate(longest);
    }
    input
}

fn change(input: &mut Vec<u8>, all: &[Vec<u8>], words: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.below(input.len() + 1);
    match dice.below(12) {
        0 => flip(input, dice),
        1 => replace(input, at..at + 1, &[dice.byte()]),
        2 => replace(input, at..at + 1, &[dice.of(BYTES).copied().unwrap_or(0)]),
        3 => replace(input, at..at, &[dice.of(BYTES).copied().unwrap_or(0)]),
        4 | 5 => {
            let word = dice.of(words).cloned().unwrap_or_default();
            // In the place of something, or before it.
            let gone = if dice.below(2) == 0 { word.len() } else { 0 };
            replace(input, at..at + gone, &word);
        }
        6 => {
            let piece = piece(input, dice);
            replace(input, piece, &[]);
        }
        7 => {
            let piece = piece(input, dice);
            let copy = input[piece].to_vec();
            replace(input, at..at, &copy);
        }
        8 => {
            let piece = piece(input, dice);
            let byte = input.get(piece.start).copied().unwrap_or(b'a');
            let many = vec![byte; 1 << dice.below(10)];
            replace(input, piece.start..piece.start, &many);
        }
        9 => number(input, dice),
        10 => {
            let other = dice.of(all).cloned().unwrap_or_default();
            let piece = piece(&other, dice);
            replace(input, at..at + piece.len(), &other[piece]);
        }
        _ => input.truncate(at),
    }
}

fn flip(input: &mut [u8], dice: &mut Dice) {
    let at = dice.below(input.len());
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << dice.below(8);
    }
}

/// A digit, and those after it, become another number.
fn number(input: &mut Vec<u8>, dice: &mut Dice) {
    let starts: Vec<usize> = (0..input.len())
        .filter(|at| input[*at].is_ascii_digit() && (*at == 0 || !input[*at - 1].is_ascii_digit()))
        .collect();
    let Some(start) = dice.of(&starts).copied() else { return };
    let length = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = dice.of(&NUMBERS).copied().unwrap_or("0");
    replace(input, start..start + length, number.as_bytes());
}

/// Somewhere within it, mostly short.
fn piece(input: &[u8], dice: &mut Dice) -> Range<usize> {
    let start = dice.below(input.len());
    let longest = if dice.below(4) == 0 { input.len() } else { 16 };
    let end = start + 1 + dice.below(longest);
    start..end.min(input.len())
}

/// As far as it is there.
fn replace(input: &mut Vec<u8>, range: Range<usize>, by: &[u8]) {
    let range = range.start.min(input.len())..range.end.min(input.len());
    input.splice(range, by.iter().copied());
}
