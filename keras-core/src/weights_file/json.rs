//! The subset of a JSON parser that headers need, usable in const evaluation. It is as strict as `serde_json`.

use super::{Damage, START};
use crate::model::{HASH_START, WeightName, hash};

/// The nesting limit of `serde_json`; two levels are those of the header itself.
const MAX_DEPTH: u32 = 127 - 2;

/// A string of a header.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    header: &'a [u8],
    /// Its span in the text, without the quotes.
    start: usize,
    end: usize,
    is_escaped: bool,
}

/// A parser of a header.
///
/// In const evaluation every call takes microseconds, even one of `len`: code that runs for every byte works on local
/// variables, and long strings are scanned sixteen bytes at a time.
#[derive(Clone, Copy)]
pub(super) struct Json<'a> {
    text: &'a [u8],
    /// The length of the text.
    length: usize,
    chunks: &'a [[u8; CHUNK]],
    at: usize,
}

const CHUNK: usize = 16;

impl<'a> Json<'a> {
    /// The text is shorter than 2³² bytes.
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, length: text.len(), chunks: text.as_chunks().0, at: 0 }
    }

    /// The position of the next byte.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) const fn damage<T>(&self, what: &'static str) -> Result<T, Damage> {
        Err(Damage::new(START + self.at, what))
    }

    /// A span of the text.
    pub(super) const fn between(&self, start: usize, end: usize) -> &'a [u8] {
        self.text.split_at(end).0.split_at(start).1
    }

    /// The next byte that is not whitespace; 0, which is not valid in JSON either, at the end.
    pub(super) const fn peek(&mut self) -> u8 {
        let (text, length, mut at) = (self.text, self.length, self.at);
        while at < length && matches!(text[at], b' ' | b'\t' | b'\n' | b'\r') {
            at += 1;
        }
        self.at = at;
        if at < length { text[at] } else { 0 }
    }

    pub(super) const fn accept(&mut self, byte: u8) -> bool {
        let (text, at) = (self.text, self.at);
        let found = at < self.length && text[at] == byte || self.peek() == byte;
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) const fn expect(&mut self, byte: u8) -> Result<(), Damage> {
        let (text, at) = (self.text, self.at);
        if at < self.length && text[at] == byte || self.peek() == byte {
            self.at += 1;
            return Ok(());
        }
        self.damage(match byte {
            b'{' => "`{` is missing",
            b'}' => "`}` or `,` is missing",
            b'[' => "`[` is missing",
            b']' => "`]` or `,` is missing",
            b'"' => "a string is missing",
            b':' => "`:` is missing",
            _ => "`,` is missing",
        })
    }

    /// Only whitespace may follow.
    pub(super) const fn end(&mut self) -> Result<(), Damage> {
        self.peek();
        if self.at == self.length { Ok(()) } else { self.damage("text follows the header's last brace") }
    }

    pub(super) const fn string(&mut self) -> Result<Text<'a>, Damage> {
        let (text, length) = (self.text, self.length);
        if self.at < length && text[self.at] == b'"' {
            self.at += 1;
        } else {
            attempt!(self.expect(b'"'));
        }
        let (start, mut at, mut is_escaped) = (self.at, self.at, false);
        while at < length {
            match text[at] {
                b'"' => {
                    self.at = at + 1;
                    return Ok(Text { header: text, start, end: at, is_escaped });
                }
                b'\\' => {
                    is_escaped = true;
                    match unescape(text, at) {
                        Some((_, next)) => at = next,
                        None => {
                            self.at = at;
                            return self.damage("this is not a JSON escape");
                        }
                    }
                }
                ..=0x1F => {
                    self.at = at;
                    return self.damage("a string has a control character");
                }
                0x20..0x80 => {
                    at += 1;
                    while at % CHUNK == 0 && at + CHUNK <= length && is_plain(self.chunks[at / CHUNK]) {
                        at += CHUNK;
                    }
                }
                first => {
                    // The bytes that may follow the first byte of a UTF-8 character, and the number of further bytes.
                    let (least, most, more) = match first {
                        0xC2..=0xDF => (0x80, 0xBF, 0),
                        0xE0 => (0xA0, 0xBF, 1),
                        0xE1..=0xEC | 0xEE..=0xEF => (0x80, 0xBF, 1),
                        0xED => (0x80, 0x9F, 1),
                        0xF0 => (0x90, 0xBF, 2),
                        0xF1..=0xF3 => (0x80, 0xBF, 2),
                        0xF4 => (0x80, 0x8F, 2),
                        _ => (1, 0, 0),
                    };
                    let (end, mut is_right) = (at + 2 + more, at + 2 + more <= length);
                    is_right = is_right && least <= text[at + 1] && text[at + 1] <= most;
                    is_right = is_right && (more < 1 || text[at + 2] & 0xC0 == 0x80);
                    is_right = is_right && (more < 2 || text[at + 3] & 0xC0 == 0x80);
                    if !is_right {
                        self.at = at;
                        return self.damage("this is not UTF-8");
                    }
                    at = end;
                }
            }
        }
        self.at = at;
        self.damage("a string is not terminated")
    }

    /// A non-negative integer.
    pub(super) const fn number(&mut self) -> Result<usize, Damage> {
        let (text, length) = (self.text, self.length);
        if self.at < length && text[self.at] <= b' ' {
            self.peek();
        }
        let (start, mut at, mut number) = (self.at, self.at, Some(0usize));
        while at < length && b'0' <= text[at] && text[at] <= b'9' {
            number = match number {
                Some(number) => match number.checked_mul(10) {
                    Some(number) => number.checked_add((text[at] - b'0') as usize),
                    None => None,
                },
                None => None,
            };
            at += 1;
        }
        let has_leading_zero = at > start + 1 && text[start] == b'0';
        match number {
            Some(number) if at > start && !has_leading_zero => {
                self.at = at;
                Ok(number)
            }
            _ => self.damage("a whole number is missing, or too large"),
        }
    }

    /// Skips a value of any type.
    pub(super) const fn skip(&mut self) -> Result<(), Damage> {
        // Which of the open brackets are braces, one bit each.
        let (mut depth, mut braces) = (0, 0u128);
        loop {
            match self.peek() {
                b'"' => {
                    attempt!(self.string());
                }
                bracket @ (b'{' | b'[') => {
                    if depth == MAX_DEPTH {
                        return self.damage("it is nested too deep");
                    }
                    self.at += 1;
                    (depth, braces) = (depth + 1, braces << 1 | (bracket == b'{') as u128);
                    if !self.accept(closing(braces)) {
                        attempt!(self.skip_key(braces));
                        continue;
                    }
                    (depth, braces) = (depth - 1, braces >> 1);
                }
                b'-' | b'0'..=b'9' => attempt!(self.skip_number()),
                b't' => attempt!(self.skip_word(b"true")),
                b'f' => attempt!(self.skip_word(b"false")),
                b'n' => attempt!(self.skip_word(b"null")),
                _ => return self.damage("a value is missing"),
            }
            loop {
                if depth == 0 {
                    return Ok(());
                }
                if self.accept(b',') {
                    attempt!(self.skip_key(braces));
                    break;
                }
                attempt!(self.expect(closing(braces)));
                (depth, braces) = (depth - 1, braces >> 1);
            }
        }
    }

    /// Within an object, values have names.
    const fn skip_key(&mut self, braces: u128) -> Result<(), Damage> {
        if braces & 1 == 1 {
            attempt!(self.string());
            attempt!(self.expect(b':'));
        }
        Ok(())
    }

    pub(super) const fn skip_word(&mut self, word: &[u8]) -> Result<(), Damage> {
        self.peek();
        let mut at = 0;
        while at < word.len() {
            if self.at >= self.length || self.text[self.at] != word[at] {
                return self.damage("a value is missing");
            }
            self.at += 1;
            at += 1;
        }
        Ok(())
    }

    const fn skip_number(&mut self) -> Result<(), Damage> {
        let (text, length, mut at) = (self.text, self.length, self.at);
        if text[at] == b'-' {
            at += 1;
        }
        let start = at;
        at = skip_digits(text, length, at);
        let mut is_right = at == start + 1 || at > start && text[start] != b'0';
        if is_right && at < length && text[at] == b'.' {
            let start = at + 1;
            at = skip_digits(text, length, start);
            is_right = at > start;
        }
        if is_right && at < length && matches!(text[at], b'e' | b'E') {
            let mut start = at + 1;
            if start < length && matches!(text[start], b'+' | b'-') {
                start += 1;
            }
            at = skip_digits(text, length, start);
            is_right = at > start;
        }
        self.at = at;
        if is_right { Ok(()) } else { self.damage("this is not a JSON number") }
    }
}

