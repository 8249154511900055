// Loaded before Alpine, which starts by itself: what it runs is registered until then.
document.addEventListener("alpine:init", () => {
  Alpine.data("counter", () => ({
    count: 0,
    add() {
      this.count += 1;
    },
    get shown() {
      return `${this.count} times`;
    },
  }));
});

const TEMPLATE = `Hello{% if profile.name %}, {{ profile.name | first_name }}{% endif %}.
Your total: {{ cart.totel | money }}
`;

function misspelt(view) {
  const from = view.state.doc.toString().indexOf("cart.totel");
  return from < 0 ? [] : [{ from, to: from + 10, severity: "error", message: "There is no cart.totel" }];
}

const PROPERTIES = { cart: [{ label: "items", type: "property" }, { label: "total", type: "property" }] };

window.template = new CodeMirror.EditorView({
  parent: document.querySelector("#template"),
  doc: TEMPLATE,
  extensions: [
    CodeMirror.setup,
    CodeMirror.EditorView.contentAttributes.of({ "aria-label": "Template" }),
    CodeMirror.linter(misspelt, { delay: 0 }),
    CodeMirror.jinja({
      variables: [{ label: "cart", detail: "what is in the cart" }, { label: "profile" }],
      properties: (path) => PROPERTIES[path.join(".")] ?? [],
      filters: [{ label: "first_name" }, { label: "money" }],
      tests: [{ label: "defined" }],
      tags: [{ label: "if" }, { label: "endif" }],
    }),
  ],
});

window.flow = new CodeMirror.EditorView({
  parent: document.querySelector("#flow"),
  doc: "flow: order_status # the commonest\n",
  extensions: [
    CodeMirror.setup,
    CodeMirror.EditorView.contentAttributes.of({ "aria-label": "Flow" }),
    CodeMirror.yaml(),
  ],
});

window.chart = new uPlot(
  { width: 300, height: 200, series: [{}, { label: "Answered", stroke: "#0550ae" }] },
  [[1, 2, 3], [4, 9, 6]],
  document.querySelector("#chart"),
);

window.graph = cytoscape({
  container: document.querySelector("#graph"),
  elements: [{ data: { id: "a" } }, { data: { id: "b" } }, { data: { source: "a", target: "b" } }],
  layout: { name: "grid" },
});
