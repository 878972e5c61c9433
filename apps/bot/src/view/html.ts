/** Text in Telegram's HTML, safe by construction: what is put into a template is escaped, unless it is such text itself. */

export interface Html {
  readonly html: string
}

export type Part = Html | string | number

/**
 * html`<b>${title}</b>`: the tags are ours, the title is whatever somebody wrote. On one line: Telegram shows white space, and a
 * formatter that breaks the template would put some there. What is to stand on several is for `lines`.
 */
export const html = (tags: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html => {
  if (tags.some((tag) => tag.includes("\n"))) throw new TypeError("Text in HTML stands on one line")
  return { html: tags.reduce((text, tag, i) => text + write(parts[i - 1]) + tag) }
}

/** Parts one below the other. What is `undefined` or empty takes no line. */
export const lines = (...parts: ReadonlyArray<Part | undefined>): Html => join(parts, "\n")

/** Parts with an empty line between them. */
export const paragraphs = (...parts: ReadonlyArray<Part | undefined>): Html => join(parts, "\n\n")

/** How long Telegram takes the text to be: as it is shown. */
export const shownLength = ({ html }: Html): number =>
  html.replaceAll(/<[^>]*>/g, "").replaceAll(/&(?:amp|lt|gt|quot);/g, "x").length

const join = (parts: ReadonlyArray<Part | undefined>, separator: string): Html => ({
  html: parts
    .map(write)
    .filter((text) => text !== "")
    .join(separator),
})

const write = (part: Part | undefined): string =>
  part === undefined ? "" : typeof part === "object" ? part.html : escape(String(part))

/** The characters that Telegram wants escaped, and the quote, which would end an attribute. */
const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
