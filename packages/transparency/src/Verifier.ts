/**
 * Checks a file `paylog-proof/1` with nothing at hand but the log's key. This file imports nothing, not even the rest of the
 * package, so that it can be read alone and run anywhere: `paylog check`, `check-proof.mjs` and `verify.html` are this text.
 */

// Node ≥ 22 and browsers since 2025 have these.
declare const atob: (base64: string) => string
declare const btoa: (bytes: string) => string
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare const crypto: {
  readonly subtle: {
    digest(name: "SHA-256", data: Uint8Array): Promise<ArrayBuffer>
    importKey(form: "raw", key: Uint8Array, name: "Ed25519", open: true, uses: ReadonlyArray<string>): Promise<object>
    verify(name: "Ed25519", key: object, signature: Uint8Array, message: Uint8Array): Promise<boolean>
  }
}

/** One event, every column of which is in the log as it stands here. */
export interface ProvenEvent {
  readonly version: number
  readonly position: bigint
  /** ISO 8601, UTC, as the log's clock had it. */
  readonly recordedAt: string
  readonly type: string
  /** JSON text; `undefined` when the file has its SHA-256 alone. */
  readonly data: string | undefined
  readonly metadata: string | undefined
}

export interface Proven {
  readonly holds: true
  readonly stream: string
  /** Of the log, as its checkpoint has it; `root` in base64. */
  readonly log: { readonly origin: string; readonly size: number; readonly root: string }
  /** `name+hash` of those of the given keys that signed the checkpoint. */
  readonly signedBy: ReadonlyArray<string>
  readonly events: ReadonlyArray<ProvenEvent>
  /** What is shown by this, and what is not: sentences for people. */
  readonly shown: ReadonlyArray<string>
  readonly notShown: ReadonlyArray<string>
}

/**
 * `key`: what was given as a key is none. `file`: the text is no proof. `proof`: it is one, and does not hold. `platform`:
 * this browser or Node has no Ed25519.
 */
export interface Refused {
  readonly holds: false
  readonly fault: "key" | "file" | "proof" | "platform"
  readonly problem: string
}

/**
 * Whether the file's events are in the log of its checkpoint, and one of `keys` (`name+hash+base64`) signed that. The log's
 * origin must be `origin`, or else the name of a key that signed. Never rejects.
 */
export const verifyProof = async (
  text: string,
  keys: ReadonlyArray<string>,
  { origin }: { readonly origin?: string | undefined } = {},
): Promise<Proven | Refused> => {
  try {
    return await verify(text, keys, origin)
  } catch (error) {
    const isOurs = error instanceof Refusal
    return {
      holds: false,
      fault: isOurs ? error.fault : "file",
      problem: isOurs
        ? error.message
        : `The file is no proof: ${error instanceof SyntaxError ? "it is not JSON" : String(error)}`,
    }
  }
}

class Refusal extends Error {
  fault: Refused["fault"] = "file"
}

function demand(holds: boolean, fault: Refused["fault"], problem: string): asserts holds {
  if (!holds) throw Object.assign(new Refusal(problem), { fault })
}

const verify = async (text: string, keys: ReadonlyArray<string>, origin: string | undefined): Promise<Proven> => {
  demand(keys.length > 0, "key", "No key was given: without the log's key nothing can be checked")
  demand(typeof crypto.subtle === "object", "platform", "This browser has no crypto.subtle for a page from there")
  const known = await Promise.all(keys.map(parseKey))
  const { stream, checkpoint, events } = await parseFile(text)
  const { note, signers } = await openNote(checkpoint, known)
  const log = parseCheckpoint(note)
  const names = signers.map(({ name }) => name)
  const isWanted = origin === undefined ? names.includes(log.origin) : log.origin === origin
  demand(isWanted, "proof", `The checkpoint is of the log ${log.origin}, not of ${origin ?? names.join()}`)
  const roots = await Promise.all(events.map((event) => rootOf(event, log.size)))
  for (const [index, event] of events.entries()) {
    const { position, version, type } = event.proven
    const which = `The event at position ${position}`
    const before = events[index - 1]?.proven.position ?? 0n
    demand(event.stream === stream, "proof", `${which} is of ${event.stream}, not of ${stream}`)
    demand(version === index + 1, "proof", `${which} has version ${version} where ${index + 1} belongs`)
    demand(position > before, "proof", `${which} comes after one at position ${before}`)
    demand(position <= log.size, "proof", `${which} is beyond the checkpoint, which is of ${log.size} events`)
    demand(
      roots[index] === log.root,
      "proof",
      `${which} (version ${version}, ${type}) is not in the log as it stands in the file`,
    )
  }
  const signedBy = signers.map(({ name, hash }) => `${name}+${hash}`)
  return {
    holds: true,
    stream,
    log,
    signedBy,
    events: events.map(({ proven }) => proven),
    shown: [
      `The log ${log.origin} of ${log.size} events (root ${log.root}) is signed by ${signedBy.join(", ")}.`,
      `It holds the versions 1 to ${events.length} of ${stream}, without a gap, exactly as they stand in the file.`,
    ],
    notShown: [
      `That these are all: ${stream} may have later events, before or after that checkpoint.`,
      "That the log tells everybody the same: compare its size and root with a checkpoint that was published elsewhere.",
      "That the log has no second history of the same name: whoever replays the whole log sees that.",
      "That what the events say is true: it is the word of whoever recorded them.",
    ],
  }
}

