// A scrolling list of messages, used for the channel and for the thread.

import { h, reconcile } from "./dom.js";
import { messageNode } from "./message.js";
import { dayLabel } from "./time.js";

const NEAR_END_PX = 80;
const SAME_SPEAKER_SECONDS = 300;
const FOCUS_HOOKS = ["action", "container", "file", "thread", "reply", "dismiss"];

const follows = (message, before) =>
  before && before.user === message.user && !before.is_ephemeral && !message.is_ephemeral && !message.subtype && !before.subtype &&
  Number(message.ts) - Number(before.ts) < SAME_SPEAKER_SECONDS;

/** Returns a selector for the focused control in `node`, to restore the focus after a replacement. */
function focusedHook(node) {
  const active = document.activeElement;
  if (!node?.contains(active)) return null;
  const holder = active.closest(FOCUS_HOOKS.map((hook) => `[data-${hook}]`).join(","));
  const hook = FOCUS_HOOKS.find((name) => holder?.dataset[name] !== undefined);
  return hook ? { selector: `[data-${hook}="${CSS.escape(holder.dataset[hook])}"]`, inner: holder !== active } : null;
}

export class Feed {
  #nodes = new Map();
  #days = new Map();
  #shown = null;
  #jump;

  /** `element` contains the list, its parent the button for new messages. */
  constructor(element, app, inThread) {
    Object.assign(this, { element, app, inThread });
    this.#jump = h("button", { type: "button", class: "jump", hidden: true, on: { click: () => this.toEnd() } }, "New messages ↓");
    element.parentElement.append(this.#jump);
    element.addEventListener("scroll", () => { if (this.#atEnd()) this.#jump.hidden = true; });
  }

  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  toEnd() {
    this.element.scrollTop = this.element.scrollHeight;
    this.#jump.hidden = true;
  }

  #node(message, channel) {
    const { app, inThread } = this;
    const { count, last } = inThread ? {} : app.store.replies(channel, message.ts);
    const version = `${app.store.me}/${count}/${last}`;
    const kept = this.#nodes.get(message.ts);
    if (kept?.message === message && kept.version === version) return kept.node;
    const focus = focusedHook(kept?.node);
    const node = messageNode(message, channel, app, inThread);
    if (focus) queueMicrotask(() => { const next = node.querySelector(focus.selector); (focus.inner ? next?.querySelector("button") : next)?.focus({ preventScroll: true }); });
    this.#nodes.set(message.ts, { message, version, node });
    return node;
  }

  #divider(message) {
    const label = dayLabel(Number(message.ts));
    if (!this.#days.has(label)) this.#days.set(label, h("div", { class: "day", role: "separator" }, h("span", {}, label)));
    return this.#days.get(label);
  }

  #rows(messages, channel) {
    const rows = [];
    messages.forEach((message, index) => {
      const before = messages[index - 1];
      const newDay = !before || dayLabel(Number(before.ts)) !== dayLabel(Number(message.ts));
      if (newDay && !this.inThread) rows.push(this.#divider(message));
      const node = this.#node(message, channel);
      node.classList.toggle("follows", Boolean(!newDay && follows(message, before) && !(this.inThread && index === 1)));
      rows.push(node);
      if (this.inThread && index === 0) rows.push(this.#count(messages.length - 1));
    });
    return rows;
  }

  #count(replies) {
    const text = replies ? `${replies} ${replies === 1 ? "reply" : "replies"}` : "No replies yet";
    this.countNode ??= h("div", { class: "day thread-count", role: "separator" }, h("span", {}));
    this.countNode.firstChild.textContent = text;
    return this.countNode;
  }

  /** Shows messages; `key` identifies the list, and a new list is scrolled to its end. */
  render(key, channel, messages) {
    const fresh = key !== this.#shown;
    const stick = !fresh && this.#atEnd();
    const added = fresh ? [] : messages.filter((message) => !this.#nodes.has(message.ts));
    const own = added.some((message) => message.is_ephemeral || message.user === this.app.store.me);
    if (fresh) { this.#nodes.clear(); this.#days.clear(); }
    this.#shown = key;
    const empty = h("p", { class: "empty" }, "Nothing here yet. Type / to see the commands.");
    reconcile(this.element, messages.length ? this.#rows(messages, channel) : [empty]);
    if (fresh) this.element.scrollTop = this.inThread ? 0 : this.element.scrollHeight;
    else if (stick || own) this.toEnd();
    else if (added.length) this.#jump.hidden = false;
    if (fresh) this.#jump.hidden = true;
  }

  /** Scrolls to a message and highlights it briefly. */
  flash(ts) {
    const node = this.#nodes.get(ts)?.node;
    if (!node) return;
    node.scrollIntoView({ block: "nearest" });
    node.classList.add("flash");
    node.addEventListener("animationend", () => node.classList.remove("flash"), { once: true });
  }
}
