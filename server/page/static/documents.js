/** Documents: chosen or dropped anywhere on the page, and translated one after another. */

import { Transfer } from "./transfer.js";

export class Documents extends EventTarget {
  constructor(root, languages, model) {
    super();
    this.root = root;
    this.languages = languages;
    this.model = model; // the field with its name, or null
    this.list = root.querySelector("#transfers");
    this.picker = root.querySelector("#file");
    this.options = JSON.parse(root.dataset.options); // of the formats
    this.latest = Promise.resolve(); // one at a time: browsers limit connections to a server
    this.picker.addEventListener("change", () => {
      this.add(this.picker.files);
      this.picker.value = ""; // so that the same file can be chosen again
    });
    this.#acceptDrops();
  }

  choose() {
    this.picker.click();
  }

  add(files) {
    if (!this.languages.ready) return;
    for (const file of files) {
      const { source, target } = this.languages;
      const marks = this.languages.marks(target);
      const transfer = new Transfer(file, { source, target, model: this.model?.value }, marks, this.options);
      transfer.addEventListener("needs-key", () => this.dispatchEvent(new Event("needs-key")));
      transfer.addEventListener("removed", () => this.picker.focus());
      transfer.addEventListener("again", () => this.#queue(transfer));
      this.list.append(transfer.root);
      this.#queue(transfer);
    }
  }

  #queue(transfer) {
    this.latest = this.latest.then(() => transfer.run());
  }

  /** Handle drops anywhere: otherwise the browser would leave the page and open the file. */
  #acceptDrops() {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    const mark = (is) => this.root.classList.toggle("dragging", is);
    document.addEventListener("dragover", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      mark(true);
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) mark(false);
    });
    document.addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      mark(false);
      this.add(event.dataTransfer.files);
    });
  }
}
