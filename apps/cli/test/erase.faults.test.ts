/**
 * A person whose every text is marked buys something from real processes, and is erased. Then the mark is nowhere: in no row of no
 * table, in no log, no metric and no export.
 */
import { assert, it, layer } from "@effect/vitest"
import { CustomerId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Invoices from "@paylog/payments/Invoices"
import * as Staff from "@paylog/payments/Staff"
import { Control } from "@paylog/wallet-pay-simulator/Control"
import { DateTime, Effect, Layer, Schedule } from "effect"
import { SecureRandom } from "effect/crypto"
import { createHmac } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inProcess } from "./support/inProcess.ts"
import { World, world } from "./support/paylog.ts"
import { launched, simulator, until, key } from "./support/shop.ts"
import { telegram } from "./support/telegram.ts"

const mark = "Qx7Zmarkerv9K"
const user = 7_345_678_901

const sql = (text: string) => Database.use(({ query }) => query<Record<string, unknown>>({ name: "", text }))

const base64s = ["base64", "base64url"] as const

/** How a text looks within another one, within bytes, and within either in base64, at whatever place it begins. */
const traces = (text: string): ReadonlyArray<string> => {
  const inBase64 = base64s.flatMap((encoding) =>
    [0, 1, 2].map((before) =>
      // Without what depends on its neighbours too: six bits a character.
      Buffer.from("-".repeat(before) + text)
        .toString(encoding)
        .slice(Math.ceil((before * 8) / 6), Math.floor(((before + text.length) * 8) / 6)),
    ),
  )
  return [text, ...inBase64].flatMap((trace) => [trace, Buffer.from(trace).toString("hex")])
}

/** Every table with a row that has the mark, as text, as bytes, or the person's number, by name and column. */
const marked = Effect.gen(function* () {
  const found: Array<string> = []
  const tables = yield* sql(
    `select format('%I.%I', nspname, relname) as table
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where relkind in ('r', 'p', 'm') and nspname !~ '^(pg_|information_schema$)' order by 1`,
  )
  const searched = [mark, String(user)].flatMap(traces)
  for (const { table } of tables) {
    const rows = yield* sql(`select row_to_json(t)::text as row from ${String(table)} as t`)
    for (const { row } of rows)
      if (searched.some((text) => String(row).toLowerCase().includes(text.toLowerCase()))) found.push(String(table))
  }
  assert.isAbove(tables.length, 15)
  return [...new Set(found)].toSorted()
})

/** Each text that Telegram tells of a person, marked. */
const person = {
  id: user,
  is_bot: false,
  first_name: `${mark} first`,
  last_name: `${mark} last`,
  username: `${mark}_user`,
  language_code: mark,
}
const chat = { id: user, type: "private", first_name: `${mark} first`, last_name: mark, username: mark }
const message = (message_id: number, more: object) => ({ message_id, date: 1_772_366_400, chat, from: person, ...more })
const bot = { id: 123456, is_bot: true, first_name: "Shop", username: "shop_bot" }

const updates = [
  { message: message(1, { text: `/start ${mark}`, entities: [{ type: "bot_command", offset: 0, length: 6 }] }) },
  { message: message(2, { text: mark }) },
  {
    message: message(3, { text: `/help@shop_bot ${mark}`, entities: [{ type: "bot_command", offset: 0, length: 14 }] }),
  },
  {
    message: message(4, {
      caption: mark,
      photo: [{ file_id: mark, file_unique_id: mark, width: 1, height: 1 }],
      reply_to_message: message(1, { text: mark }),
    }),
  },
  { message: message(5, { contact: { phone_number: mark, first_name: mark, user_id: user, vcard: mark } }) },
  { message: message(6, { forward_origin: { type: "hidden_user", date: 1, sender_user_name: mark }, text: mark }) },
  { edited_message: message(2, { text: `${mark} edited`, edit_date: 1_772_366_401 }) },
  {
    callback_query: {
      id: "77",
      from: person,
      chat_instance: mark,
      data: mark,
      message: { message_id: 9, date: 1_772_366_400, chat, from: bot, text: mark },
    },
  },
  {
    my_chat_member: {
      chat,
      from: person,
      date: 1_772_366_400,
      old_chat_member: { status: "member", user: bot },
      new_chat_member: { status: "kicked", user: bot, until_date: 0 },
    },
  },
].map((update, index) => ({ update_id: 900 + index, ...update }))

