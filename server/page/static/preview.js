/** The texts of a document beside their translations, as they come. */

import { element } from "./element.js";
import { count, plural } from "./format.js";
import { inWords } from "./warnings.js";

const STEP = 100; // texts shown at first, and with each click on "Show more": all may be too many

export class Preview {
  /** `name` is that of the document, `marks` are `lang` and `dir` of the translations. */
  constructor(name, marks) {
    this.marks = marks;
    this.list = element("ul");
    this.more = element("button", { className: "link more", type: "button", hidden: true });
    this.more.addEventListener("click", () => this.#showMore());
    this.choice = element("input", { type: "checkbox" });
    this.choice.addEventListener("change", () => this.#showAgain());
    this.choiceWords = element("span");
    this.filter = element("label", { className: "filter", hidden: true }, this.choice, this.choiceWords);
    const region = element("div", { className: "texts", tabIndex: 0 }, this.list, this.more);
    region.setAttribute("role", "region");
    region.setAttribute("aria-label", `Preview of ${name}`);
    const heads = element("div", { className: "heads muted" });
    heads.append(element("span", { textContent: "Original" }), element("span", { textContent: "Translation" }));
    this.root = element("div", { className: "preview" }, this.filter, heads, region);
    this.clear();
  }

  clear() {
    this.byIndex = new Map(); // all texts, parts included
    this.pairs = []; // the texts that are no parts, in order
    this.doubted = new Set(); // those of them whose translation is doubtful or missing
    this.limit = STEP;
    this.choice.checked = false;
    this.#showAgain();
  }

  /** The number of texts whose translation is doubtful or missing. */
  get doubtful() {
    return this.doubted.size;
  }

  /** Add the data of a `text` event; a text that came before is replaced. */
  add(text) {
    const pair = this.byIndex.get(text.index) ?? new Pair();
    const whole = this.byIndex.get(text.part_of);
    pair.text = text;
    if (!this.byIndex.has(text.index)) {
      this.byIndex.set(text.index, pair);
      if (whole) whole.parts.push(pair);
      else this.pairs.push(pair);
      pair.whole = whole ?? null;
    }
    const { top } = pair;
    if (top.doubts.length) this.doubted.add(top);
    else this.doubted.delete(top);
    this.#show(top);
    this.#count();
  }

  #show(pair) {
    if (!pair.row?.isConnected) {
      if (this.choice.checked && !this.doubted.has(pair)) return;
      if (this.list.childElementCount >= this.limit) return;
      this.list.append(pair.make(this.marks));
    }
    pair.write();
  }

  #count() {
    const { doubtful } = this;
    this.root.hidden = this.pairs.length === 0;
    this.filter.hidden = doubtful === 0;
    this.choiceWords.textContent = `Show only what is doubtful (${count(doubtful)})`;
    const hidden = (this.choice.checked ? doubtful : this.pairs.length) - this.list.childElementCount;
    this.more.hidden = hidden <= 0;
    this.more.textContent = `Show more (${plural(hidden, "passage")} left)`;
  }

  #showMore() {
    const last = this.list.childElementCount;
    this.limit += STEP;
    this.#fill();
    if (this.more.hidden) this.list.parentElement.focus(); // or the focus is lost with the button
    this.list.children[last]?.scrollIntoView({ block: "nearest" });
  }

  #showAgain() {
    this.list.replaceChildren();
    this.limit = STEP;
    this.#fill();
  }

  #fill() {
    for (const pair of this.pairs) {
      if (this.list.childElementCount >= this.limit) break;
      this.#show(pair);
    }
    this.#count();
  }
}

/** A text and its translation. */
class Pair {
  constructor() {
    this.parts = []; // whose translations replace its own
    this.whole = null; // that it is a part of
    this.row = null; // most of a large document are never shown
  }

  make(marks) {
    this.original = element("p", { dir: "auto" });
    this.translated = element("p", marks);
    this.notes = element("ul", { className: "doubts" });
    this.row = element("li", {}, this.original, element("div", {}, this.translated, this.notes));
    return this.row;
  }

  get top() {
    return this.whole ? this.whole.top : this;
  }

  get leaves() {
    return this.parts.length ? this.parts.flatMap((part) => part.leaves) : [this];
  }

  /** As it will be in the document: what is between the parts of a text, such as code, stays. */
  get translation() {
    const { source, translation } = this.text;
    if (!this.parts.length) return translation ?? source;
    let written = "";
    let position = 0;
    for (const part of this.parts) {
      const start = source.indexOf(part.text.source, position);
      written += start < 0 ? ` ${part.translation}` : source.slice(position, start) + part.translation;
      if (start >= 0) position = start + part.text.source.length;
    }
    return written + source.slice(position);
  }

  /** What is wrong with the translation, in words. */
  get doubts() {
    const { leaves } = this;
    const failed = leaves.some(({ text }) => text.translation === null);
    const words = inWords(leaves.flatMap(({ text }) => text.warnings ?? []));
    return failed ? ["This passage could not be translated and stays as it is.", ...words] : words;
  }

  write() {
    const { doubts } = this;
    const remarks = this.parts.length ? ["Translated in parts, so that its formatting stays in place."] : [];
    this.original.textContent = this.text.source;
    this.translated.textContent = this.translation;
    this.row.classList.toggle("doubtful", doubts.length > 0);
    this.notes.replaceChildren(
      ...[...doubts, ...remarks].map((textContent) => element("li", { textContent })),
    );
  }
}
