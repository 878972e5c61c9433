/** Checks a file `paylog-proof/1` with nothing at hand but the log's key. `check-proof.mjs` and `verify.html` are made of this. */
import { toBase64 } from "./Bytes.ts"
import * as Checkpoint from "./Checkpoint.ts"
import { entryOf } from "./Entry.ts"
import { Malformed } from "./Malformed.ts"
import * as Note from "./Note.ts"
import * as ProofFile from "./ProofFile.ts"
import { type Hash, sha256 } from "./Sha256.ts"
import { checkInclusion, leafHash } from "./Tree.ts"

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

/** The log's `origin`; by default the name of a key that signed. `hash`: a quicker SHA-256. */
export interface Options {
  readonly origin?: string | undefined
  readonly hash?: Hash
}

/**
 * Whether the file's events are in the log of its checkpoint, and one of `keys` signed that. Never rejects. Of a million events,
 * each costs at most 20 hashes and those of its columns.
 */
export const verifyProof = async (
  text: string,
  keys: ReadonlyArray<Note.PublicKey>,
  options: Options = {},
): Promise<Proven | Refused> => {
  try {
    return await verify(text, keys, options)
  } catch (error) {
    if (error instanceof Refusal) return { holds: false, fault: error.fault, problem: error.message }
    const problem = error instanceof Malformed ? error.message : "it is not JSON, or not that of a proof"
    return { holds: false, fault: "file", problem: `The file is no proof: ${problem}` }
  }
}

class Refusal extends Error {
  readonly fault: Refused["fault"]
  constructor(fault: Refused["fault"], problem: string) {
    super(problem)
    this.fault = fault
  }
}

const demand = (holds: boolean, problem: string): void => {
  if (!holds) throw new Refusal("proof", problem)
}

const verify = async (text: string, keys: ReadonlyArray<Note.PublicKey>, { origin, hash = sha256 }: Options) => {
  if (keys.length === 0) throw new Refusal("key", "No key was given: without the log's key nothing can be checked")
  const known = await Promise.all([...new Set(keys)].map(async (key) => (typeof key === "string" ? read(key) : key)))
  const { stream, note, events } = ProofFile.parse(text)
  if (events.length === 0) throw new Malformed("it has no events")
  const { text: signed, signatures } = await opened(note, known)
  const { root, size, origin: logged } = Checkpoint.parse(signed)
  const names = signatures.map(({ name }) => name)
  const isWanted = origin === undefined ? names.includes(logged) : logged === origin
  demand(isWanted, `The checkpoint is of the log ${logged}, not of ${origin ?? names.join()}`)
  let before = 0n
  for (const [index, { event, inclusion }] of events.entries()) {
    const { position, version, type } = event
    const which = `The event at position ${position}`
    demand(event.stream === stream, `${which} is of ${event.stream}, not of ${stream}`)
    demand(version === index + 1, `${which} has version ${version} where ${index + 1} belongs`)
    demand(position > before, `${which} comes after one at position ${before}`)
    demand(position <= size, `${which} is beyond the checkpoint, which is of ${size} events`)
    const proven = { index: Number(position) - 1, leaf: leafHash(entryOf(event, hash), hash), size, root }
    const isIn = checkInclusion(inclusion, proven, hash)
    demand(isIn, `${which} (version ${version}, ${type}) is not in the log as it stands in the file`)
    before = position
  }
  const log = { origin: logged, size, root: toBase64(root) }
  const signedBy = signatures.map(nameOf)
  return {
    holds: true,
    stream,
    log,
    signedBy,
    events: events.map(provenOf),
    ...words(stream, events.length, log, signedBy),
  } as const
}

const nameOf = ({ name, hash }: { readonly name: string; readonly hash: string }) => `${name}+${hash}`

const provenOf = ({ event }: ProofFile.Claimed["events"][number]): ProvenEvent => {
  const { version, position, type, recordedAtMs } = event
  const shown = (text: string | Uint8Array) => (typeof text === "string" ? text : undefined)
  const recordedAt = new Date(Number(recordedAtMs)).toISOString()
  return { version, position, recordedAt, type, data: shown(event.data), metadata: shown(event.metadata) }
}

const words = (stream: string, events: number, { origin, size, root }: Proven["log"], keys: Proven["signedBy"]) => ({
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

const read = (key: string): Promise<Note.Verifier> =>
  Note.verifier(key).catch((error: unknown) => {
    if (!(error instanceof Malformed))
      throw new Refusal("platform", "Ed25519 is missing: it takes Node 22, Chrome 137, Firefox 129 or Safari 17")
    throw new Refusal(
      "key",
      `Not a key: ${key.slice(0, 100)}: ${error.message}. One looks like example.com/log+0123abcd+AQ…`,
    )
  })

/** The text that known keys have signed. */
const opened = (note: string, known: ReadonlyArray<Note.Verifier>): Promise<Note.Opened> =>
  Note.open(note, known).catch((error: unknown) => {
    if (!(error instanceof Note.NoteRefused)) throw error
    if (error.reason === "malformed") throw new Malformed(`its checkpoint is no signed note: ${error.message}`)
    if (error.reason === "unverified")
      throw new Refusal(
        "proof",
        `The checkpoint is signed by none of the keys that were given: ${known.map(nameOf).join(", ")}`,
      )
    throw new Refusal("proof", `The checkpoint is not what was signed: ${error.message}`)
  })
