//! Questions pane: what the host was asked, newest first, each ticked off once it is answered.
//!
//! ```text
//! ── Questions ────────────────────────────── 3 open ──
//! ? lia             how long have you been streaming?
//! ✓ mia             what camera do you use?
//! ```

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Pane, PaneId, Step};
use crate::events::Viewer;
use crate::room::{AskedQuestion, QuestionState};
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::layout::{PanePlace, Plan};
use crate::tui::tab::Tab;
use crate::tui::theme::ColorRole;
use crate::tui::view::Cache;
use crate::tui::widgets::paint;
use crate::tui::{glyphs, number};

/// Columns of names.
const NAME: usize = 14;

/// The questions.
pub(super) struct QuestionsPane;

impl Pane for QuestionsPane {
    fn title(&self) -> &'static str {
        "Questions"
    }

    fn help(&self) -> &'static str {
        "what the host was asked, newest first, to be ticked off"
    }

    fn place(&self) -> PanePlace {
        PanePlace::Side { fifths: 1, least: 4 }
    }

    fn draw(&self, app: &App, tab: &Tab, plan: &Plan, _cache: &mut Cache, buf: &mut Buffer) {
        view(app, tab, buf, plan.area(PaneId::Questions));
    }

    fn mark(&self, app: &mut App, step: Step) -> bool {
        let page = usize::from(app.plan().area(PaneId::Questions).height.saturating_sub(1));
        let Some(tab) = app.tab_mut() else { return false };
        let all: Vec<_> = rows(tab).map(|question| question.id.clone()).take(page).collect();
        if all.is_empty() {
            return false;
        }
        let at = tab.marked_question.as_ref().and_then(|marked| all.iter().position(|id| id == marked));
        let next = match (at, step) {
            (None, _) => 0,
            (Some(at), Step::Up) => at.saturating_sub(1),
            (Some(at), Step::Down) => (at + 1).min(all.len() - 1),
        };
        tab.marked_question = all.get(next).cloned();
        true
    }

    fn marked_person(&self, tab: &Tab) -> Option<Arc<Viewer>> {
        let marked = tab.marked_question.as_ref()?;
        rows(tab).find(|question| question.id == *marked)?.from.clone()
    }

    /// A click marks a question.
    fn click(&self, app: &mut App, at: Position) {
        let area = app.plan().area(PaneId::Questions);
        let Some(row) = at.y.checked_sub(area.y + 1) else { return };
        let Some(tab) = app.tab_mut() else { return };
        let marked = rows(tab).nth(row.into()).map(|question| question.id.clone());
        tab.marked_question = marked;
    }

    fn actions(&self) -> &'static [Action] {
        &[Action::ScrollUp, Action::ScrollDown, Action::Open, Action::Thank, Action::ShowQuestions, Action::Zoom]
    }
}

/// Newest first; what was deleted is gone.
fn rows(tab: &Tab) -> impl Iterator<Item = &AskedQuestion> {
    tab.room.board.questions.iter().rev().filter(|question| question.state != QuestionState::Deleted)
}

/// Whether somebody still has to answer it.
fn is_open(tab: &Tab, question: &AskedQuestion) -> bool {
    !tab.ticked_questions.contains(&question.id) && question.state != QuestionState::Answered
}

/// Ticks the marked question off, or the oldest open one; a ticked one is open again. Its words; nothing where there is none.
pub(in crate::tui) fn tick_off(tab: &mut Tab) -> Option<(String, bool)> {
    let marked = tab.marked_question.clone();
    let oldest =
        || tab.room.board.questions.iter().find(|question| is_open(tab, question)).map(|question| question.id.clone());
    let id = marked.or_else(oldest)?;
    let words = tab.room.board.questions.iter().find(|question| question.id == id)?.text.to_string();
    let ticked = if tab.ticked_questions.contains(&id) {
        tab.ticked_questions.remove(&id);
        false
    } else {
        tab.ticked_questions.insert(id)
    };
    Some((words, ticked))
}

fn view(app: &App, tab: &Tab, buf: &mut Buffer, area: Rect) {
    let dim = app.theme.style(ColorRole::Dim);
    let open = rows(tab).filter(|question| is_open(tab, question)).count() as u64;
    if area.height == 1 {
        let newest = rows(tab).find(|question| is_open(tab, question)).map(|question| question.text.to_string());
        let words = format!("questions {} open  {}", number::count(open), newest.unwrap_or_default());
        return paint::left(buf, super::inset(area), 0, &Line::styled(words, dim));
    }
    let role = if open > 0 { ColorRole::Accent } else { ColorRole::Dim };
    let notes = [Line::styled(format!("{} open", number::count(open)), app.theme.style(role))];
    let list = super::titled(app, buf, area, PaneId::Questions, "Questions", &notes);
    if rows(tab).next().is_none() {
        paint::left(buf, super::inset(list), 0, &Line::styled("nobody has asked anything yet", dim));
    }
    for (row, question) in (0..list.height).zip(rows(tab)) {
        let is_open = is_open(tab, question);
        let (sign, role) = match question.state {
            _ if !is_open => (glyphs::TICK, ColorRole::Good),
            QuestionState::Shown => (glyphs::RUNNING, ColorRole::Accent),
            _ => (glyphs::QUESTION, ColorRole::Accent),
        };
        let name = question.from.as_ref().map(|from| tab.names.label(from)).unwrap_or_default();
        let name = crate::text::clip(&name, NAME).into_owned();
        let pad = NAME + 1 - crate::text::width(&name).min(NAME);
        let id = question.from.as_ref().and_then(|from| from.id);
        let text = if is_open { app.theme.style(ColorRole::Text) } else { dim };
        let line = Line::from(vec![
            Span::styled(format!("{sign} "), app.theme.style(role)),
            Span::styled(name, app.theme.name(id)),
            Span::raw(" ".repeat(pad)),
            Span::styled(question.text.to_string(), text),
        ]);
        paint::left(buf, list, row, &line);
        if tab.marked_question.as_ref() == Some(&question.id) {
            let place = Rect { y: list.y + row, height: 1, ..list };
            paint::mark(buf, place);
        }
    }
}
