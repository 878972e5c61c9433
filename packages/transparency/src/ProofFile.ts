/** Writes `paylog-proof/1`: the file that `Verifier` checks. The README has its form. */
import { fromText, toBase64, toHex } from "./Bytes.ts"
import type { Stored } from "./Entry.ts"
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
  const column = (name: string, text: string) =>
    namesAnother(text, stream) ? { [`${name}Sha256`]: toHex(hash(fromText(text))) } : { [name]: text }
  const file = {
    format: "paylog-proof/1",
    stream,
    checkpoint: note,
    events: events.map((event) => {
      if ([event.stream, event.type, event.appendKey ?? ""].some((text) => namesAnother(text, stream))) {
        throw new NamesAnother(`the event at position ${event.position} names another stream in its append key`)
      }
      return {
        position: event.position.toString(),
        recordedAtMs: event.recordedAtMs.toString(),
        version: event.version.toString(),
        schemaVersion: event.schemaVersion.toString(),
        id: event.id,
        stream: event.stream,
        type: event.type,
        ...column("data", event.data),
        ...column("metadata", event.metadata),
        appendKey: event.appendKey,
        appendDigest: event.appendDigest === null ? null : toHex(event.appendDigest),
        appendCount: event.appendCount?.toString() ?? null,
        inclusion: proveInclusion(Number(event.position) - 1, size, read, hash).map(toBase64),
      }
    }),
  }
  return `${JSON.stringify(file, null, 2)}\n`
}
