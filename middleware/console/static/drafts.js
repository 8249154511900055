// The editor of a draft, of templates and of flows: CodeMirror over the fields of the form, what is to be mended shown
// in it, and saving by itself. The form itself works without it. What is said of languages, its pages bring along.
const form = document.getElementById("editing");
const { EditorView, setDiagnostics } = CodeMirror;
const editors = new Map();

function begin(area, language) {
  const name = area.name;
  const label = form.querySelector(`label[for="${area.id}"]`);
  const attributes = { tabindex: "0", "aria-label": label.textContent, lang: area.lang || "en", dir: area.dir || "ltr" };
  const described = area.getAttribute("aria-describedby");
  if (described) attributes["aria-describedby"] = described;
  const host = document.createElement("div");
  area.before(host);
  const view = new EditorView({
    parent: host,
    doc: area.value,
    extensions: [
      CodeMirror.setup,
      language,
      EditorView.contentAttributes.of(attributes),
      EditorView.perLineTextDirection.of(true),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        area.value = update.state.doc.toString();
        area.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    ],
  });
  label.addEventListener("click", (event) => { event.preventDefault(); view.focus(); });
  area.hidden = true;
  editors.set(name, view);
}

// Where a finding lies: its word where it has a column, else what is written on its line.
function span(doc, line, column) {
  if (line > doc.lines) return null;
  const { from, to, text } = doc.line(line);
  const start = column > 0 ? Math.min([...text].slice(0, column - 1).join("").length, text.length) : text.length - text.trimStart().length;
  const word = column > 0 ? /^[\p{L}\p{N}_.]+/u.exec(text.slice(start)) : null;
  return { from: from + start, to: word ? from + start + word[0].length : to };
}

function mark() {
  for (const [name, view] of editors) {
    const found = [];
    for (const item of document.querySelectorAll("#typed li[data-message]")) {
      const { field, line, column, fileLine, fileColumn, severity, message, meant, use } = item.dataset;
      const isOfFile = name === "source" && field !== name && fileLine;
      if (field !== name && !isOfFile) continue;
      const at = isOfFile
        ? span(view.state.doc, Number(fileLine), Number(fileColumn) > 1 ? Number(fileColumn) : 0)
        : span(view.state.doc, Number(line), Number(column));
      if (!at) continue;
      const actions = meant ? [{
        name: use,
        apply: (target, from, to) => target.dispatch({ changes: { from, to, insert: meant } }),
      }] : [];
      found.push({ ...at, severity, message: `${item.querySelector("strong").textContent}. ${message}`, actions });
    }
    view.dispatch(setDiagnostics(view.state, found.sort((one, other) => one.from - other.from)));
  }
}

// How many errors there are is said when it changes, and not with every key.
const announced = document.getElementById("announced");
function announce() {
  const verdict = document.querySelector("#typed .verdict")?.textContent.replace(/\s+/g, " ").trim() ?? "";
  if (announced.textContent !== verdict) announced.textContent = verdict;
}

// What is being saved is waited for before the form goes anywhere: else it would be somebody who was quicker.
let saving = 0;
let leaving = false;
let waiting = null;
// A button that was pressed, or the one that has come in its place; null if there is none any more.
const standing = (button) => (button.isConnected ? button : document.getElementById(button.id));
const autosave = document.getElementById("autosave");
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt !== autosave) return;
  if (leaving) event.preventDefault();
  else saving += 1;
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt !== autosave) return;
  saving -= 1;
  if (waiting && !saving) {
    const pressed = waiting;
    waiting = null;
    // The parts that are swapped in beside have to be there before: the revision among them.
    setTimeout(() => form.requestSubmit(standing(pressed)), 50);
  }
});
form.addEventListener("submit", (event) => {
  if (saving) {
    event.preventDefault();
    waiting = event.submitter;
  } else {
    leaving = true;
  }
});
addEventListener("pageshow", () => { leaving = false; });

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "typed" || event.target.id === "typed") {
    mark();
    announce();
  }
});

// `languages` gives the language of a field, CodeMirror's own; once all that it completes is there, the form is ready.
globalThis.Drafts = {
  start(languages, loaded) {
    for (const area of form.querySelectorAll("textarea[data-editor]")) begin(area, languages(area));
    for (const help of form.querySelectorAll("#keys-help")) help.hidden = false;
    mark();
    loaded.then(() => { form.dataset.ready = "yes"; });
  },
};
