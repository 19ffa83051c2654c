// Tables: the table block, data_table's rows and the tables of markdown.

import { h } from "./dom.js";
import { richText } from "./richtext.js";

/** Creates a scrollable table; a cell is {nodes, align, wrap}. */
export function scrollingTable(head, rows, caption) {
  const cell = (tag) => ({ nodes, align, wrap }) => h(tag, { class: wrap ? "wrap" : null, style: align && align !== "left" ? `text-align: ${align}` : null, scope: tag === "th" ? "col" : null }, nodes);
  const body = rows.map((row) => h("tr", {}, row.map(cell("td"))));
  return h(
    "div",
    { class: "table-scroll", tabindex: 0, role: "region", "aria-label": caption ?? "Table" },
    h("table", {}, caption ? h("caption", {}, caption) : null, h("thead", {}, h("tr", {}, head.map(cell("th")))), h("tbody", {}, body)),
  );
}

function cellNodes(cell, names) {
  if (!cell) return [];
  if (cell.type === "rich_text") return richText(cell, names);
  return [String(cell.text ?? cell.value ?? "")];
}

/** Creates a table or data_table block; its first row is the header. */
export function tableBlock(block, names) {
  const settings = block.column_settings ?? [];
  const row = (cells) =>
    cells.map((cell, column) => ({ nodes: cellNodes(cell, names), align: settings[column]?.align, wrap: settings[column]?.is_wrapped }));
  const [head, ...rows] = block.rows ?? [];
  return scrollingTable(row(head ?? []), rows.map(row), block.caption);
}
