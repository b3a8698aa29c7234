/** A large document: a job of the server, whose events tell how far it is. */

import { request } from "./api.js";
import { events } from "./events.js";
import { Problem } from "./problem.js";
import { upload } from "./upload.js";

const ENDS = new Set(["done", "failed", "cancelled"]);

export class Job {
  /** Send the fields of a form, and return the job that the server made of them. */
  static async start(fields, onSent, signal) {
    const { blob } = await upload("translation/jobs", fields, onSent, signal);
    return new Job(JSON.parse(await blob.text()).id);
  }

  constructor(id) {
    this.address = `translation/jobs/${encodeURIComponent(id)}`;
    this.over = false; // failed, or deleted: there is nothing to come back to
  }

  /** Return the translated document and how many of its texts failed. Can be called again. */
  async finish(onProgress, signal) {
    const state = await this.#follow(onProgress, signal).catch((error) => {
      this.over = error.status === 404; // it has expired
      throw error;
    });
    if (state.status !== "done") {
      this.over = true;
      throw new Problem(500, { detail: state.error ?? `the job is ${state.status}` });
    }
    const blob = await (await request(`${this.address}/result`, { signal })).blob();
    this.remove(); // it need not lie on the server's disk any longer
    return { blob, failed: state.progress.failed };
  }

  /** Delete it, or cancel it where it is under way. What cannot be deleted expires. */
  remove() {
    this.over = true;
    request(this.address, { method: "DELETE" }).catch(() => undefined);
  }

  /** Return the last state. */
  async #follow(onProgress, signal) {
    for await (const { event, data } of events(`${this.address}/events`, signal)) {
      const state = JSON.parse(data);
      if (ENDS.has(event)) return state;
      onProgress(state.progress);
    }
    throw Problem.unreachable(); // the server stopped, and goes on with the job when it is back
  }
}
