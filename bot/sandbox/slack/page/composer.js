// The composer: Enter sends, Up restores the last text, "/" lists the commands ({name, hint, description}).

import { h, icon } from "./dom.js";

const HISTORY_LENGTH = 50;

export class Composer {
  #history = [];
  #at = 0;
  #choice = -1;
  #drafts = new Map();
  #key = null;

  /** `send(text)` returns whether it was sent; `commands()` returns the commands, none in a thread. */
  constructor(root, { name, label, send, commands }) {
    Object.assign(this, { send, commands });
    this.list = h("div", { id: `${name}-commands`, class: "commands", role: "listbox", "aria-label": "Commands", hidden: true });
    this.hint = h("div", { class: "hint", id: `${name}-hint`, hidden: true });
    this.box = h("textarea", {
      id: `${name}-box`, rows: 1, spellcheck: "true", autocomplete: "off", "aria-label": label, role: "combobox", "aria-autocomplete": "list",
      "aria-expanded": "false", "aria-controls": this.list.id, "aria-describedby": this.hint.id, data: { composer: name },
      on: { input: () => this.#typed(), keydown: (event) => this.#keyDown(event), blur: () => this.#close() },
    });
    const button = h("button", { type: "submit", class: "tool send", "aria-label": "Send", data: { send: name } }, icon("send"));
    this.form = h("form", { on: { submit: (event) => { event.preventDefault(); this.#submit(); } } }, this.list, this.hint, this.box, button);
    root.append(this.form);
  }

  /** Switches to another channel or thread; each has its own draft. */
  turnTo(key, placeholder) {
    this.box.placeholder = placeholder;
    this.box.setAttribute("aria-label", placeholder);
    if (key === this.#key) return;
    this.#drafts.set(this.#key, this.box.value);
    this.#key = key;
    this.#write(this.#drafts.get(key) ?? "");
  }

  focus() {
    this.box.focus();
  }

  #write(text) {
    this.box.value = text;
    this.box.setSelectionRange(text.length, text.length);
    this.#typed();
  }

  #submit() {
    const text = this.box.value.trim();
    if (!text || !this.send(text)) return;
    this.#history = [...this.#history.filter((old) => old !== text), text].slice(-HISTORY_LENGTH);
    this.#at = this.#history.length;
    this.#write("");
  }

  #matches() {
    const typed = /^\/\S*$/.exec(this.box.value)?.[0];
    return typed ? this.commands().filter(({ name }) => name.startsWith(typed.toLowerCase())) : [];
  }

  #typed() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
    this.#choice = this.box.value ? 0 : -1;
    this.#showCommands();
    this.#showHint();
  }

  #showCommands() {
    const found = this.#matches();
    const item = ({ name, hint, description }, index) => {
      const pick = (event) => { event.preventDefault(); this.#complete(name); };
      const state = { id: `${this.list.id}-${index}`, role: "option", "aria-selected": String(index === this.#choice), data: { command: name }, on: { mousedown: pick } };
      return h("div", state, h("span", { class: "command" }, name, " ", h("span", { class: "usage" }, hint)), h("small", {}, description));
    };
    this.list.replaceChildren(...found.map(item));
    this.list.hidden = !found.length;
    this.box.setAttribute("aria-expanded", String(found.length > 0));
    if (found.length) this.box.setAttribute("aria-activedescendant", `${this.list.id}-${this.#choice}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  #showHint() {
    const typed = /^(\/\S+)\s/.exec(this.box.value)?.[1];
    const known = typed && this.commands().find(({ name }) => name === typed.toLowerCase());
    this.hint.hidden = !known;
    if (known) this.hint.replaceChildren(h("span", { class: "command" }, known.name, " "), h("span", { class: "usage" }, known.hint));
  }

  #close() {
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
  }

  #complete(name) {
    this.#write(`${name} `);
    this.focus();
  }

  #keyDown(event) {
    if (event.isComposing) return;
    const handled = (this.list.hidden ? false : this.#listKey(event)) || this.#boxKey(event);
    if (handled) event.preventDefault();
  }

  #listKey({ key }) {
    const found = this.#matches();
    if (key === "ArrowDown" || key === "ArrowUp") {
      this.#choice = (this.#choice + (key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
      this.#showCommands();
    } else if (key === "Escape") this.#close();
    else if (key === "Tab" || (key === "Enter" && found[this.#choice].name !== this.box.value)) this.#complete(found[this.#choice].name);
    else return false;
    return true;
  }

  #boxKey({ key, shiftKey }) {
    const browsing = this.box.value === "" || this.box.value === this.#history[this.#at];
    if (key === "Enter" && !shiftKey) this.#submit();
    else if (key === "ArrowUp" && browsing && this.#at > 0) this.#write(this.#history[(this.#at -= 1)]);
    else if (key === "ArrowDown" && browsing && this.#at < this.#history.length) this.#write(this.#history[(this.#at += 1)] ?? "");
    else return false;
    return true;
  }
}