// -- The file: JSON. A proof has one text only, so nothing can be put into it that is not checked.

/** An object with these fields, in this order; of one that ends in `?`, its SHA-256 may stand in its place. */
const fields = (value: unknown, names: ReadonlyArray<string>) => {
  const isFields = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null
  demand(isFields(value), "file", "The file is no proof: it lacks an object")
  const has = Object.keys(value)
  const fit = names.every((name, at) => has[at] === name.replace("?", "") || has[at] === name.replace("?", "Sha256"))
  demand(fit && has.length === names.length, "file", `The file is no proof: it has the fields ${has.join()}`)
  return value
}

const string = (value: unknown, form = /^\P{Surrogate}*$/u): string => {
  const fits = typeof value === "string" && form.test(value)
  demand(fits, "file", `The file is no proof: ${JSON.stringify(value)} does not belong there`)
  return value
}

const list = (value: unknown): ReadonlyArray<unknown> => {
  demand(Array.isArray(value) && value.length < 10_000, "file", "The file is no proof: it lacks a list")
  return value
}

const decimal = /^(?:0|[1-9][0-9]{0,15})$/

const parseFile = async (text: string) => {
  demand(text.length <= 16_000_000, "file", "The file is no proof: it is too long")
  const value: unknown = JSON.parse(text)
  const file = fields(value, ["format", "stream", "checkpoint", "events"])
  demand(file["format"] === "paylog-proof/1", "file", "The file is no proof of the format paylog-proof/1")
  const isAsWritten = text === `${JSON.stringify(value, null, 2)}\n`
  demand(isAsWritten, "file", "The file is not as it was written: spaces, line ends or names were changed")
  const events = await Promise.all(list(file["events"]).map(parseEvent))
  demand(events.length > 0, "file", "The file is no proof: it has no events")
  return { stream: string(file["stream"]), checkpoint: string(file["checkpoint"]), events }
}

const columns = ["position", "recordedAtMs", "version", "schemaVersion", "id", "stream", "type", "data?", "metadata?"]
const names = [...columns, "appendKey", "appendDigest", "appendCount", "inclusion"]

