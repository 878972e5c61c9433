// Made by `npx -y pnpm --filter @paylog/transparency verifiers`: change its sources instead.
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"

// src/ProofReport.ts
/** Lines of text, without control characters whatever the file holds. */
const report = (result) => lines(result).map((line) => line.replaceAll(/\p{Cc}+/gu, " "))
const lines = (result) => {
  if (!result.holds)
    return [`${result.fault === "proof" ? "The proof DOES NOT HOLD" : "Not checked"}: ${result.problem}`]
  return [
    `The proof holds: ${result.stream}`,
    "",
    ...result.events.flatMap(({ version, position, recordedAt, type, data }) => [
      `${version}. ${type}, ${recordedAt}, position ${position}`,
      `   ${data ?? "(the file has the SHA-256 of its data alone)"}`,
    ]),
    "",
    "Shown:",
    ...result.shown.map((line) => `- ${line}`),
    "Not shown:",
    ...result.notShown.map((line) => `- ${line}`),
  ]
}

// src/Malformed.ts
/** What was given does not have the form that its format demands. */
var Malformed = class extends Error {
  name = "Malformed"
}

// src/Bytes.ts
/** Bytes as this package handles them. */
/** One after the other. */
const concat = (...parts) => joined(parts)
/** The same of very many: more than a call may have arguments. */
const joined = (parts) => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
const equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at])
/** A text as UTF-8. A lone surrogate has no UTF-8: throws `Malformed`. */
const fromText = (text) => {
  if (/\p{Surrogate}/u.test(text)) throw new Malformed("a text that has no UTF-8")
  return new TextEncoder().encode(text)
}
/** The inverse of `fromText`: throws `Malformed` on what is not UTF-8. */
const toText = (bytes) => {
  try {
    return new TextDecoder("utf-8", {
      fatal: true,
      ignoreBOM: true,
    }).decode(bytes)
  } catch {
    throw new Malformed("not UTF-8")
  }
}
/** Lower-case hexadecimal. */
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
/** The inverse of `toHex`, and no more than this: throws `Malformed` on upper case or half a byte. */
const fromHex = (text) => {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new Malformed("not lower-case hexadecimal")
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}
/** RFC 4648, section 4: with `+`, `/` and padding. */
const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
/** The inverse of `toBase64`, and no more than this: each value has one text. Throws `Malformed` on any other. */
const fromBase64 = (text) => {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
  const bytes = Uint8Array.from(isBase64 ? atob(text) : "", (byte) => byte.charCodeAt(0))
  if (toBase64(bytes) !== text) throw new Malformed("not base64 as RFC 4648 writes it")
  return bytes
}

// src/Checkpoint.ts
/** C2SP tlog-checkpoint: the text of a note that says what a log's tree is. */
const check$1 = (checkpoint) => {
  if (
    [checkpoint.origin, ...checkpoint.extensions].some(
      (text) => text === "" || fromText(text).some((byte) => byte < 32),
    )
  )
    throw new Malformed("a line that is empty or not text")
  if (!Number.isSafeInteger(checkpoint.size) || checkpoint.size < 0) throw new Malformed("not the size of a tree")
  if (checkpoint.root.length !== 32) throw new Malformed("a root has 32 bytes")
  return checkpoint
}
/** The inverse of `format`, and no more than this. Throws `Malformed`. */
const parse$2 = (text) => {
  const [origin = "", size = "", root = "", ...extensions] = text.split("\n")
  if (extensions.pop() !== "" || !/^(?:0|[1-9][0-9]*)$/.test(size)) throw new Malformed("not a checkpoint")
  return check$1({
    origin,
    size: Number(size),
    root: fromBase64(root),
    extensions,
  })
}

// src/Sha256.ts
const primes = [2]
for (let candidate = 3; primes.length < 64; candidate += 2)
  if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
/** The first 32 bits of the fraction, which a double holds exactly for roots below 8. */
const fraction = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0
const start = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))
const rounds = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))
const words$1 = /* @__PURE__ */ new Int32Array(64)
const at = (array, index) => array[index] ?? 0
const rotated = (word, by) => (word >>> by) | (word << (32 - by))
const compress = (state, block, from) => {
  for (let t = 0; t < 16; t++) words$1[t] = block.getInt32(from + 4 * t)
  for (let t = 16; t < 64; t++) {
    const early = at(words$1, t - 15)
    const late = at(words$1, t - 2)
    const sigma0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3)
    const sigma1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10)
    words$1[t] = (at(words$1, t - 16) + sigma0 + at(words$1, t - 7) + sigma1) | 0
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let t = 0; t < 64; t++) {
    const sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + at(rounds, t) + at(words$1, t)) | 0
    const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, index) => (state[index] = at(state, index) + word))
}
/** 32 bytes. */
const sha256 = (data) => {
  const padded = new Uint8Array(Math.ceil((data.length + 9) / 64) * 64)
  padded.set(data)
  padded[data.length] = 128
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(data.length / 2 ** 29))
  view.setUint32(padded.length - 4, (data.length * 8) >>> 0)
  const state = start.slice()
  for (let from = 0; from < padded.length; from += 64) compress(state, view, from)
  state.forEach((word, index) => view.setInt32(4 * index, word))
  return padded.slice(0, 32)
}

