/**
 * A field with a list to choose from, in which one searches by typing: ARIA's combobox with a
 * listbox. The focus stays in the field; `aria-activedescendant` says where one is in the list.
 */

import { element } from "./element.js";
import { plural } from "./format.js";

const PAGE = 8; // options that PageUp and PageDown pass
const MARGIN = 12; // pixels below the list
const LEAST_HEIGHT = 160; // pixels of the list, on however small a screen

export class Combobox extends EventTarget {
  /**
   * `find(query)` returns groups of choices, the best first; all of them if the query is empty. A
   * group has `label`, or null, and `choices`: each has `value`, `text`, and perhaps `aside`, a text
   * in the language `lang`, and `note`.
   */
  constructor(root) {
    super();
    this.root = root;
    this.field = root.querySelector("input");
    this.popup = root.querySelector(".popup");
    this.list = root.querySelector("[role=listbox]");
    this.status = root.querySelector("[role=status]");
    this.find = () => [];
    this.options = []; // elements
    this.active = null; // one of them
    this.typed = false; // since the list was opened
    this.field.addEventListener("click", () => (this.isOpen && !this.typed ? this.close() : this.open()));
    this.field.addEventListener("input", () => this.#searched());
    this.field.addEventListener("keydown", (event) => this.#pressed(event));
    this.field.addEventListener("blur", () => this.close());
    this.popup.addEventListener("mousedown", (event) => event.preventDefault()); // keep the focus
    this.list.addEventListener("click", (event) => this.#clicked(event));
    window.visualViewport.addEventListener("resize", () => this.#fit());
  }

  get value() {
    return this.field.dataset.value ?? "";
  }

  /** Show a choice, without an event. */
  show(value, text) {
    this.field.dataset.value = value;
    this.text = text;
    if (!this.isOpen) this.field.value = text;
  }

  get isOpen() {
    return !this.popup.hidden;
  }

  /** Get the focus, and show the whole list. */
  open() {
    this.field.focus();
    if (this.isOpen) return;
    this.field.select(); // what is typed replaces it
    this.typed = false;
    this.#expand(true);
    this.#list("");
    const chosen = this.options.find((option) => option.dataset.value === this.value);
    this.#activate(chosen ?? this.options[0]);
  }

  /** Hide the list; what was typed is forgotten. */
  close() {
    if (!this.isOpen) return;
    this.#expand(false);
    this.#activate(null);
    this.field.value = this.text;
    this.status.textContent = "";
  }

  #expand(is) {
    this.popup.hidden = !is;
    this.field.setAttribute("aria-expanded", String(is));
    this.#fit();
  }

  /** Let the list end above the lower edge, or the keyboard of a phone. */
  #fit() {
    if (!this.isOpen) return;
    const { height, offsetTop } = window.visualViewport;
    const room = height + offsetTop - this.field.getBoundingClientRect().bottom - MARGIN;
    this.popup.style.setProperty("--room", `${Math.max(room, LEAST_HEIGHT)}px`);
  }

  #searched() {
    if (!this.isOpen) this.#expand(true);
    this.typed = true;
    this.#list(this.field.value);
    this.#activate(this.options[0]);
    const found = this.options.length;
    this.status.textContent = `${plural(found, "language")} found`; // read aloud
  }

  #list(query) {
    const groups = this.find(query.trim());
    this.list.replaceChildren(...groups.flatMap((group) => this.#group(group)));
    this.options = [...this.list.querySelectorAll("[role=option]")];
    this.options.forEach((option, place) => { option.id = `${this.field.id}-${place}`; });
    this.list.scrollTop = 0;
  }

  #group({ label, choices }) {
    const options = choices.map((choice) => this.#option(choice));
    if (label === null) return options;
    const heading = element("div", { className: "heading", "aria-hidden": "true", textContent: label });
    return [element("div", { role: "group", "aria-label": label }, heading, ...options)];
  }

  #option({ value, text, aside, lang, note }) {
    const option = element("div", { role: "option" }, element("span", { textContent: text }));
    option.dataset.value = value;
    option.setAttribute("aria-selected", String(value === this.value));
    // The blanks are for those who hear it.
    if (aside) option.append(" ", element("bdi", { className: "aside", lang, textContent: aside }));
    if (note) option.append(" ", element("span", { className: "note", textContent: note }));
    return option;
  }

  #activate(option) {
    this.active?.classList.remove("active");
    this.active = option ?? null;
    if (!this.active) {
      this.field.removeAttribute("aria-activedescendant");
      return;
    }
    this.field.setAttribute("aria-activedescendant", this.active.id);
    this.active.classList.add("active");
    this.active.scrollIntoView({ block: "nearest" });
  }

  #clicked(event) {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    this.#choose(option);
    if (event.pointerType === "touch") this.field.blur(); // so that the phone's keyboard goes
  }

  #choose(option) {
    const { value } = option.dataset;
    const changed = value !== this.value;
    this.show(value, option.firstChild.textContent);
    this.close();
    this.field.select();
    if (changed) this.dispatchEvent(new Event("change"));
  }

  #pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.key === "Tab") {
      if (this.isOpen && this.typed && this.active) this.#choose(this.active);
      return;
    }
    if (!this.#act(event.key)) return;
    event.preventDefault();
  }

  /** Do what a key means; return whether it means something. */
  #act(key) {
    const last = this.options.length - 1;
    const place = this.options.indexOf(this.active);
    if (!this.isOpen) {
      if (key !== "ArrowDown" && key !== "ArrowUp") return false;
      this.open();
      return true;
    }
    const places = {
      ArrowDown: place < last ? place + 1 : 0,
      ArrowUp: place > 0 ? place - 1 : last,
      PageDown: Math.min(place + PAGE, last),
      PageUp: Math.max(place - PAGE, 0),
      Home: 0,
      End: last,
    };
    if (key in places) this.#activate(this.options[places[key]]);
    else if (key === "Enter") { if (this.active) this.#choose(this.active); }
    else if (key === "Escape") { this.close(); this.field.select(); }
    else return false;
    return true;
  }
}
