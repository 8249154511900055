// Jinja as replies are written in it: what is offered is what the page says there is, not all that Jinja has.
import { closePercentBrace, jinja as wholeJinja, jinjaCompletionSource } from "@codemirror/lang-jinja";
import { LanguageSupport } from "@codemirror/language";

const { language } = wholeJinja();

// Put first into what the source of lang-jinja is given: the first option of its answer then says where the cursor is.
const VARIABLE = { label: "" };
const PROPERTY = { label: "" };
const TAG = { label: "" };

const AFTER_IS = /\bis\s+(?:not\s+)?\w*$/;

/**
 * The language, with completions of the page's own. Each list holds CodeMirror's completions, `{label, detail, info}`;
 * `properties` is asked with the path before the dot, such as `["cart"]`, and answers with a list.
 */
export function jinja({ variables = [], properties = () => [], filters = [], tests = [], tags = [] } = {}) {
  const locate = jinjaCompletionSource({
    variables: [VARIABLE],
    properties: (path) => [PROPERTY, ...properties(path)],
    tags: [TAG],
  });

  function complete(context) {
    const found = locate(context);
    if (!found) return null;
    const [first, ...others] = found.options;
    let options = filters;
    if (first === PROPERTY) options = others;
    else if (first === TAG) options = tags;
    else if (first === VARIABLE) options = context.matchBefore(AFTER_IS) ? tests : variables;
    return options.length ? { ...found, options } : null;
  }

  return new LanguageSupport(language, [
    language.data.of({ autocomplete: complete, closeBrackets: { brackets: ["(", "[", "{", "'", '"'] } }),
    closePercentBrace,
  ]);
}
