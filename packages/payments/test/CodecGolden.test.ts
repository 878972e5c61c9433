/** Every event that was ever stored stays readable, and what is written now is what is in the golden files. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { createHash } from "node:crypto"
import { readFileSync, readdirSync } from "node:fs"
import { type Codec, type Stored, Unreadable } from "@paylog/payments/Codec"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import { bytesOf, files, type GoldenFile, meaningOf } from "./support/golden.ts"
import { current } from "./support/storedSchemas.ts"

const metadata = {
  actor: { kind: "Staff", id: "test" },
  source: "Manual",
  correlationId: "test",
  codeVersion: "0",
} as const

/** What these tests need of a codec, whichever aggregate's it is. */
const tested = <E>({ versions, encode, decode }: Codec<E>) => ({
  versions,
  decode: (stored: Stored): unknown => decode(stored),
  writtenAnew: (stored: ReadonlyArray<Stored>) => encode(stored.map(decode), metadata),
})

const codecs: Record<string, ReturnType<typeof tested>> = {
  invoice: tested(StoredEvents.invoice),
  unmatched: tested(StoredEvents.unmatched),
  quarantine: tested(StoredEvents.quarantine),
  erasure: tested(StoredEvents.erasure),
}

const codecOf = ({ aggregate }: Pick<GoldenFile, "aggregate">) =>
  codecs[aggregate] ?? assert.fail(`No aggregate is called ${aggregate}`)

const parsed = (line: string): Record<string, unknown> => JSON.parse(line)

/** The fields of an event's newest schema version; those that may be absent end with `?`. */
const fieldsOf = ({ aggregate, type }: GoldenFile) => {
  const [shape] = Object.values(current()[aggregate]?.[type] ?? {})
  return shape !== undefined && "fields" in shape ? shape.fields : {}
}

describe.each(files.map((file) => [file.path, file] as const))("the stored events of %s", (path, file) => {
  const { type, schemaVersion, lines } = file
  const stored = lines.map((data) => ({ type, schemaVersion, data }))

  it("are read as what was meant", () => {
    const meant = meaningOf(file)
    assert.isDefined(meant, `Say in test/support/golden.ts what ${path} means`)
    assert.deepStrictEqual<unknown>(stored.map(codecOf(file).decode), meant)
  })

  it("are not read, when that is the newest version, without one of their fields or with one of another type", () => {
    if (codecOf(file).versions.get(type) !== schemaVersion) return
    const optional = new Set(
      Object.keys(fieldsOf(file)).flatMap((name) => (name.endsWith("?") ? [name.slice(0, -1)] : [])),
    )
    for (const line of lines)
      for (const name of Object.keys(parsed(line))) {
        const { [name]: _, ...without } = parsed(line)
        const read = (data: object) => () => codecOf(file).decode({ type, schemaVersion, data: JSON.stringify(data) })
        if (optional.has(name)) assert.doesNotThrow(read(without))
        else assert.throws(read(without), Unreadable, name)
        for (const other of [null, true, {}, [], "", -1.5, "\u0000"])
          if (!(name.endsWith("Link") && other === ""))
            assert.throws(read({ ...without, [name]: other }), Unreadable, name)
      }
  })

  it.effect("are written so, byte for byte, when that is the newest version", () =>
    Effect.gen(function* () {
      if (codecOf(file).versions.get(type) !== schemaVersion) return
      const written = yield* codecOf(file).writtenAnew(stored)
      assert.deepStrictEqual(
        written.map(({ type, schemaVersion, data }) => ({ type, schemaVersion, data })),
        stored,
      )
    }).pipe(Effect.provide(SecureRandom.layerWebCrypto)),
  )
})

describe("golden files", () => {
  /** What lacks a file, of all versions that the codecs read. */
  const lacking = (codecs: Record<string, Pick<Codec<unknown>, "versions">>, present: ReadonlyArray<GoldenFile>) =>
    Object.entries(codecs).flatMap(([aggregate, { versions }]) =>
      [...versions].flatMap(([type, newest]) =>
        Array.from({ length: newest }, (_, index) => `${aggregate}/${type}.${index + 1}.jsonl`).filter(
          (path) =>
            !present.some(
              (file) =>
                `${file.aggregate}/${file.type}.${file.schemaVersion}.jsonl` === path &&
                file.lines.some((line) => line.length > 0),
            ),
        ),
      ),
    )

  it("are there for every version of every event", () => {
    assert.deepStrictEqual(lacking(codecs, files), [])
    // Control: an event that has come to version 2, and one that is new.
    const { invoice } = StoredEvents
    const versions = new Map([...invoice.versions, ["InvoicePaid", 2], ["New", 1]] as const)
    const grown = { invoice: { ...invoice, versions } }
    assert.deepStrictEqual(lacking(grown, files), ["invoice/InvoicePaid.2.jsonl", "invoice/New.1.jsonl"])
  })

  it("are of no event or version that the program does not know", () => {
    for (const file of files)
      assert.isAtLeast(codecOf(file).versions.get(file.type) ?? 0, file.schemaVersion, file.path)
  })

  /** The paths that are not as `sums`, in the form of sha256sum, has them; edited, added and removed ones. */
  const changed = (sums: string, present: ReadonlyMap<string, Buffer>) => {
    const listed = new Map(
      sums
        .trimEnd()
        .split("\n")
        .map((line): [string, string] => [line.slice(66), line.slice(0, 64)]),
    )
    return [...new Set([...listed.keys(), ...present.keys()])].filter((path) => {
      const bytes = present.get(path)
      return bytes === undefined || createHash("sha256").update(bytes).digest("hex") !== listed.get(path)
    })
  }

  it("never change: their digests are those of SHA256SUMS", () => {
    const sums = bytesOf("SHA256SUMS").toString("utf8")
    const present = new Map(files.map(({ path }) => [path, bytesOf(path)]))
    assert.deepStrictEqual(
      changed(sums, present),
      [],
      "A golden file is never edited or removed. Undo that; what is new goes into a new file, with its line in SHA256SUMS",
    )
    // Control: one edited, one removed, one added.
    const [[edited, bytes] = assert.fail("no files"), [removed] = assert.fail("one file"), ...rest] = [...present]
    const altered = new Map([[edited, Buffer.concat([bytes, Buffer.from("\n")])], ...rest, ["added", bytes]])
    assert.deepStrictEqual(changed(sums, altered).toSorted(), [edited, removed, "added"].toSorted())
  })

  it("cover all that is encoded: no codec is made but in StoredEvents", () => {
    const src = new URL("../src/", import.meta.url)
    const makers = readdirSync(src).filter((file) => /\bCodec\.make\b/.test(readFileSync(new URL(file, src), "utf8")))
    assert.deepStrictEqual(makers, ["StoredEvents.ts"])
    assert.sameMembers(Object.keys(codecs), Object.keys(StoredEvents.all))
  })
})
