//! A connection to RabbitMQ as it is seen from outside: what is published, confirmed and acknowledged (AMQP 0-9-1).

use super::frames::{Cursor, Frames};
use super::point::{Moment, Sight};
use std::collections::BTreeMap;

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
/// Type, channel, size; and a byte at the end.
const AROUND: usize = 7 + 1;
/// What a client says first: `AMQP` and the version.
const GREETING: usize = 8;

pub struct Posts {
    asking: Frames,
    answering: Frames,
    greeted: bool,
    channels: BTreeMap<u16, Channel>,
}

#[derive(Default)]
struct Channel {
    /// The consumer whose queue is taken from.
    takes: Option<String>,
    publishing: Option<Publishing>,
    published: u64,
    unconfirmed: BTreeMap<u64, String>,
}

struct Publishing {
    kind: String,
    /// None until the header has told.
    missing: Option<u64>,
}

impl Posts {
    pub fn new() -> Self {
        let (asking, answering) = (Frames::default(), Frames::default());
        Self { asking, answering, greeted: false, channels: BTreeMap::new() }
    }

    /// What the process says.
    pub fn asks(&mut self, bytes: &[u8]) -> Vec<Sight> {
        self.asking.add(bytes);
        if !self.greeted {
            self.greeted = self.asking.next(|held| (held.len() >= GREETING).then_some(GREETING)).is_some();
        }
        let mut sights = vec![];
        while let Some(frame) = self.greeted.then(|| self.asking.next(whole)).flatten() {
            sights.extend(self.asked(&frame));
        }
        sights
    }

    /// What it is told.
    pub fn is_told(&mut self, bytes: &[u8]) -> Vec<Sight> {
        self.answering.add(bytes);
        let mut sights = vec![];
        while let Some(frame) = self.answering.next(whole) {
            sights.extend(self.confirmed(&frame).unwrap_or_default());
        }
        sights
    }

    fn asked(&mut self, frame: &[u8]) -> Option<Sight> {
        let (kind, channel, payload) = opened(frame)?;
        let channel = self.channels.entry(channel).or_default();
        let mut payload = Cursor(payload);
        match kind {
            METHOD => match (payload.u16()?, payload.u16()?) {
                // basic.consume
                (60, 20) => {
                    payload.u16()?;
                    let queue = payload.short_text()?;
                    channel.takes = queue.split_once('.').map(|(_prefix, consumer)| consumer.to_string());
                    None
                }
                // basic.publish
                (60, 40) => {
                    payload.u16()?;
                    payload.short_text()?;
                    let kind = payload.short_text()?.to_string();
                    channel.publishing = Some(Publishing { kind, missing: None });
                    None
                }
                // basic.ack
                (60, 80) => {
                    let what = channel.takes.clone()?;
                    Some(Sight { what, moment: Moment::BeforeAck })
                }
                _ => None,
            },
            HEADER => {
                payload.take(4)?;
                channel.publishing.as_mut()?.missing = Some(payload.u64()?);
                channel.whole()
            }
            BODY => {
                let missing = channel.publishing.as_mut()?.missing.as_mut()?;
                *missing = missing.saturating_sub(payload.0.len() as u64);
                channel.whole()
            }
            _ => None,
        }
    }

    fn confirmed(&mut self, frame: &[u8]) -> Option<Vec<Sight>> {
        let (kind, channel, payload) = opened(frame)?;
        let channel = self.channels.get_mut(&channel)?;
        let mut payload = Cursor(payload);
        if (kind, payload.u16()?, payload.u16()?) != (METHOD, 60, 80) {
            return None;
        }
        let (tag, multiple) = (payload.u64()?, payload.u8()? & 1 == 1);
        let of = |(_, kind): (u64, String)| Sight { what: kind, moment: Moment::Confirmed };
        if multiple {
            let later = channel.unconfirmed.split_off(&(tag + 1));
            return Some(std::mem::replace(&mut channel.unconfirmed, later).into_iter().map(of).collect());
        }
        channel.unconfirmed.remove_entry(&tag).map(|entry| vec![of(entry)])
    }
}

