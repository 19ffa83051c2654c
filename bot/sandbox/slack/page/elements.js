// Block Kit's interactive elements in messages, modals and the Home tab.

import { h, icon, safeUrl } from "./dom.js";
import { openMenu } from "./menu.js";
import { textObject } from "./mrkdwn.js";

// The location of an element: {app, block, message, channel, view}; a click reports it.
async function act(place, element, button, extra = {}) {
  const { app, block, message, channel, view } = place;
  if (element.confirm && !(await app.confirm(element.confirm))) return false;
  const sent = app.send({ type: "action", channel, ts: message?.ts, view_id: view?.id, block_id: block.block_id, action_id: element.action_id, ...extra });
  if (sent) app.busy.start(button);
  return sent;
}

function button(element, place) {
  const press = () => {
    const href = safeUrl(element.url);
    if (href) open(href, "_blank", "noopener");
    act(place, element, node);
  };
  const label = element.accessibility_label ?? null;
  const data = { action: element.action_id, value: element.value };
  const node = h("button", { type: "button", class: `button ${element.style ?? ""}`, "aria-label": label, data, on: { click: press } }, textObject(element.text, place.app.names));
  return node;
}

function image(element) {
  const src = safeUrl(element.image_url);
  return src ? h("img", { class: "thumb", src, alt: element.alt_text ?? "" }) : h("span", { class: "muted" }, element.alt_text);
}

const asChoice = (names, current) => (option) => ({
  text: textObject(option.text, names),
  description: option.description ? textObject(option.description, names) : null,
  value: option.value,
  current: option.value === current,
  option,
});

function select(element, place) {
  const { names } = place.app;
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  const memory = `${place.message?.ts ?? place.view?.id}/${place.block.block_id}/${element.action_id}`;
  let chosen = place.app.chosen.get(memory) ?? element.initial_option;
  const caption = h("span", { class: "select-text" });
  const show = () => caption.replaceChildren(...textObject(chosen?.text ?? element.placeholder ?? { text: "Choose…" }, names));
  const pick = async ({ option }) => {
    if (!(await act(place, element, node, { selected_option: option }))) return;
    chosen = option;
    place.app.chosen.set(memory, option);
    show();
  };
  const listed = () => groups.map(({ label, options }) => ({ label: label && textObject(label, names), options: options.map(asChoice(names, chosen?.value)) }));
  const data = { action: element.action_id };
  const node = h("button", { type: "button", class: "button select", "aria-haspopup": "listbox", "aria-expanded": "false", data, on: { click: () => openMenu(node, listed(), pick) } }, caption, icon("down"));
  show();
  return node;
}

function overflow(element, place) {
  const pick = ({ option }) => {
    const href = safeUrl(option.url);
    if (href) open(href, "_blank", "noopener");
    act(place, element, node, { selected_option: option });
  };
  const choices = () => [{ options: element.options.map(asChoice(place.app.names)) }];
  const data = { action: element.action_id };
  const node = h("button", { type: "button", class: "button overflow", "aria-label": "More actions", "aria-haspopup": "listbox", "aria-expanded": "false", data, on: { click: () => openMenu(node, choices(), pick) } }, icon("more"));
  return node;
}

const MAKERS = { button, image, static_select: select, overflow };

/** Creates one element of an actions or section block. */
export function interactive(element, place) {
  const make = MAKERS[element.type];
  return make ? make(element, place) : h("span", { class: "unsupported" }, `Unsupported element: ${element.type}`);
}
