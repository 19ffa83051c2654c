// Block Kit blocks to DOM nodes: https://docs.slack.dev/reference/block-kit/blocks

import { h, safeUrl } from "./dom.js";
import { interactive } from "./elements.js";
import { local } from "./files.js";
import { container, plan } from "./folding.js";
import { markdown } from "./markdown.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { tableBlock } from "./table.js";

const text = (object, place) => textObject(object, place.app.names);

function section(block, place) {
  const body = h("div", { class: "section-text" }, text(block.text, place));
  if (block.fields) body.append(h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field" }, text(field, place)))));
  const accessory = block.accessory ? h("div", { class: "accessory" }, interactive(block.accessory, place)) : null;
  return h("div", { class: "section" }, body, accessory);
}

function context(block, place) {
  const one = (element) => (element.type === "image" ? interactive(element, place) : h("span", { class: "context-text" }, text(element, place)));
  return h("div", { class: "context" }, block.elements.map(one));
}

function image(block, place) {
  const { id, url } = block.slack_file ?? {};
  const uploaded = id ? `/files/${id}/image` : url && local(url);
  const src = uploaded ?? safeUrl(block.image_url);
  const picture = src ? h("img", { src, alt: block.alt_text ?? "", loading: "lazy" }) : h("span", { class: "muted" }, block.alt_text);
  return h("figure", {}, block.title ? h("figcaption", {}, text(block.title, place)) : null, picture);
}

const MAKERS = {
  section,
  context,
  image,
  header: (block, place) => h("div", { class: "heading", role: "heading", "aria-level": 3 }, text(block.text, place)),
  divider: () => h("hr"),
  actions: (block, place) => h("div", { class: "actions" }, block.elements.map((element) => interactive(element, place))),
  context_actions: (block, place) => h("div", { class: "actions" }, block.elements.map((element) => interactive(element, place))),
  rich_text: (block, place) => h("div", {}, richText(block, place.app.names)),
  markdown: (block) => h("div", {}, markdown(block.text)),
  table: (block, place) => tableBlock(block, place.app.names),
  data_table: (block, place) => tableBlock(block, place.app.names),
  alert: (block, place) => h("div", { class: `alert ${block.level ?? "default"}`, role: "status" }, text(block.text, place)),
  plan,
  task_card: plan,
  container: (block, place) => container(block, place, (block.child_blocks ?? []).map((child) => render(child, place))),
};

/** Called by a modal for its input blocks, which need the form. */
function render(block, place) {
  const make = place.inputs?.[block.type] ?? MAKERS[block.type];
  const node = make ? make(block, { ...place, block }) : h("div", { class: "unsupported" }, `Unsupported block: ${block.type}`);
  node.classList.add("block");
  node.dataset.block = block.type;
  return node;
}

/**
 * The nodes of a list of blocks. `place` is their location: {app, home, message, channel, view, inputs};
 * `home` is a name of the message or view that does not change with edits.
 */
export function renderBlocks(blocks, place) {
  const counts = {};
  const nth = (kind) => (counts[kind] = (counts[kind] ?? 0) + 1);
  return blocks.map((block) => render(block, { ...place, nth }));
}
