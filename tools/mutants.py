"""Counts the compile errors of models with one mistake: each should be one error.

    python3 tools/mutants.py                       # 1000 mutants, from seed 1
    python3 tools/mutants.py --count 200 --seed 7 --show 10

Takes the listings of the tests, examples and documentation (`sequential! { … }`, `model! { … }`) that compile by themselves, changes
each by one mistake that a programmer makes (a token that is missing, repeated or misspelt, an argument of a wrong type or size, …),
and compiles the result in a file of its own against the crate. Mutants that compile are no mistakes, and are left out. Prints the
share of those with exactly one error, the shares by the kind of the mistake, and the mutants with the most errors. The mutants with
another number than one stay in `target/mutants`, with what the compiler says of them.

The same seed makes the same mutants of the same listings. A thousand take some five minutes.
"""

import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "target" / "mutants"
SOURCES = ["README.md", "docs/guide", "examples", "tests", "ui-tests/pass", "keras-macros/src/lib.rs", "keras-core/src/layers"]
LONGEST = 2500

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*)
      | (?P<space>\s+)
      | (?P<string>b?"(?:\\.|[^"\\])*")
      | (?P<number>\d+\.\d+(?:e-?\d+)?|\d+)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<punctuation>::|->|\.\.=|\.\.|==|[^\w\s])""",
    re.VERBOSE,
)

# Layers of Keras, among them some that are not available.
LAYERS = "Dense Conv2D Flatten Dropout LSTM GRU RNN Add Concatenate MaxPooling2D Embedding Softmax Reshape Conv3D Lambda".split()


class Token:
    def __init__(self, kind, text):
        self.kind, self.text = kind, text


def tokens_of(text):
    return [Token(match.lastgroup, match.group()) for match in TOKEN.finditer(text)]


def joined(tokens):
    return "".join(token.text for token in tokens)


def listings():
    """The macro calls of all sources, each once."""
    found = {}
    files = []
    for source in SOURCES:
        path = ROOT / source
        files += [path] if path.is_file() else sorted(path.rglob("*.rs")) + sorted(path.rglob("*.md"))
    for file in files:
        text = file.read_text()
        if "/target/" in str(file):
            continue
        text = re.sub(r"^[ \t]*//[/!] ?", "", text, flags=re.MULTILINE)
        for start in re.finditer(r"\b(?:sequential|model)! \{", text):
            depth = 0
            for token in TOKEN.finditer(text, start.start()):
                if token.lastgroup == "punctuation":
                    depth += {"{": 1, "}": -1}.get(token.group(), 0)
                    if depth == 0 and token.group() == "}":
                        listing = text[start.start() : token.end()]
                        if len(listing) < LONGEST:
                            found.setdefault(listing)
                        break
    return list(found)


HEAD = re.compile(r"\bstruct\s+(?!struct\b)(\w+)\s*(?:<([^>]*)>)?")


def program(listing, changed=None):
    """A program that uses the model, so that what follows from a mistake shows."""
    head = HEAD.search(listing)
    if head is None:
        return None
    name, parameters = head.groups()
    if changed and (other := HEAD.search(changed)):
        # Another name of the model is no mistake, but its uses would be.
        name = other[1]
    values = ", ".join("4" for parameter in (parameters or "").split(",") if parameter.strip())
    path = f"{name}::<{values}>" if values else name
    return f"""use keras::prelude::*;

{changed or listing}

