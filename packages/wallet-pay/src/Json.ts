/**
 * Strict, lossless JSON over the runtime's own parser.
 *
 * Lossless: ids of Wallet Pay exceed 2^53, so a number that JavaScript cannot hold digit for digit stays its source text
 * (`JSON.rawJSON`). Strict: what two readers could read differently is refused, and so is what would be slow to read.
 */
import { Data, Result } from "effect"

declare global {
  // ECMAScript "JSON.parse source text access"; in Node since 21, not yet in TypeScript's library.
  interface JSON {
    rawJSON(text: string): RawNumber
    isRawJSON(value: unknown): value is RawNumber
    parse(
      text: string,
      reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown
  }
}

/** A number kept as its digits. `JSON.stringify` writes them as they are. */
export interface RawNumber {
  readonly rawJSON: string
}

/** Why a text is refused. The first that applies, in this order. */
export type Fault = "ByteOrderMark" | "NotUtf8" | "TooDeep" | "TooMany" | "NotJson" | "DuplicateKey"

export class JsonRefused extends Data.TaggedError("JsonRefused")<{ readonly fault: Fault }> {}

/** Deepest nesting: the contract's deepest value has 6 levels. */
export const maxDepth = 32

/** Most brackets, commas and colons: more than twice those of a full list page, or of messages that fill 64 KiB. */
export const maxMarks = 16_384

/**
 * Reads UTF-8 JSON. A number is a `number` when it prints back as its source, and otherwise a `RawNumber`; objects have
 * own properties only, also under `__proto__`. Depth and size are checked in one pass before anything is built.
 */
export const parse = (bytes: Uint8Array): Result.Result<unknown, JsonRefused> => {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return refuse("ByteOrderMark")
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return refuse("NotUtf8")
  }
  const marks = scan(bytes)
  if (marks.depth > maxDepth) return refuse("TooDeep")
  if (marks.total > maxMarks) return refuse("TooMany")
  // In valid JSON each member has one colon outside strings, whatever its key's spelling; the reviver sees each member
  // that is left. Fewer left than written means that a key was written twice. The root is one call more.
  let left = -1
  let value: unknown
  try {
    value = JSON.parse(text, function (_key, value, { source }) {
      if (!Array.isArray(this)) left++
      return typeof value === "number" && source !== undefined && String(value) !== source
        ? JSON.rawJSON(source)
        : value
    })
  } catch {
    return refuse("NotJson")
  }
  return left === marks.colons ? Result.succeed(value) : refuse("DuplicateKey")
}

/** Writes compact JSON; a `RawNumber` as its digits. Undoes `parse`. */
export const stringify = (value: unknown): string => JSON.stringify(value)

/** The number that JSON writes as these decimal digits, whatever its size. */
export const number = (digits: string): RawNumber => JSON.rawJSON(digits)

/** The source text of a parsed number, or `undefined` for anything else. */
export const numberText = (value: unknown): string | undefined =>
  typeof value === "number" ? String(value) : JSON.isRawJSON(value) ? value.rawJSON : undefined

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a] as const
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d] as const

const refuse = (fault: Fault) => Result.fail(new JsonRefused({ fault }))

/** Counts what stands outside strings. Of text that is not JSON it may count anything: the parser then refuses it. */
const scan = (bytes: Uint8Array): { readonly depth: number; readonly colons: number; readonly total: number } => {
  let depth = 0
  let deepest = 0
  let colons = 0
  let total = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (inString) {
      if (byte === backslash) i++
      else if (byte === quote) inString = false
      continue
    }
    switch (byte) {
      case quote:
        inString = true
        break
      case openBrace:
      case openBracket:
        total++
        depth++
        if (depth > deepest) deepest = depth
        break
      case closeBrace:
      case closeBracket:
        depth--
        break
      case colon:
        total++
        colons++
        break
      case comma:
        total++
        break
    }
  }
  return { depth: deepest, colons, total }
}
