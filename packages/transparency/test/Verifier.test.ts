import { assert, describe, it } from "vitest"
import * as Note from "../src/Note.ts"
import * as ProofFile from "../src/ProofFile.ts"
import { report } from "../src/ProofReport.ts"
import { type Proven, type Refused, verifyProof } from "../src/Verifier.ts"
import { eventsOf, keys, origin, otherKeys, proofOf, sign, streamOf, treeOf } from "./support/log.ts"
import { mutations, sha256 } from "./support/merkle.ts"

const key = keys.verifierKey
const events = eventsOf("1213211341215")
const proof = await proofOf(events, "1")

const expectProven = (result: Proven | Refused): Proven => {
  if (!result.holds) assert.fail(result.problem)
  return result
}

const expectRefused = (result: Proven | Refused, fault: Refused["fault"], problem: RegExp) => {
  if (result.holds) assert.fail("it holds")
  assert.strictEqual(result.fault, fault, result.problem)
  assert.match(result.problem, problem)
}

interface File {
  stream: string
  checkpoint: string
  readonly events: Array<Record<string, unknown>>
}

/** The file after `change`, written as a proof is written. */
const changed = (change: (file: File) => unknown): string => {
  const file: File = JSON.parse(proof)
  change(file)
  return `${JSON.stringify(file, null, 2)}\n`
}

