import { assert, describe, it } from "@effect/vitest"
import { sorting } from "../src/internal/rowsApart.ts"

const message = (type: string, body: string): Buffer => {
  const bytes = Buffer.from(`${type}0000${body}`)
  bytes.writeUInt32BE(bytes.length - 1, 1)
  return bytes
}

const row = (body: string) => message("D", body)
const long = "x".repeat(300)
const messages = [
  message("2", ""),
  row("one"),
  row(""),
  message("N", long),
  row(long),
  row("two"),
  message("C", "3"),
  message("Z", "I"),
]

/** What comes of the messages when they arrive in pieces of so many bytes. */
const sorted = (size: number, takes: boolean) => {
  const rows: Array<string> = []
  const passed: Array<Buffer> = []
  const take = (buffer: Buffer, start: number) => {
    const end = start + buffer.readUInt32BE(start - 4) - 4
    rows.push(buffer.toString("latin1", start, end))
  }
  const sort = sorting({ take: takes ? take : undefined }, (bytes) => void passed.push(Buffer.from(bytes)))
  const all = Buffer.concat(messages)
  for (let at = 0; at < all.length; at += size) sort(Buffer.from(all.subarray(at, at + size)))
  return { rows, passed: Buffer.concat(passed).toString("latin1") }
}

const sizes = [1, 2, 3, 4, 5, 6, 7, 11, 64, 299, 305, 306, 307, 10_000]

describe("the server's bytes", () => {
  it.each(sizes)("in pieces of %i bytes: rows go to who asked for them, all else goes on", (size) => {
    assert.deepStrictEqual(sorted(size, true), {
      rows: ["one", "", long, "two"],
      passed: Buffer.concat(messages.filter((bytes) => bytes[0] !== 0x44)).toString("latin1"),
    })
  })

  it.each(sizes)("in pieces of %i bytes go on as they are when nobody asked", (size) => {
    assert.deepStrictEqual(sorted(size, false), { rows: [], passed: Buffer.concat(messages).toString("latin1") })
  })
})
