/** C2SP tlog-checkpoint: the text of a note that says what a log's tree is. */
import { fromBase64, fromText, toBase64 } from "./Bytes.ts"
import { Malformed } from "./Malformed.ts"

export interface Checkpoint {
  /** The log's name, one line. */
  readonly origin: string
  /** How many leaves; below 2^53. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Further lines, none of them empty. Nobody can check them against the log. */
  readonly extensions: ReadonlyArray<string>
}

const lines = ({ origin, size, root, extensions }: Checkpoint): ReadonlyArray<string> => [
  origin,
  size.toString(),
  toBase64(root),
  ...extensions,
]

const check = (checkpoint: Checkpoint): Checkpoint => {
  const texts = [checkpoint.origin, ...checkpoint.extensions]
  if (texts.some((text) => text === "" || fromText(text).some((byte) => byte < 0x20))) {
    throw new Malformed("a line that is empty or not text")
  }
  if (!Number.isSafeInteger(checkpoint.size) || checkpoint.size < 0) throw new Malformed("not the size of a tree")
  if (checkpoint.root.length !== 32) throw new Malformed("a root has 32 bytes")
  return checkpoint
}

/** The text to be signed. Throws `Malformed`. */
export const format = (checkpoint: Checkpoint): string =>
  lines(check(checkpoint))
    .map((line) => `${line}\n`)
    .join("")

/** The inverse of `format`, and no more than this. Throws `Malformed`. */
export const parse = (text: string): Checkpoint => {
  const [origin = "", size = "", root = "", ...extensions] = text.split("\n")
  if (extensions.pop() !== "" || !/^(?:0|[1-9][0-9]*)$/.test(size)) throw new Malformed("not a checkpoint")
  return check({ origin, size: Number(size), root: fromBase64(root), extensions })
}
