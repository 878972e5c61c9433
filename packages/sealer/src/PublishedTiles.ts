/** The tree as it is published: where C2SP tlog-tiles has tiles and entries, and how it has entries. */
import { joined } from "@paylog/transparency/Bytes"
import { Malformed } from "@paylog/transparency/Malformed"

/** Hashes, or entries, of a whole tile. */
const full = 256

/** Where a tile is served, below the log's address: `tile/0/x001/x234/067`, with `.p/<width>` when it is partial. */
export const tilePath = (at: { level: number | "entries"; index: number; width: number }): string => {
  const groups =
    at.index
      .toString()
      .padStart(Math.ceil(at.index.toString().length / 3) * 3, "0")
      .match(/.{3}/g) ?? []
  const path = groups.map((group, place) => (place < groups.length - 1 ? `x${group}` : group)).join("/")
  return `tile/${at.level}/${path}${at.width === full ? "" : `.p/${at.width}`}`
}

/** The inverse of `tilePath`, and no more than this: each tile has one path. Throws `Malformed` on any other. */
export const parseTilePath = (path: string): { level: number | "entries"; index: number; width: number } => {
  const [, level = "", groups = "", width] =
    /^tile\/(entries|[0-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path) ?? []
  const at = {
    level: level === "entries" ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, "")),
    width: width === undefined ? full : Number(width),
  } as const
  if (groups === "" || !Number.isSafeInteger(at.index) || at.width > full || tilePath(at) !== path) {
    throw new Malformed("not the path of a tile")
  }
  return at
}

/** An entry bundle: each entry after its length, two bytes, big-endian. */
export const bundle = (entries: ReadonlyArray<Uint8Array>): Uint8Array =>
  joined(
    entries.flatMap((entry) => {
      if (entry.length > 0xffff) throw new RangeError("an entry of a bundle has at most 65,535 bytes")
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]
    }),
  )

/** The inverse of `bundle`. Throws `Malformed` when the last entry is cut. */
export const unbundle = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const entries: Array<Uint8Array> = []
  for (let at = 0; at < bytes.length;) {
    const [high = 0, low] = bytes.subarray(at, at + 2)
    const entry = bytes.slice(at + 2, at + 2 + high * 256 + (low ?? 0))
    if (low === undefined || entry.length !== high * 256 + low) throw new Malformed("a bundle that is cut")
    entries.push(entry)
    at += 2 + entry.length
  }
  return entries
}
