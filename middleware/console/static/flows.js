// The text of a flow with line numbers and colours, to be read. Without this it stands there as plain text.
for (const plain of document.querySelectorAll("[data-yaml]")) {
  const { EditorState, EditorView, setup, yaml } = globalThis.CodeMirror;
  const there = document.createElement("div");
  plain.replaceWith(there);
  new EditorView({
    parent: there,
    doc: plain.textContent,
    extensions: [
      setup,
      yaml(),
      EditorState.readOnly.of(true),
      EditorView.contentAttributes.of({ "aria-label": plain.getAttribute("aria-label"), tabindex: "0" }),
    ],
  });
}
