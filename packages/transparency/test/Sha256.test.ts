import { assert, describe, it } from "vitest"
import { sha256 } from "../src/Sha256.ts"
import * as Node from "./support/merkle.ts"

const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 167 + length) & 255)

describe("SHA-256", () => {
  it("is that of FIPS 180-4's examples", () => {
    for (const [text, digest] of [
      ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
      ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
      [
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      ],
    ] as const) {
      assert.strictEqual(Node.hex(sha256(Buffer.from(text))), digest)
    }
  })

  it("is Node's for every length up to 300, some around a megabyte, and inside a larger buffer", () => {
    for (const length of [...Array.from({ length: 301 }).keys(), 65_535, 1_000_001, 1 << 20]) {
      const data = pattern(length)
      assert.deepStrictEqual(sha256(data), Node.sha256(data), `${length} bytes`)
    }
    const within = pattern(1000).subarray(37, 500)
    assert.deepStrictEqual(sha256(within), Node.sha256(within))
  })
})
