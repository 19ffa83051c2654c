// The markdown block (a useful part of CommonMark) to DOM nodes.

import { h, link } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { preformatted } from "./mrkdwn.js";
import { scrollingTable } from "./table.js";

const INLINE = new RegExp(
  [
    "\\\\(?<escaped>[\\\\`*_{}\\[\\]()#+.!~|<>-])",
    "`(?<code>[^`]+)`",
    "!?\\[(?<label>[^\\]]*)\\]\\((?<address>[^)\\s]+)\\)",
    "<(?<auto>https?://[^>\\s]+)>",
    "(?<url>https?://[^\\s<>()]*[^\\s<>().,;:!?])",
    "\\*\\*\\*(?<both>[^*]+)\\*\\*\\*",
    "(?<![\\p{L}\\p{N}_])__(?<heavy>[^_]+)__(?![\\p{L}\\p{N}_])",
    "\\*\\*(?<bold>[^*]+(?:\\*[^*]+\\*[^*]*)*)\\*\\*",
    "~~(?<strike>[^~]+)~~",
    "(?<![\\p{L}\\p{N}*])\\*(?<star>[^*\\s][^*]*)\\*(?!\\*)",
    "(?<![\\p{L}\\p{N}_])_(?<line>[^_\\s][^_]*)_(?![\\p{L}\\p{N}_])",
  ].join("|"),
  "gu",
);

function piece(groups) {
  if (groups.escaped !== undefined) return groups.escaped;
  if (groups.code !== undefined) return h("code", {}, groups.code);
  if (groups.address !== undefined) return link(groups.address, inline(groups.label || groups.address));
  if (groups.auto ?? groups.url) return link(groups.auto ?? groups.url, groups.auto ?? groups.url);
  if (groups.both !== undefined) return h("strong", {}, h("em", {}, inline(groups.both)));
  if (groups.bold ?? groups.heavy) return h("strong", {}, inline(groups.bold ?? groups.heavy));
  if (groups.strike !== undefined) return h("s", {}, inline(groups.strike));
  return h("em", {}, inline(groups.star ?? groups.line));
}

function inline(text) {
  const out = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    out.push(withEmoji(text.slice(end, match.index)), piece(match.groups));
    end = match.index + match[0].length;
  }
  out.push(withEmoji(text.slice(end)));
  return out.filter((part) => part !== "");
}

const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

function alignment(rule) {
  if (/^:-+:$/.test(rule)) return "center";
  return /-:$/.test(rule) ? "right" : "left";
}

function table(lines) {
  const aligns = cells(lines[1]).map(alignment);
  const row = (line) => cells(line).map((cell, column) => ({ nodes: inline(cell), align: aligns[column] }));
  return scrollingTable(row(lines[0]), lines.slice(2).map(row));
}

const depth = (line) => ITEM.exec(line)[1].length;
const isNumbered = (line) => /\d/.test(ITEM.exec(line)[2]);

function listItem(text) {
  const box = /^\[([ xX])\]\s+(.*)$/.exec(text);
  return box ? [box[1] === " " ? "☐ " : "☑ ", ...inline(box[2])] : inline(text);
}

function list(lines) {
  const root = h(isNumbered(lines[0]) ? "ol" : "ul", { start: isNumbered(lines[0]) ? parseInt(lines[0], 10) || 1 : null });
  for (let start = 0; start < lines.length; ) {
    let stop = start + 1;
    while (stop < lines.length && depth(lines[stop]) > depth(lines[0])) stop += 1;
    const nested = stop > start + 1 ? list(lines.slice(start + 1, stop)) : null;
    root.append(h("li", {}, listItem(ITEM.exec(lines[start])[3]), nested));
    start = stop;
  }
  return root;
}

const isTable = (lines, index) => /^\s*\|/.test(lines[index]) && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[index + 1] ?? "");

// Each rule: whether a block starts here, whether the next line continues it, and its node.
const RULES = [
  { begins: (lines, at) => isTable(lines, at), goesOn: (line) => /^\s*\|/.test(line), make: table },
  { begins: (lines, at) => /^#{1,6} /.test(lines[at]), goesOn: () => false, make: ([line]) => h("div", { class: "heading", role: "heading", "aria-level": 4 }, inline(line.replace(/^#+ /, ""))) },
  { begins: (lines, at) => /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/.test(lines[at]), goesOn: () => false, make: () => h("hr") },
  { begins: (lines, at) => ITEM.test(lines[at]), goesOn: (line, first) => ITEM.test(line) && (depth(line) > depth(first) || isNumbered(line) === isNumbered(first)), make: list },
  { begins: (lines, at) => /^>/.test(lines[at]), goesOn: (line) => /^>/.test(line), make: (lines) => h("blockquote", {}, inline(lines.map((line) => line.replace(/^> ?/, "")).join("\n"))) },
];

function paragraph(lines) {
  return h("div", { class: "lines paragraph" }, inline(lines.join("\n")));
}

function takeFence(lines, at) {
  let stop = at + 1;
  while (stop < lines.length && !/^\s*```\s*$/.test(lines[stop])) stop += 1;
  return [preformatted(lines.slice(at + 1, stop).join("\n")), stop + 1];
}

function takeRule(rule, lines, at) {
  let stop = at + 1;
  while (stop < lines.length && rule.goesOn(lines[stop], lines[at])) stop += 1;
  return [rule.make(lines.slice(at, stop)), stop];
}

function takeParagraph(lines, at) {
  const ends = (index) => !lines[index].trim() || /^\s*```/.test(lines[index]) || RULES.some((rule) => rule.begins(lines, index));
  let stop = at + 1;
  while (stop < lines.length && !ends(stop)) stop += 1;
  return [paragraph(lines.slice(at, stop)), stop];
}

/** Converts a markdown text to nodes. */
export function markdown(text) {
  const lines = text.split("\n");
  const out = [];
  for (let at = 0; at < lines.length; ) {
    if (!lines[at].trim()) { at += 1; continue; }
    const rule = RULES.find((candidate) => candidate.begins(lines, at));
    let node;
    if (/^\s*```/.test(lines[at])) [node, at] = takeFence(lines, at);
    else if (rule) [node, at] = takeRule(rule, lines, at);
    else [node, at] = takeParagraph(lines, at);
    out.push(node);
  }
  return out;
}
