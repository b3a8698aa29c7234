/** The pair of languages: two selects, and the button that swaps them. */

import { element } from "./element.js";

export const AUTO = "auto";
const STORE = "languages";

export class Languages extends EventTarget {
  constructor(source, target) {
    super();
    this.sourceSelect = source;
    this.targetSelect = target;
    this.names = new Map();
    this.last = [AUTO, ""]; // source and target before the latest choice
    this.targetChosen = false; // by the user, in this visit
    source.addEventListener("change", () => this.#chosen(this.targetSelect));
    target.addEventListener("change", () => {
      this.targetChosen = true;
      this.#chosen(this.sourceSelect);
    });
  }

  /** Fill in what `GET /languages` told; what was chosen, now or last time, stays chosen. */
  fill(languages) {
    this.names = new Map(languages.map(({ code, name }) => [code, name]));
    const options = () =>
      [...this.names]
        .sort(([, a], [, b]) => a.localeCompare(b, "en"))
        .map(([value, text]) => element("option", { value, text }));
    const [source, target] = this.#remembered();
    this.sourceSelect.replaceChildren(this.sourceSelect.options[0], ...options());
    this.targetSelect.replaceChildren(...options());
    this.sourceSelect.value = this.names.has(source) ? source : AUTO;
    this.targetSelect.value = this.#usable(target) ? target : this.#guess();
    this.last = [this.source, this.target];
  }

  get source() {
    return this.sourceSelect.value;
  }

  get target() {
    return this.targetSelect.value;
  }

  get ready() {
    return this.names.size > 0;
  }

  name(code) {
    return this.names.get(code) ?? code;
  }

  choose(source, target) {
    this.targetChosen = true;
    this.sourceSelect.value = source;
    this.targetSelect.value = target;
    this.#settle();
  }

  /** Choose another target than the text's own language; false where the user chose this one. */
  avoidTarget(detected) {
    const other = this.#guess(detected);
    if (this.targetChosen || !other) return false;
    this.targetSelect.value = other;
    this.#settle();
    return true;
  }

  /** Turn the pair around; `detected` stands in for a source that was to be detected. */
  swap(detected) {
    const from = this.source === AUTO ? detected : this.source;
    const to = this.#usable(from) && from !== this.target ? from : this.#guess(this.target);
    this.choose(this.target, to);
  }

  /** Both must differ: the one that was not touched takes the other's former language. */
  #chosen(other) {
    if (this.source === this.target) {
      const former = other === this.targetSelect ? this.last[0] : this.last[1];
      other.value = this.#usable(former) && former !== this.source ? former : this.#guess(this.source);
    }
    this.#settle();
  }

  #settle() {
    this.last = [this.source, this.target];
    localStorage.setItem(STORE, JSON.stringify(this.last));
    this.dispatchEvent(new Event("change"));
  }

  #remembered() {
    if (this.ready && this.target) return [this.source, this.target];
    try {
      return JSON.parse(localStorage.getItem(STORE)) ?? [AUTO, ""];
    } catch {
      return [AUTO, ""];
    }
  }

  #usable(code) {
    return this.names.has(code);
  }

  /** A likely target: what the browser is set to, else English, else the first. */
  #guess(except = this.source) {
    const wished = [...navigator.languages.map((tag) => tag.split("-")[0]), "en", ...this.names.keys()];
    return wished.find((code) => this.#usable(code) && code !== except);
  }
}
