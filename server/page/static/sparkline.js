/** A small chart of recent values. */

import { svg } from "./element.js";

const WIDTH = 120;
const HEIGHT = 32;
const POINTS = 60; // two minutes

export class Sparkline {
  /** `ceiling`: the value at full height; null: the largest value shown. */
  constructor(ceiling = null) {
    this.ceiling = ceiling;
    this.figures = [];
    this.line = svg("polyline", { class: "line", "vector-effect": "non-scaling-stroke" });
    this.area = svg("polygon", { class: "area" });
    this.root = svg(
      "svg",
      { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      this.area,
      this.line,
    );
  }

  /** Add a value; null (unknown) counts as 0. */
  add(figure) {
    this.figures = [...this.figures, figure ?? 0].slice(-POINTS);
    const top = this.ceiling ?? Math.max(1, ...this.figures);
    const step = WIDTH / (POINTS - 1);
    const left = WIDTH - (this.figures.length - 1) * step; // the latest is at the right
    const points = this.figures.map((value, i) => {
      const y = HEIGHT - 1 - (Math.min(value, top) / top) * (HEIGHT - 3);
      return `${(left + i * step).toFixed(1)},${y.toFixed(1)}`;
    });
    this.line.setAttribute("points", points.join(" "));
    this.area.setAttribute("points", `${left.toFixed(1)},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`);
  }
}