// src/Entry.ts
/**
 * `paylog-event/1`: what the log's tree holds of an event. An entry is the SHA-256 of the stored columns, each after its
 * length (four bytes, big-endian; a null is the length 0xFFFFFFFF alone). `data` and `metadata` stand by their own SHA-256, so
 * that one may be shown without the other. A new column means `paylog-event/2`; rows of before keep this encoding.
 */
const format$1 = "paylog-event/1"
/** Each value after its length. */
const field = (value) => {
  const bytes = value === null || value instanceof Uint8Array ? value : fromText(value.toString())
  const length = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(4))
  length.setUint32(0, bytes?.length ?? 4294967295)
  return [new Uint8Array(length.buffer), bytes ?? /* @__PURE__ */ new Uint8Array()]
}
/** The entry, 32 bytes; the leaf at index `position` − 1 is `leafHash` of it. */
const entryOf = (event, hash = sha256) => {
  const digest = (text) => (typeof text === "string" ? hash(fromText(text)) : text)
  const { position, recordedAtMs, version, schemaVersion, id, stream, type } = event
  const numbers = [position, recordedAtMs, version, schemaVersion]
  const texts = [id, stream, type, digest(event.data), digest(event.metadata)]
  const append = [event.appendKey, event.appendDigest, event.appendCount]
  return hash(joined([format$1, ...numbers, ...texts, ...append].flatMap(field)))
}

// src/Note.ts
/**
 * C2SP signed notes with Ed25519 keys, byte for byte as Go's `golang.org/x/mod/sumdb/note` reads and writes them. Ed25519 is
 * the platform's: `crypto.subtle` of Node 22 and of browsers since 2025.
 */
/** Why a note was not opened. `unverified`: no known key has signed it; `ambiguous`: two known keys have one name and hash. */
var NoteRefused = class extends Error {
  name = "NoteRefused"
  reason
  constructor(reason, message) {
    super(message)
    this.reason = reason
  }
}
const maxBytes = 1e6
const maxSignatures = 100
/** Whether a key may have this name: not empty, and without `+`, white space and control characters. */
const isName = (name) => /^[^\p{White_Space}\p{Cc}\p{Surrogate}+]+$/u.test(name)
const keyHash = (name, key) => toHex(sha256(concat(fromText(`${name}\n`), key)).subarray(0, 4))
const keyPattern = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u
/** The parts of a key's text; its bytes are a 1, for Ed25519, and 32 more. */
const parseKey = (text) => {
  const [, name = "", hash = "", base64 = ""] = keyPattern.exec(text) ?? []
  const key = fromBase64(base64)
  if (!isName(name) || key.length !== 33 || key[0] !== 1) throw new Malformed("not a key for Ed25519")
  return {
    name,
    hash,
    key,
  }
}
/** From `name+hash+base64`. Throws `Malformed`. */
const verifier = async (verifierKey) => {
  const { name, hash, key } = parseKey(verifierKey)
  if (keyHash(name, key) !== hash) throw new Malformed("it was cut or changed, since the hash in it is another")
  const publicKey = await crypto.subtle.importKey("raw", key.subarray(1), "Ed25519", true, ["verify"])
  return {
    name,
    hash,
    verify: (message, signature) => crypto.subtle.verify("Ed25519", publicKey, signature, message),
  }
}
const isText = (text) => text.endsWith("\n") && fromText(text).every((byte) => byte >= 32 || byte === 10)
const line = ({ name, base64 }) => `— ${name} ${base64}\n`
const parse$1 = (note) => {
  const end = note.lastIndexOf("\n\n")
  const text = note.slice(0, end + 1)
  const lines = note.slice(end + 2).split("\n")
  if (end < 0 || !isText(text) || lines.pop() !== "" || lines.length === 0 || lines.length > maxSignatures)
    throw new Malformed("not a note")
  return {
    text,
    signatures: lines.map((line) => {
      const [, name = "", base64 = ""] = /^— ([^ ]+) ([A-Za-z0-9+/=]+)$/u.exec(line) ?? []
      const bytes = fromBase64(base64)
      if (!isName(name) || bytes.length < 5) throw new Malformed("not a signature")
      return {
        signature: {
          name,
          hash: toHex(bytes.subarray(0, 4)),
          base64,
        },
        bytes: bytes.subarray(4),
      }
    }),
  }
}
const read$1 = (note) => {
  try {
    const bytes = typeof note === "string" ? fromText(note) : note
    if (bytes.length > maxBytes) throw new Malformed(`a note of more than ${maxBytes} bytes`)
    return parse$1(toText(bytes))
  } catch (error) {
    throw error instanceof Malformed ? new NoteRefused("malformed", error.message) : error
  }
}
/**
 * Checks a note of at most 1,000,000 bytes and 100 signatures. Signatures by unknown keys are ignored; the first by
 * each known key must be valid, and there must be one. Further lines of the same key are skipped unchecked, as Go does it. Rejects
 * with `NoteRefused`.
 */
