import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { operations } from "../src/ControlApi.ts"
import { Fault } from "../src/Faults.ts"
import { verbs } from "../src/Scenario.ts"
import { defaults } from "../src/Settings.ts"
import { apiKey, call, client, request, running } from "./merchant.ts"

/** The control API as a script would use it: JSON in, JSON out. */
const scripted = Effect.fnUntraced(function* (...options: Parameters<typeof running>) {
  const { api, control, received, webhookUrl } = yield* running(...options)
  const ask = (method: string, path: string, body?: unknown) =>
    Effect.map(
      call(method, `${control.baseUrl}/simulator${path}`, body === undefined ? undefined : JSON.stringify(body)),
      ({ code, text }) => ({ code, text, json: JSON.parse(text) }),
    )
  return { ask, api, control, received, webhookUrl }
})

describe("the control API", () => {
  it.effect("creates an order from defaults, and finds it by id, externalId and number", () =>
    Effect.gen(function* () {
      const { ask } = yield* scripted()
      const { code, json } = yield* ask("POST", "/orders")
      assert.strictEqual(code, 200)
      assert.strictEqual(json.status, "ACTIVE")
      for (const ref of [json.id, json.externalId, json.number])
        assert.strictEqual((yield* ask("GET", `/orders/${ref}`)).json.id, json.id)
      const odd = "a/b?c#d %é👛"
      assert.strictEqual((yield* ask("POST", "/orders", { externalId: odd })).json.externalId, odd)
      assert.strictEqual((yield* ask("GET", `/orders/${encodeURIComponent(odd)}`)).json.externalId, odd)
      const long = "x".repeat(255)
      yield* ask("POST", "/orders", { externalId: long })
      assert.strictEqual((yield* ask("POST", `/orders/${long}/pay`)).json.status, "PAID")
    }),
  )

  it.effect("pays in a currency, declines, cancels and expires", () =>
    Effect.gen(function* () {
      const { ask } = yield* scripted()
      for (const externalId of ["pay", "decline", "cancel", "expire"]) yield* ask("POST", "/orders", { externalId })
      const paid = yield* ask("POST", "/orders/pay/pay", { currency: "BTC" })
      assert.strictEqual(paid.json.status, "PAID")
      assert.strictEqual(paid.json.selectedPaymentOption.amount.currencyCode, "BTC")
      assert.strictEqual((yield* ask("POST", "/orders/decline/decline")).json.status, "CANCELLED")
      assert.strictEqual((yield* ask("POST", "/orders/cancel/cancel")).json.status, "CANCELLED")
      assert.strictEqual((yield* ask("POST", "/orders/expire/expire")).json.status, "EXPIRED")
    }),
  )

  it.effect("pays wrongly on request: amount, fee, net, price, or after the order's time", () =>
    Effect.gen(function* () {
      const { ask, api, control, received } = yield* scripted()
      for (const externalId of ["amount", "fee", "price", "late"]) yield* ask("POST", "/orders", { externalId })
      const amount = yield* ask("POST", "/orders/amount/pay", { currency: "USDT", amount: "1.000000" })
      assert.deepStrictEqual(amount.json.selectedPaymentOption.amountNet, { currencyCode: "USDT", amount: "0.990000" })
      const fee = yield* ask("POST", "/orders/fee/pay", { currency: "USDT", fee: "0.5", net: "not a number" })
      assert.strictEqual(fee.json.selectedPaymentOption.amountFee.amount, "0.5")
      assert.strictEqual(fee.json.selectedPaymentOption.amountNet.amount, "not a number")
      yield* ask("POST", "/orders/price/pay", { orderAmount: { currencyCode: "EUR", amount: "0.01" } })
      yield* ask("POST", "/orders/late/expire")
      assert.strictEqual((yield* ask("POST", "/orders/late/pay")).code, 409)
      assert.strictEqual((yield* ask("POST", "/orders/late/pay", { late: true })).json.status, "PAID")
      yield* control.idle
      const messages = received.flatMap((webhook) => webhook.messages)
      const price = messages.find(({ payload }) => payload["externalId"] === "price")?.payload["orderAmount"]
      assert.deepStrictEqual(price, { currencyCode: "EUR", amount: "0.01" })
      assert.include((yield* api.list(0, 10)).text, `"amount":{"currencyCode":"EUR","amount":"0.01"}`)
      assert.deepStrictEqual(
        messages.filter(({ payload }) => payload["externalId"] === "late").map(({ type }) => type),
        ["ORDER_FAILED", "ORDER_PAID"],
      )
    }),
  )

  it.effect("shows every message with its attempts, and never a key", () =>
    Effect.gen(function* () {
      const { ask, control, webhookUrl } = yield* scripted({}, [401, 200])
      yield* ask("POST", "/orders", { externalId: "tea-1" })
      yield* ask("POST", "/orders/tea-1/pay")
      yield* control.advance("1 second")
      const { json, text } = yield* ask("GET", "/state")
      assert.lengthOf(json.messages, 1)
      const [message] = json.messages
      assert.strictEqual(message.state, "acknowledged")
      assert.deepStrictEqual(
        message.attempts.map(({ code, answer, url, reason }: Record<string, unknown>) => ({
          code,
          answer,
          url,
          reason,
        })),
        [
          { code: 401, answer: "not today", url: webhookUrl, reason: "schedule" },
          { code: 200, answer: undefined, url: webhookUrl, reason: "schedule" },
        ],
      )
      assert.deepStrictEqual(json.orders[0].messages, [message.eventId])
      assert.notInclude(text, apiKey)
      for (let i = 2; i <= 5; i++) yield* ask("POST", "/orders", { externalId: `tea-${i}` })
      assert.deepStrictEqual(
        (yield* ask("GET", "/state?last=2")).json.orders.map(({ externalId }: Record<string, unknown>) => externalId),
        ["tea-4", "tea-5"],
      )
    }),
  )

  it.effect("redelivers by order or by event, and answers with the attempts", () =>
    Effect.gen(function* () {
      const { ask, control, received } = yield* scripted()
      yield* ask("POST", "/orders", { externalId: "tea-1" })
      const paid = yield* ask("POST", "/orders/tea-1/pay")
      yield* control.idle
      const again = yield* ask("POST", "/orders/tea-1/redeliver", { times: 2, timestamp: "same" })
      assert.deepStrictEqual(
        again.json.attempts.map(({ code, reason }: Record<string, unknown>) => ({ code, reason })),
        [
          { code: 200, reason: "byHand" },
          { code: 200, reason: "byHand" },
        ],
      )
      assert.lengthOf((yield* ask("POST", `/orders/${paid.json.messages[0]}/redeliver`)).json.attempts, 1)
      assert.lengthOf(received, 4)
    }),
  )

  it.effect("advances the clock, and says what time it is then", () =>
    Effect.gen(function* () {
      const { ask } = yield* scripted()
      yield* ask("POST", "/orders", { externalId: "tea-1", timeoutSeconds: 60 })
      assert.strictEqual((yield* ask("POST", "/clock", { advance: "2 hours" })).json.now, "1970-01-01T02:00:00Z")
      assert.strictEqual((yield* ask("GET", "/orders/tea-1")).json.status, "EXPIRED")
      assert.deepStrictEqual((yield* ask("POST", "/idle")).json, {})
      for (const advance of ["soon", "-1 hour", "Infinity", 5, null])
        assert.strictEqual((yield* ask("POST", "/clock", { advance })).code, 400, String(advance))
    }),
  )

  it.effect("changes settings in part, and refuses what is no setting without changing any", () =>
    Effect.gen(function* () {
      const { ask } = yield* scripted()
      assert.deepStrictEqual((yield* ask("GET", "/settings")).json, JSON.parse(JSON.stringify(defaults)))
      const changed = yield* ask("PATCH", "/settings", {
        orders: { currencies: { NOT: { enabled: true } } },
        webhooks: { retryDelaysMs: [5] },
      })
      assert.isTrue(changed.json.orders.currencies.NOT.enabled)
      assert.strictEqual(changed.json.orders.currencies.NOT.digits, 9)
      assert.deepStrictEqual(changed.json.webhooks.retryDelaysMs, [5])
      for (const patch of [
        { webhooks: { mode: "maybe" } },
        { webhooks: { mod: "hold" } },
        { orders: { feePercent: 1 } },
        { orders: { currencies: { TON: null } } },
        { webhooks: null },
        [],
        { ["__proto__"]: {} },
      ])
        assert.strictEqual((yield* ask("PATCH", "/settings", patch)).code, 400, JSON.stringify(patch))
      assert.deepStrictEqual((yield* ask("GET", "/settings")).json, changed.json)
    }),
  )

  it.effect("adds a store with its own key, and gives it another address later", () =>
    Effect.gen(function* () {
      const { ask, control, webhookUrl, received } = yield* scripted()
      assert.strictEqual((yield* ask("PUT", "/stores/second", { apiKeys: ["second-key"] })).code, 200)
      const second = client(control.baseUrl, "second-key")
      yield* second.create(request("tea-1"))
      assert.strictEqual((yield* ask("PUT", "/stores/second", { webhookUrl })).code, 200)
      yield* ask("POST", "/orders/tea-1/pay")
      yield* control.idle
      assert.isTrue(received[0]?.verifies("second-key"))
      assert.strictEqual((yield* ask("POST", "/orders?store=second", { externalId: "tea-2" })).code, 200)
      assert.strictEqual((yield* second.count).json.data?.["totalAmount"], 2)
      assert.strictEqual((yield* ask("PUT", "/stores/second", { webhookUrl: "nowhere" })).code, 400)
      assert.strictEqual((yield* ask("PUT", "/stores/second", { webhookUrl: null })).code, 200)
      assert.strictEqual((yield* ask("PUT", "/stores/second", { apiKeys: [] })).code, 400)
    }),
  )

  it.effect("says in one sentence what is wrong", () =>
    Effect.gen(function* () {
      const { ask } = yield* scripted()
      yield* ask("POST", "/orders", { externalId: "tea-1" })
      yield* ask("POST", "/orders", { externalId: "tea-2" })
      yield* ask("POST", "/orders/tea-2/pay")
      for (const [method, path, body, code, part] of [
        ["GET", "/orders/nothing", undefined, 404, "no order nothing"],
        ["POST", "/orders/nothing/redeliver", undefined, 404, "no order nothing"],
        ["POST", "/orders?store=nothing", undefined, 404, "no store nothing"],
        ["POST", "/orders/tea-1/pay", { currency: "USD" }, 422, "USD is not offered"],
        ["POST", "/orders/tea-1/pay", { curency: "TON" }, 400, "curency"],
        ["POST", "/orders/tea-2/pay", undefined, 409, "is PAID"],
        ["POST", "/orders/tea-2/cancel", undefined, 409, "is PAID"],
        ["POST", "/orders", { externalId: "tea-1", timeoutSeconds: 60 }, 409, "CONFLICT"],
        ["POST", "/orders", { description: "tea" }, 400, "description"],
        ["POST", "/faults", { kind: "earthquake" }, 400, "kind"],
        ["POST", "/faults", { kind: "answer" }, 400, "code"],
      ] as const) {
        const answer = yield* ask(method, path, body)
        assert.strictEqual(answer.code, code, path)
        assert.include(answer.json.error, part)
        assert.notInclude(answer.json.error, "\n")
      }
      const broken = yield* call("POST", `${(yield* scripted()).control.baseUrl}/simulator/orders`, "{")
      assert.strictEqual(broken.code, 400)
    }),
  )

  it.effect("resets to how the simulator started", () =>
    Effect.gen(function* () {
      const { ask, api } = yield* scripted()
      yield* ask("POST", "/orders", { externalId: "tea-1" })
      yield* ask("PATCH", "/settings", { webhooks: { mode: "drop" } })
      yield* ask("PUT", "/stores/second", { apiKeys: ["second-key"] })
      yield* ask("POST", "/faults", { kind: "reset" })
      yield* ask("POST", "/clock", { advance: "1 day" })
      yield* ask("POST", "/reset")
      const { json } = yield* ask("GET", "/state")
      assert.deepStrictEqual([json.orders, json.messages, json.faults], [[], [], []])
      assert.deepStrictEqual(
        json.stores.map(({ name }: Record<string, unknown>) => name),
        ["default"],
      )
      assert.strictEqual(json.now, "1970-01-01T00:00:00Z")
      assert.deepStrictEqual((yield* ask("GET", "/settings")).json, JSON.parse(JSON.stringify(defaults)))
      assert.strictEqual((yield* api.count).code, 200)
    }),
  )

  it.effect("has a page that lists it", () =>
    Effect.gen(function* () {
      const { control } = yield* running()
      const { code, text } = yield* call("GET", `${control.baseUrl}/simulator`)
      assert.strictEqual(code, 200)
      for (const { method, path } of operations) assert.include(text, `${method} ${path.replace(":ref", "REF")}`)
      assert.strictEqual((yield* call("GET", `${control.baseUrl}/`)).headers.get("location"), "/simulator")
    }),
  )
})

