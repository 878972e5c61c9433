// A message's text with its entities, and links that lead to nothing but the web, Telegram, mail and telephones.
import { element } from "./element.js"

const linkSchemes = new Set(["http:", "https:", "tg:", "mailto:", "tel:"])

export const safeLink = (url) => {
  const parsed = URL.parse(url)
  return parsed !== null && linkSchemes.has(parsed.protocol) ? parsed.href : undefined
}

const link = (url, children) => {
  const href = safeLink(url)
  return href === undefined
    ? element("span", {}, children)
    : element("a", { href, target: "_blank", rel: "noopener noreferrer" }, children)
}

const entityTags = {
  bold: "b",
  italic: "i",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
}

const blocks = new Set(["pre", "blockquote", "expandable_blockquote"])

const entityNode = (entity, text, children, onCommand) => {
  switch (entity.type) {
    case "text_link":
      return link(entity.url, children)
    case "url":
      return link(text, children)
    case "bot_command":
      return element("button", { type: "button", class: "command", onclick: () => onCommand(text) }, children)
    case "spoiler":
      return element("span", { class: "spoiler", tabindex: "0" }, children)
    default:
      return element(entityTags[entity.type] ?? "span", {}, children)
  }
}

/** Entities come in order, outer before inner, and lie in each other like brackets. `onCommand` is given a command that is pressed. */
export const formatted = (text, entities, onCommand, from = 0, to = text.length) => {
  const nodes = []
  let at = from
  for (let index = 0; index < entities.length; index++) {
    const entity = entities[index]
    const end = entity.offset + entity.length
    if (entity.offset < at || end > to) continue
    const inner = entities.slice(index + 1).filter((other) => other.offset >= entity.offset && other.offset < end)
    nodes.push(text.slice(at, entity.offset))
    const children = formatted(text, inner, onCommand, entity.offset, end)
    nodes.push(entityNode(entity, text.slice(entity.offset, end), children, onCommand))
    // A block ends its line by itself.
    at = text[end] === "\n" && blocks.has(entity.type) ? end + 1 : end
  }
  nodes.push(text.slice(at, to))
  return nodes.filter((node) => node !== "")
}
