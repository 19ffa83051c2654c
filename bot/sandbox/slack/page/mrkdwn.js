// Slack's own markup ("mrkdwn") to DOM nodes: https://docs.slack.dev/messaging/formatting-message-text

import { h, link } from "./dom.js";
import { glyph, withEmoji } from "./emoji.js";
import { dateNodes } from "./time.js";

// A mark opens after and closes before a non-word character; its content has no blanks at the edges.
const mark = (sign) => `(?<![\\p{L}\\p{N}${sign}])${sign}(?![\\s${sign}])([^${sign}\\n]*?)(?<!\\s)${sign}(?![\\p{L}\\p{N}${sign}])`;
const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<angle>[^<>|\\n][^<>\\n]*)>",
    "(?<url>https?://[^\\s<>|`]+)",
    mark("\\*").replace("([", "(?<bold>["),
    mark("_").replace("([", "(?<italic>["),
    mark("~").replace("([", "(?<strike>["),
    ":(?<emoji>[a-z0-9_+'-]+):",
  ].join("|"),
  "gu",
);

/** Unescapes the three entities of mrkdwn. */
export function unescape(text) {
  return text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);
}

/** Creates a mention. `kind` is "user", "channel" or "group". */
export function mention(kind, label, data = {}) {
  return h("span", { class: `mention mention-${kind}`, data }, label);
}

/** Creates a user mention, highlighted for the current user. */
export function userMention(id, names) {
  const node = mention("user", `@${names.user(id)}`, { user: id });
  if (id === names.me()) node.classList.add("mention-me");
  return node;
}

/** Creates a channel mention, a link if the channel exists. */
export function channelMention(id, names, label) {
  const name = names.channel(id) ?? label ?? id;
  return h("a", { class: "mention mention-channel", href: `#/${id}` }, `#${name}`);
}

function special(body, label, names) {
  const [command, ...rest] = body.slice(1).split("^");
  if (command === "date") {
    const [seconds, pattern, address] = rest;
    const shown = dateNodes(Number(seconds), unescape(pattern ?? "{date}"), label && unescape(label));
    return address ? [link(unescape(address), shown)] : shown;
  }
  if (command === "subteam") return [mention("group", label ?? `@${rest[0]}`)];
  return [mention("group", `@${command}`)];
}

function angle(content, names) {
  const bar = content.indexOf("|");
  const body = bar < 0 ? content : content.slice(0, bar);
  const label = bar < 0 ? undefined : content.slice(bar + 1);
  if (body.startsWith("@")) return [userMention(body.slice(1), names)];
  if (body.startsWith("#")) return [channelMention(body.slice(1), names, label)];
  if (body.startsWith("!")) return special(body, label, names);
  const address = unescape(body);
  return [link(address, withEmoji(unescape(label || body.replace(/^mailto:/, ""))))];
}

function bareUrl(text) {
  const address = text.replace(/(?:[.,;:!?)'"\]]|&gt;|&lt;)+$/, "");
  return [link(unescape(address), unescape(address)), unescape(text.slice(address.length))];
}

/** Converts lines of mrkdwn without code fences and quotes to nodes and strings. */
export function inline(text, names) {
  const out = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const { code, angle: content, url, bold, italic, strike, emoji } = match.groups;
    out.push(unescape(text.slice(end, match.index)));
    end = match.index + match[0].length;
    if (code !== undefined) out.push(h("code", {}, unescape(code)));
    else if (content !== undefined) out.push(...angle(content, names));
    else if (url !== undefined) out.push(...bareUrl(url));
    else if (bold !== undefined) out.push(h("strong", {}, inline(bold, names)));
    else if (italic !== undefined) out.push(h("em", {}, inline(italic, names)));
    else if (strike !== undefined) out.push(h("s", {}, inline(strike, names)));
    else out.push(glyph(emoji) ?? match[0]);
  }
  out.push(unescape(text.slice(end)));
  return out.filter((part) => part !== "");
}

const QUOTE = /^(?:&gt;|>) ?/;

function paragraphs(text, names) {
  const lines = text.split("\n");
  const out = [];
  for (let start = 0; start < lines.length; ) {
    if (/^(?:&gt;|>){3}/.test(lines[start])) {
      const rest = [lines[start].replace(/^(?:&gt;|>){3} ?/, ""), ...lines.slice(start + 1)];
      return [...out, h("blockquote", {}, inline(rest.join("\n"), names))];
    }
    const quoted = QUOTE.test(lines[start]);
    let stop = start + 1;
    while (stop < lines.length && QUOTE.test(lines[stop]) === quoted) stop += 1;
    const group = lines.slice(start, stop);
    if (quoted) out.push(h("blockquote", {}, inline(group.map((line) => line.replace(QUOTE, "")).join("\n"), names)));
    else if (group.some((line) => line.trim())) out.push(h("div", { class: "lines" }, inline(group.join("\n"), names)));
    start = stop;
  }
  return out;
}

/** Creates a scrollable preformatted block. */
export function preformatted(text) {
  return h("pre", { tabindex: 0, role: "region", "aria-label": "Preformatted text" }, h("code", {}, text));
}

/** Converts a mrkdwn text to nodes. `names` returns the names of users and channels. */
export function mrkdwn(text, names) {
  const pieces = text.split("```");
  const unclosed = pieces.length % 2 === 0;
  if (unclosed) pieces.push(`${pieces.splice(-2, 1)[0]}\`\`\`${pieces.pop()}`);
  return pieces.flatMap((piece, index) => {
    if (index % 2) return [preformatted(unescape(piece.replace(/^\n|\n$/g, "")))];
    return paragraphs(piece.replace(/^\n/, index ? "" : "\n").replace(/\n$/, index < pieces.length - 1 ? "" : "\n"), names);
  });
}

/** Converts a Block Kit text object (plain_text or mrkdwn) to nodes. */
export function textObject(object, names) {
  if (!object) return [];
  if (typeof object === "string") return [withEmoji(object)];
  if (object.type === "mrkdwn") return mrkdwn(object.text, names);
  return [object.emoji === false ? object.text : withEmoji(object.text)];
}
