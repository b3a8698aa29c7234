/** The API key of this tab: kept until the tab is closed, sent with each request. */

const STORE = "api-key";

export function read() {
  return sessionStorage.getItem(STORE);
}

export function write(key) {
  sessionStorage.setItem(STORE, key);
}

/** The headers that a request must have. */
export function headers() {
  const key = read();
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

/** The form that asks for the key; hidden until the server has refused a request. */
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
