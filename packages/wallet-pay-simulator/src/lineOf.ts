/**
 * The line, from 1, on which the part of a YAML block document at this path begins; the nearest line around it for a part
 * within `{…}`. `undefined` where none can be told, as in a document of one JSON line.
 */
export const lineOf = (text: string, path: ReadonlyArray<PropertyKey>): number | undefined => {
  const lines = text.split("\n")
  let [from, to, found] = [0, lines.length, -1]
  for (const part of path) {
    const at = typeof part === "number" ? itemAt(lines, from, to, part) : keyAt(lines, from, to, String(part))
    if (at === undefined) break
    found = at
    // The part ends before the next line that is indented no deeper than it is.
    const depth = indentOf(lines[at] ?? "") + (typeof part === "number" ? 1 : 0)
    const end = lines.findIndex((line, index) => index > at && index < to && isContent(line) && ends(line, depth, part))
    from = typeof part === "number" ? at : at + (restOf(lines[at] ?? "") === "" ? 1 : 0)
    to = end === -1 ? to : end
  }
  return found === -1 ? undefined : found + 1
}

const isContent = (line: string) => /^\s*[^\s#]/.test(line)
const indentOf = (line: string) => line.length - line.trimStart().length
/** What follows the key on its line. */
const restOf = (line: string) => line.replace(/^[\s-]*("[^"]*"|[^\s:"]+)\s*:\s*/, "").replace(/^[&!]\S+$|\s*#.*$/, "")

/** A sequence may stand at its key's own indentation. */
const ends = (line: string, depth: number, part: PropertyKey) =>
  indentOf(line) < depth || (indentOf(line) === depth && typeof part !== "number" && !line.trimStart().startsWith("- "))

const itemAt = (lines: ReadonlyArray<string>, from: number, to: number, index: number): number | undefined => {
  const items = lines.flatMap((line, at) => (at >= from && at < to && /^\s*-(\s|$)/.test(line) ? [at] : []))
  const depth = Math.min(...items.map((at) => indentOf(lines[at] ?? "")))
  return items.filter((at) => indentOf(lines[at] ?? "") === depth)[index]
}

/** The keys of one mapping stand in one column, that of the first after its dashes; deeper ones are not its own. */
const keyAt = (lines: ReadonlyArray<string>, from: number, to: number, key: string): number | undefined => {
  const keys = lines.flatMap((line, at) => {
    const match = at >= from && at < to ? /^((?:\s*-\s+)*\s*)("[^"]*"|[^\s:"#-][^\s:"]*)\s*:/.exec(line) : null
    return match === null ? [] : [{ at, column: match[1]?.length ?? 0, key: match[2]?.replaceAll('"', "") }]
  })
  const column = Math.min(...keys.map((each) => each.column))
  return keys.find((each) => each.column === column && each.key === key)?.at
}
