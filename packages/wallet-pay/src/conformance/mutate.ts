/** Every way we know to spoil a signed delivery, one at a time and by chance: the seed decides all. */
import type { Claimed } from "../Signature.ts"

/** A number from 0 up to, but not including, 1. */
export type Chance = () => number

/** A change of one part. It may happen to change nothing: the caller compares. `other` is another delivery that verifies. */
type Mutation = (signed: Claimed, chance: Chance, other: Claimed) => Claimed

const below = (chance: Chance, limit: number) => Math.floor(chance() * limit)
const pick = <A>(chance: Chance, choices: readonly [A, ...ReadonlyArray<A>]): A =>
  choices[below(chance, choices.length)] ?? choices[0]

const latin = (text: string | undefined) => Buffer.from(text ?? "", "latin1")

// -- On bytes.

const flip = (bytes: Uint8Array, chance: Chance) => {
  const changed = Buffer.from(bytes)
  const at = below(chance, changed.length)
  if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ (1 << below(chance, 8))
  return changed
}
const insert = (bytes: Uint8Array, chance: Chance) => {
  const at = below(chance, bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), Buffer.of(below(chance, 256)), bytes.subarray(at)])
}
const remove = (bytes: Uint8Array, chance: Chance) => {
  const at = below(chance, bytes.length)
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(chance, 4))])
}
const swap = (bytes: Uint8Array, chance: Chance) => {
  const changed = Buffer.from(bytes)
  const [a, b] = [below(chance, changed.length), below(chance, changed.length)]
  if (changed.length > 0) [changed[a], changed[b]] = [changed[b] ?? 0, changed[a] ?? 0]
  return changed
}
const repeat = (bytes: Uint8Array, chance: Chance) => {
  const from = below(chance, bytes.length)
  const to = Math.min(bytes.length, from + 1 + below(chance, 40))
  return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from, to), bytes.subarray(to)])
}
const cut = (bytes: Uint8Array, chance: Chance) => Buffer.from(bytes.subarray(0, below(chance, bytes.length + 1)))

const onBytes = { flip, insert, remove, swap, repeat, cut }
type OnBytes = (bytes: Uint8Array, chance: Chance) => Buffer

const text = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
const body =
  (change: OnBytes): Mutation =>
  (signed, chance) => ({ ...signed, body: change(signed.body, chance) })
const bodyText = (change: (text: string, chance: Chance) => string): Mutation =>
  body((bytes, chance) => Buffer.from(change(text(bytes), chance)))
const bodyJson = (change: (value: unknown) => string): Mutation =>
  bodyText((given) => {
    try {
      return change(JSON.parse(given))
    } catch {
      return given
    }
  })

/** The header or path, changed as Latin-1 text, which is what HTTP carries. */
const part =
  (name: "method" | "path" | "timestamp" | "signature", change: OnBytes): Mutation =>
  (signed, chance) => ({ ...signed, [name]: change(latin(signed[name]), chance).toString("latin1") })
const partText = (
  name: "method" | "path" | "timestamp" | "signature",
  change: (text: string, chance: Chance) => string | undefined,
): Mutation => {
  return (signed, chance) => ({ ...signed, [name]: change(signed[name] ?? "", chance) })
}

const ofBytes = (name: "body" | "method" | "path" | "timestamp" | "signature"): Record<string, Mutation> =>
  Object.fromEntries(
    Object.entries(onBytes).map(([kind, change]) => [
      `${name}: ${kind}`,
      name === "body" ? body(change) : part(name, change),
    ]),
  )

const reversed = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(reversed)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .toReversed()
            .map(([key, each]) => [key, reversed(each)]),
        )
      : value

