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