const open = async (note, known) => {
  const { text, signatures } = read$1(note)
  const message = fromText(text)
  const opened = {
    text,
    signatures: [],
    unverified: [],
  }
  for (const { signature, bytes } of signatures) {
    const { name, hash } = signature
    const [verifier, second] = known.filter((one) => one.name === name && one.hash === hash)
    if (second !== void 0) throw new NoteRefused("ambiguous key", `two known keys are ${name}+${hash}`)
    if (verifier === void 0) {
      if (!opened.unverified.some((one) => line(one) === line(signature))) opened.unverified.push(signature)
    } else if (!opened.signatures.some((one) => one.name === name && one.hash === hash)) {
      if (!(await verifier.verify(message, bytes)))
        throw new NoteRefused("invalid signature", `the signature of ${name}+${hash} is not valid`)
      opened.signatures.push(signature)
    }
  }
  if (opened.signatures.length === 0) throw new NoteRefused("unverified", "no known key has signed the note")
  return opened
}

// src/Tree.ts
/**
 * The Merkle tree of RFC 6962, section 2.1, and its proofs (checked as RFC 9162, sections 2.1.3.2 and 2.1.4.2, says). Sizes
 * and indexes are whole numbers below 2^53. All that hashes takes a SHA-256 as its last argument.
 */
/** What is hashed of a leaf of 32 bytes, and of a node. One buffer serves all, since a tree has very many. */
const single = /* @__PURE__ */ new Uint8Array(33)
const pair = /* @__PURE__ */ new Uint8Array(65).fill(1, 0, 1)
const leafHash = (entry, hash = sha256) => {
  if (entry.length !== 32) return hash(concat(single.subarray(0, 1), entry))
  single.set(entry, 1)
  return hash(single)
}
const nodeHash = (left, right, hash = sha256) => {
  pair.set(left, 1)
  pair.set(right, 33)
  return hash(pair)
}
const whole = (value) => Number.isSafeInteger(value) && value >= 0
const half = (value) => Math.floor(value / 2)
const odd = (value) => value % 2 === 1
/**
 * Climbs from the node `from` of a level, whose last is `to`, by its siblings; `join` hears each, and whether it stands to the
 * left. Whether that ends at the root.
 */
const climb = (from, to, siblings, join) => {
  let [at, last] = [from, to]
  for (const sibling of siblings) {
    if (last === 0 || sibling.length !== 32) return false
    const isLeft = odd(at) || at === last
    join(sibling, isLeft)
    if (isLeft) for (; !odd(at) && at !== 0; last = half(last)) at = half(at)
    at = half(at)
    last = half(last)
  }
  return last === 0
}
/** Whether `proof` shows that the tree of `size` leaves with this root has the leaf with the hash `leaf` at `index`. */
const checkInclusion = (proof, { index, leaf, size, root }, hash = sha256) => {
  if (!whole(index) || !whole(size) || index >= size) return false
  let result = leaf
  return (
    climb(index, size - 1, proof, (sibling, isLeft) => {
      result = isLeft ? nodeHash(sibling, result, hash) : nodeHash(result, sibling, hash)
    }) && equal(result, root)
  )
}

