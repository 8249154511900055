// Conversations: what changes comes by itself, and what was typed is not lost. Pages work without it.

const live = document.getElementById("live");
const on = live?.dataset.on;
const thread = document.getElementById("thread");
const moved = new Set();
let timer = 0;

const SOON = 300, AGAIN = 3000, NEAR = 120;

// The stream names conversations that changed; the page asks for what it shows anew.
let source;
function listen() {
  // Browsers open few connections to one host: a page that nobody sees needs none.
  if (document.hidden || (source && source.readyState !== EventSource.CLOSED)) return;
  source = new EventSource(live.dataset.live);
  const heard = (event) => {
    // Whoever begins a stream anew goes on after what was heard last.
    if (event.lastEventId) {
      const from = new URL(live.dataset.live, location.href);
      from.searchParams.set("after", event.lastEventId);
      live.dataset.live = from.pathname + from.search;
    }
    const ids = JSON.parse(event.data);
    for (const id of ids.length ? ids : ["*"]) moved.add(id);
    clearTimeout(timer);
    timer = setTimeout(refresh, SOON);
  };
  source.addEventListener("changed", heard);
  source.addEventListener("reload", heard);
  source.addEventListener("error", () => {
    // The browser tries again by itself, but not where it was refused.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN);
  });
}

addEventListener("pagehide", () => source?.close());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) source?.close();
  else if (live) listen();
});

function refresh() {
  const rows = document.getElementById("rows");
  const busy = rows.matches(":hover, :focus-within") || rows.hasAttribute("data-stays");
  const touched = [...moved];
  moved.clear();
  if (touched.some((id) => id === "*" || id === on)) refreshThread();
  if (busy) say(document.getElementById("fresh"), touched, live.dataset.fresh);
  else htmx.trigger(rows, "moved");
}

// Nothing jumps under the pointer: how much is new is said, and shown when somebody asks for it.
function say(button, ids, words) {
  const known = new Set(JSON.parse(button.dataset.ids ?? "[]"));
  for (const id of ids) known.add(id);
  button.dataset.ids = JSON.stringify([...known]);
  button.textContent = words.replace("{n}", known.has("*") ? "…" : known.size);
  button.hidden = false;
}

function unsay(button) {
  delete button.dataset.ids;
  button.hidden = true;
}

document.getElementById("fresh")?.addEventListener("click", (event) => {
  unsay(event.currentTarget);
  const rows = document.getElementById("rows");
  if (rows.hasAttribute("data-stays")) document.getElementById("newest").click();
  else htmx.trigger(rows, "moved");
});