const fn skip_digits(text: &[u8], length: usize, mut at: usize) -> usize {
    while at < length && b'0' <= text[at] && text[at] <= b'9' {
        at += 1;
    }
    at
}

const fn closing(braces: u128) -> u8 {
    if braces & 1 == 1 { b'}' } else { b']' }
}

/// Whether none of these bytes is special in a string: none is `"`, `\`, a control character, or part of a non-ASCII
/// character.
const fn is_plain(bytes: [u8; CHUNK]) -> bool {
    const ONES: u128 = u128::MAX / 0xFF;
    const LOW: u128 = 0x7F * ONES;
    const HIGH: u128 = 0x80 * ONES;
    let bytes = u128::from_le_bytes(bytes);
    // Seven bits plus the summand reach the eighth bit of a byte if it is large enough, and never carry into the next
    // byte.
    let is_no_control = (bytes & LOW) + (0x80 - 0x20) * ONES;
    let is_no_quote = ((bytes ^ (b'"' as u128 * ONES)) & LOW) + LOW;
    let is_no_backslash = ((bytes ^ (b'\\' as u128 * ONES)) & LOW) + LOW;
    is_no_control & is_no_quote & is_no_backslash & !bytes & HIGH == HIGH
}

/// The character of an escape, and the position after it.
const fn unescape(text: &[u8], at: usize) -> Option<(char, usize)> {
    if at + 1 >= text.len() {
        return None;
    }
    let character = match text[at + 1] {
        plain @ (b'"' | b'\\' | b'/') => plain as char,
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unescape_hexadecimal(text, at),
        _ => return None,
    };
    Some((character, at + 2))
}

