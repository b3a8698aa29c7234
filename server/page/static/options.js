/** The options of a document's format: a collapsible form, made of what the server says. */

import { element } from "./element.js";

const remembered = new Map(); // the latest values, by suffix: the next file may want the same

export class Options {
  /** `kinds` describes all options by name; `names` are those that files with `suffix` read. */
  constructor(kinds, names, suffix, onSubmit) {
    this.kinds = kinds;
    this.suffix = suffix;
    this.fields = new Map(names.map((name) => [name, this.#field(name)]));
    this.form = element("form", {}, ...[...this.fields].map(([name, field]) => this.#row(name, field)));
    this.form.append(element("button", { className: "button quiet", textContent: "Translate again" }));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      remembered.set(this.suffix, this.values);
      onSubmit();
    });
    this.root = element("details", { className: "options" }, element("summary", { textContent: "Options" }), this.form);
    this.root.hidden = names.length === 0;
  }

  /** The values that differ from the defaults, as form fields of the API. */
  get values() {
    const values = {};
    for (const [name, field] of this.fields) {
      const value = field.type === "checkbox" ? String(field.checked) : field.value.trim();
      if (value !== this.kinds[name].default) values[name] = value;
    }
    return values;
  }

  #field(name) {
    const { values, default: usual } = this.kinds[name];
    const value = remembered.get(this.suffix)?.[name] ?? usual;
    if (values.includes("true")) return element("input", { type: "checkbox", checked: value === "true" });
    if (!values.length) return element("input", { type: "text", value, autocomplete: "off" });
    const options = values.map((each) => element("option", { value: each, text: each }));
    return element("select", { autocomplete: "off" }, ...options.map((option) => {
      option.selected = option.value === value;
      return option;
    }));
  }

  #row(name, field) {
    const words = name.replaceAll("_", " ");
    const title = element("span", { textContent: words[0].toUpperCase() + words.slice(1) });
    const about = element("span", { className: "muted", textContent: this.kinds[name].description });
    const lists = this.kinds[name].values.length ? "" : " Separate them with commas.";
    about.textContent += lists;
    return element("label", {}, title, field, about);
  }
}