describe("a proof", () => {
  it("is none, and says why, when it has a time of which there is no date", async () => {
    const at = (time: bigint) =>
      proofOf(
        events.map((event) => ({ ...event, recordedAtMs: time })),
        "1",
      )
    expectProven(await verifyProof(await at(8_640_000_000_000_000n), [key]))
    expectRefused(
      await verifyProof(await at(8_640_000_000_000_001n), [key]),
      "file",
      /its recordedAtMs is out of range/,
    )
  })

  it("holds for each invoice of a log, and says what is shown and what is not", async () => {
    for (const digit of "12345") {
      const result = expectProven(await verifyProof(await proofOf(events, digit), [key]))
      const own = events.filter(({ stream }) => stream === streamOf(digit))
      assert.strictEqual(result.stream, streamOf(digit))
      assert.deepStrictEqual(
        result.events,
        own.map(({ version, position, recordedAtMs, type, data, metadata }) => ({
          version,
          position,
          recordedAt: new Date(Number(recordedAtMs)).toISOString(),
          type,
          data,
          metadata,
        })),
      )
      assert.strictEqual(result.log.origin, origin)
      assert.strictEqual(result.log.size, 13)
      assert.strictEqual(result.log.root, Buffer.from(treeOf(events).root).toString("base64"))
      assert.deepStrictEqual(result.signedBy, [key.split("+").slice(0, 2).join("+")])
      assert.match(result.shown.join(" "), /without a gap/)
      assert.match(result.notShown.join(" "), /may have later events/)
    }
  })

  it("holds in logs of every size up to 70", async () => {
    for (let size = 1; size <= 70; size++) {
      const digits = "12".repeat(size).slice(0, size)
      expectProven(await verifyProof(await proofOf(eventsOf(digits), "1"), [key]))
    }
  })

  it("is about one invoice: no byte of the file names another", async () => {
    assert.include(proof, streamOf("1"))
    for (const digit of "2345") assert.notInclude(proof, digit.repeat(20))
  })

  it("has data or metadata that name another invoice by their digest alone", async () => {
    const other = `{"copyOf":"inv_${"2".repeat(20)}"}`
    const some = eventsOf("12131", (event, position) =>
      position === 3 ? { ...event, data: other } : position === 5 ? { ...event, metadata: other } : event,
    )
    const text = await proofOf(some, "1")
    assert.notInclude(text, "2".repeat(20))
    const result = expectProven(await verifyProof(text, [key]))
    assert.deepStrictEqual(
      result.events.map(({ data, metadata }) => [data === undefined, metadata === undefined]),
      [
        [false, false],
        [true, false],
        [false, true],
      ],
    )
    assert.include(report(result).join("\n"), "SHA-256 of its data alone")
    expectRefused(
      await verifyProof(
        text.replace(/("dataSha256": ")./, (_, start) => `${String(start)}0`),
        [key],
      ),
      "proof",
      /not in the log/,
    )
  })

  it("is not written of an event whose append key names another invoice", () => {
    const { size, read } = treeOf(events)
    const own = events.slice(0, 1).map((event) => ({ ...event, appendKey: `${streamOf("2")}/1` }))
    const contents = { stream: streamOf("1"), events: own, size, note: "" }
    assert.throws(() => ProofFile.write(contents, read), ProofFile.NamesAnother)
  })

  it("may have the log's last events left out, as it says", async () => {
    const result = expectProven(
      await verifyProof(
        changed((file) => file.events.pop()),
        [key],
      ),
    )
    assert.strictEqual(result.events.length, 5)
  })
})

describe("a proof that was changed", () => {
  it("is refused, whichever one byte it was", async () => {
    const bytes = Buffer.from(await proofOf(eventsOf("12113"), "1"))
    const held: Array<string> = []
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 0x20]) {
        const other = Buffer.from(bytes)
        other[at] = (bytes[at] ?? 0) ^ bit
        const result = await verifyProof(other.toString(), [key])
        if (result.holds) held.push(`byte ${at}: ${bytes.subarray(at - 20, at + 20).toString()}`)
      }
    }
    assert.deepStrictEqual(held, [])
  })

  it("is refused when a hash of any event is changed, dropped, doubled, swapped or added", async () => {
    const file = JSON.parse(proof)
    for (const [at, event] of Object.entries<{ inclusion: ReadonlyArray<string> }>(file.events)) {
      const hashes = event.inclusion.map((hash) => new Uint8Array(Buffer.from(hash, "base64")))
      for (const mutated of mutations(hashes)) {
        const text = changed((file) => {
          const inclusion = mutated.map((hash) => Buffer.from(hash).toString("base64"))
          Object.assign(file.events[Number(at)] ?? {}, { inclusion })
        })
        assert.isFalse((await verifyProof(text, [key])).holds)
      }
    }
  })

  it("is refused when a hash is spelled in another way", async () => {
    const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    const text = proof.replace(/([A-Za-z0-9+/]{42})(.)="\n {6}\]/, (_, start, last) => {
      return `${String(start)}${digits[digits.indexOf(String(last)) + 1] ?? ""}="\n      ]`
    })
    assert.notStrictEqual(text, proof)
    expectRefused(await verifyProof(text, [key]), "file", /not base64/)
  })

  it("is refused when an event is missing, doubled, moved, of another version or of another invoice", async () => {
    const splice = (...args: Parameters<File["events"]["splice"]>) => changed((file) => file.events.splice(...args))
    const file = JSON.parse(proof)
    expectRefused(await verifyProof(splice(0, 1), [key]), "proof", /has version 2 where 1 belongs/)
    expectRefused(await verifyProof(splice(2, 1), [key]), "proof", /has version 4 where 3 belongs/)
    expectRefused(await verifyProof(splice(1, 0, file.events[0]), [key]), "proof", /has version 1 where 2 belongs/)
    expectRefused(await verifyProof(splice(0, 2, file.events[1], file.events[0]), [key]), "proof", /has version 2/)
    expectRefused(await verifyProof(splice(0, 6), [key]), "file", /no events/)
    const other = JSON.parse(await proofOf(events, "2"))
    expectRefused(await verifyProof(splice(0, 1, other.events[0]), [key]), "proof", /is of invoice-inv_2/)
    const renamed = proof.replaceAll("1".repeat(20), "7".repeat(20))
    expectRefused(await verifyProof(renamed, [key]), "proof", /not in the log/)
  })

  it("is refused when any column has another value, or stands by a digest that is not its own", async () => {
    const columns = {
      position: "2",
      recordedAtMs: "1767225600001",
      schemaVersion: "2",
      id: "00000000-0000-4000-8000-000000000000",
      type: "InvoiceIssueD",
      data: "{}",
      metadata: "{}",
      appendKey: null,
      appendDigest: "0".repeat(64),
      appendCount: "2",
    }
    for (const [column, value] of Object.entries(columns)) {
      const text = changed((file) => Object.assign(file.events[0] ?? {}, { [column]: value }))
      expectRefused(await verifyProof(text, [key]), "proof", /not in the log/)
    }
    const text = proof.replace(/"metadata": .*/, `"metadataSha256": "${"0".repeat(64)}",`)
    expectRefused(await verifyProof(text, [key]), "proof", /not in the log/)
  })

  it("is refused when anything was put into it or written otherwise", async () => {
    const others = [
      "",
      "{}",
      "null",
      "[]",
      "[".repeat(100_000),
      proof.replace("paylog-proof/1", "paylog-proof/2"),
      proof.replace("{", '{"note":"paid",'),
      changed((file) => Object.assign(file, { note: "paid" })),
      changed((file) => Object.assign(file.events[0] ?? {}, { note: "paid" })),
      proof.replace('"stream":', '"stream": "invoice-inv_x",\n  "stream":'),
      proof.replaceAll("\n", "\r\n"),
      proof.trimEnd(),
      `${proof}\n`,
      `\ufeff${proof}`,
      JSON.stringify(JSON.parse(proof)),
      proof.replace("Tée", "T\\u00e9e"),
      changed((file) => Object.assign(file.events[0] ?? {}, { position: "01" })),
      changed((file) => Object.assign(file.events[0] ?? {}, { position: 1 })),
      changed((file) => Object.assign(file.events[0] ?? {}, { recordedAtMs: "9999999999999999" })),
      changed((file) => Object.assign(file.events[0] ?? {}, { data: "\ud800" })),
      changed((file) => Object.assign(file.events[0] ?? {}, { inclusion: "none" })),
      changed((file) => Object.assign(file.events[0] ?? {}, { inclusion: ["A".repeat(40)] })),
      changed((file) => Object.assign(file, { events: { length: 1 } })),
      changed((file) => Object.assign(file, { checkpoint: "no note" })),
      `"${"x".repeat(16_000_000)}"`,
    ]
    for (const other of others) expectRefused(await verifyProof(other, [key]), "file", /^The file is/)
  })
})

