// Helpers for DOM nodes. Text is inserted as text nodes and attributes only.

const SAFE_PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

/** Creates an element. `on` holds listeners, `data` becomes data-* attributes; null, undefined and false are left out. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "data") setData(node, value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function setData(node, values) {
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined) node.dataset[name] = value;
  }
}

/** Returns an http(s) or mailto URL, else null: a message must not run code or read files. */
export function safeUrl(address) {
  try {
    const url = new URL(address);
    return SAFE_PROTOCOLS.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Creates a link to a new tab; of an unsafe URL only the label is shown. */
export function link(address, ...label) {
  const href = safeUrl(address);
  if (!href) return h("span", { class: "dead-link", title: "This link was removed: only http, https and mailto" }, label);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** Makes `nodes` the children of `parent`; unchanged nodes stay, so that focus and scroll positions are kept. */
export function reconcile(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}

const ICON_PATHS = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  chevron: "M9 6l6 6-6 6",
  down: "M6 9l6 6 6-6",
  send: "M4 12l16-8-5 16-3.5-6.5zM11.5 13.5L20 4",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9h-13z",
  hash: "M9.5 4L7.5 20M16.5 4l-2 16M5 9h15M4 15h15",
  home: "M4 11l8-7 8 7M6.5 9.5V20h11V9.5",
  eye: "M3 12c3-5 6-7 9-7s6 2 9 7c-3 5-6 7-9 7s-6-2-9-7zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  more: "M6 12h.01M12 12h.01M18 12h.01",
};

/** Creates a small icon, hidden from screen readers; its control has the label. */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", ICON_PATHS[name]);
  svg.append(path);
  return svg;
}
