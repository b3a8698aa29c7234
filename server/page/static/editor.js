/** The text to translate, its counter, and the language that was detected in it. */

import { characters, count } from "./format.js";

const DOUBTFUL = 50; // percent

export class Editor extends EventTarget {
  constructor(root, limit) {
    super();
    const find = (id) => root.querySelector(`#${id}`);
    this.limit = limit;
    this.field = find("text");
    this.counter = find("counter");
    this.clearButton = find("clear");
    this.detectedButton = find("detected");
    this.field.addEventListener("input", () => this.#changed());
    this.clearButton.addEventListener("click", () => this.clear());
    this.detectedButton.addEventListener("click", () =>
      this.dispatchEvent(new Event("accept-detected")),
    );
    this.#count();
  }

  get text() {
    return this.field.value;
  }

  set text(text) {
    this.field.value = text;
    this.#changed();
  }

  /** The number of characters over the limit; 0 if the text is within it. */
  get excess() {
    return Math.max(0, characters(this.text) - this.limit);
  }

  /** Show the text as one of a language: `marks` are its `lang` and `dir`. */
  mark(marks) {
    Object.assign(this.field, marks);
  }

  clear() {
    this.text = "";
    this.field.focus();
  }

  /** Show the detected language; null: nothing was detected. */
  showDetected(name, confidence) {
    const button = this.detectedButton;
    button.hidden = !name;
    if (!name) return;
    const percent = Math.round(confidence * 100);
    button.textContent = `${percent < DOUBTFUL ? "Perhaps" : "Detected"} ${name} · ${percent} %`;
    button.title = `Always translate from ${name}`;
  }

  #changed() {
    this.#count();
    if (!this.text) this.showDetected(null);
    this.dispatchEvent(new Event("input"));
  }

  #count() {
    const number = characters(this.text);
    this.counter.textContent = `${count(number)} / ${count(this.limit)}`;
    this.counter.classList.toggle("over", this.excess > 0);
    this.field.setAttribute("aria-invalid", String(this.excess > 0));
    this.clearButton.disabled = !this.text;
  }
}
