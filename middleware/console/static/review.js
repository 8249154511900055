// Deciding by single keys, and where the focus goes when the next candidate has come.

const KEPT = "tl_review_keys";
let on = localStorage.getItem(KEPT) !== "off";

function show() {
  document.body.classList.toggle("keys-off", !on);
  const box = document.getElementById("keys");
  if (!box) return;
  box.checked = on;
  box.closest("label").hidden = false;
  for (const each of document.querySelectorAll("[data-key]")) {
    if (on) each.setAttribute("aria-keyshortcuts", each.dataset.key);
    else each.removeAttribute("aria-keyshortcuts");
  }
}

document.addEventListener("change", (event) => {
  if (event.target.id !== "keys") return;
  on = event.target.checked;
  localStorage.setItem(KEPT, on ? "on" : "off");
  show();
});

// Whoever writes something writes it: no key decides in a field.
const writes = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  const held = event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing;
  if (!on || held || event.defaultPrevented || writes(event.target)) return;
  const wanted = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key.toLowerCase());
  if (!wanted || wanted.matches(":disabled") || wanted.closest(".htmx-request")) return;
  event.preventDefault();
  wanted.click();
});

const focus = () => document.querySelector("#candidate [data-focus]")?.focus();

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "candidate" && event.target.id !== "candidate") return;
  show();
  focus();
  scrollTo(0, 0);
});

show();
if (new URLSearchParams(location.search).has("did")) focus();
