// One message: author, time, blocks or text, files, reactions and replies.

import { renderBlocks } from "./blocks.js";
import { h, icon } from "./dom.js";
import { glyph } from "./emoji.js";
import { fileCard } from "./files.js";
import { mrkdwn } from "./mrkdwn.js";
import { agoNode, stamp } from "./time.js";

const HUES = 8;

/** Creates the avatar of a user or an app. */
export function avatar(user) {
  const hue = [...user.id].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES;
  const sign = user.is_bot ? "◇" : [...(user.real_name ?? user.name ?? "?")][0];
  return h("span", { class: `avatar ${user.is_bot ? "avatar-app" : `hue-${hue}`}`, "aria-hidden": "true" }, sign);
}

function author(message, store) {
  const known = store.users[message.user];
  if (known) return known;
  const name = message.username ?? message.bot_profile?.name ?? "Sandbox";
  return { id: message.user ?? "sandbox", name, real_name: name, is_bot: true };
}

/** Returns the name above a message. */
export function authorName(message, store) {
  const user = author(message, store);
  return message.username ?? user.real_name ?? user.name;
}

function attachment(item, place) {
  const body = item.blocks ? renderBlocks(item.blocks, { ...place, home: `${place.home}/attachment` }) : mrkdwn(item.text ?? item.fallback ?? "", place.app.names);
  return h("div", { class: "attachment" }, body);
}

function reactions(message, app) {
  const one = ({ name, users = [], count }) => {
    const who = users.map((id) => app.names.user(id)).join(", ");
    const mine = users.includes(app.store.me);
    return h("span", { class: `reaction${mine ? " mine" : ""}`, role: "img", title: `:${name}: ${who}`, "aria-label": `${count} × ${name}` }, glyph(name) ?? `:${name}:`, ` ${count}`);
  };
  return message.reactions?.length ? h("div", { class: "reactions" }, message.reactions.map(one)) : null;
}

function replyBar(message, channel, app) {
  const { count, authors, last } = app.store.replies(channel, message.ts);
  if (!count) return null;
  const faces = authors.slice(0, 3).map((id) => avatar(app.store.users[id] ?? { id, is_bot: true }));
  return h(
    "button",
    { type: "button", class: "replies", data: { thread: message.ts }, on: { click: () => app.openThread(channel, message.ts) } },
    h("span", { class: "faces" }, faces),
    h("strong", {}, `${count} ${count === 1 ? "reply" : "replies"}`),
    h("span", { class: "muted" }, "Last reply ", agoNode(last)),
  );
}

function ephemeralNote(message, channel, app) {
  const dismiss = h("button", { type: "button", class: "linklike", data: { dismiss: message.ts }, on: { click: () => app.dismiss(channel, message.ts) } }, "Dismiss");
  return h("div", { class: "only-you" }, icon("eye"), "Only visible to you", " · ", dismiss);
}

function heading(message, app) {
  const user = author(message, app.store);
  const tag = user.is_bot || message.bot_id ? h("span", { class: "tag" }, "App") : null;
  return h("div", { class: "message-head" }, h("span", { class: "author" }, authorName(message, app.store)), tag, stamp(Number(message.ts)));
}

function content(message, channel, app) {
  const place = { app, message, channel, home: `${channel}/${message.ts}` };
  if (message.blocks?.length) return renderBlocks(message.blocks, place);
  return message.text ? [h("div", { class: "block text" }, mrkdwn(message.text, app.names))] : [];
}

/** Creates the node of a message. `inThread` omits the link to the thread. */
export function messageNode(message, channel, app, inThread) {
  const place = { app, message, channel, home: `${channel}/${message.ts}` };
  const canReply = !inThread && !message.is_ephemeral && !message.subtype?.startsWith("channel_");
  const reply = canReply
    ? h("button", { type: "button", class: "tool reply", data: { reply: message.ts }, on: { click: () => app.openThread(channel, message.ts, true) } }, "Reply")
    : null;
  const edited = message.edited ? h("span", { class: "edited", title: "This message was changed after it was posted" }, "(edited)") : null;
  return h(
    "article",
    {
      class: `message${message.is_ephemeral ? " ephemeral" : ""}${message.subtype?.startsWith("channel_") ? " system" : ""}`,
      "aria-label": `${authorName(message, app.store)}`,
      data: { ts: message.ts, ephemeral: message.is_ephemeral ? "true" : null, user: message.user },
    },
    avatar(author(message, app.store)),
    h("span", { class: "side-stamp" }, stamp(Number(message.ts))),
    h(
      "div",
      { class: "message-body" },
      message.is_ephemeral ? ephemeralNote(message, channel, app) : null,
      heading(message, app),
      content(message, channel, app),
      (message.attachments ?? []).map((item) => attachment(item, place)),
      (message.files ?? []).map((file) => fileCard(file, app)),
      edited,
      reactions(message, app),
      inThread ? null : replyBar(message, channel, app),
    ),
    reply,
  );
}
