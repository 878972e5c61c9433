// Made by `npx -y pnpm --filter @paylog/transparency verifiers`: change its sources instead.
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"

/**
 * Checks a file `paylog-proof/1` with nothing at hand but the log's key. This file imports nothing, not even the rest of the
 * package, so that it can be read alone and run anywhere: `paylog check`, `check-proof.mjs` and `verify.html` are this text.
 */

/**
 * Whether the file's events are in the log of its checkpoint, and one of `keys` (`name+hash+base64`) signed that. The log's
 * origin must be `origin`, or else the name of a key that signed. Never rejects.
 */
const verifyProof = async (text, keys, { origin } = {}) => {
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
  fault = "file"
}

function demand(holds, fault, problem) {
  if (!holds) throw Object.assign(new Refusal(problem), { fault })
}

const verify = async (text, keys, origin) => {
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
const fields = (value, names) => {
  const isFields = (value) => typeof value === "object" && value !== null
  demand(isFields(value), "file", "The file is no proof: it lacks an object")
  const has = Object.keys(value)
  const fit = names.every((name, at) => has[at] === name.replace("?", "") || has[at] === name.replace("?", "Sha256"))
  demand(fit && has.length === names.length, "file", `The file is no proof: it has the fields ${has.join()}`)
  return value
}

const string = (value, form = /^\P{Surrogate}*$/u) => {
  const fits = typeof value === "string" && form.test(value)
  demand(fits, "file", `The file is no proof: ${JSON.stringify(value)} does not belong there`)
  return value
}

const list = (value) => {
  demand(Array.isArray(value) && value.length < 10_000, "file", "The file is no proof: it lacks a list")
  return value
}

const decimal = /^(?:0|[1-9][0-9]{0,15})$/

const parseFile = async (text) => {
  demand(text.length <= 16_000_000, "file", "The file is no proof: it is too long")
  const value = JSON.parse(text)
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
const parseEvent = async (value) => {
  const event = fields(value, names)
  const text = (name, form) => string(event[name], form)
  const orNull = (name, form) => (event[name] === null ? null : text(name, form))
  const fromHex = (name) =>
    Uint8Array.from(text(name, /^[0-9a-f]{64}$/).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  const digest = async (name) => (name in event ? sha256(utf8(text(name))) : fromHex(`${name}Sha256`))
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
  const proven = {
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
const field = (column) => {
  const bytes = typeof column === "string" ? utf8(column) : column
  const length = new DataView(new ArrayBuffer(4))
  length.setUint32(0, bytes?.length ?? 0xffffffff)
  return [new Uint8Array(length.buffer), bytes ?? new Uint8Array()]
}

// -- The checkpoint: a C2SP signed note (c2sp.org/signed-note, c2sp.org/tlog-checkpoint).

const parseKey = async (text) => {
  const form = /^([^\p{White_Space}\p{Cc}\p{Surrogate}+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u
  const [, name = "", hash = "", base64 = ""] = form.exec(text) ?? []
  demand(name !== "", "key", `Not a key: ${text.slice(0, 100)}. One looks like example.com/log+0123abcd+AQ…`)
  const bytes = fromBase64(base64, 33)
  const isOwn = bytes[0] === 1 && toHex(await sha256(utf8(`${name}\n`), bytes)).startsWith(hash)
  demand(isOwn, "key", `Not a key: ${text}. It was cut or changed`)
  return { name, hash, bytes: bytes.subarray(1) }
}

/** The text that known keys have signed, and which. Signatures of other keys say nothing. */
const openNote = async (note, known) => {
  const end = note.lastIndexOf("\n\n") + 1
  const [text, lines] = [note.slice(0, end), note.slice(end + 1).split("\n")]
  const isNote = lines.pop() === "" && lines.length <= 100 && utf8(note).every((byte) => byte >= 32 || byte === 10)
  demand(end > 0 && isNote, "file", "The file is no proof: its checkpoint is not a signed note")
  const signers = []
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

const isSigned = async (message, signature, publicKey) => {
  const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", true, ["verify"]).catch(() => undefined)
  demand(key !== undefined, "platform", "Ed25519 is missing: it takes Node 22, Chrome 137, Firefox 129 or Safari 17")
  return crypto.subtle.verify("Ed25519", key, signature, message)
}

const parseCheckpoint = (note) => {
  const form = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n(?:[^\n]+\n)*$/
  const [, origin = "", size = "", root = ""] = form.exec(note) ?? []
  const isSafe = origin !== "" && Number.isSafeInteger(Number(size))
  demand(isSafe, "file", "The file is no proof: the signed note is not a checkpoint")
  return { origin, size: Number(size), root: toBase64(fromBase64(root, 32)) }
}

// -- The tree: RFC 9162, section 2.1.3.2.

/** The root that an event's siblings, from the leaf up, lead to; `undefined` when they are too many or too few for its place. */
const rootOf = async ({ proven, entry, inclusion }, size) => {
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

const utf8 = (text) => new TextEncoder().encode(text)
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes))

/** Of RFC 4648, section 4, and of each value one text. */
const fromBase64 = (text, length) => {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]{2,}={0,2}$/.test(text)
  const bytes = Uint8Array.from(isBase64 ? atob(text) : "", (byte) => byte.charCodeAt(0))
  const fits = isBase64 && bytes.length === (length ?? bytes.length) && toBase64(bytes) === text
  demand(fits, "file", `The file is no proof: "${text.slice(0, 100)}" does not belong there`)
  return bytes
}

const sha256 = async (...parts) => {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0)
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined))
}

/** What a check of a proof tells people. */

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

const usage = `node check-proof.mjs FILE --key KEY [--key KEY …] [--origin NAME] [--json]

Checks a proof that one invoice's events are in a log. It reads FILE and nothing else: no network, no database.
KEY is the log's public key, name+hash+base64, from somewhere you trust: not from whoever gave you FILE.
Ends with 0 when the proof holds, 5 when it does not, 2 when FILE is no proof or KEY no key, 1 when nothing could be checked.
`

const codes = { proof: 5, file: 2, key: 2, platform: 1 }

const end = (code, text) => {
  process.exitCode = code
  const stream = code === 0 || code === 5 ? process.stdout : process.stderr
  stream.write(text)
}

const given = () => {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { key: { type: "string", multiple: true }, origin: { type: "string" }, json: { type: "boolean" } },
    })
    return { file: positionals.length === 1 ? positionals[0] : undefined, ...values }
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
if (args.file === undefined || args.key === undefined) end(2, usage)
else await check(args)
