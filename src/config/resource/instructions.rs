//! Instruction files of coding agents (`CLAUDE.md`, `AGENTS.md`, `.cursorrules`, skills, …): characters that a reader does
//! not see but a model reads, and commands in them that fetch and run.
//!
//! Hidden are the tag characters of Unicode, controls of the writing direction, runs of zero-width characters and of
//! variation selectors. Single joiners, as in emoji and in scripts that need them, are not.

use serde_json::json;

use super::{Draft, Id, ResourceExtract, ResourceReader, name_of};
use crate::base::{CodeContext, SourceFile, Span};

/// Zero-width characters in a row that no script needs.
const RUN: usize = 3;

/// Reads instruction files.
pub(super) struct Instructions;

impl ResourceReader for Instructions {
    fn name(&self) -> &'static str {
        "instructions"
    }

    fn matches(&self, path: &str) -> bool {
        let lower = path.to_ascii_lowercase();
        let name = name_of(path);
        let known = matches!(
            name.as_str(),
            "claude.md"
                | "claude.local.md"
                | "agents.md"
                | "gemini.md"
                | "skill.md"
                | ".cursorrules"
                | ".windsurfrules"
                | ".clinerules"
                | "copilot-instructions.md"
                | ".roorules"
        );
        let folders = [
            ".cursor/rules/",
            ".claude/agents/",
            ".claude/commands/",
            ".claude/skills/",
            ".windsurf/rules/",
            ".github/instructions/",
            ".github/prompts/",
            ".clinerules/",
            ".roo/rules/",
            ".agents/skills/",
        ];
        let text = [".md", ".mdc", ".txt"].iter().any(|end| name.ends_with(end));
        known
            || (text && folders.iter().any(|folder| lower.starts_with(folder) || lower.contains(&format!("/{folder}"))))
    }

    fn read(&self, file: &SourceFile, context: CodeContext) -> ResourceExtract {
        let mut draft = Draft::new(file, context);
        let id = draft.resource("instructions", &name_of(file.path()), Span::at(0));
        if !file.text().is_ascii() {
            hidden(&mut draft, id);
        }
        draft.habits(id, Span::from_range(0..file.text().len()));
        draft.finish()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tag,
    Direction,
    ZeroWidth,
    Selector,
}

fn kind_of(letter: char) -> Option<Kind> {
    match letter {
        '\u{E0000}'..='\u{E007F}' => Some(Kind::Tag),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(Kind::Direction),
        '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' => Some(Kind::ZeroWidth),
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => Some(Kind::Selector),
        _ => None,
    }
}

fn hidden(draft: &mut Draft<'_>, id: Id) {
    let text = draft.file.text();
    let mut letters = text.char_indices().peekable();
    let mut before = ' ';
    let mut found = 0;
    while let Some((start, letter)) = letters.next() {
        let Some(kind) = kind_of(letter) else {
            before = letter;
            continue;
        };
        let mut end = start + letter.len_utf8();
        let mut count = 1;
        while let Some((at, next)) = letters.next_if(|(_, next)| kind_of(*next) == Some(kind)) {
            end = at + next.len_utf8();
            count += 1;
        }
        // Flags of regions are a black flag and tags.
        let flag = kind == Kind::Tag && before == '\u{1F3F4}' && count <= 8;
        let tells = match kind {
            Kind::Tag => !flag,
            Kind::Direction => matches!(letter, '\u{202D}' | '\u{202E}' | '\u{2066}'..='\u{2069}'),
            Kind::ZeroWidth | Kind::Selector => count >= RUN,
        };
        if tells && found < 20 {
            let name = match kind {
                Kind::Tag => "tag characters",
                Kind::Direction => "a control of the writing direction",
                Kind::ZeroWidth => "zero-width characters",
                Kind::Selector => "variation selectors",
            };
            draft.fact(id, "hidden", json!({"what": name, "count": count}), Span::from_range(start..end));
            found += 1;
        }
        before = letter;
    }
}
