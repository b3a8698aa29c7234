/** The API key of this tab, kept until the tab is closed and sent with each request. */

import { read as load, write as store } from "./storage.js";

const STORE = "api-key";
let current = load("sessionStorage", STORE, null); // kept here where storage is off

export function read() {
  return current;
}

export function write(key) {
  current = key;
  store("sessionStorage", STORE, key);
}

/** The headers of every request. */
export function headers() {
  const key = read();
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

/** The form for the key; hidden until the server refuses a request. */
export class KeyForm extends EventTarget {
  constructor(form) {
    super();
    this.form = form;
    this.field = form.querySelector("input");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      write(this.field.value.trim());
      this.field.value = "";
      form.hidden = true;
      this.dispatchEvent(new Event("change"));
    });
  }

  ask() {
    this.form.hidden = false;
  }
}
