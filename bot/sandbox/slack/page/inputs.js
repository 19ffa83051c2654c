// The input block of a modal: label, field, hint and error.

import { h } from "./dom.js";
import { textObject } from "./mrkdwn.js";

function plainText(element, typed, names) {
  const value = typed?.value ?? element.initial_value ?? "";
  const attributes = { placeholder: textObject(element.placeholder, names).join(""), maxlength: element.max_length ?? null };
  const field = element.multiline ? h("textarea", { rows: 4, ...attributes }) : h("input", { type: "text", ...attributes });
  field.value = value;
  return { field, read: () => ({ type: element.type, value: field.value || null }) };
}

function select(element, typed, names) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  const all = groups.flatMap((group) => group.options);
  const current = typed?.selected_option ?? element.initial_option;
  const option = (item) => h("option", { value: item.value, selected: item.value === current?.value }, textObject(item.text, names));
  const listed = ({ label, options }) => (label ? h("optgroup", { label: label.text }, options.map(option)) : options.map(option));
  const first = h("option", { value: "" }, textObject(element.placeholder ?? "Choose…", names));
  const field = h("select", {}, first, groups.map(listed));
  return { field, read: () => ({ type: element.type, selected_option: all.find((item) => item.value === field.value) ?? null }) };
}

const MAKERS = { plain_text_input: plainText, static_select: select };

/**
 * Creates the input blocks of one view. `register` receives {block, action, read, error} of each field; `typed` has
 * the initial values, by block id and action id.
 */
export function inputMakers(register, typed, names) {
  const input = (block) => {
    const { element } = block;
    const make = MAKERS[element.type];
    if (!make) return h("div", { class: "unsupported" }, `Unsupported input: ${element.type}`);
    const { field, read } = make(element, typed[block.block_id]?.[element.action_id], names);
    const error = h("div", { class: "field-error", role: "alert", data: { error: block.block_id } });
    field.dataset.input = element.action_id;
    field.required = !block.optional;
    register({ block: block.block_id, action: element.action_id, read, error });
    const hint = block.hint ? h("small", {}, textObject(block.hint, names)) : null;
    const optional = block.optional ? h("span", { class: "muted" }, " (optional)") : null;
    return h("div", { class: "field-block" }, h("label", {}, h("span", { class: "field-label" }, textObject(block.label, names), optional), field), hint, error);
  };
  return { input };
}
