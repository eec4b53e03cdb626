//! Configurations from JSON, as `json.dumps` of Python writes them.

use std::str::FromStr;

use super::{Config, ConfigError, ConfigValue};

/// The nesting limit: far more than configurations have.
const MAX_DEPTH: usize = 64;

impl FromStr for Config {
    type Err = ConfigError;

    /// Parses Keras' JSON: that of `keras.saving.serialize_keras_object`, for instance.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let mut json = Json { text, at: 0 };
        let value = json.value(0)?;
        json.skip_whitespace();
        match value {
            _ if json.at < text.len() => json.error("text follows the last brace"),
            ConfigValue::Object(config) => Ok(config),
            _ => Err(ConfigError::Json { at: 0, what: "an object with `class_name` and `config` is expected" }),
        }
    }
}

/// A parser.
struct Json<'a> {
    text: &'a str,
    at: usize,
}

impl Json<'_> {
    fn error<T>(&self, what: &'static str) -> Result<T, ConfigError> {
        Err(ConfigError::Json { at: self.at, what })
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_whitespace(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    /// Takes this text, if it comes next.
    fn accept(&mut self, text: &str) -> bool {
        self.skip_whitespace();
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn value(&mut self, depth: usize) -> Result<ConfigValue, ConfigError> {
        if depth > MAX_DEPTH {
            return self.error("the nesting is too deep");
        }
        if self.accept("{") {
            return Ok(object(self.entries(depth)?));
        }
        if self.accept("[") {
            let mut values = Vec::new();
            while !self.accept("]") {
                if !values.is_empty() && !self.accept(",") {
                    return self.error("`]` or `,` is missing");
                }
                values.push(self.value(depth + 1)?);
            }
            return Ok(ConfigValue::List(values));
        }
        if self.rest().starts_with('"') {
            return Ok(ConfigValue::Text(self.string()?));
        }
        let words = [
            ("null", ConfigValue::None),
            ("true", ConfigValue::Bool(true)),
            ("false", ConfigValue::Bool(false)),
            ("NaN", ConfigValue::Float(f64::NAN)),
            ("Infinity", ConfigValue::Float(f64::INFINITY)),
            ("-Infinity", ConfigValue::Float(f64::NEG_INFINITY)),
        ];
        match words.into_iter().find(|(word, _)| self.rest().starts_with(word)) {
            Some((word, value)) => {
                self.at += word.len();
                Ok(value)
            }
            None => self.number(),
        }
    }

    /// The entries of an object whose brace is read.
    fn entries(&mut self, depth: usize) -> Result<Vec<(String, ConfigValue)>, ConfigError> {
        let mut entries = Vec::new();
        while !self.accept("}") {
            if !entries.is_empty() && !self.accept(",") {
                return self.error("`}` or `,` is missing");
            }
            self.skip_whitespace();
            let name = self.string()?;
            if !self.accept(":") {
                return self.error("`:` is missing");
            }
            entries.push((name, self.value(depth + 1)?));
        }
        Ok(entries)
    }

    fn number(&mut self) -> Result<ConfigValue, ConfigError> {
        let is_part = |character: char| character.is_ascii_digit() || "+-.eE".contains(character);
        let end = self.rest().find(|character| !is_part(character)).unwrap_or(self.rest().len());
        let number = &self.rest()[..end];
        let value = match (number.parse(), number.parse()) {
            (Ok(integer), _) => ConfigValue::Integer(integer),
            (_, Ok(float)) => ConfigValue::Float(float),
            _ => return self.error("a value is missing"),
        };
        self.at += end;
        Ok(value)
    }

    fn string(&mut self) -> Result<String, ConfigError> {
        if !self.rest().starts_with('"') {
            return self.error("a string is missing");
        }
        self.at += 1;
        let mut string = String::new();
        loop {
            let Some(end) = self.rest().find(['"', '\\']) else { return self.error("a string has no end") };
            string.push_str(&self.rest()[..end]);
            self.at += end;
            if self.rest().starts_with('"') {
                self.at += 1;
                return Ok(string);
            }
            let Some(character) = self.escape() else { return self.error("this is not a JSON escape") };
            string.push(character);
        }
    }

    /// The character that an escape stands for; one beyond 16 bits is a pair of them.
    fn escape(&mut self) -> Option<char> {
        let character = match self.rest().as_bytes().get(1)? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            &other @ (b'"' | b'\\' | b'/') => char::from(other),
            b'u' => {
                let mut unit = || {
                    let digits = self.rest().strip_prefix("\\u")?.get(..4)?;
                    let unit = u16::from_str_radix(digits, 16).ok()?;
                    self.at += 6;
                    Some(unit)
                };
                let first = unit()?;
                if let Some(Ok(character)) = char::decode_utf16([first]).next() {
                    return Some(character);
                }
                return char::decode_utf16([first, unit()?]).next()?.ok();
            }
            _ => return None,
        };
        self.at += 2;
        Some(character)
    }
}

/// A configuration if there is a class; Keras' serialization has more entries, which are not arguments.
fn object(entries: Vec<(String, ConfigValue)>) -> ConfigValue {
    let find = |name: &str| entries.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    let module = match find("module") {
        Some(ConfigValue::Text(module)) => module.clone(),
        _ => String::new(),
    };
    match (find("class_name"), find("config")) {
        (Some(ConfigValue::Text(class)), Some(ConfigValue::Map(arguments))) => {
            let config = Config::new(module, class.clone());
            ConfigValue::Object(
                arguments.iter().fold(config, |config, (name, value)| config.with(name.clone(), value.clone())),
            )
        }
        _ => ConfigValue::Map(entries),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_are_read_as_they_are_written() {
        let nested = Config::new("keras.optimizers.schedules", "CosineDecay").with("initial_learning_rate", 0.1_f32);
        let config = Config::new("keras.optimizers", "SGD")
            .with("learning_rate", nested)
            .with("name", "s\u{1}g\"d\\\n€🦀")
            .with("big", 1e300)
            .with("negative", -3)
            .with("none", None::<f32>)
            .with("list", vec![1_usize, 2])
            .with("empty", Vec::<f32>::new())
            .with("map", ConfigValue::Map(vec![("a/.*".to_owned(), true.into())]));
        assert_eq!(config.to_string().parse::<Config>().unwrap(), config);
    }

    #[test]
    fn python_writes_other_characters_as_escapes() {
        let text =
            r#" {"class_name" : "A", "config":{"x":"\ud83e\udd80\u20ac\/"} , "registered_name":null, "module":null}"#;
        let config: Config = text.parse().unwrap();
        assert_eq!((config.module(), config.class_name()), ("", "A"));
        assert_eq!(config.get("x"), Some(&ConfigValue::from("🦀€/")));
    }

    #[test]
    fn damage_is_an_error() {
        for (text, at, what) in [
            ("{}", 0, "an object with `class_name` and `config` is expected"),
            ("[1", 2, "`]` or `,` is missing"),
            ("{\"a\" 1}", 5, "`:` is missing"),
            ("{\"a", 2, "a string has no end"),
            ("{\"a\\x\"}", 3, "this is not a JSON escape"),
            ("{\"a\\ud83e\"}", 9, "this is not a JSON escape"),
            ("1.2.3", 0, "a value is missing"),
            ("", 0, "a value is missing"),
            ("{} {", 3, "text follows the last brace"),
        ] {
            assert_eq!(text.parse::<Config>(), Err(ConfigError::Json { at, what }), "{text}");
        }
        assert!("[".repeat(10_000).parse::<Config>().is_err());
    }
}
