/** A bar that shows a share. */

import { element } from "./element.js";

const FULL = 0.95;

export class Meter {
  constructor(label) {
    this.bar = element("div");
    this.root = element("div", { className: "meter" }, this.bar);
    this.root.setAttribute("role", "meter");
    this.root.setAttribute("aria-label", label);
    this.root.setAttribute("aria-valuemax", "100");
  }

  /** `share` is 0 … 1. */
  show(share) {
    const percent = Math.round(share * 100);
    this.root.classList.toggle("full", share > FULL);
    this.root.setAttribute("aria-valuenow", String(percent));
    this.bar.style.width = `${percent}%`;
  }
}
