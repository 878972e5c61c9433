/** C2SP tlog-proof: that one entry is in a log, as a text of its own. */
import { fromBase64, toBase64 } from "./Bytes.ts"
import { Malformed } from "./Malformed.ts"

export interface Proof {
  /** Whatever the reader needs besides. Nothing vouches for it. */
  readonly extra?: Uint8Array
  readonly index: number
  /** `Tree.proveInclusion`: from the leaf's sibling up, 32 bytes each. */
  readonly hashes: ReadonlyArray<Uint8Array>
  /** A signed note whose text is a checkpoint. */
  readonly checkpoint: string
}

const header = "c2sp.org/tlog-proof@v1"

/** The text; its file name ends in `.tlog-proof`. */
export const format = ({ extra, index, hashes, checkpoint }: Proof): string =>
  [
    header,
    ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(toBase64),
    "",
    checkpoint,
  ].join("\n")

/** The inverse of `format`. The checkpoint is as it came: open it as a note. Throws `Malformed`. */
export const parse = (text: string): Proof => {
  const end = text.indexOf("\n\n")
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split("\n")
  const extra = lines[0]?.startsWith("extra ") ? lines.shift()?.slice("extra ".length) : undefined
  const [, index] = /^index (0|[1-9][0-9]*)$/.exec(lines.shift() ?? "") ?? []
  const hashes = lines.map(fromBase64)
  if (first !== header || index === undefined || !Number.isSafeInteger(Number(index)))
    throw new Malformed("not a proof")
  if (hashes.some(({ length }) => length !== 32)) throw new Malformed("a hash has 32 bytes")
  return {
    ...(extra === undefined ? {} : { extra: fromBase64(extra) }),
    index: Number(index),
    hashes,
    checkpoint: text.slice(end + 2),
  }
}
