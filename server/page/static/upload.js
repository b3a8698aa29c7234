/** Uploads a file with XMLHttpRequest, since fetch cannot report upload progress. */

import { headers } from "./key.js";
import { Problem } from "./problem.js";

/**
 * POST the fields of a form. `onProgress` gets the share that is sent, 0 … 1.
 * Returns the answer as a Blob; throws a Problem, or AbortError when `signal` aborts.
 */
export function upload(path, fields, onProgress, signal) {
  const request = new XMLHttpRequest();
  request.open("POST", path);
  request.responseType = "blob";
  for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / total));
  const answer = new Promise((resolve, reject) => {
    request.addEventListener("load", () => settle(request, resolve, reject));
    request.addEventListener("error", () => reject(Problem.unreachable()));
    request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
  });
  signal.addEventListener("abort", () => request.abort());
  request.send(formOf(fields));
  return answer;
}

export function formOf(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

async function settle(request, resolve, reject) {
  const blob = request.response;
  if (request.status >= 200 && request.status < 300) {
    resolve(blob);
  } else {
    reject(Problem.parse(request.status, await blob.text(), request.getResponseHeader("Retry-After")));
  }
}
