// Colours are CSS variables: a page sets `--editor-...`, else Pico's hold. `light-dark()` follows the `color-scheme`
// that Pico sets by `data-theme` and by what the system prefers.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const color = (name, fallback) => `var(--editor-${name}, ${fallback})`;

const TEXT = color("text", "var(--pico-color, CanvasText)");
const BACKGROUND = color("background", "var(--pico-form-element-background-color, Canvas)");
const RAISED = color("raised", "var(--pico-card-background-color, Canvas)");
const BORDER = color("border", "var(--pico-form-element-border-color, light-dark(#6b7280, #8b93a1))");
const MUTED = color("muted", "light-dark(#57606a, #9aa4b2)");
const FOCUS = color("focus", "var(--pico-primary, light-dark(#0550ae, #79c0ff))");
const CHOSEN = color("chosen", "light-dark(#dbeafe, #1e3a5f)");
const MATCH = color("match", "light-dark(#fff3bf, #5c4a00)");
const ERROR = color("error", "light-dark(#b42318, #ff8a80)");
const WARNING = color("warning", "light-dark(#8a5a00, #e3b341)");
const INFO = color("info", "light-dark(#0550ae, #79c0ff)");

// Pico gives every field and button the width and the margins of a form; those of the editor's panels stand in a row.
// Their colour is the panel's: within a button, `--pico-color` is the one that goes with its own background.
const IN_A_ROW = {
  width: "auto",
  height: "auto",
  margin: "2px",
  color: "inherit",
  fontSize: "80%",
  lineHeight: "1.4",
  border: `1px solid ${BORDER}`,
};

const parts = EditorView.theme({
  "&": { color: TEXT, backgroundColor: BACKGROUND, border: `1px solid ${BORDER}`, borderRadius: "4px" },
  "&.cm-focused": { outline: `2px solid ${FOCUS}`, outlineOffset: "1px" },
  ".cm-content": { caretColor: TEXT },
  ".cm-gutters": { color: MUTED, backgroundColor: "transparent", border: "none" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: CHOSEN },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", outline: `1px solid ${ERROR}` },
  ".cm-searchMatch": { backgroundColor: MATCH, outline: `1px solid ${WARNING}` },
  ".cm-searchMatch-selected": { backgroundColor: CHOSEN },
  ".cm-panels": { color: TEXT, backgroundColor: RAISED },
  ".cm-panels.cm-panels-top": { borderBottom: `1px solid ${BORDER}` },
  ".cm-panels.cm-panels-bottom": { borderTop: `1px solid ${BORDER}` },
  ".cm-panel.cm-search.cm-search": { paddingRight: "44px" }, // the button that closes it stands there
  ".cm-panel.cm-panel label": { display: "inline-flex", alignItems: "center", width: "auto", margin: "2px 6px 2px 2px" },
  ".cm-panel.cm-panel input[type=checkbox]": { width: "1.2em", height: "1.2em", margin: "0 4px 0 0" },
  ".cm-panel.cm-panel input.cm-textfield[name]": {
    ...IN_A_ROW,
    padding: "2px 6px",
    backgroundColor: BACKGROUND,
  },
  ".cm-panel.cm-panel button[name], .cm-panel.cm-panel button[aria-label]": {
    ...IN_A_ROW,
    minWidth: "24px",
    minHeight: "24px",
    padding: "2px 8px",
    background: BACKGROUND,
  },
  ".cm-tooltip": { color: TEXT, backgroundColor: RAISED, border: `1px solid ${BORDER}` },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { listStyle: "none", margin: "0", color: TEXT, padding: "2px 6px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { color: TEXT, backgroundColor: CHOSEN },
  ".cm-completionDetail": { color: MUTED },
  ".cm-diagnostic-error": { borderLeftColor: ERROR },
  ".cm-diagnostic-warning": { borderLeftColor: WARNING },
  ".cm-diagnostic-info, .cm-diagnostic-hint": { borderLeftColor: INFO },
  ".cm-lintRange.cm-lintRange": { backgroundImage: "none", textDecoration: `underline wavy ${INFO} 1px` },
  ".cm-lintRange.cm-lintRange-error": { textDecorationColor: ERROR },
  ".cm-lintRange.cm-lintRange-warning": { textDecorationColor: WARNING },
});

const words = HighlightStyle.define([
  { tag: tags.keyword, color: color("keyword", "light-dark(#7028b8, #d2a8ff)"), fontWeight: "600" },
  { tag: [tags.variableName, tags.propertyName], color: color("variable", "light-dark(#0550ae, #79c0ff)") },
  { tag: tags.special(tags.variableName), color: color("filter", "light-dark(#8a4600, #ffb86b)") },
  { tag: [tags.string, tags.content], color: color("string", "light-dark(#0a5d2c, #a5d6a7)") },
  { tag: [tags.number, tags.bool, tags.null], color: color("number", "light-dark(#953800, #ffa657)") },
  { tag: tags.comment, color: MUTED, fontStyle: "italic" },
  { tag: [tags.brace, tags.punctuation, tags.operator, tags.separator], color: MUTED },
  { tag: tags.definition(tags.propertyName), color: color("variable", "light-dark(#0550ae, #79c0ff)") },
  { tag: tags.invalid, color: ERROR },
]);

export const theme = [parts, syntaxHighlighting(words)];
