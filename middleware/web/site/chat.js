// The chat of a site, loaded by throughline.js when it is wanted. Everything that somebody wrote is set as text; styles
// are adopted, so that no page needs to allow inline ones. Comments stand on lines of their own.
(() => {
"use strict";
const { inside } = window.throughline;
const WORDS = {
  en: ["Chat", "Close", "Your message", "Send", "You", "Shop", "Not sent.", "Try again"],
  de: ["Chat", "Schließen", "Ihre Nachricht", "Senden", "Sie", "Shop", "Nicht gesendet.", "Noch einmal"],
  es: ["Chat", "Cerrar", "Su mensaje", "Enviar", "Usted", "Tienda", "No enviado.", "Reintentar"],
};
const [CHAT, CLOSE, WRITE, SEND, YOU, SHOP, FAILED, AGAIN] =
  WORDS[document.documentElement.lang.slice(0, 2).toLowerCase()] || WORDS.en;

const STYLE = `
:host{--a:var(--throughline-accent,#1746a2);--on:var(--throughline-on-accent,#fff);--bg:#fff;--fg:#1b1b1b;--soft:#ececf1;
font:16px/1.4 system-ui,sans-serif}
@media (prefers-color-scheme:dark){:host{--bg:#1c1c20;--fg:#f2f2f2;--soft:#33333b}}
*{box-sizing:border-box;font:inherit}
button{cursor:pointer;border:1px solid var(--a);border-radius:1em;padding:.4em .9em;background:var(--a);color:var(--on);
min-height:24px}
:focus-visible{outline:3px solid var(--a);outline-offset:2px}
.launch{position:fixed;right:1rem;bottom:1rem;z-index:2147483000;padding:.7em 1.2em}
dialog{position:fixed;inset:auto 1rem 1rem auto;margin:0;width:min(24rem,calc(100vw - 2rem));
height:min(34rem,calc(100dvh - 2rem));padding:0;border:1px solid var(--soft);border-radius:1em;background:var(--bg);
color:var(--fg)}
dialog[open]{display:flex;flex-direction:column}
dialog::backdrop{background:transparent}
header,form{display:flex;gap:.5em;padding:.7em;align-items:center;justify-content:space-between}
h2{margin:0;font-weight:600}
.log{flex:1;overflow:auto;padding:.7em;display:flex;flex-direction:column;gap:.5em}
.line{max-width:85%;padding:.5em .8em;border-radius:1em;background:var(--soft);overflow-wrap:anywhere;
white-space:pre-wrap}
.line p{margin:0}
.customer{align-self:flex-end;background:var(--a);color:var(--on)}
.line a{color:inherit}
.card{border-top:1px solid var(--fg);margin-top:.4em;padding-top:.4em}
.choices{display:flex;flex-wrap:wrap;gap:.4em;margin-top:.4em}
.choices a{border:1px solid;border-radius:1em;padding:.3em .8em}
b{font-weight:600}
.who{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
textarea{flex:1;resize:none;color:var(--fg);background:var(--bg);border:1px solid var(--fg);border-radius:.5em;
padding:.4em}
@media (prefers-reduced-motion:no-preference){.log{scroll-behavior:smooth}}`;

const made = (name, attributes, ...children) => {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.append(...children);
  return element;
};

const host = made("div", {});
const shadow = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
shadow.adoptedStyleSheets = [sheet];

const launch = made("button", { type: "button", class: "launch", "aria-haspopup": "dialog", "aria-expanded": "false" }, CHAT);
const close = made("button", { type: "button" }, CLOSE);
const log = made("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": CHAT, tabindex: "0" });
const field = made("textarea", { rows: "2", maxlength: "2000", "aria-label": WRITE, placeholder: WRITE });
const form = made("form", {}, field, made("button", {}, SEND));
const dialog = made("dialog", { "aria-labelledby": "title" }, made("header", {}, made("h2", { id: "title" }, CHAT), close), log, form);
shadow.append(launch, dialog);
document.body.append(host);

// Only web addresses become links, and only by their protocol.
const web = (address) => {
  try { return /^https?:$/.test(new URL(address).protocol); } catch { return false; }
};
const linked = (address, text) => made("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
const written = (text) =>
  made("p", {}, ...text.split(/(https?:\/\/[^\s<>"]+)/).map((part, at) => (at % 2 && web(part) ? linked(part, part) : part)));

const choice = (each) => {
  if (each.url) return web(each.url) ? linked(each.url, each.title) : each.title;
  const button = made("button", { type: "button" }, each.title);
  button.onclick = () => say(each.title, each.payload);
  return button;
};
const choices = (all) => (all.length ? [made("div", { class: "choices" }, ...all.map(choice))] : []);

let lines = new Map();
let mark = "";
const show = (line) => {
  const who = made("span", { class: "who" }, `${line.by === "customer" ? YOU : SHOP}: `);
  const parts = line.text ? [written(line.text)] : [];
  for (const card of line.cards || [])
    parts.push(made("div", { class: "card" }, made("b", {}, card.title), written(card.subtitle || ""), ...choices(card.choices)));
  const element = made("div", { class: `line ${line.by}` }, who, ...parts, ...choices(line.choices || []));
  const known = lines.get(line.id);
  if (known && known.dataset.said === JSON.stringify(line.text)) return known;
  element.dataset.said = JSON.stringify(line.text);
  known ? known.replaceWith(element) : log.append(element);
  lines.set(line.id, element);
  log.scrollTop = log.scrollHeight;
  return element;
};

const say = (text, payload) => {
  const item = inside.made({ what: "message", text, payload, product: inside.product().product });
  const element = show({ id: item.id, by: "customer", text });
  const attempt = async (left) => {
    try {
      if (!(await inside.deliver([item]))) throw item;
      listen();
    } catch {
      if (left) return setTimeout(attempt, 2000, left - 1);
      const again = made("button", { type: "button" }, AGAIN);
      const note = made("div", { class: "choices", role: "alert" }, FAILED, again);
      again.onclick = () => {
        note.remove();
        attempt(2);
      };
      element.append(note);
    }
  };
  attempt(2);
};

// The conversation as it stands, again and again while the chat is open: what was missed comes with the next answer.
let listening = false;
const listen = async () => {
  if (listening) return;
  listening = true;
  while (dialog.open && inside.known()) {
    const begun = Date.now();
    let fresh = false;
    try {
      const answer = await inside.post("conversation", { key: inside.key(), after: mark });
      if (answer.status === 200) {
        const told = await answer.json();
        fresh = true;
        mark = told.mark;
        told.lines.forEach((line) => {
          show(line);
          if (line.by !== "customer" && line.status !== "read") inside.add({ what: "read", message: line.id });
        });
      }
    } catch { /**/ }
    if (!fresh && Date.now() - begun < 5000) await new Promise((go) => setTimeout(go, 5000));
  }
  listening = false;
};

const open = () => {
  if (dialog.open) return;
  dialog.showModal();
  launch.setAttribute("aria-expanded", "true");
  field.focus();
  listen();
};
launch.onclick = open;
close.onclick = () => dialog.close();
dialog.onclose = () => {
  launch.setAttribute("aria-expanded", "false");
  launch.focus();
};
form.onsubmit = (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  say(text);
};
field.onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
};
inside.open = open;
inside.forgotten = () => {
  lines = new Map();
  mark = "";
  log.replaceChildren();
};
})();
