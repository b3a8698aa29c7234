/** The pane of the translation: the text, alternatives, warnings and problems. */

import { element } from "./element.js";
import { inWords } from "./warnings.js";

const COPIED_SHOWN = 2000; // milliseconds

export class Result extends EventTarget {
  constructor(root) {
    super();
    const find = (id) => root.querySelector(`#${id}`);
    this.root = root;
    this.scroll = root.querySelector(".scroll");
    this.output = find("translation");
    this.alternatives = find("alternatives");
    this.warnings = find("warnings").querySelector("ul");
    this.problem = find("problem");
    this.copyStatus = find("copy-status");
    this.copyButton = find("copy");
    this.copyButton.addEventListener("click", () => this.copy());
  }

  get text() {
    return this.output.textContent;
  }

  busy(is) {
    this.root.setAttribute("aria-busy", String(is));
  }

  /** Show an answer of `POST /translation` in a language with `marks`; `notes` are further remarks. */
  show(answer, marks, notes = []) {
    this.#write(answer.translation, marks);
    this.#list(answer.alternatives ?? []);
    this.#note([...notes, ...inWords(answer.warnings)]);
    this.#complain("");
  }

  /** Show a problem instead of the translation, which belongs to an older text. */
  fail(words, retry) {
    this.clear();
    this.#complain(words, retry);
  }

  clear() {
    this.#write("", { lang: "", dir: "auto" });
    this.#list([]);
    this.#note([]);
    this.#complain("");
  }

  async copy() {
    if (!this.text) return;
    const done = await writeClipboard(this.text);
    const label = this.copyButton.querySelector("span"); // a live region: it is read aloud
    label.textContent = done ? "Copied" : "Not copied";
    this.copyStatus.textContent = done ? "" : "The browser does not allow copying.";
    clearTimeout(this.copied);
    this.copied = setTimeout(() => {
      label.textContent = "Copy";
      this.copyStatus.textContent = "";
    }, COPIED_SHOWN);
  }

  /** `marks` are `lang` and `dir` of the text. */
  #write(text, marks) {
    if (text !== this.text) this.output.textContent = text; // or it would be read aloud again
    Object.assign(this.output, marks);
    this.copyButton.disabled = !text;
  }

  #list(texts) {
    const others = [...new Set(texts)].filter((text) => text !== this.text);
    this.alternatives.hidden = others.length === 0;
    this.alternatives.querySelector("ul").replaceChildren(
      ...others.map((text) => {
        const { lang, dir } = this.output;
        const button = element("button", { type: "button", lang, dir, textContent: text });
        button.addEventListener("click", () => this.#take(text, others));
        return element("li", {}, button);
      }),
    );
  }

  /** Swap an alternative with the translation. */
  #take(text, others) {
    const former = this.text;
    const place = others.indexOf(text);
    this.#write(text, { lang: this.output.lang, dir: this.output.dir });
    this.#list(others.with(place, former));
    this.alternatives.querySelectorAll("button")[place].focus();
  }

  #note(words) {
    this.warnings.replaceChildren(...words.map((textContent) => element("li", { textContent })));
  }

  #complain(words, retry) {
    this.problem.replaceChildren();
    if (!words) return;
    this.problem.append(element("p", { textContent: words }));
    if (retry) {
      const button = element("button", { className: "link", type: "button", textContent: "Try again" });
      button.addEventListener("click", () => {
        this.scroll.focus(); // the button will be gone
        retry();
      });
      this.problem.append(button);
    }
  }
}

/** Return whether it worked. Pages without TLS have no clipboard API, but may copy a selection. */
async function writeClipboard(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const focused = document.activeElement;
  const field = element("textarea", { className: "hidden", value: text });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return done;
}
