/** A small document, translated by one request that reports its texts and its progress as events. */

import { events } from "./events.js";
import { Problem } from "./problem.js";
import { formOf } from "./upload.js";

/** As `Job.finish`, but it can be called only once. */
export async function translateAtOnce(fields, on, signal) {
  const options = { method: "POST", body: formOf(fields), signal };
  for await (const { event, data } of events("translation/file", options)) {
    if (event === "done") return { blob: decode(data.document), notices: data.notices ?? [] };
    if (event === "failed") throw new Problem(data.status, data);
    on[event](data);
  }
  throw Problem.unreachable();
}

function decode(base64) {
  return new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))]);
}
