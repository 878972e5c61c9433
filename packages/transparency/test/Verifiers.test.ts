import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runInNewContext } from "node:vm"
import { afterAll, assert, describe, it } from "vitest"
import { eventsOf, keys, otherKeys, proofOf, streamOf } from "./support/log.ts"
import { verifiers } from "./support/verifiers.ts"

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8")
const proof = await proofOf(eventsOf("12132"), "1")
const key = keys.verifierKey

describe("what checks proofs without an installation", () => {
  it("is what its sources make it: else run `npx -y pnpm --filter @paylog/transparency verifiers`", async () => {
    for (const [path, text] of Object.entries(await verifiers())) assert.strictEqual(read(path), text, path)
  })

  it("has no other part, and nothing that speaks to a network", () => {
    const script = read("verifier/check-proof.mjs")
    assert.deepStrictEqual(script.match(/\bfrom "[^"]+"/g), ['from "node:fs"', 'from "node:util"'])
    const page = read("verifier/verify.html")
    assert.include(page, "default-src 'none'")
    assert.notMatch(page, /\bfrom "|src=|href=|url\(/)
    for (const text of [script, page]) assert.notMatch(text, /https?:|fetch|import\(|require|Request|WebSocket|Beacon/)
  })
})

describe("check-proof.mjs", () => {
  const folder = mkdtempSync(join(tmpdir(), "paylog-proof-"))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  /** A copy by itself, in a folder where nothing else is. */
  const script = file("check-proof.mjs", read("verifier/check-proof.mjs"))
  const run = (...args: ReadonlyArray<string>) =>
    new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
      execFile(process.execPath, [script, ...args], { cwd: folder, env: {} }, (error, out, err) =>
        resolve({ code: error?.code ?? 0, out, err }),
      )
    })

  it("says that a proof holds, what is shown and what is not", async () => {
    const { code, out, err } = await run(file("proof.json", proof), "--key", key)
    assert.deepStrictEqual([code, err], [0, ""])
    assert.match(out, new RegExp(`^The proof holds: ${streamOf("1")}\n`))
    assert.include(out, "2. PaymentReceived, 2026-01-01T00:00:00.002Z, position 3")
    assert.include(out, "Not shown:\n- That these are all")
    const json = await run(join(folder, "proof.json"), "--key", key, "--json")
    assert.strictEqual(json.code, 0)
    const { holds, events } = JSON.parse(json.out)
    assert.deepStrictEqual([holds, events.length, events[1].position], [true, 2, "3"])
  })

  it("ends with 5 for a proof that does not hold, and with 2 for what is none, or no key", async () => {
    const right = file("proof.json", proof)
    const changed = file("changed.json", proof.replace("PaymentReceived", "PaymentRefunded"))
    const refusals = [
      [5, /DOES NOT HOLD: The event at position \d/, changed, "--key", key],
      [5, /DOES NOT HOLD: .* none of the keys/, right, "--key", otherKeys.verifierKey],
      [5, /DOES NOT HOLD: .* of the log log.example/, right, "--key", key, "--origin", "other"],
      [
        2,
        /Not checked: The file is no proof: it is not paylog-proof\/1 as it is written/,
        file("loose.json", `${proof} `),
        "--key",
        key,
      ],
      [2, /Not checked: The file is no proof/, file("empty", ""), "--key", key],
      [2, /Not checked: Not a key/, right, "--key", "x"],
      [2, /cannot be read/, join(folder, "nowhere"), "--key", key],
      [2, /^node check-proof.mjs FILE/, right],
      [2, /^node check-proof.mjs FILE/, right, right, "--key", key],
      [2, /^node check-proof.mjs FILE/, right, "--keys", key],
    ] as const
    for (const [expected, words, ...args] of refusals) {
      const { code, out, err } = await run(...args)
      assert.strictEqual(code, expected, `${args.join(" ")}: ${out}${err}`)
      assert.match(expected === 5 ? out : err, words)
    }
  })
})

describe("verify.html", () => {
  /** The page's script, in a page of nothing but the elements that it asks for. */
  const open = () => {
    type Listener = (event: unknown) => unknown
    class Element {
      value = ""
      className = ""
      hidden = false
      #children: ReadonlyArray<Element | string> = []
      readonly listeners = new Map<string, Listener>()
      get textContent(): string {
        return this.#children.map((child) => (typeof child === "string" ? child : child.textContent)).join("\n")
      }
      append(...children: ReadonlyArray<Element | string>) {
        this.#children = [...this.#children, ...children]
      }
      replaceChildren(...children: ReadonlyArray<Element | string>) {
        this.#children = children
      }
      addEventListener(type: string, listener: Listener) {
        this.listeners.set(type, listener)
      }
    }
    const page = read("verifier/verify.html")
    const elements = new Map(Array.from(page.matchAll(/\bid="([\w-]+)"/g), ([, id = ""]) => [id, new Element()]))
    const element = (id: string) => elements.get(id) ?? assert.fail(`no element ${id}`)
    const document = Object.assign(new Element(), {
      body: new Element(),
      createElement: () => new Element(),
      getElementById: element,
    })
    const [, script = ""] = /<script type="module">(.*)<\/script>/s.exec(page) ?? []
    runInNewContext(`{${script}}`, {
      document,
      crypto,
      TextDecoder,
      TextEncoder,
      atob,
      btoa,
      Uint8Array,
      ArrayBuffer,
      DataView,
    })
    const fire = async (on: Element, type: string, event: object) => on.listeners.get(type)?.(event)
    return {
      verdict: element("verdict"),
      proven: element("proven"),
      events: element("events"),
      notShown: element("not-shown"),
      type: (id: string, value: string) => {
        element(id).value = value
        return fire(element(id), "input", {})
      },
      drop: (text: string) =>
        fire(document, "drop", {
          preventDefault: () => {},
          dataTransfer: { files: [{ name: "proof.json", text: () => Promise.resolve(text) }] },
        }),
    }
  }

  it("checks what is dropped on it with the key that is pasted, in either order", async () => {
    const page = open()
    assert.match(page.verdict.textContent, /^Choose a proof/)
    await page.drop(proof)
    assert.match(page.verdict.textContent, /^Paste the log’s key/)
    assert.isTrue(page.proven.hidden)
    await page.type("key", ` ${key}\n`)
    assert.match(page.verdict.textContent, /^Valid: the proof holds\n2 events of invoice-inv_1{20}, /)
    assert.isFalse(page.proven.hidden)
    assert.match(page.events.textContent, /^1\. InvoiceIssued \n2026-01-01 00:00:00\.000 UTC · position 1\n/)
    assert.match(page.notShown.textContent, /^That these are all/)
    assert.strictEqual(page.verdict.className, "holds")
  })

  it("says when a proof does not hold, and when nothing was checked", async () => {
    const page = open()
    await page.type("key", otherKeys.verifierKey)
    await page.drop(proof)
    assert.match(page.verdict.textContent, /^Not valid: the proof does not hold\n/)
    assert.strictEqual(page.verdict.className, "refused")
    assert.isTrue(page.proven.hidden)
    await page.type("key", key)
    assert.strictEqual(page.verdict.className, "holds")
    await page.type("origin", "another.example")
    assert.match(page.verdict.textContent, /^Not valid: the proof does not hold\n/)
    await page.type("origin", "")
    await page.drop(proof.replace("PaymentReceived", "PaymentRefunded"))
    assert.match(page.verdict.textContent, /^Not valid: the proof does not hold\n/)
    await page.type("key", "nonsense")
    assert.match(page.verdict.textContent, /^Not checked\nNot a key/)
  })
})
