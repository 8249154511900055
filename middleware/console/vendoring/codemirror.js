// The editor of the console: CodeMirror with what its pages need, as one file, global `CodeMirror`.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { EditorView, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";

import { theme } from "./theme.js";

export { closeCompletion, startCompletion } from "@codemirror/autocomplete";
export { redo, undo } from "@codemirror/commands";
export { yaml } from "@codemirror/lang-yaml";
export { forceLinting, linter, openLintPanel, setDiagnostics } from "@codemirror/lint";
export { Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
export { Decoration, placeholder } from "@codemirror/view";
export { jinja } from "./jinja.js";
export { EditorView, keymap, theme };

// Tab is not among the keys: it leaves the editor, as it leaves every other field.
export const setup = [
  lineNumbers(),
  lintGutter(),
  highlightSpecialChars(),
  history(),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  autocompletion(),
  search({ top: true }),
  EditorView.lineWrapping,
  theme,
  keymap.of([
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...searchKeymap,
    ...historyKeymap,
    ...completionKeymap,
    ...lintKeymap,
  ]),
];
