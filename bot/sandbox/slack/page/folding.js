// Collapsible blocks: container, plan and task_card.

import { h, icon, link } from "./dom.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./richtext.js";

function fold({ app, key, openAtFirst, head, body, foldable = true, data }) {
  const isOpen = () => (foldable ? app.opened.get(key) ?? openAtFirst : true);
  const chevron = foldable ? icon("chevron") : null;
  const bar = h(foldable ? "button" : "div", { class: "fold-head", type: foldable ? "button" : null }, chevron, head);
  const content = h("div", { class: "fold-body" }, body);
  const show = () => {
    if (foldable) bar.setAttribute("aria-expanded", String(isOpen()));
    content.hidden = !isOpen();
  };
  bar.addEventListener("click", () => {
    if (!foldable) return;
    app.opened.set(key, !isOpen());
    show();
  });
  show();
  return h("div", { class: "fold", data }, bar, content);
}

/** Creates a container block; edits of the message keep it expanded or collapsed. */
export function container(block, place, children) {
  const { app } = place;
  const title = block.rich_text_title ? richText(block.rich_text_title, app.names) : textObject(block.title, app.names);
  const subtitle = block.subtitle ? h("span", { class: "fold-subtitle" }, textObject(block.subtitle, app.names)) : null;
  return fold({
    app,
    key: `container/${place.home}/${place.nth("container")}`,
    foldable: Boolean(block.is_collapsible),
    openAtFirst: !block.default_collapsed,
    head: h("span", { class: "fold-titles" }, h("span", { class: "fold-title" }, title), subtitle),
    body: children,
    data: { container: block.block_id },
  });
}

const TASK_SIGNS = { pending: "○", in_progress: "", complete: "✓", error: "✕" };

function task(item, names) {
  const details = [item.details, item.output].filter(Boolean).map((text) => h("div", { class: "task-more" }, richText(text, names)));
  const sources = (item.sources ?? []).map((source) => h("span", { class: "task-source" }, link(source.url, source.text || source.url)));
  const sign = h("span", { class: `task-sign ${item.status}`, role: "img", "aria-label": (item.status ?? "").replace("_", " ") }, TASK_SIGNS[item.status] ?? "?");
  return h("div", { class: "task", data: { status: item.status } }, sign, h("div", {}, h("div", { class: "task-title" }, item.title), details, sources));
}

/** Creates a plan or a task_card; as in Slack, every edit of the message collapses it. */
export function plan(block, place) {
  const tasks = block.type === "plan" ? block.tasks ?? [] : [block];
  const edit = place.message?.edited?.ts ?? (place.message?.plans_collapsed ? "edited" : null);
  return fold({
    app: place.app,
    key: `plan/${place.home}/${place.nth("plan")}/${edit ?? "new"}`,
    openAtFirst: !edit,
    head: h("span", { class: "fold-titles" }, h("span", { class: "fold-title" }, block.title)),
    body: tasks.map((item) => task(item, place.app.names)),
    data: { plan: block.block_id },
  });
}
