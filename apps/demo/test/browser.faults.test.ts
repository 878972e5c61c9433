/** The demo's page in a real browser, as people use it. Nothing sleeps: each step waits for what it needs to see. */
import { assert, layer } from "@effect/vitest"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { TranscriptEntry } from "@paylog/telegram-emulator/Transcript"
import { Layer, Schema } from "effect"
import { setImmediate } from "node:timers/promises"
import type { Frame, FrameLocator, Page } from "playwright-core"
import { describe } from "vitest"
import { chromiumPath, Demo, mayNotSkip, screenshot } from "./browser/Demo.ts"
import { faint, focused, ground, unnamed, widths } from "./browser/inPage.ts"

const skips = chromiumPath === undefined && !mayNotSkip
if (skips) process.stderr.write("Chromium is not installed: the demo's page is not tested in a browser\n")

const chatOf = (page: Page) => page.frameLocator("#chat")

const key = (chat: FrameLocator, text: string) => chat.locator(".key", { hasText: text }).last()

/** From Start to the invoice that can be paid. */
const order = async (chat: FrameLocator) => {
  await chat.getByRole("button", { name: "Start", exact: true }).click()
  await choose(chat)
}

const orderAgain = async (chat: FrameLocator) => {
  await chat.getByRole("textbox", { name: "Message" }).fill("/start")
  await chat.getByRole("textbox", { name: "Message" }).press("Enter")
  await choose(chat)
}

const choose = async (chat: FrameLocator) => {
  await key(chat, "Coffee beans").click()
  await key(chat, "House blend").click()
  await key(chat, "Buy").click()
  await key(chat, "👛 Pay via Wallet").waitFor()
}

/** On Wallet's page, which stands over the chat; then back. */
const pay = async (page: Page) => {
  await key(chatOf(page), "👛 Pay via Wallet").click()
  const wallet = page.frameLocator("#pay-page")
  await wallet.getByText("USDT").click()
  await wallet.getByRole("button", { name: "Pay" }).click()
  await wallet.locator(".outcome").waitFor()
  await page.getByRole("button", { name: "Back to the chat" }).click()
}

const flip = async (page: Page, name: string, to: "On" | "Off") => {
  const one = page.getByRole("switch", { name })
  await one.click()
  await one.locator(".state", { hasText: to }).waitFor()
}

const event = (page: Page, type: string) => page.locator(`#log [data-type="${type}"]`).first()

const status = (page: Page, is: string) => page.locator(`[data-status="${is}"]`)

const said = (chat: FrameLocator, text: string) => chat.locator(".message:not(.mine)", { hasText: text }).last()

