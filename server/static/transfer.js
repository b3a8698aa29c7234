/** One document on its way: its row in the list, from the upload to the download. */

import { element } from "./element.js";
import { size } from "./format.js";
import { translateAsJob } from "./job.js";
import { Problem } from "./problem.js";
import { upload } from "./upload.js";

const LARGE = 64_000; // bytes; what is larger becomes a job, which tells how far it is

export class Transfer extends EventTarget {
  constructor(file, pair) {
    super();
    this.file = file;
    this.pair = pair;
    this.controller = new AbortController();
    this.bar = element("progress", { max: 1 });
    this.bar.setAttribute("aria-label", file.name);
    this.state = element("p", { className: "state muted" });
    this.state.setAttribute("role", "status");
    this.actions = element("div", { className: "actions" });
    this.root = element(
      "li",
      { className: "transfer card" },
      element("p", { className: "name", dir: "auto", textContent: file.name, title: file.name }),
      this.bar,
      this.state,
      this.actions,
    );
    this.#stop("Waiting");
  }

  async run() {
    if (!this.root.isConnected) return; // removed while it waited
    this.root.classList.remove("failed");
    this.controller = new AbortController();
    this.#offer(["Cancel", () => this.controller.abort()]);
    this.#say(`Sending ${size(this.file.size)}`, 0);
    try {
      this.#finish(await this.#translate());
    } catch (error) {
      if (error.name === "AbortError") this.#stop("Cancelled");
      else if (error instanceof Problem) this.#fail(error);
      else throw error;
    }
  }

  /** Return the document in the other language as a blob. */
  async #translate() {
    const fields = { file: this.file, source_language: this.pair.source, target_language: this.pair.target };
    const sent = (share) => this.#say(share < 1 ? `Sending ${size(this.file.size)}` : "Translating…", share < 1 ? share : null);
    if (this.file.size > LARGE) {
      return translateAsJob(fields, sent, (share, words) => this.#say(words, share), this.controller.signal);
    }
    return (await upload("translation/file", fields, sent, this.controller.signal)).blob;
  }

  #finish(blob) {
    const url = URL.createObjectURL(blob);
    const link = element("a", { className: "button", href: url, download: this.#newName() });
    link.textContent = "Download";
    link.setAttribute("aria-label", `Download ${link.download}`);
    this.#say(`Translated · ${size(blob.size)}`, 1);
    this.#offer();
    this.actions.prepend(link);
    this.url = url;
  }

  #fail(problem) {
    this.root.classList.add("failed");
    this.#stop(problem.words, ["Try again", () => this.run()]);
    if (problem.needsKey) this.dispatchEvent(new Event("needs-key"));
  }

  #stop(words, ...actions) {
    this.#say(words, 0);
    this.#offer(...actions);
  }

  /** `report.txt` to German is `report.de.txt`. */
  #newName() {
    const dot = this.file.name.lastIndexOf(".");
    return `${this.file.name.slice(0, dot)}.${this.pair.target}${this.file.name.slice(dot)}`;
  }

  #say(words, share) {
    if (this.state.textContent !== words) this.state.textContent = words;
    if (share === null) this.bar.removeAttribute("value");
    else this.bar.value = share;
  }

  /** Show buttons; when nothing is under way, also one that takes the row away. */
  #offer(...actions) {
    const running = actions.some(([words]) => words === "Cancel");
    const all = running ? actions : [...actions, ["Remove", () => this.#remove()]];
    this.actions.replaceChildren(
      ...all.map(([textContent, act]) => {
        const button = element("button", { className: "link", type: "button", textContent });
        button.setAttribute("aria-label", `${textContent} ${this.file.name}`);
        button.addEventListener("click", act);
        return button;
      }),
    );
  }

  #remove() {
    if (this.url) URL.revokeObjectURL(this.url);
    this.root.remove();
    this.dispatchEvent(new Event("removed"));
  }
}
