//! Commands and words of a shell script, as bash reads it, as far as the text alone says.

use super::shell_words::{Known, known};
use crate::model::Json;
use crate::repository::Derivation;
use brush_parser::ast::{
    AndOr, AndOrList, Assignment, AssignmentValue, Command, CommandPrefixOrSuffixItem,
    CompoundCommand, CompoundList, IoFileRedirectTarget, IoRedirect, Pipeline, RedirectList,
    SimpleCommand, Word,
};
use brush_parser::{ParserOptions, Token, parse_tokens, uncached_tokenize_str};
use std::collections::BTreeSet;

/// A longer script is not read.
const LONGEST: usize = 16 << 10;

/// How many parentheses may stand outside of words, and how often `case`: for each that is not closed the parser takes
/// twice as long.
const PARENTHESES: usize = 8;
const CASES: usize = 5;

/// How many commands may begin that have others in them: the parser goes as deep.
const COMPOUNDS: usize = 32;

/// How many substitutions a script may have: the tokenizer goes as deep.
const SUBSTITUTIONS: usize = 64;

/// Scripts in scripts are read so deep at most.
const INNERMOST: usize = 8;

/// Builtins by which a shell takes text for commands, or a command for another.
const TAKE_TEXT: [&str; 9] = [
    ".", "alias", "builtin", "command", "eval", "exec", "source", "trap", "unalias",
];

/// What is derived of a script by one of the three steps about scripts.
pub(super) fn derive(step: Derivation, text: &str) -> Result<Json, &'static str> {
    let script = Script::read(text)?;
    let set = |texts: BTreeSet<String>| Json::Array(texts.into_iter().map(Json::String).collect());
    match step {
        Derivation::Commands if script.unnamed => {
            Err("which commands it runs is only known when it runs")
        }
        Derivation::Commands => Ok(set(script.commands)),
        Derivation::Words if script.dynamic => Err("some of its words are only known when it runs"),
        Derivation::Words => Ok(set(script.words)),
        _ => Ok(Json::Bool(script.dynamic)),
    }
}

/// What is known of a script.
#[derive(Default)]
struct Script {
    /// The names of its commands, as they are written.
    commands: BTreeSet<String>,
    /// All words: names, arguments, targets of redirections, values.
    words: BTreeSet<String>,
    /// Whether some word is only known when it runs.
    dynamic: bool,
    /// Whether some command is only known when it runs.
    unnamed: bool,
    /// How many scripts this one stands in.
    depth: usize,
}

