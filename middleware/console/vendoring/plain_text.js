// Stands in for @codemirror/lang-html, with which lang-jinja would bring the grammars of HTML, CSS and JavaScript.
// What stands around the tags of a reply is plain text.
import { LanguageSupport, StreamLanguage } from "@codemirror/language";

const plainText = /* @__PURE__ */ StreamLanguage.define({
  name: "text",
  token(stream) {
    stream.skipToEnd();
    return null;
  },
});

export const html = () => new LanguageSupport(plainText);
