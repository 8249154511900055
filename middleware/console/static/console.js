// What every page of the console needs in the browser. Pages work without it, but for what moves by itself.

// Times are shown in the zone of whoever reads them: the server knows it from the next page on.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes(`tl_zone=${zone}`)) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `tl_zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

// A form is sent once, however often somebody clicks.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.hasAttribute("hx-post")) return;
  // What brings a file leaves the page as it is: it may be asked for again.
  if (form.hasAttribute("data-again")) return;
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    setTimeout(() => { button.disabled = true; }, 0);
  }
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// `data-copies`: the id of what a button copies. Browsers let no page copy that came without encryption.
if (navigator.clipboard) document.documentElement.classList.add("copies");
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
  button.textContent = button.dataset.copied;
});

// `data-confirm`: asked before something that cannot be taken back.
document.addEventListener("click", (event) => {
  const asked = event.target.closest?.("[data-confirm]");
  if (asked && !confirm(asked.dataset.confirm)) {
    event.preventDefault();
    event.stopPropagation();
  }
}, true);

// Whoever presses what is then replaced, or cannot be pressed for a while, goes on from there and not from the top.
let pressed = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  const at = document.activeElement;
  if (at !== document.body && event.detail.elt.contains(at)) pressed = { xhr: event.detail.xhr, at, on: event.detail.target };
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr !== pressed?.xhr) return;
  const { at, on } = pressed;
  pressed = null;
  const now = on.isConnected ? on : document.getElementById(on.id);
  const same = at.isConnected ? at : document.getElementById(at.id);
  for (const there of [same, now?.querySelector("[data-focus]"), now]) {
    if (document.activeElement !== document.body) return;
    there?.focus({ preventScroll: true });
  }
});

// A table that stacks on a small screen says in each cell of which column it is.
function label() {
  for (const table of document.querySelectorAll("table.stacks")) {
    const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent.trim());
    for (const row of table.tBodies[0].rows) {
      for (const cell of row.cells) if (cell.tagName === "TD") cell.dataset.label = heads[cell.cellIndex];
    }
  }
}
label();
document.addEventListener("htmx:afterSwap", label);

// What came of an act is said to those who do not see it, in a place that was there before: `data-aloud` in what came.
const aloud = document.getElementById("aloud");
document.addEventListener("htmx:afterSettle", ({ target }) => {
  const told = target.matches("[data-aloud]") ? target : target.querySelector("[data-aloud]");
  if (told && aloud.textContent !== told.dataset.aloud) aloud.textContent = told.dataset.aloud;
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.requestConfig.verb !== "get") aloud.textContent = "";
});

// What a page brings along from the act before it was there from the start: it is said once it comes anew.
const SAID_AFTER = 200;
setTimeout(() => {
  for (const each of document.querySelectorAll("#notices > *")) each.replaceWith(each.cloneNode(true));
}, SAID_AFTER);

// Whoever is told that something was wrong goes on from there.
const wrong = [...document.querySelectorAll("main [role=alert]")].find((each) => each.textContent.trim());
if (wrong && !document.querySelector("[autofocus]")) {
  wrong.tabIndex = -1;
  wrong.focus();
}

// What is called a button is pressed by Space as well, also where it is a link.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches("a[role=button]")) return;
  event.preventDefault();
  event.target.click();
});

// Where the sections slide, the present one is in sight. By hand: after `scrollIntoView` Tab would begin there, and not
// at the top of the page.
const present = document.querySelector(".sections [aria-current]");
if (present) {
  const [slides, at] = [present.closest(".sections"), present.getBoundingClientRect()];
  const { left, width } = slides.getBoundingClientRect();
  slides.scrollLeft += at.left - left - (width - at.width) / 2;
}

// A menu closes when somebody goes elsewhere.
const MENUS = "details.me[open], details.menu[open]";
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(MENUS)) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(MENUS)) {
    const isIn = menu.contains(document.activeElement);
    menu.open = false;
    if (isIn) menu.querySelector("summary").focus();
  }
});
