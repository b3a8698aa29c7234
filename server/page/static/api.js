/** Requests to the server of this page. Each throws a Problem, or AbortError. */

import { headers } from "./key.js";
import { Problem } from "./problem.js";

export async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...headers(), ...options.headers } });
  } catch (error) {
    throw error.name === "AbortError" ? error : Problem.unreachable();
  }
  if (!response.ok) throw await Problem.read(response);
  return response;
}

export async function getJson(path, signal) {
  return read(await request(path, { signal }));
}

export async function postJson(path, body, signal) {
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  };
  return read(await request(path, options));
}

async function read(response) {
  try {
    return await response.json();
  } catch (error) {
    throw error.name === "AbortError" ? error : Problem.unreachable(); // the connection broke
  }
}