let posted = 168824905680291

/** A delivery as Wallet Pay signs it. */
const post = (port: string, text: string) =>
  Effect.promise(async () => {
    const timestamp = String(posted++)
    const body = Buffer.from(text)
    const signature = createHmac("sha256", key)
      .update(`POST./hooks/wallet.${timestamp}.${body.toString("base64")}`)
      .digest("base64")
    const headers = { "WalletPay-Timestamp": timestamp, "WalletPay-Signature": signature }
    const answer = await fetch(`http://127.0.0.1:${port}/hooks/wallet`, { method: "POST", headers, body })
    return answer.status
  })

const customer = sql(`select customer_id as id from payments.customers where telegram_user_id = '${user}'`)

it("a trace is found wherever it stands, and in base64 too", () => {
  for (const text of [mark, String(user)])
    for (let before = 0; before < 7; before++)
      for (const encoding of base64s)
        for (const after of ["", "x", "xy", "xyz"]) {
          const coded = Buffer.from(`${"?".repeat(before)}${text}${after}`).toString(encoding)
          for (const found of [coded, Buffer.from(coded).toString("hex")])
            assert.isTrue(traces(text).some((trace) => found.includes(trace)))
        }
})

layer(Layer.mergeAll(simulator("real"), world, SecureRandom.layerWebCrypto), { excludeTestServices: true })(
  "erasure",
  (it) => {
    it.effect("leaves no trace of a person whose every text was marked", () =>
      Effect.gen(function* () {
        const { url } = yield* World
        const api = yield* telegram(updates)
        const { baseUrl, putStore, pay, idle } = yield* Control
        const settings = { DATABASE_URL: url, WALLETPAY_API_KEY: key, WALLETPAY_BASE_URL: baseUrl, LOG_LEVEL: "Trace" }
        const ingester = yield* launched("ingester", {
          ...settings,
          WALLETPAY_WEBHOOK_PATH: "/hooks/wallet",
          PORT: "0",
        })
        const shop = yield* launched("bot", {
          ...settings,
          TELEGRAM_BOT_TOKEN: "123456:ABC-DEF",
          TELEGRAM_API_ROOT: api.url,
        })
        const port = yield* ingester.port
        yield* putStore({ webhookUrl: `http://127.0.0.1:${port}/hooks/wallet` })

        // They talk to the bot, and buy.
        yield* sql(
          "select count(*) filter (where handled_at is null and parked_at is null)::int as open, count(*)::int as all from bot.updates",
        ).pipe(
          Effect.catchCause(() => Effect.succeed([{ open: 1, all: 0 }])),
          Effect.repeat({
            until: ([row]) => row?.["open"] === 0 && row["all"] === updates.length,
            schedule: Schedule.spaced("100 millis"),
          }),
          Effect.timeout("20 seconds"),
        )
        const customerId = CustomerId.make(String((yield* customer)[0]?.["id"]))
        const now = yield* DateTime.now
        const invoiceId = yield* Invoices.issue(
          {
            customerId,
            lines: [{ title: "Green tea", quantity: 2, unitPrice: Money.of("USD", 625n) }],
            payBy: DateTime.add(now, { minutes: 30 }),
            policy: { tolerance: Money.of("USD", 0n), late: "Hold", graceSeconds: 60 },
          },
          { actor: { kind: "Customer", id: customerId }, source: "Bot", correlationId: "update/123456/900" },
        )
        yield* until(invoiceId, "AwaitingPayment")
        yield* pay(invoiceId, { currency: "USDT" })
        yield* idle
        yield* until(invoiceId, "Paid")
        // What Wallet Pay says, with the mark wherever a text may stand; understood, of no invoice, and not understood.
        const at = new Date().toISOString()
        const payload = (externalId: string, orderId: string) =>
          `"payload":{"id":${orderId},"number":"XYTNJP2O","externalId":"${externalId}","customData":"${mark}","payer":{"name":"${mark}","id":${user}},"orderAmount":{"amount":"12.50","currencyCode":"USD"},"selectedPaymentOption":{"amount":{"amount":"12.5","currencyCode":"USDT"},"amountFee":{"amount":"0.125","currencyCode":"USDT"},"amountNet":{"amount":"12.375","currencyCode":"USDT"},"exchangeRate":"1"},"orderCompletedDateTime":"${at}","note":"${mark}"}`
        const event = (type: string, externalId: string, orderId: string) =>
          `[{"eventDateTime":"${at}","eventId":${orderId},"type":"${type}",${payload(externalId, orderId)},"${mark}":"${mark}"}]`
        assert.strictEqual(yield* post(port, event("ORDER_PAID", invoiceId, "10030467668600001")), 200)
        assert.strictEqual(yield* post(port, event("ORDER_PAID", `someone-else`, "10030467668600002")), 200)
        assert.strictEqual(yield* post(port, event(mark, invoiceId, "10030467668600003")), 200)
        assert.strictEqual(yield* post(port, `not even JSON of ${user}, ${mark}`), 200)
        yield* sql("select").pipe(
          Effect.andThen(api.sent),
          Effect.repeat({
            until: (calls) => calls.some((call) => call.includes("Green tea")),
            schedule: Schedule.spaced("100 millis"),
          }),
          Effect.timeout("20 seconds"),
        )

        // Control: the search finds it where it is known to be.
        assert.includeMembers([...(yield* marked)], ["bot.updates", "payments.customers", "paylog.attachments"])

        const [ann, ben] = [
          yield* Staff.add({ name: "Ann", login: undefined }),
          yield* Staff.add({ name: "Ben", login: undefined }),
        ]
        const found = yield* inProcess(["erase", "find", String(user)])
        assert.strictEqual(found.out.trim() + found.err.trim(), customerId)
        const proposed = yield* inProcess([
          "erase",
          "propose",
          customerId,
          "--by",
          ann.staffId,
          "--reason",
          "asked for",
          "--json",
        ])
        assert.strictEqual(proposed.code, 0, proposed.err)
        const { proposalId, digest } = JSON.parse(proposed.out)
        const approve = ["erase", "approve", customerId, "--proposal", proposalId, "--digest", digest]
        const alone = yield* inProcess([...approve, "--by", ann.staffId, "--reason", "mine"])
        assert.deepInclude(alone, { code: 3, err: "Another person has to do this\n" })
        const done = yield* inProcess([...approve, "--by", ben.staffId, "--reason", "seen", "--json"])
        assert.strictEqual(done.code, 0, done.err)
        assert.deepInclude(JSON.parse(done.out), { identities: 1, updates: updates.length, attachments: 5 })

        assert.deepStrictEqual(yield* marked, [])
        const clean = (what: string, text: string) => {
          for (const secret of [mark, String(user)]) assert.notInclude(text.toLowerCase(), secret.toLowerCase(), what)
        }
        clean("the ingester's output", ingester.output())
        clean("the bot's output", shop.output())
        clean(
          "metrics",
          yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text())),
        )
        const folder = mkdtempSync(join(tmpdir(), "paylog-erased-"))
        const exported = yield* inProcess(["export", join(folder, "all")])
        assert.strictEqual(exported.code, 0, exported.err)
        for (const file of readdirSync(join(folder, "all")))
          clean(file, readFileSync(join(folder, "all", file), "utf8"))
        // The events are all there, and tell the story in random ids.
        const events = yield* EventStore.use((store) => store.readAll(0n, 1000))
        assert.strictEqual(events.at(-1)?.type, "ErasureCarriedOut")
        assert.strictEqual((yield* inProcess(["show", invoiceId])).code, 0)
      }).pipe(Effect.scoped),
    )
  },
)