impl Channel {
    /// The message is there whole.
    fn whole(&mut self) -> Option<Sight> {
        let publishing = self.publishing.take_if(|publishing| publishing.missing == Some(0))?;
        self.published += 1;
        self.unconfirmed.insert(self.published, publishing.kind.clone());
        Some(Sight { what: publishing.kind, moment: Moment::Published })
    }
}

fn whole(held: &[u8]) -> Option<usize> {
    Cursor(held.get(3..)?).i32().map(|size| AROUND + size as usize)
}

/// Type, channel and payload of a frame.
fn opened(frame: &[u8]) -> Option<(u8, u16, &[u8])> {
    let mut head = Cursor(frame);
    let (kind, channel) = (head.u8()?, head.u16()?);
    head.take(4)?;
    Some((kind, channel, head.0.strip_suffix(&[0xCE])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, channel: u16, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[kind], &channel.to_be_bytes()[..], &size, payload, &[0xCE]].concat()
    }

    fn short(text: &str) -> Vec<u8> {
        [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
    }

    fn method(channel: u16, method: u16, arguments: &[u8]) -> Vec<u8> {
        frame(METHOD, channel, &[&60u16.to_be_bytes(), &method.to_be_bytes()[..], arguments].concat())
    }

    fn publish(kind: &str, body: &[&[u8]]) -> Vec<u8> {
        let size: usize = body.iter().map(|b| b.len()).sum();
        let head = [&[0, 60, 0, 0][..], &(size as u64).to_be_bytes(), &[0, 0]].concat();
        let mut all = method(1, 40, &[&[0, 0][..], &short("hanse.events"), &short(kind), &[1]].concat());
        all.extend(frame(HEADER, 1, &head));
        body.iter().for_each(|part| all.extend(frame(BODY, 1, part)));
        all
    }

    fn ack(channel: u16, tag: u64, multiple: u8) -> Vec<u8> {
        method(channel, 80, &[&tag.to_be_bytes()[..], &[multiple]].concat())
    }

    fn sights(kinds: &[&str], moment: Moment) -> Vec<Sight> {
        kinds.iter().map(|kind| Sight { what: (*kind).into(), moment }).collect()
    }

    #[test]
    fn a_message_is_published_when_it_is_whole_and_confirmed_by_its_number() {
        let mut posts = Posts::new();
        let mut first = b"AMQP\0\0\x09\x01".to_vec();
        first.extend(publish("order.OrderPlaced.v1", &[b"{", b"}"]));
        let (most, last) = first.split_at(first.len() - 2);
        assert_eq!(posts.asks(most), []);
        assert_eq!(posts.asks(last), sights(&["order.OrderPlaced.v1"], Moment::Published));
        posts.asks(&publish("a", &[b"1"]));
        posts.asks(&publish("b", &[b"2"]));
        posts.asks(&publish("c", &[]));
        assert_eq!(posts.is_told(&ack(1, 3, 0)), sights(&["b"], Moment::Confirmed));
        let both = sights(&["order.OrderPlaced.v1", "a"], Moment::Confirmed);
        assert_eq!(posts.is_told(&ack(1, 2, 1)), both);
        assert_eq!(posts.is_told(&ack(1, 4, 0)), sights(&["c"], Moment::Confirmed));
    }

    #[test]
    fn an_acknowledgement_is_named_after_who_takes_from_the_queue() {
        let mut posts = Posts::new();
        posts.asks(b"AMQP\0\0\x09\x01");
        posts.asks(&method(
            2,
            20,
            &[&[0, 0][..], &short("hanse.order.payment_answer"), &short("tag"), &[0]].concat(),
        ));
        assert_eq!(posts.asks(&ack(2, 1, 0)), sights(&["order.payment_answer"], Moment::BeforeAck));
        assert_eq!(posts.asks(&ack(7, 1, 0)), []);
    }
}
