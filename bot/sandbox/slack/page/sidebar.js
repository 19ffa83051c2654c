// The list of channels and apps, the user switch and the status of the page.

import { h, icon } from "./dom.js";
import { avatar } from "./message.js";
import { address } from "./router.js";

const byId = (id) => document.getElementById(id);

function channelRow(channel, here, unread) {
  const name = `${channel.is_private ? "private channel" : "channel"} ${channel.name}${unread ? `, ${unread} unread` : ""}`;
  const badge = unread ? h("span", { class: "badge", data: { unread } }, String(unread)) : null;
  const row = h("a", { href: address(channel.id), "aria-label": name, "aria-current": here ? "page" : null, data: { channel: channel.id } }, icon(channel.is_private ? "lock" : "hash"), h("span", {}, channel.name), badge);
  row.classList.toggle("unread", unread > 0);
  return h("li", {}, row);
}

function appRow(user, here) {
  const label = h("span", {}, user.real_name ?? user.name);
  return h("li", {}, h("a", { href: "#/home", "aria-current": here ? "page" : null, data: { app: user.id } }, avatar(user), label));
}

function personButton(person, pressed, app) {
  const name = person.real_name ?? person.name;
  const become = () => app.become(person.id);
  return h("button", { type: "button", "aria-pressed": String(pressed), "aria-label": name, title: `Be ${name}`, data: { person: person.id }, on: { click: become } }, avatar(person), h("span", {}, name));
}

/** Renders a list only when its items have changed, and keeps the focus. */
function fill(list, items, make) {
  const version = JSON.stringify(items);
  if (list.dataset.version === version) return;
  list.dataset.version = version;
  const at = [...list.children].findIndex((child) => child.contains(document.activeElement));
  list.replaceChildren(...items.map(make));
  const again = list.children[at];
  (again?.matches("button") ? again : again?.querySelector("a"))?.focus();
}

function linkText({ mode, connections }, online) {
  if (!online) return "Connection lost. Trying again…";
  if (mode === "http") return "Bot by HTTP";
  return connections ? `Bot connected (Socket Mode, ${connections})` : "No bot is connected";
}

/** Updates the top bar and the sidebar. */
export function renderSidebar(app, place, online) {
  const { store } = app;
  const { title, subtitle } = store.scenario;
  byId("scenario-title").textContent = title;
  byId("scenario-subtitle").textContent = subtitle;
  byId("scenario-side").textContent = [title, subtitle].filter(Boolean).join(": ");
  fill(byId("people"), store.people().map((person) => ({ person, pressed: person.id === store.me })), ({ person, pressed }) => personButton(person, pressed, app));
  const current = place.view === "home" ? null : place.channel;
  const rows = store.myChannels().map((channel) => ({ channel, here: channel.id === current, unread: store.unread(channel.id) }));
  fill(byId("channels"), rows, ({ channel, here, unread }) => channelRow(channel, here, unread));
  fill(byId("apps"), store.apps().map((user) => ({ user, here: place.view === "home" })), ({ user, here }) => appRow(user, here));
  const status = byId("link");
  const text = linkText(store, online);
  if (status.textContent !== text) status.textContent = text;
  status.className = online && (store.mode === "http" || store.connections) ? "good" : "bad";
}
