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

// `data-copy`: what a button puts where it can be pasted, in browsers that let it. Without, it is not shown.
document.documentElement.classList.toggle("copies", Boolean(navigator.clipboard));
document.addEventListener("click", async (event) => {
  const asked = event.target.closest?.("[data-copy]");
  if (!asked) return;
  await navigator.clipboard.writeText(asked.dataset.copy);
  asked.textContent = asked.dataset.copied;
});

// Where the sections slide, the present one is in sight.
document.querySelector(".sections [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A menu closes when somebody goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.me[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.me[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
