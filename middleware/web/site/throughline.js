// The script of a site: what its visitors look at, and the way to the chat. docs/site.md says how to use it.
// It is served without these comments and without indentation: keep comments on lines of their own.
(() => {
"use strict";
const script = document.currentScript;
const base = new URL(".", script.src).href;
const STORED = "throughline";
const nav = navigator;
const refuses = () => nav.globalPrivacyControl === true || nav.doNotTrack === "1" || window.doNotTrack === "1";
let granted = false;
let queue = [];
let timer = 0;
let failures = 0;
let token = null;
let link = null;
let memory = "";

const random = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

// What is stored: the visitor's key, and behind it a dot once the visitor has signed in. The key never leaves but to
// our own address, and nobody is told the visitor's id, which is its hash.
const stored = () => {
  try { return localStorage.getItem(STORED) || ""; } catch { return memory; }
};
const store = (value) => {
  memory = value;
  try { value ? localStorage.setItem(STORED, value) : localStorage.removeItem(STORED); } catch { /**/ }
};
const known = () => /^[\w-]{43}\.?$/.test(stored());
const key = () => {
  if (!known()) store(random());
  return stored().slice(0, 43);
};
const forget = () => {
  queue = [];
  store("");
  inside.forgotten();
};

const post = (path, body) =>
  fetch(base + path, { method: "POST", body: JSON.stringify(body), keepalive: true, credentials: "omit" });

// Sends items; the token travels along as long as it counts. 401: it does not any more. 409: it names another person
// than the one who signed in here before, so this is a new visitor.
const deliver = async (items) => {
  const now = Date.now();
  const events = items.map(({ at, ...item }) => ({ ...item, ago: Math.min(Math.max(now - at, 0), 3600000) }));
  const body = { key: key(), events };
  if (token) body.token = token;
  const answer = await post("events", body);
  if (answer.status === 409) {
    forget();
    return deliver(items);
  }
  if (answer.status === 401 && token) {
    token = null;
    const others = items.filter((item) => item.what !== "identify");
    return !others.length || deliver(others);
  }
  if (answer.ok && token) store(key() + ".");
  if (answer.status > 499 || answer.status === 429) throw answer.status;
  return answer.ok;
};

const flush = async () => {
  clearTimeout(timer);
  timer = 0;
  const items = queue.splice(0, 20);
  if (!items.length) return;
  try {
    await deliver(items);
    failures = 0;
  } catch {
    if (failures++ < 5) {
      queue.unshift(...items);
      later(failures * 5000);
    }
  }
  if (queue.length) later(1000);
};
const later = (after) => { timer = timer || setTimeout(flush, after); };
const made = (item) => ({ id: random().slice(0, 22), at: Date.now(), ...item });
const add = (item) => {
  if (queue.push(made(item)) > 200) queue.shift();
  later(1000);
};

// The product of this page: what an element says of it (data-throughline-product), else the page's JSON-LD.
const flat = (value) => (Array.isArray(value) ? value.flatMap(flat) : [value, ...flat((value || {})["@graph"] || [])]);
const described = () => {
  for (const each of document.querySelectorAll('script[type="application/ld+json"]')) {
    try {
      const found = flat(JSON.parse(each.textContent)).find((thing) => /^Product/.test([thing && thing["@type"]].flat()[0]));
      if (found) {
        const offer = [found.offers].flat()[0] || {};
        const names = [found.productID, found.productGroupID, found.sku, found.name];
        return {
          product: names.find((name) => /^(string|number)$/.test(typeof name)),
          price: offer.price || offer.lowPrice,
          currency: offer.priceCurrency,
        };
      }
    } catch { /**/ }
  }
  return {};
};
const product = () => {
  const element = document.querySelector("[data-throughline-product]");
  if (!element) return described();
  const said = element.dataset;
  return { product: said.throughlineProduct, price: said.throughlinePrice, currency: said.throughlineCurrency };
};

// The id of a personal link is taken out of the address, so that it is not handed on with it; nothing else is.
const arrive = () => {
  const found = /[?&]tl=([\w-]{8,64})(?=&|$)/.exec(location.search);
  if (!found) return;
  link = found[1];
  const rest = location.search.replace(found[0], "").replace(/^&/, "?");
  history.replaceState(history.state, "", location.pathname + rest + location.hash);
};

const view = (more) => {
  if (!granted) return;
  const words = script.dataset.search && new URLSearchParams(location.search).get(script.dataset.search);
  const seen = product();
  const what = seen.product ? "product" : words ? "search" : "page";
  const item = { what, path: location.pathname, title: document.title, ...seen, ...more };
  if (words) item.search = words;
  if (link) item.link = link;
  add(item);
};

const consent = (given) => {
  if (!given) {
    granted = false;
    token = null;
    return forget();
  }
  if (granted || refuses()) return;
  granted = true;
  arrive();
  view();
  if (token) add({ what: "identify" });
};

const identify = (given) => {
  if (!given) {
    token = null;
    if (stored().endsWith(".")) forget();
    return;
  }
  token = String(given);
  if (granted || known()) {
    add({ what: "identify" });
    flush();
  }
};

let loading = null;
const load = () => {
  loading = loading || new Promise((loaded) => {
    const element = document.createElement("script");
    element.onload = loaded;
    element.src = base + "chat.js";
    document.head.append(element);
  });
  return loading;
};

const inside = { key, known, post, made, deliver, add, product, forgotten: () => {}, open: () => {} };
window.throughline = {
  consent,
  view,
  search: (words) => view({ what: "search", search: String(words) }),
  cart: (cart) => granted && add({ ...cart, what: "cart" }),
  identify,
  chat: () => load().then(() => inside.open()),
  inside,
};

addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());
addEventListener("pagehide", flush);
const begin = () => {
  if (script.dataset.consent === "granted") consent(true);
  if ("chat" in script.dataset) load();
};
if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
else begin();
})();