// src/ProofFile.ts
/** `paylog-proof/1`, the proof of one stream's events as a file: written, and read. The README has its form. */
const format = "paylog-proof/1"
/** Characters. */
const longest = 16e6
/** The one text that a proof has. */
const textOf = ({ stream, note, events }) => {
  const shown = (name, value) => (value instanceof Uint8Array ? { [`${name}Sha256`]: toHex(value) } : { [name]: value })
  const written = events.map(({ event, inclusion }) => ({
    position: event.position.toString(),
    recordedAtMs: event.recordedAtMs.toString(),
    version: event.version.toString(),
    schemaVersion: event.schemaVersion.toString(),
    id: event.id,
    stream: event.stream,
    type: event.type,
    ...shown("data", event.data),
    ...shown("metadata", event.metadata),
    appendKey: event.appendKey,
    appendDigest: event.appendDigest && toHex(event.appendDigest),
    appendCount: event.appendCount?.toString() ?? null,
    inclusion: inclusion.map(toBase64),
  }))
  return `${JSON.stringify(
    {
      format,
      stream,
      checkpoint: note,
      events: written,
    },
    null,
    2,
  )}\n`
}
/** The inverse of `write`, and no more than this: nothing can be put into a proof that is not read. Throws on any other text. */
const parse = (text) => {
  if (text.length > longest) throw new Malformed("it is too long")
  const { stream, checkpoint, events } = JSON.parse(text)
  const claimed = {
    stream: string(stream),
    note: string(checkpoint),
    events: events.map(claimedIn),
  }
  if (textOf(claimed) !== text)
    throw new Malformed(`it is not ${format} as it is written: something was changed or put in`)
  return claimed
}
const string = (value) => {
  if (typeof value !== "string") throw new Malformed(`${JSON.stringify(value)} is no text`)
  return value
}
const claimedIn = ({ inclusion, ...event }) => {
  const text = (name) => string(event[name])
  const number = (name, most = Number.MAX_SAFE_INTEGER) => {
    const value = Number(text(name))
    if (!Number.isSafeInteger(value) || value < 0 || value > most) throw new Malformed(`its ${name} is out of range`)
    return value
  }
  const shown = (name) => (name in event ? text(name) : fromHex(text(`${name}Sha256`)))
  const orNull = (name, read) => (event[name] === null ? null : read(name))
  return {
    event: {
      position: BigInt(number("position")),
      recordedAtMs: BigInt(number("recordedAtMs", 864e13)),
      version: number("version"),
      schemaVersion: number("schemaVersion"),
      id: text("id"),
      stream: text("stream"),
      type: text("type"),
      data: shown("data"),
      metadata: shown("metadata"),
      appendKey: orNull("appendKey", text),
      appendDigest: orNull("appendDigest", (name) => fromHex(text(name))),
      appendCount: orNull("appendCount", number),
    },
    inclusion: inclusion.map(hashIn),
  }
}
const hashIn = (base64) => {
  const hash = fromBase64(string(base64))
  if (hash.length !== 32) throw new Malformed("a hash has 32 bytes")
  return hash
}

// src/Verifier.ts
/** Checks a file `paylog-proof/1` with nothing at hand but the log's key. `check-proof.mjs` and `verify.html` are made of this. */
/**
 * Whether the file's events are in the log of its checkpoint, and one of `keys` signed that. Never rejects. Of a million events,
 * each costs at most 20 hashes and those of its columns.
 */
