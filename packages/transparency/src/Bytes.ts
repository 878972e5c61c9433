/** Bytes as this package handles them. */
import { Malformed } from "./Malformed.ts"

// Node and every browser have these; this package is compiled with the types of neither.
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare const TextDecoder: new (
  label: "utf-8",
  options: { readonly fatal: true; readonly ignoreBOM: true },
) => { decode(bytes: Uint8Array): string }

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** One after the other. */
export const concat = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => joined(parts)

/** The same of very many: more than a call may have arguments. */
export const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at])

/** A text as UTF-8. A lone surrogate has no UTF-8: throws `Malformed`. */
export const fromText = (text: string): Uint8Array => {
  if (/\p{Surrogate}/u.test(text)) throw new Malformed("a text that has no UTF-8")
  return encoder.encode(text)
}

/** The inverse of `fromText`: throws `Malformed` on what is not UTF-8. */
export const toText = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Malformed("not UTF-8")
  }
}

/** Lower-case hexadecimal. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** The inverse of `toHex`, and no more than this: throws `Malformed` on upper case or half a byte. */
export const fromHex = (text: string): Uint8Array => {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new Malformed("not lower-case hexadecimal")
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16))
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/** RFC 4648, section 4: with `+`, `/` and padding. */
export const toBase64 = (bytes: Uint8Array): string => {
  let text = ""
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3)
    const four = [a >> 2, ((a & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63]
    const kept = Math.min(bytes.length - at, 3) + 1
    text += four.map((digit, place) => (place < kept ? digits.charAt(digit) : "=")).join("")
  }
  return text
}

/** The inverse of `toBase64`, and no more than this: each value has one text. Throws `Malformed` on any other. */
export const fromBase64 = (text: string): Uint8Array => {
  const end = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let held = 0
  for (let at = 0, filled = 0; at < end; at++) {
    held = ((held << 6) | digits.indexOf(text.charAt(at))) & 0xffffff
    if (at % 4 !== 0) bytes[filled++] = held >> (6 - 2 * (at % 4))
  }
  if (toBase64(bytes) !== text) throw new Malformed("not base64 as RFC 4648 writes it")
  return bytes
}
