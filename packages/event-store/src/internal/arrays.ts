/**
 * One-dimensional arrays without nulls in Postgres's binary format (`array_recv` in its source), which `pg` sends as it is
 * when given a `Buffer`. Saves escaping every string and doubling every byte.
 */

/** Object ids of element types (`pg_type.dat`). */
const oid = { bytea: 17, int4: 23, text: 25, json: 114, uuid: 2950 } as const

export const integers = (values: ReadonlyArray<number>): Buffer => {
  const buffer = frame(oid.int4, values.length, values.length * 8)
  let at = 20
  for (const value of values) {
    buffer.writeInt32BE(4, at)
    buffer.writeInt32BE(value, at + 4)
    at += 8
  }
  return buffer
}

/** Well-formed strings only: a lone surrogate would be replaced. */
export const texts = (values: ReadonlyArray<string>, type: "text" | "json" = "text"): Buffer => {
  const sizes = values.map((value) => Buffer.byteLength(value))
  const buffer = frame(oid[type], values.length, total(sizes))
  let at = 20
  for (const [index, value] of values.entries()) {
    const size = sizes[index] ?? 0
    buffer.writeInt32BE(size, at)
    buffer.write(value, at + 4, size, "utf8")
    at += 4 + size
  }
  return buffer
}

export const byteStrings = (values: ReadonlyArray<Uint8Array>, type: "bytea" | "uuid" = "bytea"): Buffer => {
  const buffer = frame(oid[type], values.length, total(values.map((value) => value.length)))
  let at = 20
  for (const value of values) {
    buffer.writeInt32BE(value.length, at)
    buffer.set(value, at + 4)
    at += 4 + value.length
  }
  return buffer
}

export const uuids = (values: ReadonlyArray<string>): Buffer =>
  byteStrings(
    values.map((value) => Buffer.from(value.replaceAll("-", ""), "hex")),
    "uuid",
  )

/** The header: dimensions, no nulls, type of the elements; of the one dimension, its length and lower bound. */
const frame = (type: number, length: number, bytes: number): Buffer => {
  const buffer = Buffer.allocUnsafe(length === 0 ? 12 : 20 + bytes)
  buffer.writeInt32BE(length === 0 ? 0 : 1, 0)
  buffer.writeInt32BE(0, 4)
  buffer.writeInt32BE(type, 8)
  if (length > 0) {
    buffer.writeInt32BE(length, 12)
    buffer.writeInt32BE(1, 16)
  }
  return buffer
}

/** Each element stands after its length. */
const total = (sizes: ReadonlyArray<number>): number => sizes.reduce((sum, size) => sum + 4 + size, 0)
