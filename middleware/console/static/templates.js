// What is completed in a template, and for whom it is shown. Its fields are those of `drafts.js`.

// What can be completed arrives while somebody types already: the lists are filled where they stand.
const known = { sample: "", values: [], variables: [], filters: [], tests: [], tags: [] };
const loaded = fetch(`${location.pathname.split("/templates/")[0]}/template-values`, { headers: { "HX-Request": "true" } })
  .then((answer) => (answer.ok ? answer.json() : {}))
  .then(({ sample = "", ...lists }) => {
    known.sample = sample;
    for (const [name, items] of Object.entries(lists)) known[name].push(...items);
    known.variables.push(...options([]));
  })
  .catch(() => {});

// Values as a tree, as the completion asks for them: what stands before the dot, and what may stand behind it.
function options(before) {
  const path = before.length ? `${before.join(".")}.` : "";
  return known.values
    .filter((each) => each.path.startsWith(path) && !each.path.slice(path.length).includes("."))
    .map((each) => ({
      label: each.path.slice(path.length),
      detail: each.detail,
      info: `${each.info}. ${known.sample}`,
      type: "variable",
      boost: (each.share ?? 0) > 50 ? 1 : 0,
    }));
}

// Somebody who was found is one more to choose.
document.addEventListener("click", (event) => {
  const person = event.target.closest?.("a[data-customer]");
  if (!person) return;
  event.preventDefault();
  const select = document.getElementById("customer");
  const { customer, name } = person.dataset;
  let option = [...select.options].find((each) => each.value === customer);
  if (!option) {
    option = new Option(name, customer);
    select.prepend(option);
  }
  select.value = customer;
  select.dispatchEvent(new Event("change", { bubbles: true }));
});

const jinja = () => CodeMirror.jinja({
  variables: known.variables, properties: options, filters: known.filters, tests: known.tests, tags: known.tags,
});
Drafts.start((area) => (area.dataset.editor === "yaml" ? CodeMirror.yaml() : jinja()), loaded);
