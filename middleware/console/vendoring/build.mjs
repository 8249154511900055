// Builds the console's browser files: node build.mjs OUT. Beside node_modules; the same input gives the same bytes.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2]);
const vendor = join(out, "static", "vendor");
const pinned = JSON.parse(readFileSync(join(here, "package.json"), "utf8")).dependencies;

// As their makers built them, byte for byte.
const COPIED = [
  { file: "htmx.js", name: "htmx.org", from: "dist/htmx.min.js" },
  { file: "htmx-sse.js", name: "htmx-ext-sse", from: "dist/sse.min.js", licence: "0BSD" },
  { file: "alpine.js", name: "@alpinejs/csp", from: "dist/cdn.min.js" },
  { file: "pico.css", name: "@picocss/pico", from: "css/pico.min.css" },
  { file: "uplot.js", name: "uplot", from: "dist/uPlot.iife.min.js" },
  { file: "uplot.css", name: "uplot", from: "dist/uPlot.min.css" },
  { file: "cytoscape.js", name: "cytoscape", from: "dist/cytoscape.min.js" },
];

// cytoscape writes this rule into the page unless an element of this id is there: the <link> to this file, with the id.
const CYTOSCAPE_CSS = `/* <link rel="stylesheet" id="__________cytoscape_stylesheet" href=".../cytoscape.css"> */
.__________cytoscape_container { position: relative; }
`;

const manifest = (name) => JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8"));

function version(name) {
  const { version: installed } = manifest(name);
  if (pinned[name] !== installed) throw new Error(`${name} ${installed} is built in: pin it in package.json`);
  return installed;
}

const versions = (names) => Object.fromEntries([...names].sort().map((name) => [name, version(name)]));

function entry({ file, name, licence = manifest(name).license, contains = [] }) {
  const digest = createHash("sha384").update(readFileSync(join(vendor, file))).digest("base64");
  const listed = { file, name, version: version(name), licence, sha384: `sha384-${digest}` };
  return contains.length ? { ...listed, contains: versions(contains) } : listed;
}

// style-mod uses constructed style sheets in shadow roots only, and elsewhere a <style>, which `style-src 'self'`
// refuses. Every browser with them has them for documents, too.
const constructedSheets = {
  name: "constructed-sheets",
  setup({ onLoad }) {
    onLoad({ filter: /style-mod\/src\/style-mod\.js$/ }, ({ path }) => {
      const pieces = readFileSync(path, "utf8").split("!root.head && root.adoptedStyleSheets");
      if (pieces.length !== 2) throw new Error("style-mod has changed: look again how it chooses its sheets");
      return { contents: pieces.join("root.adoptedStyleSheets") };
    });
  },
};

async function bundle() {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: ["codemirror.js"],
    outfile: join(vendor, "codemirror.js"),
    bundle: true,
    format: "iife",
    globalName: "CodeMirror",
    minify: true,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    banner: { js: "/* CodeMirror 6, MIT: see LICENCES.txt */" },
    alias: { "@codemirror/lang-html": "./plain_text.js" },
    plugins: [constructedSheets],
    metafile: true,
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  const used = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput);
  return new Set(used.flatMap((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []));
}

function licenceOf(name) {
  const folder = join(here, "node_modules", name);
  const file = readdirSync(folder).find((each) => /^licen[cs]e(\.\w+)?$/i.test(each));
  return file ? readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim() : null;
}

function licences(names) {
  const texts = new Map();
  for (const name of [...names].sort()) {
    const text = licenceOf(name);
    if (text) texts.set(text, [...(texts.get(text) ?? []), name]);
  }
  const parts = [...texts].map(([text, whose]) => `${whose.join(", ")}\n\n${text}`);
  parts.push(readFileSync(join(here, "notices.txt"), "utf8").trim());
  return `${parts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor, { recursive: true });
for (const { file, name, from } of COPIED) copyFileSync(join(here, "node_modules", name, from), join(vendor, file));
writeFileSync(join(vendor, "cytoscape.css"), CYTOSCAPE_CSS);
const inEditor = await bundle();
const files = [
  ...COPIED,
  { file: "cytoscape.css", name: "cytoscape" },
  { file: "codemirror.js", name: "@codemirror/view", contains: [...inEditor] },
].map(entry);
files.sort((one, other) => (one.file < other.file ? -1 : 1));
writeFileSync(join(out, "vendor.json"), `${JSON.stringify({ files }, null, 2)}\n`);
const all = new Set(files.flatMap(({ name, contains }) => [name, ...Object.keys(contains ?? {})]));
writeFileSync(join(vendor, "LICENCES.txt"), licences(all));