/** By name, each part of the delivery that is signed or carries the signature. */
export const mutations: Readonly<Record<string, Mutation>> = {
  ...ofBytes("body"),
  ...ofBytes("method"),
  ...ofBytes("path"),
  ...ofBytes("timestamp"),
  ...ofBytes("signature"),

  "body: JSON written again": bodyJson((value) => JSON.stringify(value)),
  "body: JSON indented": bodyJson((value) => JSON.stringify(value, null, 2)),
  "body: JSON with its keys reversed": bodyJson((value) => JSON.stringify(reversed(value))),
  "body: white space in JSON": bodyText((given, chance) =>
    given.replace(pick(chance, [":", ",", "{", "}", "["]), (sign) => sign + pick(chance, [" ", "\n", "\r\n", "\t"])),
  ),
  "body: white space around": bodyText((given, chance) => pick(chance, [`${given}\n`, ` ${given}`, `${given}\r\n`])),
  "body: an escape for a letter": bodyText((given, chance) => {
    const letters = [...given.matchAll(/(?<=[A-Za-z])[A-Za-z](?=[A-Za-z"])/g)].map(({ index }) => index)
    const at = letters[below(chance, letters.length)] ?? 0
    const code = given.charCodeAt(at).toString(16).padStart(4, "0")
    return `${given.slice(0, at)}\\u${code}${given.slice(at + 1)}`
  }),
  "body: another id": bodyText((given) => given.replace(/[0-9]{12,}/, (digits) => String(Number(digits) + 2))),
  "body: another amount": bodyText((given) => given.replace(/"amount":"/, '"amount":"9')),
  "body: a trailing zero": bodyText((given) => given.replace(/("amount":"[0-9]+\.[0-9]+)"/, '$10"')),
  "body: decomposed": bodyText((given) => given.normalize("NFD")),
  "body: composed": bodyText((given) => given.normalize("NFC")),
  "body: a mark of byte order": body((bytes) => Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes])),
  "body: a broken byte for U+FFFD": body((bytes, chance) =>
    Buffer.from(
      Buffer.from(bytes)
        .toString("hex")
        .replace("efbfbd", pick(chance, ["ff", "c3", "80", "eda080"])),
      "hex",
    ),
  ),
  "body: UTF-16": body((bytes) => Buffer.from(text(bytes), "utf16le")),
  "body: Latin-1": body((bytes) => Buffer.from(text(bytes), "latin1")),
  "body: its base64": body((bytes) => Buffer.from(Buffer.from(bytes).toString("base64"))),
  "body: an element again": bodyJson((value) => JSON.stringify(Array.isArray(value) ? [...value, ...value] : value)),
  "body: out of its array": bodyJson((value) => JSON.stringify(Array.isArray(value) ? value[0] : value)),
  "body: of another delivery": (signed, _, other) => ({ ...signed, body: other.body }),
  "body: empty": (signed) => ({ ...signed, body: new Uint8Array() }),

  "path: a slash more or less": partText("path", (path) => (path.endsWith("/") ? path.slice(0, -1) : `${path}/`)),
  "path: another case": partText("path", (path) => path.toUpperCase()),
  "path: an escape": partText("path", (path) => path.replace("w", "%77")),
  "path: a query": partText("path", (path, chance) => path + pick(chance, ["?", "?a=1", "#", ";"])),
  "path: a dot or a slash": partText("path", (path, chance) => pick(chance, [`/.${path}`, `/${path}`, `${path}./`])),
  "path: with a host": partText("path", (path) => `https://shop.example${path}`),

  "method: another": partText("method", (method, chance) =>
    pick(chance, ["PUT", "GET", "post", "Post", "", ` ${method}`]),
  ),

  "timestamp: a number like it": partText("timestamp", (timestamp, chance) =>
    pick(chance, [
      `0${timestamp}`,
      `+${timestamp}`,
      `${timestamp}.0`,
      `${timestamp}e0`,
      ` ${timestamp}`,
      `${timestamp} `,
    ]),
  ),
  "timestamp: twice": partText("timestamp", (timestamp) => `${timestamp}, ${timestamp}`),
  "timestamp: of another delivery": (signed, _, other) => ({ ...signed, timestamp: other.timestamp }),
  "timestamp: absent": (signed) => ({ ...signed, timestamp: undefined }),
  "timestamp: the border to the path": (signed) => ({
    ...signed,
    path: `${signed.path}.${signed.timestamp?.slice(0, 3)}`,
    timestamp: signed.timestamp?.slice(4),
  }),
  "timestamp: the border to the body": (signed) => ({
    ...signed,
    timestamp: `${signed.timestamp}.${Buffer.from(signed.body.subarray(0, 3)).toString("base64")}`,
    body: signed.body.subarray(3),
  }),

  "signature: without padding": partText("signature", (signature) => signature.replace("=", "")),
  "signature: more padding": partText("signature", (signature) => `${signature}=`),
  "signature: base64url": partText("signature", (signature) => signature.replaceAll("+", "-").replaceAll("/", "_")),
  "signature: spare bits": partText("signature", (signature) => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return `${signature.slice(0, 42)}${alphabet[alphabet.indexOf(signature[42] ?? "A") + 1]}=`
  }),
  "signature: hex": partText("signature", (signature) => Buffer.from(signature, "base64").toString("hex")),
  "signature: another case": partText("signature", (signature, chance) =>
    pick(chance, [signature.toLowerCase(), signature.toUpperCase()]),
  ),
  "signature: white space": partText("signature", (signature, chance) =>
    pick(chance, [
      ` ${signature}`,
      `${signature} `,
      `${signature}\n`,
      `${signature.slice(0, 20)} ${signature.slice(20)}`,
    ]),
  ),
  "signature: twice": partText("signature", (signature) => `${signature}, ${signature}`),
  "signature: with another before it": (signed, _, other) => ({
    ...signed,
    signature: `${other.signature}, ${signed.signature}`,
  }),
  "signature: a prefix": partText(
    "signature",
    (signature, chance) => `${pick(chance, ["v1=", "sha256=", "v1,"])}${signature}`,
  ),
  "signature: zeros": partText("signature", () => Buffer.alloc(32).toString("base64")),
  "signature: of another delivery": (signed, _, other) => ({ ...signed, signature: other.signature }),
  "signature: absent": (signed) => ({ ...signed, signature: undefined }),
  "signature: empty": partText("signature", () => ""),
}

/** Whether two deliveries are the same to the last byte. */
export const isSame = (a: Claimed, b: Claimed): boolean =>
  a.method === b.method &&
  a.path === b.path &&
  a.timestamp === b.timestamp &&
  a.signature === b.signature &&
  Buffer.compare(a.body, b.body) === 0

/** `signed` with one to three changes, and their names. Never the same delivery, nor `other`. */
export const mutated = (
  signed: Claimed,
  other: Claimed,
  chance: Chance,
): { readonly claimed: Claimed; readonly names: ReadonlyArray<string> } => {
  const all = Object.keys(mutations)
  for (;;) {
    let claimed = signed
    const names: Array<string> = []
    for (let left = pick(chance, [1, 1, 1, 2, 3]); left > 0; left--) {
      const name = all[below(chance, all.length)] ?? ""
      names.push(name)
      claimed = mutations[name]?.(claimed, chance, other) ?? claimed
    }
    if (!isSame(claimed, signed) && !isSame(claimed, other)) return { claimed, names }
  }
}
