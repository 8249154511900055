// What can stand where the cursor is in a file of flows: read off the schema that the file is checked by.
const known = { schemas: {}, values: [], filters: [], tests: [], templates: [], engines: [], look_ups: [] };

// Where names of the brand stand, by their key.
const NAMES = {
  reply: "templates", again: "templates", template: "templates", ask_engine: "engines", look_up: "look_ups",
};
const CONDITIONS = new Set(["when", "if"]);

const LINE = /^(\s*)((?:-\s+)*)(?:([\w.]+)\s*:)?/;

function columns(text) {
  const [, indent, dashes, key] = LINE.exec(text);
  return {
    dashes: [...dashes.matchAll(/-/g)].map(({ index }) => indent.length + index),
    key,
    column: indent.length + dashes.length,
  };
}

// The keys that lead to a column of a line, `-` for an element of a list.
function above(doc, number, column) {
  const path = [];
  let at = column;
  let ofList = false;
  for (let line = number; line > 0 && (at > 0 || ofList); line -= 1) {
    const { text } = doc.line(line);
    if (!text.trim() || text.trim().startsWith("#")) continue;
    const found = columns(text);
    const isParent = line < number && found.key && (found.column < at || (ofList && found.column === at));
    if (isParent) {
      path.unshift(found.key);
      at = found.column;
      ofList = false;
    }
    for (const dash of found.dashes.reverse()) {
      if (dash >= at) continue;
      path.unshift("-");
      at = dash;
      ofList = true;
    }
  }
  return path;
}

// `{ path, key }`: the group that the cursor is in, and the key whose value is written, if it is one.
function place(doc, pos) {
  const line = doc.lineAt(pos);
  const before = line.text.slice(0, pos - line.from);
  const found = columns(before);
  const path = above(doc, line.number, found.column);
  const rest = found.key ? before.slice(before.indexOf(":", found.column) + 1) : before.slice(found.column);
  const braces = found.key && /\{([^{}]*)$/.exec(rest);
  if (braces) {
    const part = braces[1].split(",").at(-1).trimStart();
    const [, key] = /^(?:(\w+)\s*:\s*)?(.*)$/.exec(part);
    return { path: [...path, found.key], key };
  }
  if (found.key && !rest.startsWith(" ")) return null;
  return { path, key: found.key };
}

function ways(schema, node) {
  if (!node) return [];
  if (node.$ref) return ways(schema, { ...schema.$defs[node.$ref.split("/").at(-1)], description: node.description });
  return node.anyOf ? node.anyOf.flatMap((each) => ways(schema, each)) : [node];
}

function inside(schema, nodes, key) {
  return nodes.flatMap((node) => {
    if (key === "-") return ways(schema, node.items);
    const there = node.properties?.[key] ?? (typeof node.additionalProperties === "object" ? node.additionalProperties : null);
    return ways(schema, there);
  });
}

function sortOf(schema, node) {
  const sorts = ways(schema, node).map((each) => {
    if (each.enum) return each.enum.join(" | ");
    if (each.const !== undefined) return String(each.const);
    return each.examples ? each.examples.join(" | ") : each.type ?? "";
  });
  return [...new Set(sorts)].filter(Boolean).join(" | ");
}

function keys(schema, nodes) {
  const found = nodes.flatMap((node) => Object.entries(node.properties ?? {}));
  return [...new Map(found)].map(([label, node]) => {
    const sort = sortOf(schema, node);
    return {
      label, type: "property", apply: sort === "object" || sort === "array" ? `${label}:` : `${label}: `,
      detail: sort.length > 40 ? `${sort.slice(0, 39)}…` : sort, info: node.description,
    };
  });
}

function valuesOf(nodes) {
  const written = nodes.flatMap((node) => [
    ...(node.enum ?? []), ...(node.const === undefined ? [] : [node.const]), ...(node.examples ?? []),
    ...(node.type === "boolean" ? [true, false] : []), ...ofItems(node),
  ]);
  return [...new Set(written.map(String))].map((label) => ({ label, type: "enum" }));
}

const ofItems = ({ items }) => items?.enum ?? [];

// In a condition: what can be asked, each with its sort and an example.
const conditions = () => [
  ...known.values.map(({ path, detail, info }) => ({ label: path, detail, info, type: "variable" })),
  ...["and", "or", "not", "in", "is"].map((label) => ({ label, type: "keyword" })),
  ...known.tests, ...known.filters,
];

function options(schema, at) {
  const nodes = at.path.reduce((found, key) => inside(schema, found, key), ways(schema, schema));
  const name = at.key ?? (at.path.at(-1) === "-" ? at.path.at(-2) : undefined);
  if (name && CONDITIONS.has(name)) return conditions();
  if (at.key) {
    const there = inside(schema, nodes, at.key);
    return [...(known[NAMES[at.key]] ?? []), ...valuesOf(there)];
  }
  return [...(known[NAMES[name]] ?? []), ...keys(schema, nodes), ...valuesOf(nodes)];
}

// A source of completions for a field, as CodeMirror asks for them.
function complete(field) {
  return (context) => {
    const schema = known.schemas[field];
    const at = schema && place(context.state.doc, context.pos);
    if (!at) return null;
    const word = context.matchBefore(/[\w.]*$/);
    if (!context.explicit && word.from === word.to) return null;
    const found = options(schema, at);
    return found.length ? { from: word.from, options: found, validFor: /^[\w.]*$/ } : null;
  };
}

globalThis.FlowWords = { complete, learn: (told) => Object.assign(known, told) };
