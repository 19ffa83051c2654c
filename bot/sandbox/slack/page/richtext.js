// rich_text blocks to DOM nodes: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { h, link } from "./dom.js";
import { glyph } from "./emoji.js";
import { channelMention, mention, preformatted, userMention } from "./mrkdwn.js";
import { dateNodes } from "./time.js";

const STYLE_TAGS = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"], ["highlight", "mark"]];

function emojiText(element) {
  if (element.unicode) return String.fromCodePoint(...element.unicode.split("-").map((code) => parseInt(code, 16)));
  return glyph(element.name) ?? `:${element.name}:`;
}

function date(element) {
  const shown = dateNodes(element.timestamp, element.format ?? "{date} at {time}", element.fallback);
  return element.url ? link(element.url, shown) : h("span", {}, shown);
}

const INLINE = {
  text: (element) => document.createTextNode(element.text),
  link: (element) => link(element.url, element.text || element.url),
  emoji: (element) => document.createTextNode(emojiText(element)),
  user: (element, names) => userMention(element.user_id, names),
  usergroup: (element) => mention("group", `@${element.usergroup_id}`),
  channel: (element, names) => channelMention(element.channel_id, names),
  broadcast: (element) => mention("group", `@${element.range}`),
  date,
  color: (element) => h("code", {}, element.value),
};

function styled(element, names) {
  const make = INLINE[element.type];
  if (!make) return h("span", { class: "unsupported-inline" }, `[unsupported: ${element.type}]`);
  let node = make(element, names);
  for (const [style, tag] of STYLE_TAGS) if (element.style?.[style]) node = h(tag, {}, node);
  return node;
}

const inlineAll = (elements, names) => (elements ?? []).map((element) => styled(element, names));

function plain(elements) {
  return (elements ?? []).map((element) => element.text ?? element.url ?? (element.type === "emoji" ? emojiText(element) : element.fallback ?? "")).join("");
}

function list(element, names) {
  const indent = element.indent ?? 0;
  const items = element.elements.map((item) => h("li", {}, item.type === "rich_text_list" ? list(item, names) : inlineAll(item.elements, names)));
  const start = element.offset ? element.offset + 1 : null;
  const shape = { class: `level-${indent % 3}${element.border ? " bordered" : ""}`, style: `margin-left: ${indent * 1.6}rem`, start };
  return h(element.style === "ordered" ? "ol" : "ul", shape, items);
}

const SECTIONS = {
  rich_text_section: (element, names) => h("div", { class: "lines" }, inlineAll(element.elements, names)),
  rich_text_list: list,
  rich_text_quote: (element, names) => h("blockquote", {}, inlineAll(element.elements, names)),
  rich_text_preformatted: (element) => preformatted(plain(element.elements)),
};

/** Converts a rich_text object of a block, table cell or task to nodes. */
export function richText(block, names) {
  return (block.elements ?? []).map((element) => {
    const make = SECTIONS[element.type];
    return make ? make(element, names) : h("div", { class: "unsupported" }, `Unsupported rich text: ${element.type}`);
  });
}