describe("the documents", () => {
  const [readme, settings] = ["README.md", "settings.md"].map((file) =>
    readFileSync(new URL(`../${file}`, import.meta.url), "utf8").split("\n"),
  )

  it("list every call of the control API", () => {
    for (const { method, path } of operations) {
      const call = `${method} ${path.replace("/simulator", "").replace(":ref", "REF")}`
      assert.isTrue(
        readme?.some((line) => line.startsWith(`| \`${call}\` |`)),
        call,
      )
    }
  })

  it("list every kind of fault with every field of its own, and no other", () => {
    const common = new Set(["on", "when", "times", "kind"])
    const expected = Fault.members.flatMap(({ fields }) => {
      const own = Object.keys(fields).filter((name) => !common.has(name))
      return [`${fields.kind.literal}: ${own.join(", ")}`]
    })
    const from = readme?.findIndex((line) => line.startsWith("| `kind` |")) ?? -1
    const rows = readme?.slice(from + 2, readme.indexOf("", from)) ?? []
    const listed = rows.flatMap((row) => {
      const [kinds = "", fields = ""] = row.split(" | ").map((cell) => cell.match(/`\w+`/g)?.join(" ") ?? "")
      const own = fields.match(/\w+/g)?.join(", ") ?? ""
      return (kinds.match(/\w+/g) ?? []).map((kind) => `${kind}: ${own}`)
    })
    assert.deepStrictEqual(listed.toSorted(), expected.toSorted())
  })

  it("list every step of a scenario, and no other", () => {
    const from = readme?.findIndex((line) => line.startsWith("| Step |")) ?? -1
    const rows = readme?.slice(from + 2, readme.indexOf("", from)) ?? []
    const listed = rows.flatMap((row) => row.split(" | ")[0]?.match(/(?<=`)\w+(?=`)/g) ?? [])
    assert.deepStrictEqual(listed.toSorted(), [...verbs].toSorted())
  })

  /** What no document of the provider says, and the switch for each reading. */
  const unknowns: ReadonlyArray<readonly [what: string, ...settings: ReadonlyArray<string>]> = [
    ["count and delays of retries", "webhooks.retryDelaysMs"],
    ["time-out of a delivery", "webhooks.timeoutMs"],
    ["whether another 2xx counts", "webhooks.anySuccess"],
    ["order of messages", "webhooks.order", "webhooks.delayMs"],
    ["rate limit and Retry-After", "answers.rateLimit"],
    [
      "HTTP codes of envelopes",
      "answers.conflict",
      "answers.already",
      "answers.accessDenied",
      "answers.invalidRequest",
    ],
    ["preview of an unknown id", "answers.unknownOrder"],
    ["body of 401, 404, 429 and 500", "answers.errorBody"],
    ["texts of messages", "answers.message"],
    ["what cancels", "orders.declineCancels"],
    ["whether a redirect is followed", "webhooks.followRedirects", "webhooks.trailingSlash"],
    ["rounding", "orders.rounding"],
    ["fee when converted", "orders.conversionFeeBase"],
    ["rate lock", "orders.rateLock"],
    ["NOT and GRAM", "orders.currencies"],
    ["unit of lengths", "orders.lengthUnit"],
    ["absent and null", "orders.nullIsAbsent"],
    ["1.0 and 1.00", "orders.amountsByValue"],
    ["ALREADY of an expired order", "orders.repeatAfterClose"],
    ["query in the signed path", "webhooks.signQuery"],
    ["which key signs during a rotation", "webhooks.signingKey"],
  ]

  it.each(unknowns)("have a switch for what nobody knows: %s", (_, ...names) => {
    for (const name of names) {
      assert.isTrue(
        settings?.some((line) => line.startsWith(`| \`${name}\` |`)),
        name,
      )
    }
  })

  it("list every setting with its default, and no other", () => {
    const rows = settings
      ?.filter((line) => /^\| `\w+\.\w+`/.test(line))
      .map((line) => line.split(" | ").slice(0, 2).join(" | "))
    const expected = Object.entries(defaults).flatMap(([group, each]) =>
      Object.entries(each).map(([name, value]) =>
        name === "currencies"
          ? "| `orders.currencies` | below"
          : `| \`${group}.${name}\` | \`${JSON.stringify(value)}\``,
      ),
    )
    assert.deepStrictEqual(rows, expected)
  })
})
