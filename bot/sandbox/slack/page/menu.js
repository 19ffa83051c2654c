// A pop-up menu under a button, used by static_select and overflow.

import { h } from "./dom.js";

const EDGE_PX = 8;

function place(panel, button) {
  const at = button.getBoundingClientRect();
  const size = panel.getBoundingClientRect();
  const below = at.bottom + 4 + size.height <= innerHeight - EDGE_PX;
  const top = below ? at.bottom + 4 : Math.max(EDGE_PX, at.top - 4 - size.height);
  const left = Math.max(EDGE_PX, Math.min(at.left, innerWidth - size.width - EDGE_PX));
  panel.style.top = `${top}px`;
  panel.style.left = `${left}px`;
}

function moveFocus(panel, step) {
  const items = [...panel.querySelectorAll("[role=option]")];
  const next = items.indexOf(document.activeElement) + step;
  items[(next + items.length) % items.length]?.focus();
}

function onKey(event, panel) {
  if (event.key === "ArrowDown") moveFocus(panel, 1);
  else if (event.key === "ArrowUp") moveFocus(panel, -1);
  else if (event.key === "Tab") panel.hidePopover();
  else return;
  event.preventDefault();
}

/**
 * Opens the list under `button`. `groups` is [{label, options: [{text, description, value, current}]}];
 * `choose` is called with the selected option after the list was closed.
 */
export function openMenu(button, groups, choose) {
  const item = (option) => {
    const pick = () => { panel.hidePopover(); choose(option); };
    const description = option.description ? h("small", {}, option.description) : null;
    return h("button", { type: "button", role: "option", "aria-selected": String(Boolean(option.current)), data: { option: option.value }, on: { click: pick } }, option.text, description);
  };
  const group = ({ label, options }) => [label ? h("div", { class: "menu-label" }, label) : null, options.map(item)];
  const panel = h("div", { class: "menu", role: "listbox", popover: "auto", "aria-label": button.getAttribute("aria-label") ?? button.textContent }, groups.map(group));
  panel.addEventListener("keydown", (event) => onKey(event, panel));
  panel.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    button.setAttribute("aria-expanded", String(open));
    if (!open) { panel.remove(); button.focus(); }
  });
  document.body.append(panel);
  panel.showPopover();
  place(panel, button);
  (panel.querySelector("[aria-selected=true]") ?? panel.querySelector("[role=option]"))?.focus();
}