impl Script {
    fn read(text: &str) -> Result<Self, &'static str> {
        let mut script = Self::default();
        script.add(text)?;
        Ok(script)
    }

    fn add(&mut self, text: &str) -> Result<(), &'static str> {
        if text.len() > LONGEST || text.contains('\0') || openings(text) > SUBSTITUTIONS {
            return Err(TOO_DEEP);
        }
        let options = ParserOptions::default();
        let tokens = uncached_tokenize_str(text, &options.tokenizer_options())
            .map_err(|_| "it is no script that bash reads")?;
        if nests_too_deep(&tokens) {
            return Err(TOO_DEEP);
        }
        let program =
            parse_tokens(&tokens, &options).map_err(|_| "it is no script that bash reads")?;
        for list in &program.complete_commands {
            self.list(list);
        }
        Ok(())
    }

    fn list(&mut self, list: &CompoundList) {
        for item in &list.0 {
            let AndOrList { first, additional } = &item.0;
            self.pipeline(first);
            for AndOr::And(pipeline) | AndOr::Or(pipeline) in additional {
                self.pipeline(pipeline);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        for command in &pipeline.seq {
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound, redirects) => {
                self.compound(compound);
                self.redirects(redirects.as_ref());
            }
            // From here on a name may mean this function.
            Command::Function(function) => {
                self.dynamic = true;
                self.compound(&function.body.0);
                self.redirects(function.body.1.as_ref());
            }
            Command::ExtendedTest(test, redirects) => {
                self.opaque(&test.to_string());
                self.redirects(redirects.as_ref());
            }
        }
    }

    fn compound(&mut self, compound: &CompoundCommand) {
        match compound {
            CompoundCommand::Arithmetic(arithmetic) => self.opaque(&arithmetic.to_string()),
            CompoundCommand::ArithmeticForClause(each) => {
                let parts = [&each.initializer, &each.condition, &each.updater];
                for part in parts.into_iter().flatten() {
                    self.opaque(&part.to_string());
                }
                self.list(&each.body.list);
            }
            CompoundCommand::BraceGroup(group) => self.list(&group.list),
            CompoundCommand::Subshell(shell) => self.list(&shell.list),
            CompoundCommand::ForClause(each) => {
                for word in each.values.iter().flatten() {
                    self.word(word);
                }
                self.list(&each.body.list);
            }
            CompoundCommand::CaseClause(case) => {
                self.word(&case.value);
                for item in &case.cases {
                    for pattern in &item.patterns {
                        self.word(pattern);
                    }
                    if let Some(list) = &item.cmd {
                        self.list(list);
                    }
                }
            }
            CompoundCommand::IfClause(choice) => {
                self.list(&choice.condition);
                self.list(&choice.then);
                for other in choice.elses.iter().flatten() {
                    if let Some(condition) = &other.condition {
                        self.list(condition);
                    }
                    self.list(&other.body);
                }
            }
            CompoundCommand::WhileClause(again) | CompoundCommand::UntilClause(again) => {
                self.list(&again.0);
                self.list(&again.1.list);
            }
            CompoundCommand::Coprocess(process) => self.command(&process.body),
        }
    }

    fn simple(&mut self, command: &SimpleCommand) {
        for item in command.prefix.iter().flat_map(|prefix| &prefix.0) {
            self.item(item);
        }
        if let Some(name) = &command.word_or_name {
            match self.word(name) {
                Some(name) => {
                    self.dynamic |= TAKE_TEXT.contains(&name.as_str());
                    self.commands.insert(name);
                }
                None => self.unnamed = true,
            }
        }
        for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
            self.item(item);
        }
    }

    fn item(&mut self, item: &CommandPrefixOrSuffixItem) {
        match item {
            CommandPrefixOrSuffixItem::Word(word) => {
                self.word(word);
            }
            CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => self.assignment(assignment),
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => self.redirect(redirect),
            CommandPrefixOrSuffixItem::ProcessSubstitution(_, shell) => {
                self.dynamic = true;
                self.list(&shell.list);
            }
        }
    }

    fn assignment(&mut self, assignment: &Assignment) {
        // An index may hold anything.
        self.opaque_if_open(&assignment.name.to_string());
        match &assignment.value {
            AssignmentValue::Scalar(word) => {
                self.word(word);
            }
            AssignmentValue::Array(items) => {
                for (index, word) in items {
                    if let Some(index) = index {
                        self.opaque(&index.value);
                    }
                    self.word(word);
                }
            }
        }
    }

    fn redirects(&mut self, redirects: Option<&RedirectList>) {
        for redirect in redirects.iter().flat_map(|list| &list.0) {
            self.redirect(redirect);
        }
    }

    fn redirect(&mut self, redirect: &IoRedirect) {
        match redirect {
            IoRedirect::File(_, _, target) => match target {
                IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => {
                    self.word(word);
                }
                IoFileRedirectTarget::Fd(_) => {}
                IoFileRedirectTarget::ProcessSubstitution(_, shell) => {
                    self.dynamic = true;
                    self.list(&shell.list);
                }
            },
            IoRedirect::HereDocument(_, document) => {
                if document.requires_expansion {
                    self.opaque_if_open(&document.doc.value);
                }
            }
            IoRedirect::HereString(_, word) | IoRedirect::OutputAndError(word, _) => {
                self.word(word);
            }
        }
    }

    /// The text of a word, where it is known; scripts in it are read.
    fn word(&mut self, word: &Word) -> Option<String> {
        let Known {
            text,
            scripts,
            opaque,
            ..
        } = known(&word.value);
        self.unnamed |= opaque;
        for script in scripts {
            self.inner(&script);
        }
        match &text {
            Some(text) => {
                self.words.insert(text.clone());
            }
            None => self.dynamic = true,
        }
        text
    }

    /// A script in this one.
    fn inner(&mut self, script: &str) {
        self.dynamic = true;
        self.depth += 1;
        if self.depth > INNERMOST || self.add(script).is_err() {
            self.unnamed = true;
        }
        self.depth -= 1;
    }

    /// Something whose parts are not looked at.
    fn opaque(&mut self, text: &str) {
        self.dynamic = true;
        self.opaque_if_open(text);
    }

    /// Something in which only substitutions count.
    fn opaque_if_open(&mut self, text: &str) {
        self.dynamic |= text.contains(['$', '`']);
        self.unnamed |= runs(text);
    }
}

/// What opens a substitution.
const OPENING: [&str; 5] = ["$(", "`", "<(", ">(", "${"];

/// How many substitutions a text opens.
pub(super) fn openings(text: &str) -> usize {
    let opened = OPENING.iter().map(|open| text.matches(open).count());
    opened.sum()
}

const TOO_DEEP: &str = "the script is too long, or nests too deep";

/// Whether a text may have a script in it.
pub(super) fn runs(text: &str) -> bool {
    OPENING.iter().any(|open| text.contains(open))
}

fn nests_too_deep(tokens: &[Token]) -> bool {
    const WORDS: [&str; 9] = [
        "if", "elif", "while", "until", "for", "case", "select", "{", "[[",
    ];
    let (mut parentheses, mut cases, mut compounds) = (0, 0, 0);
    for token in tokens {
        match token {
            Token::Operator(operator, _) => parentheses += operator.matches('(').count(),
            Token::Word(word, _) => {
                cases += usize::from(word == "case");
                compounds += usize::from(WORDS.contains(&word.as_str()));
            }
        }
    }
    parentheses > PARENTHESES || cases > CASES || compounds > COMPOUNDS
}
