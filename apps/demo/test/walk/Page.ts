/** `docs/extend.md` as the steps that its fenced blocks are. */
import { readFileSync } from "node:fs"

export type Step =
  | {
      readonly _tag: "Run"
      /** Where the block begins. */
      readonly line: number
      readonly commands: ReadonlyArray<string>
      /** The last of the commands fails, and this is all that does; `undefined` when it passes. */
      readonly failures: ReadonlyArray<string> | undefined
    }
  | { readonly _tag: "Write"; readonly line: number; readonly path: string; readonly text: string }
  | { readonly _tag: "Edit"; readonly line: number; readonly path: string; readonly hunks: string }

/** The steps of a page in Markdown, in order. A file's name stands above its block. */
const steps = (markdown: string): ReadonlyArray<Step> => {
  const found: Array<Step> = []
  for (const block of markdown.matchAll(/^(?:`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$/gms)) {
    const [, path, kind = "", text = ""] = block
    const line = markdown.slice(0, block.index).split("\n").length
    const lines = text.trimEnd().split("\n")
    const last = found.at(-1)
    if (kind === "sh") found.push({ _tag: "Run", line, commands: lines, failures: undefined })
    else if (kind === "text" && last?._tag === "Run") found.splice(-1, 1, { ...last, failures: lines.toSorted() })
    else if (kind === "diff" && path !== undefined) found.push({ _tag: "Edit", line, path, hunks: text })
    else if (path !== undefined) found.push({ _tag: "Write", line, path, text })
    else throw new Error(`docs/extend.md:${line}: neither a file, nor a command, nor what follows from one`)
  }
  return found
}

export const extend = steps(readFileSync(new URL("../../../../docs/extend.md", import.meta.url), "utf8"))

/**
 * The text with the hunks applied. A hunk begins with `@@`, and perhaps a part of a line to look behind; its lines begin with
 * a space, `-` or `+`. Each hunk is looked for behind the one before. Throws when the text has no such lines.
 */
export const edit = (text: string, hunks: string): string => {
  const lines = text.split("\n")
  let at = 0
  for (const hunk of hunks.trimEnd().split(/^@@/m).slice(1)) {
    const [head = "", ...changes] = hunk.replace(/\n$/, "").split("\n")
    const behind = head.trim()
    if (behind !== "") {
      const anchor = lines.findIndex((line, place) => place >= at && line.includes(behind))
      if (anchor === -1) throw new Error(`There is no line with "${behind}"`)
      at = anchor + 1
    }
    const before = changes.filter((change) => !change.startsWith("+")).map((change) => change.slice(1))
    const place = lines.findIndex((_, place) => place >= at && before.every((line, n) => lines[place + n] === line))
    if (place === -1) throw new Error(`There are no such lines:\n${before.join("\n")}`)
    const after = changes.filter((change) => !change.startsWith("-")).map((change) => change.slice(1))
    lines.splice(place, before.length, ...after)
    at = place + after.length
  }
  return lines.join("\n")
}