describe.skipIf(skips)("in a browser", () => {
  layer(Demo.layer.pipe(Layer.provide(DevPostgres.layer)), { excludeTestServices: true, timeout: 60_000 })(
    "the demo's page",
    (it) => {
      it.effect("lets a person buy and pay, and shows the message edited, the events and the invoice", () =>
        Demo.use(({ visit }) =>
          visit(async (page, { firstName, id }) => {
            const chat = chatOf(page)
            await page.getByText("Nothing is recorded yet. Press Start in the chat").waitFor()
            await page.getByText("No invoice yet.").waitFor()
            await order(chat)
            await status(page, "AwaitingPayment").waitFor()
            await pay(page)
            await status(page, "Paid").waitFor()
            const receipt = said(chat, "Paid. Thank you!")
            await receipt.getByRole("button", { name: "edited" }).waitFor()
            for (const type of ["InvoiceIssued", "ProviderOrderOpened", "PaymentReceived", "InvoicePaid"]) {
              await event(page, type).waitFor()
            }
            assert.match(await page.locator("#news").innerText(), /Invoice paid.*Invoice: Paid/s)
            const positions = await page
              .locator("#log [data-position]")
              .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("data-position"))))
            assert.deepStrictEqual(
              positions,
              positions.map((_, at) => positions.length - at),
            )

            await event(page, "ProviderOrderOpened").locator("summary").click()
            for (const summary of await page.locator("#log summary").all()) await summary.click()
            await screenshot(page, "1-paid")
            const log = await page.locator("#log").innerText()
            for (const secret of [firstName, String(id), "/order/", "demo:"]) assert.notInclude(log, secret)
          }),
        ),
      )

      it.effect("holds money that comes late, and says so in the chat", () =>
        Demo.use(({ visit }) =>
          visit(async (page) => {
            await order(chatOf(page))
            await flip(page, "Pay late", "On")
            await pay(page)
            await status(page, "Held").waitFor()
            await said(chatOf(page), "We have your money").waitFor()
            // The webhook that it expired and the one that it is paid may cross: then it is held without having expired here.
            for (const type of ["PaymentReceived", "PaymentHeld"]) await event(page, type).waitFor()
            await screenshot(page, "2-paid-late")
            await flip(page, "Pay late", "Off")
            // No clock was left ahead: whatever is bought next is paid in time.
            await orderAgain(chatOf(page))
            await pay(page)
            await status(page, "Paid").waitFor()
            await said(chatOf(page), "Paid. Thank you!").waitFor()
          }),
        ),
      )

      it.effect("finds a payment by asking when webhooks are lost", () =>
        Demo.use(({ visit }) =>
          visit(async (page) => {
            await order(chatOf(page))
            await flip(page, "Drop webhooks", "On")
            await pay(page)
            await status(page, "Paid").waitFor()
            assert.match(await event(page, "InvoicePaid").locator(".who").innerText(), /by asking|provider’s list/)
            await said(chatOf(page), "Paid. Thank you!").waitFor()
            await flip(page, "Drop webhooks", "Off")
          }),
        ),
      )

      it.effect("loses no message while Telegram is down: the log knows, and the chat learns it afterwards", () =>
        Demo.use(({ emulator, visit }) =>
          visit(async (page) => {
            const chat = chatOf(page)
            await order(chat)
            await flip(page, "Telegram down", "On")
            await pay(page)
            await status(page, "Paid").waitFor()
            await untilRefused(emulator)
            assert.strictEqual(await said(chat, "Paid. Thank you!").count(), 0)
            await screenshot(page, "3-telegram-down")
            await flip(page, "Telegram down", "Off")
            await said(chat, "Paid. Thank you!").waitFor()
          }),
        ),
      )

      it.effect("can be used with the keyboard alone, and always shows where it is", () =>
        Demo.use(({ visit }) =>
          visit(async (page) => {
            const chat = chatOf(page)
            await chat.getByRole("button", { name: "Start" }).waitFor()
            for (const name of ["Start", "Coffee beans", "House blend", "Buy", "👛 Pay via Wallet"]) {
              if (name !== "Start") await key(chat, name).waitFor()
              await tabTo(page, name)
              await page.keyboard.press("Enter")
            }
            const wallet = page.frameLocator("#pay-page")
            await wallet.getByRole("button", { name: "Pay" }).waitFor()
            await tabTo(page, "Pay")
            await page.keyboard.press("Enter")
            await wallet.locator(".outcome").waitFor()
            // The next stops after Wallet's page lead back.
            assert.isAtMost(await tabTo(page, "Back to the chat"), 4)
            await page.keyboard.press("Enter")
            await said(chat, "Paid. Thank you!").waitFor()

            await tabTo(page, "Pay late")
            await page.keyboard.press("Space")
            await page.getByRole("switch", { name: "Pay late", checked: true }).waitFor()
            await page.keyboard.press("Space")
            await page.getByRole("switch", { name: "Pay late", checked: false }).waitFor()
            await tabTo(page, "Invoice paid")
            await page.keyboard.press("Enter")
            await event(page, "InvoicePaid").locator("pre").waitFor()
          }),
        ),
      )

      for (const colorScheme of ["light", "dark"] as const) {
        it.effect(`has a name for everything and contrast for every word, ${colorScheme}`, () =>
          Demo.use(({ visit }) =>
            visit(
              async (page) => {
                await order(chatOf(page))
                await flip(page, "Drop webhooks", "On")
                await event(page, "ProviderOrderOpened").locator("summary").click()
                await screenshot(page, `4-${colorScheme}`)
                for (const frame of [page.mainFrame(), chatFrame(page)]) {
                  assert.deepStrictEqual(await unnamed(frame), [])
                  assert.deepStrictEqual(await faint(frame), [])
                }
                await flip(page, "Drop webhooks", "Off")
                assert.strictEqual(
                  await ground(page.mainFrame()),
                  colorScheme === "dark" ? "rgb(15, 21, 27)" : "rgb(243, 245, 247)",
                )
              },
              { colorScheme },
            ),
          ),
        )
      }

      it.effect("fits a phone of 360 pixels: one column, nothing to scroll sideways", () =>
        Demo.use(({ visit }) =>
          visit(
            async (page) => {
              await order(chatOf(page))
              await event(page, "ProviderOrderOpened").locator("summary").click()
              for (const frame of [page.mainFrame(), chatFrame(page)]) {
                const [width, wanted] = await widths(frame)
                assert.strictEqual(wanted, width)
              }
              const lefts = await page
                .locator("main > *")
                .evaluateAll((all) => [...new Set(all.map((one) => one.getBoundingClientRect().left))])
              assert.lengthOf(lefts, 1)
              // The page ends where its last line does.
              const [height, end] = await page
                .evaluate(
                  `[document.documentElement.scrollHeight, document.querySelector("footer").getBoundingClientRect().bottom + scrollY]`,
                )
                .then(decodeNumbers)
              assert.isBelow(height, end + 40)
              await screenshot(page, "5-phone")
              await pay(page)
              await status(page, "Paid").scrollIntoViewIfNeeded()
              await screenshot(page, "6-phone-paid")
            },
            { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
          ),
        ),
      )
    },
  )
})