const verifyProof = async (text, keys, options = {}) => {
  try {
    return await verify(text, keys, options)
  } catch (error) {
    if (error instanceof Refusal)
      return {
        holds: false,
        fault: error.fault,
        problem: error.message,
      }
    return {
      holds: false,
      fault: "file",
      problem: `The file is no proof: ${error instanceof Malformed ? error.message : "it is not JSON, or not that of a proof"}`,
    }
  }
}
var Refusal = class extends Error {
  fault
  constructor(fault, problem) {
    super(problem)
    this.fault = fault
  }
}
const demand = (holds, problem) => {
  if (!holds) throw new Refusal("proof", problem)
}
const verify = async (text, keys, { origin, hash = sha256 }) => {
  if (keys.length === 0) throw new Refusal("key", "No key was given: without the log's key nothing can be checked")
  const known = await Promise.all([...new Set(keys)].map(async (key) => (typeof key === "string" ? read(key) : key)))
  const { stream, note, events } = parse(text)
  if (events.length === 0) throw new Malformed("it has no events")
  const { text: signed, signatures } = await opened(note, known)
  const { root, size, origin: logged } = parse$2(signed)
  const names = signatures.map(({ name }) => name)
  const isWanted = origin === void 0 ? names.includes(logged) : logged === origin
  demand(isWanted, `The checkpoint is of the log ${logged}, not of ${origin ?? names.join()}`)
  let before = 0n
  for (const [index, { event, inclusion }] of events.entries()) {
    const { position, version, type } = event
    const which = `The event at position ${position}`
    demand(event.stream === stream, `${which} is of ${event.stream}, not of ${stream}`)
    demand(version === index + 1, `${which} has version ${version} where ${index + 1} belongs`)
    demand(position > before, `${which} comes after one at position ${before}`)
    demand(position <= size, `${which} is beyond the checkpoint, which is of ${size} events`)
    const proven = {
      index: Number(position) - 1,
      leaf: leafHash(entryOf(event, hash), hash),
      size,
      root,
    }
    const isIn = checkInclusion(inclusion, proven, hash)
    demand(isIn, `${which} (version ${version}, ${type}) is not in the log as it stands in the file`)
    before = position
  }
  const log = {
    origin: logged,
    size,
    root: toBase64(root),
  }
  const signedBy = signatures.map(nameOf)
  return {
    holds: true,
    stream,
    log,
    signedBy,
    events: events.map(provenOf),
    ...words(stream, events.length, log, signedBy),
  }
}
const nameOf = ({ name, hash }) => `${name}+${hash}`
const provenOf = ({ event }) => {
  const { version, position, type, recordedAtMs } = event
  const shown = (text) => (typeof text === "string" ? text : void 0)
  return {
    version,
    position,
    recordedAt: new Date(Number(recordedAtMs)).toISOString(),
    type,
    data: shown(event.data),
    metadata: shown(event.metadata),
  }
}
const words = (stream, events, { origin, size, root }, keys) => ({
  shown: [
    `The log ${origin} of ${size} events (root ${root}) is signed by ${keys.join(", ")}.`,
    `It holds the versions 1 to ${events} of ${stream}, without a gap, exactly as they stand in the file.`,
  ],
  notShown: [
    `That these are all: ${stream} may have later events, before or after that checkpoint.`,
    "That the log tells everybody the same: compare its size and root with a checkpoint that was published elsewhere.",
    "That the log has no second history of the same name: whoever replays the whole log sees that.",
    "That what the events say is true: it is the word of whoever recorded them.",
  ],
})
const read = (key) =>
  verifier(key).catch((error) => {
    if (!(error instanceof Malformed))
      throw new Refusal("platform", "Ed25519 is missing: it takes Node 22, Chrome 137, Firefox 129 or Safari 17")
    throw new Refusal(
      "key",
      `Not a key: ${key.slice(0, 100)}: ${error.message}. One looks like example.com/log+0123abcd+AQ…`,
    )
  })
/** The text that known keys have signed. */
const opened = (note, known) =>
  open(note, known).catch((error) => {
    if (!(error instanceof NoteRefused)) throw error
    if (error.reason === "malformed") throw new Malformed(`its checkpoint is no signed note: ${error.message}`)
    if (error.reason === "unverified")
      throw new Refusal(
        "proof",
        `The checkpoint is signed by none of the keys that were given: ${known.map(nameOf).join(", ")}`,
      )
    throw new Refusal("proof", `The checkpoint is not what was signed: ${error.message}`)
  })

// verifier/node.js
const usage = `node check-proof.mjs FILE --key KEY [--key KEY …] [--origin NAME] [--json]

Checks a proof that one invoice's events are in a log. It reads FILE and nothing else: no network, no database.
KEY is the log's public key, name+hash+base64, from somewhere you trust: not from whoever gave you FILE.
Ends with 0 when the proof holds, 5 when it does not, 2 when FILE is no proof or KEY no key, 1 when nothing could be checked.
`
const codes = {
  proof: 5,
  file: 2,
  key: 2,
  platform: 1,
}
const end = (code, text) => {
  process.exitCode = code
  ;(code === 0 || code === 5 ? process.stdout : process.stderr).write(text)
}
const given = () => {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        key: {
          type: "string",
          multiple: true,
        },
        origin: { type: "string" },
        json: { type: "boolean" },
      },
    })
    return {
      file: positionals.length === 1 ? positionals[0] : void 0,
      ...values,
    }
  } catch {
    return {}
  }
}
const check = async ({ file, key, origin, json }) => {
  let text
  try {
    text = readFileSync(file, "utf8")
  } catch (error) {
    return end(2, `Not checked: ${file} cannot be read: ${error.message}\n`)
  }
  const result = await verifyProof(text, key, { origin })
  const asText = (_, value) => (typeof value === "bigint" ? value.toString() : value)
  const shown = json ? JSON.stringify(result, asText, 2) : report(result).join("\n")
  end(result.holds ? 0 : codes[result.fault], `${shown}\n`)
}
const args = given()
if (args.file === void 0 || args.key === void 0) end(2, usage)
else await check(args)