fn main() {{
    let mut model = {path}::with_seed(1);
    println!("{{}} {{}}", {path}::PARAMETERS, model.weights().len());
    println!("{{}}", {path}::summary());
    model.load("weights.safetensors").unwrap();
    model.save("weights.safetensors").unwrap();
}}
"""


# The mistakes. Each takes the tokens of a listing and a source of random numbers, and gives the changed tokens, or nothing if there
# is no place for it.


def places(tokens, test):
    # Not the macro's own name, its `!` and its braces.
    inner = [at for at, token in enumerate(tokens) if token.kind not in ("space", "comment")][3:-1]
    return [at for at in inner if test(at)]


def neighbour(tokens, at, step):
    at += step
    while 0 <= at < len(tokens) and tokens[at].kind in ("space", "comment"):
        at += step
    return tokens[at] if 0 <= at < len(tokens) else Token("end", "")


def with_text(tokens, at, text):
    return tokens[:at] + [Token(tokens[at].kind, text)] + tokens[at + 1 :]


def anywhere(change):
    return change, lambda tokens: places(tokens, lambda at: True)


def at_token(change, test):
    return change, lambda tokens: places(tokens, lambda at: test(tokens, at))


def misspelt(text, dice):
    letters = [at for at, letter in enumerate(text) if letter.isalpha()]
    if not letters:
        return text
    at = dice.choice(letters)
    way = dice.randrange(4)
    if way == 0 and len(text) > 2:
        return text[:at] + text[at + 1 :]
    if way == 1:
        return text[:at] + text[at] + text[at:]
    if way == 2 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + dice.choice("abcdefghiklmnoprstuw") + text[at + 1 :]


def groups(tokens):
    """The parentheses: where each opens, its commas, and where it closes."""
    stack, found = [], []
    for at, token in enumerate(tokens):
        if token.kind != "punctuation":
            continue
        if token.text in "([{":
            stack.append((token.text, at, []))
        elif token.text in ")]}" and stack:
            opening, start, commas = stack.pop()
            if opening == "(":
                found.append((start, commas, at))
        elif token.text == "," and stack:
            stack[-1][2].append(at)
    return [group for group in found if group[0] > 4]


def parts(group):
    start, commas, end = group
    edges = [start, *commas, end]
    return [(before + 1, after) for before, after in zip(edges, edges[1:]) if after > before + 1]


def swapped_arguments(tokens, dice):
    found = [group for group in groups(tokens) if len(parts(group)) > 1]
    if not found:
        return None
    (a, b), (c, d) = sorted(dice.sample(parts(dice.choice(found)), 2))
    return tokens[:a] + tokens[c:d] + tokens[b:c] + tokens[a:b] + tokens[d:]


def missing_argument(tokens, dice):
    found = [part for group in groups(tokens) for part in parts(group)]
    if not found:
        return None
    start, end = dice.choice(found)
    # With the comma after it, if there is one.
    end += tokens[end].text == ","
    return tokens[:start] + tokens[end:]


def additional_argument(tokens, dice):
    # Of a layer: an argument by name is none in other expressions.
    found = [group for group in groups(tokens) if is_layer(tokens, group[0] - 1)]
    if not found:
        return None
    start, _, end = dice.choice(found)
    text = dice.choice(["3", "0.5", "\"same\"", "true", "units = 3", "unit = 3", "padding = \"same\""])
    comma = ", " if any(token.kind != "space" for token in tokens[start + 1 : end]) else ""
    return tokens[:end] + [Token("name", comma + text)] + tokens[end:]


def named_like(tokens, at):
    token = tokens[at]
    return token.kind == "name" and neighbour(tokens, at, 1).text == "=" and neighbour(tokens, at, -1).text in ("(", ",")


def is_layer(tokens, at):
    return tokens[at].kind == "name" and tokens[at].text[0].isupper() and neighbour(tokens, at, 1).text == "("


def is_variable(tokens, at):
    token = tokens[at]
    keywords = ("let", "for", "in", "fn", "struct", "pub", "const", "true", "false", "_", "usize", "mut")
    return token.kind == "name" and token.text[0].islower() and not named_like(tokens, at) and token.text not in keywords


def of_kind(kind):
    return lambda tokens, at: tokens[at].kind == kind


def of_text(text):
    return lambda tokens, at: tokens[at].text == text


def replace(make):
    return lambda tokens, at, dice: with_text(tokens, at, make(tokens[at].text, dice))


def swapped_tokens(tokens, at, dice):
    after = at + 1
    while after < len(tokens) and tokens[after].kind == "space":
        after += 1
    if after >= len(tokens) - 1:
        return None
    return tokens[:at] + [tokens[after]] + tokens[at + 1 : after] + [tokens[at]] + tokens[after + 1 :]


def other_type(text, dice):
    options = ["\"relu\"", "1.5", "-1", "true", "None", "(2, 3)", "[2, 3]", "relu", "UNKNOWN", "'a'", "3", "()"]
    return dice.choice([option for option in options if option != text])


def other_size(text, dice):
    return dice.choice(["0", "1", "7", "1000000", "99999999999", str(int(float(text)) + 1), f"({text}, {text}, {text})"])


def pythonic(tokens, dice):
    text = joined(tokens)
    changes = [
        (r"\btrue\b", "True"), (r"\bfalse\b", "False"), (r"\blet \b", ""), (r";", ""), (r"\"(\w+)\"", r"\1"), (r"\"(\w+)\"", r"'\1'"),
        (r"(\w+) = ", r"\1: "), (r"\b([A-Z]\w+)\(", r"layers.\1("), (r"\b([A-Z]\w+)\(", r"\1::new("), (r"\bfn \b", "def "),
        (r" for ", " while "), (r"\bstruct\b", "class"), (r"\(([a-z]\w*)\)", r".call(\1)"), (r"\(([a-z]\w*)\)", r"(&\1)"), (r"\n", " # note\n"),
        (r"\n", "\n        return\n"), (r"\)\(", ")(("), (r"\bDense\(", "Dense(units="), (r"Input\(", "Input(shape="), (r"Input\(", "Input(None, "),
        (r"\bmodel!", "sequential!"), (r"\bsequential!", "model!"),
    ]  # fmt: skip
    dice.shuffle(changes)
    for pattern, replacement in changes:
        found = list(re.finditer(pattern, text))
        if found:
            match = dice.choice(found)
            return tokens_of(text[: match.start()] + match.expand(replacement) + text[match.end() :])
    return None


MISTAKES = {
    "deleted token": anywhere(lambda tokens, at, dice: tokens[:at] + tokens[at + 1 :]),
    "repeated token": anywhere(lambda tokens, at, dice: tokens[:at] + [tokens[at], Token("space", " ")] + tokens[at:]),
    "swapped tokens": anywhere(swapped_tokens),
    "misspelt layer": at_token(replace(misspelt), is_layer),
    "other layer": at_token(replace(lambda text, dice: dice.choice(LAYERS)), is_layer),
    "misspelt argument": at_token(replace(misspelt), named_like),
    "misspelt string": at_token(replace(misspelt), lambda tokens, at: tokens[at].kind == "string" and len(tokens[at].text) > 3),
    "misspelt name": at_token(replace(misspelt), of_kind("name")),
    "other type": at_token(replace(other_type), lambda tokens, at: tokens[at].kind in ("number", "string")),
    "other size": at_token(replace(other_size), of_kind("number")),
    "undefined name": at_token(replace(lambda text, dice: "undefined"), is_variable),
    "missing comma": at_token(lambda tokens, at, dice: tokens[:at] + tokens[at + 1 :], of_text(",")),
    "swapped arguments": swapped_arguments,
    "missing argument": missing_argument,
    "additional argument": additional_argument,
    "python": pythonic,
}


def mutant(listing, kind, dice):
    tokens, mistake = tokens_of(listing), MISTAKES[kind]
    if callable(mistake):
        changed = mistake(tokens, dice)
    else:
        change, test = mistake
        found = test(tokens)
        changed = change(tokens, dice.choice(found), dice) if found else None
    return joined(changed) if changed and joined(changed) != listing else None


def library():
    """Builds the crate; gives its metadata, and the folder of what it depends on."""
    command = ["cargo", "check", "-p", "keras", "--message-format=json-render-diagnostics"]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for message in map(json.loads, lines):
        if message.get("target", {}).get("name") == "keras" and message["reason"] == "compiler-artifact":
            file = next(name for name in message["filenames"] if name.endswith(".rmeta"))
            return file, str(Path(file).parent)
    sys.exit("cargo made no library")


def errors_of(text, name, library):
    """What the compiler says of a program: the errors."""
    file = FOLDER / f"{name}.rs"
    file.write_text(text)
    metadata, folder = library
    command = [
        "rustc", "--edition=2024", "--crate-type=bin", "--emit=metadata", "--error-format=json", "--cap-lints=warn", "-A", "warnings",
        "-o", str(FOLDER / "program.rmeta"), "--extern", f"keras={metadata}", "-L", f"dependency={folder}", str(file),
    ]  # fmt: skip
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    errors = [it for it in messages if it.get("level", "").startswith("error") and not it["message"].startswith("aborting due to")]
    assert errors or result.returncode == 0, result.stderr
    return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="how many mutants (default: 1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5, help="how many of the worst mutants to print (default: 5)")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FOLDER.iterdir():
        file.unlink()
    built = library()
    programs = [listing for listing in listings() if program(listing) and not errors_of(program(listing), "listing", built)]
    print(f"{len(programs)} listings compile by themselves")
    dice = random.Random(options.seed)
    counts, examples, seen = collections.defaultdict(collections.Counter), [], set()
    made = 0
    while made < options.count:
        listing, kind = dice.choice(programs), dice.choice(list(MISTAKES))
        changed = mutant(listing, kind, dice)
        if changed is None or changed in seen:
            continue
        seen.add(changed)
        made += 1
        text = program(listing, changed)
        name = f"{made:04}_{kind.replace(' ', '_')}"
        errors = errors_of(text, name, built)
        count = len(errors)
        if count > 0:
            counts[kind][count] += 1
        file = FOLDER / f"{name}.rs"
        if count > 1:
            said = "".join(error["rendered"] for error in errors)
            (FOLDER / f"{name}.txt").write_text(said)
            examples.append((count, name, said))
        else:
            file.unlink()
        if made % 100 == 0:
            print(f"{made} mutants", file=sys.stderr)
    total = collections.Counter()
    for kind in MISTAKES:
        total += counts[kind]
        found = sum(counts[kind].values())
        if found:
            others = {number: counts[kind][number] for number in sorted(counts[kind]) if number != 1}
            print(f"{kind:20} {found:4} mistakes, {100 * counts[kind][1] / found:5.1f}% with one error", others or "")
    found = sum(total.values())
    print(f"{found} of {made} mutants do not compile; {100 * total[1] / found:.1f}% of them have exactly one error")
    for count, name, said in sorted(examples, reverse=True)[: options.show]:
        print(f"\n{count} errors: target/mutants/{name}.rs\n{said}")


if __name__ == "__main__":
    main()
