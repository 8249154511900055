// The editor of a flow: YAML with what can be completed in it. Its fields are those of `drafts.js`.
const loaded = fetch(document.getElementById("editing").dataset.words, { headers: { "HX-Request": "true" } })
  .then((answer) => (answer.ok ? answer.json() : {}))
  .then(FlowWords.learn)
  .catch(() => {});

Drafts.start((area) => {
  const yaml = CodeMirror.yaml();
  return [yaml, yaml.language.data.of({ autocomplete: FlowWords.complete(area.name) })];
}, loaded);
