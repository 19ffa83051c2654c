// The main module of the page: handles events, tracks the location, renders changes.

import { renderBlocks } from "./blocks.js";
import { Composer } from "./composer.js";
import { askConfirm, ViewDialog } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { Feed } from "./feed.js";
import { authorName } from "./message.js";
import { address, permalinkPlace, readPlace } from "./router.js";
import { renderSidebar } from "./sidebar.js";
import { Wire } from "./socket.js";
import { Store } from "./store.js";
import { refreshAgo } from "./time.js";

const BUSY_MS = 4_000;
const TOAST_MS = 6_000;
const AGO_MS = 5_000;
const PERSON_KEY = "sandbox-person";
const byId = (id) => document.getElementById(id);

class Page {
  store = new Store();
  opened = new Map();
  chosen = new Map();
  names = {
    me: () => this.store.me,
    user: (id) => this.store.users[id]?.name ?? id,
    channel: (id) => this.store.channels[id]?.name,
  };
  busy = { start: (button) => this.#startBusy(button) };
  #place = readPlace(location.hash);
  #online = false;
  #lastChannel = null;
  #drawing = false;

  constructor() {
    this.store.me = sessionStorage.getItem(PERSON_KEY);
    for (const node of document.querySelectorAll(".tool.back")) node.append(icon("back"));
    document.querySelector(".tool.close").append(icon("close"));
    this.feed = new Feed(byId("feed"), this, false);
    this.threadFeed = new Feed(byId("thread-feed"), this, true);
    this.view = new ViewDialog(this);
    this.composer = new Composer(byId("composer"), { name: "channel", label: "Message", send: (text) => this.#say(text), commands: () => this.store.commands });
    this.threadComposer = new Composer(byId("thread-composer"), { name: "thread", label: "Reply", send: (text) => this.#say(text, this.#place.thread), commands: () => [] });
    this.wire = new Wire((event) => this.#take(event), (online) => { this.#online = online; this.#draw(); });
    addEventListener("hashchange", () => this.#move());
    addEventListener("click", (event) => this.#follow(event));
    addEventListener("keydown", (event) => { if (event.key === "Escape" && this.#place.thread && !document.querySelector("dialog[open]")) this.#go(address(this.#channel())); });
    setInterval(() => refreshAgo(document), AGO_MS);
    this.#move();
  }

  // Functions for the components of the page.

  /** Sends an event as the current user; shows an error when it could not be sent. */
  send(event) {
    const sent = this.wire.send({ ...event, user: this.store.me });
    if (!sent) this.toast("Not connected: nothing was sent.");
    return sent;
  }

  confirm(spec) {
    return askConfirm(spec, this.names);
  }

  openThread(channel, ts, write = false) {
    this.#go(address(channel, ts));
    if (write) requestAnimationFrame(() => this.threadComposer.focus());
  }

  dismiss(channel, ts) {
    this.store.dismiss(channel, ts);
    this.#draw();
  }

  become(person) {
    this.store.me = person;
    sessionStorage.setItem(PERSON_KEY, person);
    this.view.close();
    if (this.#place.view === "home") this.send({ type: "home_opened" });
    this.#draw();
  }

  toast(text) {
    const node = byId("toast");
    node.textContent = text;
    node.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { node.hidden = true; }, TOAST_MS);
  }

  // Incoming events.

  #take(event) {
    const forMe = !event.user || event.user === this.store.me;
    const reactions = {
      view_open: () => this.view.show(event.view),
      view_update: () => this.view.show(event.view),
      view_close: () => this.view.close(),
      view_errors: () => this.view.showErrors(event.errors),
      view_error: () => this.view.showProblem(event.error),
      error: () => this.toast(event.error),
      action_done: () => this.#actionDone(event),
    };
    if (reactions[event.type]) return forMe ? reactions[event.type]() : undefined;
    const changed = this.store.apply(event);
    if (event.type === "snapshot" && this.#place.view === "home") this.send({ type: "home_opened" });
    if (event.type === "message" || event.type === "ephemeral") this.#announce(event);
    return changed ? this.#draw() : undefined;
  }

  #announce({ channel, message, user }) {
    const elsewhere = channel !== this.#channel() || message.user === this.store.me || (message.is_ephemeral && user !== this.store.me);
    if (!elsewhere) byId("announcer").textContent = `${authorName(message, this.store)}: ${(message.text ?? "").slice(0, 200)}`;
  }

  #startBusy(button) {
    button.setAttribute("aria-busy", "true");
    setTimeout(() => button.removeAttribute("aria-busy"), BUSY_MS);
  }

  #actionDone({ ok, error, action_id: action }) {
    for (const button of document.querySelectorAll(`[aria-busy][data-action="${CSS.escape(action ?? "")}"]`)) button.removeAttribute("aria-busy");
    if (!ok) this.toast(`The app did not take this click (${error ?? "no reason given"}).`);
  }

  // The current location.

  #channel() {
    const known = (id) => this.store.channels[id] && this.store.myChannels().some((channel) => channel.id === id);
    const wanted = [this.#place.channel, this.#lastChannel].find(known);
    return wanted ?? this.store.myChannels()[0]?.id ?? null;
  }

  #go(hash) {
    if (location.hash === hash) this.#move();
    else location.hash = hash;
  }

  #move() {
    this.#place = readPlace(location.hash);
    if (this.#place.channel) this.#lastChannel = this.#place.channel;
    if (this.#place.view === "home" && this.#online) this.send({ type: "home_opened" });
    this.#draw();
  }

  #follow(event) {
    const anchor = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    const hash = anchor && plain && !anchor.hasAttribute("download") ? permalinkPlace(anchor.href) : null;
    if (!hash) return;
    event.preventDefault();
    this.#go(hash);
  }

  #say(text, thread) {
    return this.send({ type: "text", channel: this.#channel(), text, ...(thread && { thread_ts: thread }) });
  }

  // Rendering.

  #draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => { this.#drawing = false; this.#drawNow(); });
  }

  #drawNow() {
    const channel = this.#channel();
    const { view, focus } = this.#place;
    const thread = view === "channel" ? this.#place.thread : null;
    document.body.dataset.view = thread ? "thread" : view;
    document.body.dataset.me = this.store.me ?? "";
    byId("thread").hidden = !thread;
    for (const id of ["feed", "composer"]) (id === "feed" ? byId(id).parentElement : byId(id)).hidden = view === "home";
    byId("home").hidden = view !== "home";
    if (channel) this.#drawChannel(channel);
    if (view === "home") this.#drawHome();
    if (thread && channel) this.#drawThread(channel, thread);
    renderSidebar(this, { view, channel }, this.#online);
    if (focus) { this.threadFeed.flash(focus); this.#place.focus = null; }
  }

  #drawChannel(channel) {
    const { name, is_private: isPrivate, members = [] } = this.store.channels[channel];
    byId("main-title").replaceChildren(icon(isPrivate ? "lock" : "hash"), name);
    const absent = this.store.apps().find((app) => !members.includes(app.id));
    byId("main-note").replaceChildren(...(absent ? this.#invitation(absent) : [`${members.length} members`]));
    this.feed.render(`${channel}/${this.store.me}`, channel, this.store.top(channel));
    this.composer.turnTo(`${channel}/${this.store.me}`, `Message #${name}, or / for commands`);
    byId("feed").dataset.channel = channel;
    const reading = this.#place.view === "channel" && document.visibilityState === "visible";
    if (reading) this.store.markRead(channel);
  }

  #invitation(app) {
    const invite = () => this.#say(`/invite @${app.name}`);
    return [`${app.real_name ?? app.name} is not here. `, h("button", { type: "button", class: "linklike", data: { invite: app.id }, on: { click: invite } }, "Invite it")];
  }

  #drawThread(channel, thread) {
    byId("thread-where").textContent = `#${this.store.channels[channel].name}`;
    for (const node of byId("thread").querySelectorAll("a.tool")) node.setAttribute("href", address(channel));
    byId("thread-feed").dataset.thread = thread;
    this.threadFeed.render(`${channel}/${thread}/${this.store.me}`, channel, this.store.thread(channel, thread));
    this.threadComposer.turnTo(`${channel}/${thread}/${this.store.me}`, "Reply…");
  }

  #drawHome() {
    const app = this.store.apps()[0];
    const view = this.store.homes.get(this.store.me);
    byId("main-title").replaceChildren(icon("home"), app?.real_name ?? "Home");
    byId("main-note").textContent = "App Home";
    const blocks = view ? renderBlocks(view.blocks ?? [], { app: this, view, home: `home/${this.store.me}` }) : [h("p", { class: "empty" }, "This app has not published its Home tab yet.")];
    byId("home").replaceChildren(...blocks);
  }
}

new Page();
