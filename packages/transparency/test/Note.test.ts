import { assert, describe, it } from "vitest"
import { Malformed } from "../src/Malformed.ts"
import { generate, isName, NoteRefused, open, sign, signer, verifier } from "../src/Note.ts"

/** Keys, text and signatures of the tests of golang.org/x/mod/sumdb/note. */
const peterKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
const peterSecret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
const enochKey = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const peterLine =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
const enochLine =
  "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
const signature = (line: string, hash: string) => ({
  name: line.split(" ")[1] ?? "",
  hash,
  base64: line.split(" ")[2]?.trimEnd() ?? "",
})
const peter = signature(peterLine, "c74f20a3")
const enoch = signature(enochLine, "af0cfe78")

const peterVerifier = await verifier(peterKey)
const enochVerifier = await verifier(enochKey)

const refusal = async (opening: Promise<unknown>) => {
  try {
    await opening
  } catch (error) {
    if (error instanceof NoteRefused) return error.reason
    throw error
  }
  return "opened"
}

const expectRefused = async (making: Promise<unknown>, what: string) => {
  try {
    await making
  } catch (error) {
    assert.instanceOf(error, Malformed, what)
    return
  }
  assert.fail(`taken: ${what}`)
}

const mangled = function* (key: string) {
  for (let from = 0; from <= key.length; from++) {
    for (let to = from + 1; to <= key.length; to++) if (from !== 0 || to !== key.length) yield key.slice(from, to)
  }
  for (let at = 0; at < key.length; at++) {
    yield key.slice(0, at) + String.fromCharCode(key.charCodeAt(at) + 1) + key.slice(at + 1)
  }
}

