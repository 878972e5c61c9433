/** `verify.html`, which checks proofs without an installation, as people open it: a file, in a real browser, with no network at all. */
import { fileURLToPath, pathToFileURL } from "node:url"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { Effect } from "effect"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { chromiumPath, launch, mayNotSkip, screenshot } from "./browser/Demo.ts"
import { faint, focused, unnamed, widths } from "./browser/inPage.ts"
import { makeProof } from "./browser/proof.ts"

const file = pathToFileURL(
  fileURLToPath(new URL("../../../packages/transparency/verifier/verify.html", import.meta.url)),
).href

const skips = chromiumPath === undefined && !mayNotSkip

describe.skipIf(skips)("verify.html in a browser", () => {
  let browser: Browser
  let proof: Awaited<ReturnType<typeof makeProof>>
  beforeAll(async () => {
    browser = await Effect.runPromise(launch)
    proof = await makeProof()
  })
  afterAll(() => browser.close())

  /** Fails when the page complained, or asked for anything but itself. */
  const visit = async (use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, locale: "en-GB", ...options })
    context.setDefaultTimeout(20_000)
    const asked: Array<string> = []
    const complaints: Array<string> = []
    context.on("request", (request) => asked.push(request.url()))
    context.on("console", (message) => complaints.push(message.text()))
    context.on("weberror", (error) => complaints.push(error.error().message))
    await context.setOffline(true)
    try {
      const page = await context.newPage()
      await page.goto(file)
      await use(page)
      assert.deepStrictEqual(asked, [file])
      assert.deepStrictEqual(complaints, [])
    } finally {
      await context.close()
    }
  }

  const verdict = (page: Page, text: string | RegExp) => page.getByRole("status").filter({ hasText: text })
  const load = (page: Page, text: string) =>
    page
      .getByLabel("The proof")
      .setInputFiles({ name: "proof.json", mimeType: "application/json", buffer: Buffer.from(text) })

  it("says that a real proof is valid, shows its events, and what is not shown", () =>
    visit(async (page) => {
      await verdict(page, "Choose a proof").waitFor()
      await load(page, proof.text)
      await verdict(page, "Paste the log’s key.").waitFor()
      await page.getByLabel("The log’s key").fill(` ${proof.key}\n`)
      await verdict(page, /^Valid: the proof holds3 events of invoice-inv_7h2k9m4p1q8r3s6t5v0w, /).waitFor()
      const events = page.locator("#events li")
      assert.match(await events.nth(1).innerText(), /^2\. PaymentReceived\s+2026-03-01 12:00:00\.001 UTC · position 2/)
      await events.nth(1).locator("summary").click()
      const shown = await events.nth(1).locator("pre").innerText()
      assert.match(shown, /^\{\n {2}"orderId": 10030467668508673123,\n/)
      // Laid out, and every character as it was recorded.
      assert.include(
        shown,
        '\n  "gross": {\n    "currency": "USDT",\n    "amount": "12.502501"\n  },\n  "note": "a \\"{,}\\""',
      )
      assert.match(await page.locator("#not-shown").innerText(), /That these are all/)
    }))

  it("says what is wrong with one that was changed, that another key signed, or that is none", () =>
    visit(async (page) => {
      await page.getByLabel("The log’s key").fill(proof.key)
      await load(page, proof.text.replace("12.502501", "92.502501"))
      await verdict(page, /^Not valid: the proof does not holdThe event at position 2 /).waitFor()
      assert.isFalse(await page.locator("#proven").isVisible())
      await screenshot(page, "8-proof-refused")
      await load(page, proof.text)
      await verdict(page, "Valid: the proof holds").waitFor()
      await page.getByLabel("The log’s key").fill(proof.otherKey)
      await verdict(page, /^Not valid: the proof does not hold.*none of the keys/).waitFor()
      await page.getByLabel("The log’s key").fill("nonsense")
      await verdict(page, /^Not checkedNot a key/).waitFor()
      await page.getByLabel("The log’s key").fill(proof.key)
      await page.getByLabel("The log’s name").fill("another.example/log")
      await verdict(page, /^Not valid: the proof does not hold/).waitFor()
      await page.getByLabel("The log’s name").fill("")
      await load(page, "<b>no proof</b>")
      await verdict(page, /^Not checkedThe file is no proof: it is not JSON, or not that of a proof\.$/).waitFor()
    }))

  it("can be used with the keyboard alone, and always shows where it is", () =>
    visit(async (page) => {
      /** Tab, until the focus is on what has this name. */
      const tabTo = async (name: string) => {
        for (let n = 0; n < 30; n++) {
          await page.keyboard.press("Tab")
          const at = await focused(page.frames())
          if (at === undefined) continue
          assert.isTrue(at.isShown, `the focus does not show on ${at.tag} ${at.name}`)
          if (at.name.includes(name)) return
        }
        assert.fail(`Tab does not come to ${name}`)
      }
      await tabTo("The proof")
      const chooser = page.waitForEvent("filechooser")
      await page.keyboard.press("Space")
      await (await chooser).setFiles({ name: "p.json", mimeType: "application/json", buffer: Buffer.from(proof.text) })
      await tabTo("The log’s key")
      await page.keyboard.insertText(proof.key)
      await verdict(page, "Valid: the proof holds").waitFor()
      await tabTo("The log’s name")
      await tabTo("1. InvoiceIssued")
      await page.keyboard.press("Enter")
      await page.locator("#events li").first().locator("pre").waitFor()
    }))

  for (const colorScheme of ["light", "dark"] as const)
    for (const [device, viewport] of [
      ["", { width: 1000, height: 900 }],
      ["-phone", { width: 360, height: 740 }],
    ] as const)
      it(`has a name for everything, contrast for every word, and fits: ${colorScheme}${device}`, () =>
        visit(
          async (page) => {
            await page.getByLabel("The log’s key").fill(proof.key)
            for (const [text, says] of [
              [proof.text.replace("12.502501", "92.502501"), "Not valid"],
              [proof.text, "Valid: the proof holds"],
            ] as const) {
              await load(page, text)
              await verdict(page, says).waitFor()
              assert.deepStrictEqual(await unnamed(page.mainFrame()), [])
              assert.deepStrictEqual(await faint(page.mainFrame()), [])
            }
            await page.locator("#events summary").first().click()
            const [width, wanted] = await widths(page.mainFrame())
            assert.strictEqual(wanted, width)
            await screenshot(page, `7-proof-${colorScheme}${device}`)
          },
          { colorScheme, viewport },
        ))
})