/** Also makes the event's entry: the SHA-256 over its columns, each after its length, as `Entry.ts` says of `paylog-event/1`. */
const parseEvent = async (value: unknown) => {
  const event = fields(value, names)
  const text = (name: string, form?: RegExp) => string(event[name], form)
  const orNull = (name: string, form?: RegExp) => (event[name] === null ? null : text(name, form))
  const fromHex = (name: string) =>
    Uint8Array.from(text(name, /^[0-9a-f]{64}$/).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  const digest = async (name: string) => (name in event ? sha256(utf8(text(name))) : fromHex(`${name}Sha256`))
  const parts = [
    "paylog-event/1",
    ...["position", "recordedAtMs", "version", "schemaVersion"].map((name) => text(name, decimal)),
    text("id", /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    ...["stream", "type"].map((name) => text(name)),
    await digest("data"),
    await digest("metadata"),
    orNull("appendKey"),
    event["appendDigest"] === null ? null : fromHex("appendDigest"),
    orNull("appendCount", decimal),
  ]
  const proven: ProvenEvent = {
    version: Number(event["version"]),
    position: BigInt(text("position")),
    recordedAt: new Date(Number(event["recordedAtMs"])).toISOString(),
    type: text("type"),
    data: "data" in event ? text("data") : undefined,
    metadata: "metadata" in event ? text("metadata") : undefined,
  }
  return {
    proven,
    stream: text("stream"),
    entry: await sha256(...parts.flatMap(field)),
    inclusion: list(event["inclusion"]).map((hash) => fromBase64(string(hash), 32)),
  }
}

/** The length in four bytes, and the bytes; a null is the greatest length alone. */
const field = (column: string | Uint8Array | null): ReadonlyArray<Uint8Array> => {
  const bytes = typeof column === "string" ? utf8(column) : column
  const length = new DataView(new ArrayBuffer(4))
  length.setUint32(0, bytes?.length ?? 0xffffffff)
  return [new Uint8Array(length.buffer), bytes ?? new Uint8Array()]
}

// -- The checkpoint: a C2SP signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

interface Key {
  readonly name: string
  readonly hash: string
  readonly bytes: Uint8Array
}

const parseKey = async (text: string): Promise<Key> => {
  const form = /^([^\p{White_Space}\p{Cc}\p{Surrogate}+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u
  const [, name = "", hash = "", base64 = ""] = form.exec(text) ?? []
  demand(name !== "", "key", `Not a key: ${text.slice(0, 100)}. One looks like example.com/log+0123abcd+AQ…`)
  const bytes = fromBase64(base64, 33)
  const isOwn = bytes[0] === 1 && toHex(await sha256(utf8(`${name}\n`), bytes)).startsWith(hash)
  demand(isOwn, "key", `Not a key: ${text}. It was cut or changed`)
  return { name, hash, bytes: bytes.subarray(1) }
}

/** The text that known keys have signed, and which. Signatures of other keys say nothing. */
const openNote = async (note: string, known: ReadonlyArray<Key>) => {
  const end = note.lastIndexOf("\n\n") + 1
  const [text, lines] = [note.slice(0, end), note.slice(end + 1).split("\n")]
  const isNote = lines.pop() === "" && lines.length <= 100 && utf8(note).every((byte) => byte >= 32 || byte === 10)
  demand(end > 0 && isNote, "file", "The file is no proof: its checkpoint is not a signed note")
  const signers: Array<Key> = []
  for (const line of lines) {
    const [, name, base64 = ""] = /^— ([^ ]+) ([A-Za-z0-9+/]{4,12000}={0,2})$/u.exec(line) ?? []
    const bytes = fromBase64(base64)
    const key = known.find((key) => key.name === name && key.hash === toHex(bytes.subarray(0, 4)))
    if (key === undefined || signers.includes(key)) continue
    const isValid = await isSigned(utf8(text), bytes.subarray(4), key.bytes)
    demand(isValid, "proof", `The checkpoint is not what ${key.name}+${key.hash} signed`)
    signers.push(key)
  }
  const given = known.map(({ name, hash }) => `${name}+${hash}`).join(", ")
  demand(signers.length > 0, "proof", `The checkpoint is signed by none of the keys that were given: ${given}`)
  return { note: text, signers }
}

const isSigned = async (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) => {
  const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", true, ["verify"]).catch(() => undefined)
  demand(key !== undefined, "platform", "Ed25519 is missing: it takes Node 22, Chrome 137, Firefox 129 or Safari 17")
  return crypto.subtle.verify("Ed25519", key, signature, message)
}

const parseCheckpoint = (note: string): Proven["log"] => {
  const form = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n(?:[^\n]+\n)*$/
  const [, origin = "", size = "", root = ""] = form.exec(note) ?? []
  const isSafe = origin !== "" && Number.isSafeInteger(Number(size))
  demand(isSafe, "file", "The file is no proof: the signed note is not a checkpoint")
  return { origin, size: Number(size), root: toBase64(fromBase64(root, 32)) }
}

// -- The tree: RFC 9162, section 2.1.3.2.

/** The root that an event's siblings, from the leaf up, lead to; `undefined` when they are too many or too few for its place. */
const rootOf = async ({ proven, entry, inclusion }: Awaited<ReturnType<typeof parseEvent>>, size: number) => {
  let [at, last, hash] = [Number(proven.position) - 1, size - 1, await sha256(Uint8Array.of(0), entry)]
  for (const sibling of inclusion) {
    if (last <= 0) return undefined
    const isRight = at % 2 === 1 || at === last
    hash = await sha256(Uint8Array.of(1), ...(isRight ? [sibling, hash] : [hash, sibling]))
    // A node at the right edge that has no sibling stands for its parent.
    if (isRight) for (; at % 2 === 0 && at !== 0; last = Math.floor(last / 2)) at /= 2
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  return last === 0 ? toBase64(hash) : undefined
}

// -- Bytes.

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

/** Of RFC 4648, section 4, and of each value one text. */
const fromBase64 = (text: string, length?: number): Uint8Array => {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]{2,}={0,2}$/.test(text)
  const bytes = Uint8Array.from(isBase64 ? atob(text) : "", (byte) => byte.charCodeAt(0))
  const fits = isBase64 && bytes.length === (length ?? bytes.length) && toBase64(bytes) === text
  demand(fits, "file", `The file is no proof: "${text.slice(0, 100)}" does not belong there`)
  return bytes
}

const sha256 = async (...parts: ReadonlyArray<Uint8Array>): Promise<Uint8Array> => {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0)
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined))
}
