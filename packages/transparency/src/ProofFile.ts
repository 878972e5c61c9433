/** `paylog-proof/1`, the proof of one stream's events as a file: written, and read. The README has its form. */
import { fromBase64, fromHex, fromText, toBase64, toHex } from "./Bytes.ts"
import type { Stored, StoredColumns } from "./Entry.ts"
import { Malformed } from "./Malformed.ts"
import { type Hash, sha256 } from "./Sha256.ts"
import { type HashReader, inclusionNodes, type Node, proveInclusion } from "./Tree.ts"

export interface Contents {
  readonly stream: string
  /** All of the stream's events, from version 1 on, each with a position of at most `size`. */
  readonly events: ReadonlyArray<Stored>
  /** Of the tree that `note` signs. */
  readonly size: number
  /** The signed checkpoint. */
  readonly note: string
}

/** What stands in a file. Nothing of it is checked but its form. */
export interface Claimed {
  readonly stream: string
  readonly note: string
  readonly events: ReadonlyArray<{ readonly event: StoredColumns; readonly inclusion: ReadonlyArray<Uint8Array> }>
}

/** An event's own columns name another stream, and one that cannot stand by its digest is among them. */
export class NamesAnother extends Error {
  override readonly name = "NamesAnother"
}

/** The nodes that `write` reads. */
export const nodes = ({ events, size }: Contents): ReadonlyArray<Node> =>
  events.flatMap(({ position }) => inclusionNodes(Number(position) - 1, size))

/**
 * Whether a text has an id like the stream's own that is not its own: of `invoice-inv_7h…`, any other `inv_…`. A stream whose
 * name ends in no such id has no likes.
 */
export const namesAnother = (text: string, stream: string): boolean => {
  const [id = "", prefix = "", rest = ""] = /([a-z]+_)([0-9a-z]+)$/.exec(stream) ?? []
  if (id === "") return false
  return [...text.matchAll(new RegExp(`${prefix}[0-9a-z]{${rest.length}}`, "g"))].some(([found]) => found !== id)
}

/**
 * The file's text. Data or metadata that name another stream of the kind stand by their digests. Whether the proof holds
 * depends on the tree that is read and the note: check it before it leaves the house.
 */
export const write = ({ stream, events, size, note }: Contents, read: HashReader, hash: Hash = sha256): string => {
  const shown = (text: string) => (namesAnother(text, stream) ? hash(fromText(text)) : text)
  const claims = events.map((event) => {
    if ([event.stream, event.type, event.appendKey ?? ""].some((text) => namesAnother(text, stream)))
      throw new NamesAnother(`the event at position ${event.position} names another stream in its append key`)
    const inclusion = proveInclusion(Number(event.position) - 1, size, read, hash)
    return { event: { ...event, data: shown(event.data), metadata: shown(event.metadata) }, inclusion }
  })
  return textOf({ stream, note, events: claims })
}

const format = "paylog-proof/1"
/** Characters. */
const longest = 16_000_000

/** The one text that a proof has. */
const textOf = ({ stream, note, events }: Claimed): string => {
  const shown = (name: string, value: string | Uint8Array) =>
    value instanceof Uint8Array ? { [`${name}Sha256`]: toHex(value) } : { [name]: value }
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
  return `${JSON.stringify({ format, stream, checkpoint: note, events: written }, null, 2)}\n`
}

/** The inverse of `write`, and no more than this: nothing can be put into a proof that is not read. Throws on any other text. */
export const parse = (text: string): Claimed => {
  if (text.length > longest) throw new Malformed("it is too long")
  const { stream, checkpoint, events }: Written = JSON.parse(text)
  const claimed: Claimed = { stream: string(stream), note: string(checkpoint), events: events.map(claimedIn) }
  if (textOf(claimed) !== text)
    throw new Malformed(`it is not ${format} as it is written: something was changed or put in`)
  return claimed
}

/** What is read is written again and compared: so only what no text would show is looked at here. */
interface Written {
  readonly stream: unknown
  readonly checkpoint: unknown
  readonly events: ReadonlyArray<WrittenEvent>
}
type WrittenEvent = Readonly<Record<string, unknown>> & { readonly inclusion: ReadonlyArray<unknown> }

const string = (value: unknown): string => {
  if (typeof value !== "string") throw new Malformed(`${JSON.stringify(value)} is no text`)
  return value
}

const claimedIn = ({ inclusion, ...event }: WrittenEvent): Claimed["events"][number] => {
  const text = (name: string): string => string(event[name])
  const number = (name: string, most = Number.MAX_SAFE_INTEGER): number => {
    const value = Number(text(name))
    if (!Number.isSafeInteger(value) || value < 0 || value > most) throw new Malformed(`its ${name} is out of range`)
    return value
  }
  const shown = (name: string) => (name in event ? text(name) : fromHex(text(`${name}Sha256`)))
  const orNull = <A>(name: string, read: (name: string) => A): A | null => (event[name] === null ? null : read(name))
  return {
    event: {
      position: BigInt(number("position")),
      // The last moment that a date can be of (ECMA-262, section 21.4.1.1).
      recordedAtMs: BigInt(number("recordedAtMs", 8_640_000_000_000_000)),
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

const hashIn = (base64: unknown): Uint8Array => {
  const hash = fromBase64(string(base64))
  if (hash.length !== 32) throw new Malformed("a hash has 32 bytes")
  return hash
}