async function refreshThread() {
  if (!thread) return;
  const standing = document.getElementById("standing");
  // Where somebody is at it, only what says who answers comes anew: that has to be true at any time.
  if (!standing.querySelector("input:focus, select:focus, details[open]")) htmx.trigger(standing, "moved");
  else htmx.ajax("GET", standing.getAttribute("hx-get"), { target: "#stands", select: "#stands", swap: "outerHTML" });
  const countdown = document.getElementById("window");
  if (countdown) htmx.trigger(countdown, "moved");
  const answer = await fetch(live.dataset.lines, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const fresh = document.createElement("template");
  fresh.innerHTML = await answer.text();
  merge([...fresh.content.children]);
}

// The newest lines go where they belong; what is there already stays, with what is chosen or focused in it.
function merge(fresh) {
  const lines = document.getElementById("lines");
  const first = fresh.find((each) => each.matches(".line") && document.getElementById(each.id));
  if (!first) {
    lines.replaceChildren(...fresh);
    htmx.process(lines);
    return toEnd();
  }
  const wanted = fresh.slice(fresh.indexOf(first));
  const ids = new Set(wanted.map((each) => each.id));
  const news = [];
  let here = document.getElementById(first.id);
  for (let each = here.nextElementSibling; each;) {
    const next = each.nextElementSibling;
    if (!ids.has(each.id)) each.remove();
    each = next;
  }
  let before = here.previousElementSibling;
  for (const each of wanted) {
    const known = document.getElementById(each.id);
    if (!known) {
      news.push(each.id);
      before ? before.after(each) : lines.prepend(each);
      before = each;
    } else {
      if (known.innerHTML !== each.innerHTML || known.className !== each.className) {
        known.className = each.className;
        known.replaceChildren(...each.childNodes);
      }
      if (before && before.nextElementSibling !== known) before.after(known);
      before = known;
    }
  }
  if (pinned) toEnd();
  else if (news.length) say(document.getElementById("fresh-lines"), news, live.dataset.freshLines);
}

// Who reads the end goes on reading it, whatever opens below or loads late.
let pinned = !document.querySelector("#thread :target");
thread?.addEventListener("scroll", () => {
  pinned = thread.scrollHeight - thread.scrollTop - thread.clientHeight < NEAR;
});
if (thread) {
  const sizes = new ResizeObserver(() => { if (pinned) toEnd(); });
  sizes.observe(thread);
  sizes.observe(document.getElementById("lines"));
}

function toEnd() {
  pinned = true;
  thread.scrollTop = thread.scrollHeight;
  unsay(document.getElementById("fresh-lines"));
}

document.getElementById("fresh-lines")?.addEventListener("click", () => {
  toEnd();
  thread.focus();
});

// Older lines come above: what was being read stays where it is.
let below = 0;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "older") below = thread.scrollHeight - thread.scrollTop;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.requestConfig?.path.includes("/lines") && thread) {
    const days = new Set();
    for (const day of document.querySelectorAll("#lines .day")) {
      if (days.has(day.id)) day.remove();
      days.add(day.id);
    }
    thread.scrollTop = thread.scrollHeight - below;
    thread.focus({ preventScroll: true });
  }
});

// What somebody opens below what is in sight comes into sight.
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.closest(".middle")) target.scrollIntoView({ block: "nearest" });
}, true);

// The composer: a draft for each conversation, a count as the channel counts, Ctrl+Enter.
const KEYS = "throughline.keys";
const kept = (text) => `throughline.draft/${text.dataset.draft}`;
const length = (text, inBytes) => (inBytes ? new TextEncoder().encode(text).length : [...text].length);

function count(text) {
  const shown = document.querySelector("[data-count]");
  if (!shown) return;
  const now = length(text.value, "bytes" in text.dataset);
  shown.textContent = now;
  document.querySelector("[data-split]").hidden = now <= Number(text.dataset.most);
}

function compose() {
  const text = document.getElementById("text");
  if (!text) return;
  const draft = sessionStorage.getItem(kept(text));
  if (document.getElementById("composer").hasAttribute("data-sent")) {
    sessionStorage.removeItem(kept(text));
    text.focus();
  } else if (!text.value && draft) text.value = draft;
  const keys = document.getElementById("keys");
  keys.checked = localStorage.getItem(KEYS) !== "off";
  count(text);
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "text") return;
  sessionStorage.setItem(kept(event.target), event.target.value);
  count(event.target);
});
document.addEventListener("change", (event) => {
  if (event.target.id === "keys") localStorage.setItem(KEYS, event.target.checked ? "on" : "off");
});
document.addEventListener("keydown", (event) => {
  const asked = event.target.id === "text" && event.key === "Enter" && (event.ctrlKey || event.metaKey);
  if (asked && document.getElementById("keys").checked) {
    event.preventDefault();
    document.getElementById("send").click();
  }
});
document.addEventListener("click", (event) => {
  const asked = event.target.closest?.("[data-insert]");
  const text = document.getElementById("text");
  if (!asked || !text) return;
  text.setRangeText(asked.closest("li").querySelector(".foreign").textContent, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  document.getElementById("snippets").open = false;
  text.focus();
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "composer" || event.detail.elt?.id === "composer") compose();
});

if (live) listen();
compose();
if (thread && pinned) toEnd();