describe("a checkpoint", () => {
  it("of another key is refused, and so are a key that is none and no key", async () => {
    expectRefused(await verifyProof(proof, [otherKeys.verifierKey]), "proof", /none of the keys/)
    expectProven(await verifyProof(proof, [otherKeys.verifierKey, key]))
    expectRefused(await verifyProof(proof, []), "key", /No key/)
    for (const none of ["", "x", key.slice(0, -1), `${key}=`, key.replace("+", " "), keys.signerKey, `${key}\n`]) {
      expectRefused(await verifyProof(proof, [none]), "key", /^Not a key/)
    }
    const last = key.at(-1) === "A" ? "B" : "A"
    expectRefused(await verifyProof(proof, [key.slice(0, -1) + last]), "key", /cut or changed/)
  })

  it("that was forged over another tree, or signed by the wrong key under the right name, is refused", async () => {
    const { size } = treeOf(events)
    const forged = JSON.parse(await sign(size, sha256(Buffer.from("x"))).then(JSON.stringify))
    expectRefused(
      await verifyProof(
        changed((file) => Object.assign(file, { checkpoint: forged })),
        [key],
      ),
      "proof",
      /not in/,
    )
    const note = JSON.parse(proof).checkpoint
    const moved = note.replace("\n13\n", "\n14\n")
    expectRefused(
      await verifyProof(
        changed((file) => Object.assign(file, { checkpoint: moved })),
        [key],
      ),
      "proof",
      /signed/,
    )
  })

  it("of fewer events than are proven is refused", async () => {
    const before = treeOf(events.slice(0, 5))
    const note = await sign(before.size, before.root)
    const text = changed((file) => Object.assign(file, { checkpoint: note }))
    expectRefused(await verifyProof(text, [key]), "proof", /not in the log|beyond the checkpoint/)
    const only = treeOf(events.slice(0, 1))
    const first = await sign(only.size, only.root)
    const alone = changed((file) => {
      Object.assign(file, { checkpoint: first })
      Object.assign(file.events[0] ?? {}, { inclusion: [] })
    })
    expectRefused(await verifyProof(alone, [key]), "proof", /beyond the checkpoint, which is of 1 events/)
  })

  it("whose size has a tree of another height than its root is refused", async () => {
    const { root } = treeOf(events)
    for (const size of [1, 12, 17, 26, 2 ** 40]) {
      const note = await sign(size, root)
      const text = changed((file) => Object.assign(file, { checkpoint: note }))
      assert.isFalse((await verifyProof(text, [key])).holds, `${size}`)
    }
  })

  it("is of the log that the key is named after, or of the one that is asked for", async () => {
    const text = await proofOf(events, "1", { named: "log.example/other" })
    expectRefused(await verifyProof(text, [key]), "proof", /of the log log.example\/other, not of/)
    expectProven(await verifyProof(text, [key], { origin: "log.example/other" }))
    expectRefused(await verifyProof(proof, [key], { origin: "log.example/other" }), "proof", /of the log/)
  })

  it("may have signatures of witnesses that nobody here knows", async () => {
    const note: string = JSON.parse(proof).checkpoint
    const [text = "", own = ""] = note.split("\n\n")
    const witness = await Note.sign(`${text}\n`, [await Note.signer(otherKeys.signerKey)])
    const both = `${note}${witness.split("\n\n")[1] ?? ""}`
    expectProven(
      await verifyProof(
        changed((file) => Object.assign(file, { checkpoint: both })),
        [key],
      ),
    )
    const twice = `${text}\n\n${own}${own}`
    expectProven(
      await verifyProof(
        changed((file) => Object.assign(file, { checkpoint: twice })),
        [key],
      ),
    )
  })
})

describe("a report", () => {
  it("has no control characters, whatever the file holds", async () => {
    const text = changed((file) => Object.assign(file, { stream: "\u001b[31m" }))
    assert.notInclude(report(await verifyProof(text, [key])).join(""), "\u001b")
    const lines = report(expectProven(await verifyProof(proof, [key])))
    assert.strictEqual(lines[0], `The proof holds: ${streamOf("1")}`)
    assert.include(lines, "1. InvoiceIssued, 2026-01-01T00:00:00.000Z, position 1")
    assert.include(lines.join("\n"), "Not shown:")
  })
})
