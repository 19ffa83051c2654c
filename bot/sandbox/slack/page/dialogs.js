// Dialogs: confirmations, and the modals that an app opens.

import { renderBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { inputMakers } from "./inputs.js";
import { textObject } from "./mrkdwn.js";

function show(attributes, ...children) {
  const dialog = h("dialog", attributes, children);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Shows a confirm object; resolves to whether the user confirmed. */
export function askConfirm(confirm, names) {
  return new Promise((resolve) => {
    const answer = (value) => h("button", { type: "submit", value, class: value === "yes" ? `button ${confirm.style ?? "primary"}` : "button", data: { confirm: value } });
    const yes = answer("yes");
    const no = answer("no");
    yes.append(...textObject(confirm.confirm ?? "Yes", names));
    no.append(...textObject(confirm.deny ?? "Cancel", names));
    const form = h("form", { method: "dialog" }, h("h2", {}, textObject(confirm.title ?? "Are you sure?", names)), h("div", { class: "dialog-text" }, textObject(confirm.text, names)), h("div", { class: "dialog-buttons" }, no, yes));
    const dialog = show({ class: "dialog", data: { dialog: "confirm" } }, form);
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
    yes.focus();
  });
}

export class ViewDialog {
  #dialog = null;
  #fields = [];
  #view = null;

  constructor(app) {
    this.app = app;
  }

  /** Shows a view or updates the current one; remaining fields keep their values. */
  show(view) {
    const typed = this.#view?.id === view.id ? this.#values() : {};
    this.close();
    const { names } = this.app;
    this.#view = view;
    this.#fields = [];
    const place = { app: this.app, view, home: `view/${view.id}`, inputs: inputMakers((field) => this.#fields.push(field), typed, names) };
    const close = h("button", { type: "button", class: "button", data: { view: "close" }, on: { click: () => this.#dismiss() } }, textObject(view.close ?? "Cancel", names));
    const submit = view.submit ? h("button", { type: "submit", class: "button primary", data: { view: "submit" } }, textObject(view.submit, names)) : null;
    this.problem = h("p", { class: "field-error", role: "alert" });
    const form = h("form", { on: { submit: (event) => { event.preventDefault(); this.#submit(); } } },
      h("h2", {}, textObject(view.title, names)), h("div", { class: "dialog-text" }, renderBlocks(view.blocks ?? [], place)), this.problem, h("div", { class: "dialog-buttons" }, close, submit));
    this.#dialog = show({ class: "dialog view", data: { dialog: "view" } }, form);
    this.#dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.#dismiss(); });
  }

  /** Closed by the user; the app may be notified. */
  #dismiss() {
    this.app.send({ type: "view_close", view_id: this.#view.id });
    this.close();
  }

  close() {
    this.#dialog?.close();
    this.#dialog = null;
  }

  /** Shows the app's validation errors, by block id. */
  showErrors(errors) {
    for (const field of this.#fields) field.error.textContent = errors[field.block] ?? "";
  }

  /** Shows that the submission failed. */
  showProblem(text) {
    this.problem.textContent = text;
  }

  #values() {
    const values = {};
    for (const { block, action, read } of this.#fields) (values[block] ??= {})[action] = read();
    return values;
  }

  #submit() {
    this.showErrors({});
    this.showProblem("");
    if (!this.app.send({ type: "view_submit", view_id: this.#view.id, values: this.#values() })) this.showProblem("Not connected: nothing was sent.");
  }
}
