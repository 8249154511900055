// The graph is drawn from the tables of the page: what it shows stands there, word for word.

const words = (cell) => cell.innerText.replace(/\s+/g, " ").trim();
const rows = (selector) => [...document.querySelectorAll(selector)];

const nodes = rows("#nodes [data-node]").map((row) => ({
  id: `n${row.dataset.node}`,
  group: row.dataset.group,
  label: `${words(row.cells[0])}. ${words(row.cells[1])}`,
}));
const ties = rows("#edges [data-one]").map((row) => ({
  one: `n${row.dataset.one}`,
  other: `n${row.dataset.other}`,
  evidence: row.dataset.evidence,
  label: row.dataset.label,
  told: `${words(row.cells[0])} – ${words(row.cells[1])}: ${row.dataset.label}, ${words(row.cells[3])}, ${words(row.cells[4])}`,
}));

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Evidence is told by the kind of line and by its label, never by colour.
function style() {
  const [ink, quiet, line, ground, main] = ["--pico-color", "--pico-muted-color", "--line", "--pico-card-background-color", "--pico-primary"].map(colour);
  const edge = (evidence, more) => ({ selector: `edge[evidence = "${evidence}"]`, style: more });
  return [
    { selector: "node", style: { label: "data(label)", color: ink, "font-size": 12, "text-valign": "bottom", "text-margin-y": 4, "text-wrap": "wrap", "text-max-width": 130, width: 20, height: 20, "background-color": quiet } },
    { selector: ":parent", style: { "background-color": line, "background-opacity": 0.25, "border-color": quiet, "border-width": 1, "text-valign": "top", "font-size": 11, padding: 24 } },
    { selector: "edge", style: { width: 2, "line-color": quiet, "curve-style": "bezier", label: "data(label)", color: ink, "font-size": 10, "text-rotation": "autorotate", "text-background-color": ground, "text-background-opacity": 1, "text-background-padding": 2 } },
    edge("proven", { width: 5 }),
    edge("carried", { "line-style": "dashed" }),
    edge("claimed", { "line-style": "dotted" }),
    { selector: ".picked", style: { "background-color": main, "border-width": 3, "border-color": ink, "line-color": main } },
    { selector: ".faint", style: { opacity: 0.25 } },
  ];
}

function draw(container) {
  const groups = [...new Set(nodes.map((each) => each.group))];
  const parents = groups.length > 1 ? groups.map((each) => ({ data: { id: `g${each}`, label: each } })) : [];
  return cytoscape({
    container,
    style: style(),
    autoungrabify: true,
    boxSelectionEnabled: false,
    userZoomingEnabled: false,
    minZoom: 0.1,
    maxZoom: 3,
    elements: [
      ...parents,
      ...nodes.map((each) => ({ data: { id: each.id, group: each.group, label: each.label, ...(parents.length ? { parent: `g${each.group}` } : {}) } })),
      ...ties.map((each, number) => ({ data: { id: `e${number}`, source: each.one, target: each.other, evidence: each.evidence, label: each.label } })),
    ],
    layout: { name: "null" },
  });
}

// What came with one profile stands together, the most tied in the middle; the profiles stand side by side.
function place(graph) {
  let edge = 0;
  for (const group of new Set(nodes.map((each) => each.group))) {
    const these = graph.nodes(":childless").filter((each) => each.data("group") === group);
    these.layout({ name: "concentric", animate: false, fit: false, boundingBox: { x1: 0, y1: 0, w: 340, h: 260 }, concentric: (each) => each.degree(), levelWidth: () => 2, minNodeSpacing: 60, nodeDimensionsIncludeLabels: true }).run();
    const box = these.boundingBox();
    these.shift({ x: edge - box.x1, y: -(box.y1 + box.h / 2) });
    edge += box.w + 110;
  }
  graph.fit(undefined, 24);
  if (graph.zoom() > 1.2) {
    graph.zoom(1.2);
    graph.center();
  }
}

function pick(graph, id) {
  const told = ties.filter((each) => each.one === id || each.other === id).map((each) => each.told);
  const picked = document.getElementById("picked");
  picked.innerText = told.join("\n") || picked.dataset.none;
  for (const button of rows("[data-pick]")) button.setAttribute("aria-pressed", String(`n${button.dataset.pick}` === id));
  const node = graph.getElementById(id);
  graph.elements().removeClass("picked faint");
  const near = node.closedNeighborhood();
  graph.nodes().not(":parent").not(near).addClass("faint");
  graph.edges().not(near).addClass("faint");
  node.addClass("picked");
  graph.center(node);
}

if (nodes.length) {
  document.querySelector(".picture").hidden = false;
  const graph = draw(document.getElementById("graph"));
  place(graph);
  for (const button of rows("[data-pick]")) button.addEventListener("click", () => pick(graph, `n${button.dataset.pick}`));
  graph.on("tap", "node:childless", (event) => pick(graph, event.target.id()));
  const middle = () => ({ x: graph.width() / 2, y: graph.height() / 2 });
  const zoom = (by) => graph.zoom({ level: graph.zoom() * by, renderedPosition: middle() });
  document.getElementById("closer").addEventListener("click", () => zoom(1.3));
  document.getElementById("farther").addEventListener("click", () => zoom(1 / 1.3));
  document.getElementById("whole").addEventListener("click", () => place(graph));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => graph.style(style()));
}
