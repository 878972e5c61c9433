import { assert, describe, it } from "vitest"
import { Malformed } from "../src/Malformed.ts"
import { format, parse } from "../src/Proof.ts"

/** The example of c2sp.org/tlog-proof, its elided signatures made up. */
const text = `c2sp.org/tlog-proof@v1
extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=

example.com/fancylog
109482
sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

— example.com/fancylog hI2DJwaa
`

describe("a proof as a text", () => {
  it("is the example of the specification", () => {
    const proof = parse(text)
    assert.strictEqual(proof.index, 73_894)
    assert.strictEqual(Buffer.from(proof.extra ?? []).toString(), "age-v1.2.1-darwin-arm64.tar.gz")
    assert.strictEqual(proof.hashes.length, 5)
    assert.strictEqual(proof.checkpoint, text.slice(text.indexOf("example.com")))
    assert.strictEqual(format(proof), text)
  })

  it("may lack the extra data and the hashes", () => {
    const least = { index: 0, hashes: [], checkpoint: "a\n1\n" }
    assert.strictEqual(format(least), "c2sp.org/tlog-proof@v1\nindex 0\n\na\n1\n")
    assert.deepStrictEqual(parse(format(least)), least)
    const empty = { extra: new Uint8Array(), ...least }
    assert.deepStrictEqual(parse(format(empty)), empty)
  })

  it("has one text only", () => {
    for (const other of [
      "",
      text.slice(1),
      text.replace("@v1", "@v2"),
      text.replace("extra YWdl", "extra YWd"),
      text.replace("extra ", "extra: "),
      text.replace("index 73894", "index 073894"),
      text.replace("index 73894", "index -1"),
      text.replace("index 73894", "index 9007199254740993"),
      text.replace("index 73894\n", ""),
      text.replace("PlQ=", "PlR="),
      text.replace("PlQ=", "PlQ= "),
      text.replace("gSKy", ""),
      text.replaceAll("\n", "\r\n"),
      text.slice(0, text.indexOf("\n\n")),
      text.replace("index", "extra YQ==\nindex"),
    ]) {
      assert.throws(() => parse(other), Malformed, undefined, JSON.stringify(other))
    }
  })
})