describe("a key", () => {
  it("for verifying is read, and none that is cut or changed", async () => {
    assert.strictEqual(peterVerifier.name, "PeterNeumann")
    assert.strictEqual(peterVerifier.hash, "c74f20a3")
    for (const key of mangled(peterKey)) await expectRefused(verifier(key), key)
    for (const key of [
      "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
      "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      peterKey.replace("c74f20a3", "C74F20A3"),
      `${peterKey}\n`,
      ` ${peterKey}`,
    ]) {
      await expectRefused(verifier(key), key)
    }
  })

  it("for signing is read, and none that is cut or changed; a refusal does not tell of the key", async () => {
    assert.strictEqual((await signer(peterSecret)).verifierKey, peterKey)
    for (const key of mangled(peterSecret)) await expectRefused(signer(key), key)
    await expectRefused(signer(peterKey), peterKey)
    try {
      await signer(`${peterSecret}A`)
    } catch (error) {
      assert.notInclude(String(error), "AYEKF")
    }
  })

  it("is the example of the specification", async () => {
    const known = [await verifier("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    const note =
      "This is an example message.\n\n— example.com/foo " +
      "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    assert.strictEqual((await open(note, known)).text, "This is an example message.\n")
  })

  it("that is new signs what its other half verifies, and is another each time", async () => {
    const one = await generate("paylog.example/log")
    const two = await generate("paylog.example/log")
    assert.notStrictEqual(one.signerKey, two.signerKey)
    const note = await sign(text, [await signer(one.signerKey)])
    assert.strictEqual((await signer(one.signerKey)).verifierKey, one.verifierKey)
    assert.strictEqual((await open(note, [await verifier(one.verifierKey)])).text, text)
    assert.strictEqual(await refusal(open(note, [await verifier(two.verifierKey)])), "unverified")
    await expectRefused(generate("two words"), "two words")
  })

  it("has a name without white space, plus and control characters", () => {
    for (const name of ["a", "example.com/log", "Zoë—🙂"]) assert.isTrue(isName(name))
    for (const name of ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\u0085b", "a\nb", "a\u0001b", "\ud800"]) {
      assert.isFalse(isName(name), JSON.stringify(name))
    }
  })
})

describe("signing a note", () => {
  it("makes Go's bytes", async () => {
    assert.strictEqual(await sign(text, [await signer(peterSecret)]), `${text}\n${peterLine}`)
  })

  it("keeps signatures that the note had, but for one of the same key", async () => {
    const peterSigner = await signer(peterSecret)
    assert.strictEqual(await sign(text, [peterSigner], [{ ...peter, base64: "BADSIGN=" }]), `${text}\n${peterLine}`)
    assert.strictEqual(await sign(text, [peterSigner], [enoch]), `${text}\n${enochLine}${peterLine}`)
  })

  it("refuses what would be no note", async () => {
    const peterSigner = await signer(peterSecret)
    for (const bad of ["abc", "", "a\u0001b\n", "a\tb\n", "a\r\n", "\ud800\n"]) {
      await expectRefused(sign(bad, [peterSigner]), JSON.stringify(bad))
    }
    await expectRefused(sign(text, [], [{ name: "a+b", hash: "00108310", base64: "ABCD" }]), "name")
    await expectRefused(sign(text, [], [{ ...peter, base64: "BADHASH=" }]), "hash")
    await expectRefused(sign(text, [{ ...peterSigner, name: "bad name" }]), "signer")
  })
})

describe("opening a note", () => {
  it("tells signatures by known keys from others, which are ignored", async () => {
    const note = `${text}\n${peterLine}${enochLine}`
    assert.deepStrictEqual(await open(note, [peterVerifier]), { text, signatures: [peter], unverified: [enoch] })
    assert.deepStrictEqual(await open(Buffer.from(note), [peterVerifier, enochVerifier]), {
      text,
      signatures: [peter, enoch],
      unverified: [],
    })
    assert.strictEqual(await refusal(open(note, [])), "unverified")
    const misnamed = peterLine.replace("PeterNeumann", "CarmenSandiego")
    assert.strictEqual(await refusal(open(`${text}\n${misnamed}`, [peterVerifier])), "unverified")
    const otherHash = peterLine.replace("x08g", "xxxx")
    assert.strictEqual(await refusal(open(`${text}\n${otherHash}`, [peterVerifier])), "unverified")
  })

  it("refuses an ambiguous key when it matters only", async () => {
    const known = [enochVerifier, peterVerifier, enochVerifier]
    assert.strictEqual(await refusal(open(`${text}\n${enochLine}`, known)), "ambiguous key")
    assert.strictEqual(await refusal(open(`${text}\n${peterLine}`, known)), "opened")
  })

  it("refuses an invalid signature by a known key, even beside a valid one", async () => {
    const longer = `${peterLine.slice(0, 60)}ABCD${peterLine.slice(60)}`
    assert.strictEqual(await refusal(open(`${text}\n${longer}`, [peterVerifier])), "invalid signature")
    const wrong = enochLine.replace("BzmZ", "BzmA")
    const both = open(`${text}\n${peterLine}${wrong}`, [peterVerifier, enochVerifier])
    assert.strictEqual(await refusal(both), "invalid signature")
  })

  it("counts repeated lines once", async () => {
    const changed = `${enochLine.slice(0, 60)}ABCD${enochLine.slice(60)}`
    const note = `${text}\n${peterLine}${peterLine}${enochLine}${enochLine}${changed}`
    const opened = await open(note, [peterVerifier])
    assert.deepStrictEqual(opened.signatures, [peter])
    assert.deepStrictEqual(opened.unverified, [enoch, signature(changed, "af0cfe78")])
  })

  it("takes 100 signatures and a megabyte, and no more", async () => {
    const signed = (lines: number) => `${text}\n${enochLine.repeat(lines - 1)}${peterLine}`
    assert.strictEqual(await refusal(open(signed(100), [peterVerifier])), "opened")
    assert.strictEqual(await refusal(open(signed(101), [peterVerifier])), "malformed")
    const peterSigner = await signer(peterSecret)
    const ofBytes = (bytes: number) => sign(`${"x".repeat(bytes - Buffer.byteLength(peterLine) - 2)}\n`, [peterSigner])
    assert.strictEqual(await refusal(open(await ofBytes(1_000_000), [peterVerifier])), "opened")
    assert.strictEqual(await refusal(open(await ofBytes(1_000_001), [peterVerifier])), "malformed")
  })

  it("refuses what is malformed, whoever signed it", async () => {
    const malformed: ReadonlyArray<string | Uint8Array> = [
      "",
      "\n",
      text,
      `${text}\n`,
      `${text}\n${peterLine.slice(0, -1)}`,
      `\u0001${text}\n${peterLine}`,
      Buffer.concat([Uint8Array.of(0xff), Buffer.from(`${text}\n${peterLine}`)]),
      Buffer.concat([Buffer.from(text), Uint8Array.of(0xed, 0xa0, 0x80, 0x0a, 0x0a), Buffer.from(peterLine)]),
      `${text}\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=`,
      `${text}\n— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`,
      `${text}\n${peterLine}Unexpected line.\n`,
      `${text}\n- ${peterLine.slice(2)}`,
      `${text}\n${peterLine}\n`,
      `${text}\n— PeterNeumann x08g\n`,
      `${text}\n— PeterNeumann x08gow\n`,
      `${text}\n— PeterNeumann\n`,
      `${text}\n—  ${peterLine.slice(2)}`,
      `${text}\n${peterLine.replace("\n", " \n")}`,
      `${text}\n${peterLine.replace("\n", "\r\n")}`,
    ]
    for (const note of malformed) {
      assert.strictEqual(await refusal(open(note, [peterVerifier])), "malformed", JSON.stringify(note.toString()))
    }
  })

  it("refuses a note of which any one byte is changed", async () => {
    const note = Buffer.from(`${text}\n${peterLine}`)
    for (let at = 0; at < note.length; at++) {
      const changed = Buffer.from(note)
      changed[at] = (note[at] ?? 0) ^ 1
      assert.notStrictEqual(await refusal(open(changed, [peterVerifier])), "opened", `byte ${at}`)
    }
  })
})
