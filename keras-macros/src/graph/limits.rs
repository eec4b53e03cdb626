//! How far a listing may be unrolled: a few lines of loops and blocks can ask for more than any compiler can make.

/// Calls of layers in one model.
pub(super) const CALLS: usize = 10_000;

/// Statements that run, each round of a loop and each call of a block counted, and elements of lists.
pub(super) const STEPS: usize = 100_000;

/// Tokens of layers' arguments, after constants took the place of their names.
pub(super) const TOKENS: usize = 1_000_000;

/// Values within each other, through the blocks that they call.
pub(super) const DEPTH: usize = 256;

/// What is left of the steps and of the tokens.
pub(super) struct Budget {
    steps: usize,
    tokens: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: STEPS, tokens: TOKENS }
    }
}

impl Budget {
    /// Takes so many steps; an error in words if they are not left.
    pub(super) fn steps(&mut self, count: usize) -> Result<(), String> {
        take(&mut self.steps, count).ok_or_else(|| {
            format!(
                "the loops and blocks of this model run more than {} statements, which is the limit; repeat less",
                in_thousands(STEPS)
            )
        })
    }

    /// Takes so many tokens; an error in words if they are not left.
    pub(super) fn tokens(&mut self, count: usize) -> Result<(), String> {
        take(&mut self.tokens, count).ok_or_else(|| {
            format!(
                "the arguments in this model have more than {} tokens, which is the limit; move long ones to a `const` \
                 before the macro",
                in_thousands(TOKENS)
            )
        })
    }
}

fn take(left: &mut usize, count: usize) -> Option<()> {
    *left = left.checked_sub(count)?;
    Some(())
}

/// What to say of a model of too many calls.
pub(super) fn too_many_calls() -> String {
    format!(
        "a model has at most {} layer calls, and this is one more; repeat less, or move a part into a separate model, \
         which counts as one call",
        in_thousands(CALLS)
    )
}

/// What to say of values that are too deep within each other.
pub(super) fn too_deep() -> String {
    format!("values and blocks are nested more than {DEPTH} deep here; bind a part of them with `let`")
}

/// As a person writes it: `10,000`.
fn in_thousands(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", in_thousands(number / 1000), number % 1000) }
}
