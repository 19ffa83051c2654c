// Files of a message: snippets with a preview of five lines, images and downloads.

import { h, icon } from "./dom.js";

const PREVIEW_LINES = 5;

/** Returns a file's URL on this origin: the page may use another loopback name. */
export function local(address) {
  const url = new URL(address, location.href);
  return url.pathname + url.search;
}

/** Formats 1234 bytes as "1.2 kB". */
export function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

async function fetchText(file) {
  const answer = await fetch(local(file.url_private));
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.text();
}

function snippetBody(file, app) {
  const key = `file/${file.id}`;
  const lines = (file.preview ?? "").split("\n").slice(0, PREVIEW_LINES).join("\n");
  const code = h("code", {}, lines);
  const box = h("pre", { tabindex: 0, role: "region", "aria-label": `Contents of ${file.title ?? file.name}` }, code);
  const more = file.lines_more ?? Math.max(0, (file.lines ?? 0) - PREVIEW_LINES);
  if (!more) return [box];
  const label = h("span", {});
  const bar = h("button", { type: "button", class: "file-more" }, icon("chevron"), label);
  const show = async () => {
    const open = app.opened.get(key) ?? false;
    bar.setAttribute("aria-expanded", String(open));
    label.textContent = open ? "Show less" : `${more.toLocaleString("en")} more line${more === 1 ? "" : "s"}`;
    box.classList.toggle("whole", open);
    try {
      code.textContent = open ? await fetchText(file) : lines;
    } catch {
      app.opened.delete(key);
      bar.setAttribute("aria-expanded", "false");
      label.textContent = "The file could not be loaded. Try again";
    }
  };
  bar.addEventListener("click", () => { app.opened.set(key, !app.opened.get(key)); show(); });
  show();
  return [box, bar];
}

function body(file, app) {
  if (file.mimetype === "") return [h("p", { class: "file-wait" }, "Being processed…")];
  if (file.mimetype?.startsWith("image/")) {
    return [h("img", { class: "file-image", src: local(file.url_private), alt: file.alt_txt ?? file.title ?? file.name })];
  }
  return file.preview === undefined ? [] : snippetBody(file, app);
}

/** Creates the card of a file with name, type, size, preview and download link. */
export function fileCard(file, app) {
  const kind = [file.pretty_type, file.size === undefined ? null : sizeText(file.size)].filter(Boolean).join(" · ");
  const get = file.url_private ? h("a", { href: local(file.url_private), download: file.name ?? "" }, "Download") : null;
  const head = h("div", { class: "file-head" }, h("span", { class: "file-name" }, file.title ?? file.name ?? "Untitled"), h("span", { class: "muted" }, kind), get);
  return h("div", { class: "file", data: { file: file.id } }, head, body(file, app));
}
