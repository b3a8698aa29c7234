/** What the browser remembers; nothing, where it may not. */

/** What is stored under a name; `otherwise`, if that is nothing of use. */
export function read(store, name, otherwise) {
  try {
    return JSON.parse(window[store].getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function write(store, name, value) {
  try {
    window[store].setItem(name, JSON.stringify(value));
  } catch {
    // The page works without: storage may be off, or full.
  }
}