/// `\u00e9`, or a surrogate pair.
const fn unescape_hexadecimal(text: &[u8], at: usize) -> Option<(char, usize)> {
    let Some(first) = four_digits(text, at) else { return None };
    let (code, next) = match first {
        0xD800..0xDC00 => match four_digits(text, at + 6) {
            Some(second @ 0xDC00..0xE000) => (0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00)), at + 12),
            _ => return None,
        },
        code => (code, at + 6),
    };
    match char::from_u32(code) {
        Some(character) => Some((character, next)),
        None => None,
    }
}

/// The value of `\uXXXX`.
const fn four_digits(text: &[u8], at: usize) -> Option<u32> {
    if at + 6 > text.len() || text[at] != b'\\' || text[at + 1] != b'u' {
        return None;
    }
    let (mut value, mut digit) = (0, at + 2);
    while digit < at + 6 {
        match (text[digit] as char).to_digit(16) {
            Some(more) => value = 16 * value + more,
            None => return None,
        }
        digit += 1;
    }
    Some(value)
}

impl<'a> Text<'a> {
    pub(crate) const EMPTY: Self = Self { header: &[], start: 0, end: 0, is_escaped: false };

    /// Its position in the file.
    pub(crate) const fn position(&self) -> usize {
        START + self.start
    }

    /// The decoded bytes of the string.
    pub(crate) const fn bytes(&self) -> Bytes<'a> {
        Bytes { text: *self, escaped: [0; 4], waiting: 0 }
    }

    /// The [`hash`](crate::model::hash) of the decoded bytes.
    pub(crate) const fn hash(&self) -> u32 {
        if !self.is_escaped {
            return hash(HASH_START, self.header, self.start, self.end);
        }
        let (mut bytes, mut sum) = (self.bytes(), HASH_START);
        while let Some(byte) = bytes.advance() {
            sum = hash(sum, &[byte], 0, 1);
        }
        sum
    }

    /// Whether it is the name of a weight.
    pub(crate) const fn is_name_of(&self, weight: &WeightName) -> bool {
        if !self.is_escaped {
            return weight.stands_in(self.header, self.start, self.end);
        }
        let (mut bytes, mut at) = (self.bytes(), 0);
        loop {
            match (bytes.advance(), weight.get(at)) {
                (None, None) => return true,
                (Some(byte), Some(expected)) if byte == expected => at += 1,
                _ => return false,
            }
        }
    }

    /// Whether the decoded string is equal to these bytes.
    pub(super) const fn equals(&self, other: &[u8]) -> bool {
        let Self { header, start, end, is_escaped } = *self;
        let (length, mut at) = (other.len(), 0);
        if is_escaped {
            let mut bytes = self.bytes();
            while let Some(byte) = bytes.advance() {
                if at >= length || other[at] != byte {
                    return false;
                }
                at += 1;
            }
        } else if end - start == length {
            while at < length && header[start + at] == other[at] {
                at += 1;
            }
        }
        at == length
    }
}

/// The decoded bytes of a string, whose escapes have been validated.
pub(crate) struct Bytes<'a> {
    /// The remaining text.
    text: Text<'a>,
    /// The bytes of an escaped character, of which the last `waiting` remain.
    escaped: [u8; 4],
    waiting: usize,
}

impl Bytes<'_> {
    /// The next byte (`Iterator::next` for const evaluation).
    pub(crate) const fn advance(&mut self) -> Option<u8> {
        let Text { header, start, end, .. } = self.text;
        if self.waiting == 0 {
            if start == end {
                return None;
            }
            self.text.start += 1;
            if header[start] != b'\\' {
                return Some(header[start]);
            }
            if let Some((character, next)) = unescape(header, start) {
                self.text.start = next;
                self.waiting = character.len_utf8();
                // Aligned to the end of the four bytes.
                character.encode_utf8(self.escaped.split_at_mut(4 - self.waiting).1);
            }
        }
        self.waiting = self.waiting.saturating_sub(1);
        Some(self.escaped[3 - self.waiting])
    }
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.advance()
    }
}
