/** Bytes as this package handles them. */
import { Malformed } from "./Malformed.ts"

// Node and every browser have these; this package is compiled with the types of neither.
declare const atob: (base64: string) => string
declare const btoa: (bytes: string) => string
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare const TextDecoder: new (
  label: "utf-8",
  options: { readonly fatal: true; readonly ignoreBOM: true },
) => { decode(bytes: Uint8Array): string }

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
  return new TextEncoder().encode(text)
}

/** The inverse of `fromText`: throws `Malformed` on what is not UTF-8. */
export const toText = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
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
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

/** RFC 4648, section 4: with `+`, `/` and padding. */
export const toBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))

/** The inverse of `toBase64`, and no more than this: each value has one text. Throws `Malformed` on any other. */
export const fromBase64 = (text: string): Uint8Array => {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
  const bytes = Uint8Array.from(isBase64 ? atob(text) : "", (byte) => byte.charCodeAt(0))
  if (toBase64(bytes) !== text) throw new Malformed("not base64 as RFC 4648 writes it")
  return bytes
}