const chatFrame = (page: Page): Frame => {
  const frame = page.frames().find((one) => one.url().includes("embedded"))
  if (frame === undefined) throw new Error("There is no chat")
  return frame
}

/** Where the focus is, once its ring is drawn: a busy machine draws it some frames later. */
const settled = async (page: Page) => {
  for (let frames = 0; ; frames++) {
    const at = await focused(page.frames())
    if (at === undefined || at.isShown || frames > 100) return at
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(drawn))")
  }
}

/** As a person looks for something: Tab until it is there. Each stop on the way must show that it is one. */
const tabTo = async (page: Page, name: string) => {
  const passed: Array<string> = []
  // A button that has taken the place of the one that was pressed has the keyboard already.
  if ((await settled(page))?.name.includes(name) === true) return 0
  while (passed.length < 60) {
    await page.keyboard.press("Tab")
    const at = await settled(page)
    if (at === undefined) continue
    passed.push(at.name.slice(0, 30))
    assert.isTrue(at.isShown, `the focus does not show on ${at.tag} ${at.name}`)
    if (at.name.includes(name)) return passed.length
  }
  throw new Error(`Tab does not come to ${name}, but to ${passed.join(", ")}`)
}

const decodeNumbers = Schema.decodeUnknownSync(Schema.Tuple([Schema.Finite, Schema.Finite]))
const decodeCalls = Schema.decodeUnknownSync(Schema.Array(TranscriptEntry))

/** Until Telegram has refused to edit a message: looked for again whenever the bot is heard of. */
const untilRefused = async (emulator: string) => {
  for (let after = 0; ;) {
    const calls = decodeCalls(await (await fetch(`${emulator}/emulator/transcript?after=${after}`)).json())
    if (calls.some(({ fault, method }) => fault === "ServerError" && method === "editMessageText")) return
    after = calls.findLast(({ answer, fault }) => (answer ?? fault) !== undefined)?.number ?? after
    await setImmediate()
  }
}
