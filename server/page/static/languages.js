/** The pair of languages: two selects, and the button that swaps them. */

import { element } from "./element.js";

export const AUTO = "auto";
const STORE = "languages";
const RECENT_STORE = "recent-languages";
const FEW = 20; // languages that are found without help
const RECENT = 5; // languages at the top of a long list

export class Languages extends EventTarget {
  constructor(source, target) {
    super();
    this.sourceSelect = source;
    this.targetSelect = target;
    this.names = new Map();
    this.last = [AUTO, ""]; // source and target before the latest choice
    this.targetChosen = false; // by the user, since the page was loaded
    source.addEventListener("change", () => this.#chosen(this.targetSelect));
    target.addEventListener("change", () => {
      this.targetChosen = true;
      this.#chosen(this.sourceSelect);
    });
  }

  /** Fill in the languages of `GET /languages`; keep the current or remembered choice. */
  fill(languages) {
    this.names = new Map(languages.map(({ code, name }) => [code, name]));
    const [source, target] = this.#remembered();
    this.sourceSelect.replaceChildren(this.sourceSelect.options[0], ...this.#choices());
    this.targetSelect.replaceChildren(...this.#choices());
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

  /** Choose a target other than the text's own language; return false if the user chose it. */
  avoidTarget(detected) {
    const other = this.#guess(detected);
    if (this.targetChosen || !other) return false;
    this.targetSelect.value = other;
    this.#settle();
    return true;
  }

  /** Swap the languages; `detected` replaces the source if that is `auto`. */
  swap(detected) {
    const from = this.source === AUTO ? detected : this.source;
    const to = this.#usable(from) && from !== this.target ? from : this.#guess(this.target);
    this.choose(this.target, to);
  }

  /** Keep both different: the unchanged one takes the previous language of the other. */
  #chosen(other) {
    if (this.source === this.target) {
      const former = other === this.targetSelect ? this.last[0] : this.last[1];
      other.value = this.#usable(former) && former !== this.source ? former : this.#guess(this.source);
    }
    this.#settle();
  }

  /** Elements for all languages by name; above a long list are those that were chosen lately. */
  #choices() {
    const options = (codes) => codes.map((value) => element("option", { value, text: this.name(value) }));
    const all = options([...this.names.keys()].sort((a, b) => this.name(a).localeCompare(this.name(b), "en")));
    const recent = read(RECENT_STORE, []).filter((code) => this.#usable(code));
    if (all.length <= FEW || !recent.length) return all;
    return [
      element("optgroup", { label: "Recent" }, ...options(recent)),
      element("optgroup", { label: "All languages" }, ...all),
    ];
  }

  #settle() {
    this.last = [this.source, this.target];
    localStorage.setItem(STORE, JSON.stringify(this.last));
    const chosen = [this.target, this.source].filter((code) => this.#usable(code));
    const recent = [...new Set([...chosen, ...read(RECENT_STORE, [])])].slice(0, RECENT);
    localStorage.setItem(RECENT_STORE, JSON.stringify(recent));
    this.dispatchEvent(new Event("change"));
  }

  #remembered() {
    if (this.ready && this.target) return [this.source, this.target];
    return read(STORE, [AUTO, ""]);
  }

  #usable(code) {
    return this.names.has(code);
  }

  /** A likely target: the browser's language, else English, else the first. */
  #guess(except = this.source) {
    const wished = [...navigator.languages.map((tag) => tag.split("-")[0]), "en", ...this.names.keys()];
    return wished.find((code) => this.#usable(code) && code !== except);
  }
}

/** What is stored under a name; `otherwise`, if that is nothing of use. */
function read(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}
