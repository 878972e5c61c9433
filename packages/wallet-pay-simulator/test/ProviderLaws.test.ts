import { laws } from "@paylog/domain/conformance/ProviderLaws"
import type { Provider, Rig } from "@paylog/domain/conformance/law"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import type { ListLine } from "@paylog/domain/PaymentProvider"
import { readFileSync } from "node:fs"
import { rig } from "./rig.ts"

const timeout = 120_000

describe("Wallet Pay's adapter", () => {
  for (const { title, check } of laws) it.live(title, () => Effect.scoped(Effect.flatMap(rig, check)), timeout)

  it("has a table of these results in its README", () => {
    const readme = readFileSync(new URL("../../wallet-pay/README.md", import.meta.url), "utf8").split("\n")
    const from = readme.findIndex((line) => line.startsWith("| Law "))
    const rows = readme
      .slice(from + 2, readme.indexOf("", from))
      .map((row) => row.split("|").map((cell) => cell.trim()))
    assert.deepStrictEqual(
      rows.map(([, law, result]) => `${law}: ${result}`),
      laws.map(({ title }) => `${title}: holds`),
    )
  })
})

/** An adapter with one mistake each, and a law that it breaks. */
const mistakes: ReadonlyArray<readonly [mistake: string, law: RegExp, make: (right: Rig) => Partial<Provider>]> = [
  [
    "forgets when an order ends",
    /^opens an order that/,
    ({ provider: { open } }) => ({
      open: (request) =>
        Effect.map(open(request), (outcome) =>
          outcome._tag === "Opened"
            ? { ...outcome, order: { ...outcome.order, expiresAt: DateTime.makeUnsafe(0) } }
            : outcome,
        ),
    }),
  ],
  [
    "makes a new externalId for each try",
    /^gives the same order/,
    ({ provider: { open } }) => {
      let tries = 0
      return { open: (request) => open({ ...request, externalId: `${request.externalId}-${tries++}` }) }
    },
  ],
  [
    "calls a conflict a refusal",
    /^calls the same externalId/,
    ({ provider: { open } }) => ({
      open: (request) =>
        Effect.map(open(request), (outcome) =>
          outcome._tag === "Conflict" ? { _tag: "Refused", reason: "CONFLICT" } : outcome,
        ),
    }),
  ],
  [
    "moves what it cannot do into what it can",
    /^refuses what its capabilities/,
    ({ provider: { open, capabilities } }) => ({
      open: (request) =>
        open({
          ...request,
          timeoutSeconds: Math.min(
            capabilities.longestTimeoutSeconds,
            Math.max(capabilities.shortestTimeoutSeconds, request.timeoutSeconds),
          ),
        }),
    }),
  ],
  ...(["ErrorAfter", "NoAnswerAfter", "HugeAnswer", "Redirect", "AnotherAmount"] as const).map(
    (fault) =>
      [
        `takes an unknown outcome for a refusal (${fault})`,
        new RegExp(`^takes ${fault} `),
        ({ provider: { open } }: Rig): Partial<Provider> => ({
          open: (request) =>
            Effect.map(open(request), (outcome) =>
              outcome._tag === "Unknown" ? { _tag: "Refused", reason: outcome.reason } : outcome,
            ),
        }),
      ] as const,
  ),
  [
    "tries again by itself",
    /^takes ErrorBefore /,
    ({ provider: { open } }) => ({
      open: (request) => Effect.repeat(open(request), { times: 1, while: ({ _tag }) => _tag === "Unknown" }),
    }),
  ],
  [
    "reads ids as JavaScript numbers",
    /^knows a repeated message/,
    ({ provider: { verify } }) => ({
      verify: (delivery) =>
        Effect.map(verify(delivery), (verified) => ({
          ...verified,
          items: verified.items.map((item) =>
            item._tag === "Understood" ? { ...item, eventId: String(Math.round(Number(item.eventId) / 1e9)) } : item,
          ),
        })),
    }),
  ],
  [
    "states the payment's currency as the price",
    /^hears of a payment/,
    ({ provider: { verify } }) => ({
      verify: (delivery) =>
        Effect.map(verify(delivery), (verified) => ({
          ...verified,
          items: verified.items.map((item) =>
            item._tag === "Understood" && item.observation._tag === "PaymentCompleted"
              ? {
                  ...item,
                  observation: {
                    ...item.observation,
                    payment: { ...item.observation.payment, orderAmount: item.observation.payment.gross },
                  },
                }
              : item,
          ),
        })),
    }),
  ],
  [
    "drops a payment of a closed order",
    /^hears of an order whose time/,
    ({ provider: { verify } }) => {
      const closed = new Set<string>()
      return {
        verify: (delivery) =>
          Effect.map(verify(delivery), (verified) => ({
            ...verified,
            items: verified.items.filter((item) => {
              if (item._tag !== "Understood") return true
              const { externalId, _tag } = item.observation
              if (_tag === "OrderClosed") closed.add(externalId)
              return _tag === "OrderClosed" || !closed.has(externalId)
            }),
          })),
      }
    },
  ],
  [
    "reads only the first of a batch",
    /^reads every message of a delivery/,
    ({ provider: { verify } }) => ({
      verify: (delivery) =>
        Effect.map(verify(delivery), (verified) => ({ ...verified, items: verified.items.slice(0, 1) })),
    }),
  ],
  [
    "believes what it cannot verify, but for what has no signature",
    /^believes no delivery/,
    ({ provider: { verify } }) => ({
      verify: (delivery) =>
        verify(delivery).pipe(
          Effect.catch((error) =>
            error.reason === "Wrong" ? Effect.succeed({ evidence: delivery.body, items: [] }) : error,
          ),
        ),
    }),
  ],
  [
    "keeps no evidence",
    /^keeps of a delivery/,
    ({ provider: { verify } }) => ({
      verify: (delivery) => Effect.map(verify(delivery), (verified) => ({ ...verified, evidence: Uint8Array.of(1) })),
    }),
  ],
  [
    "numbers the lines of each page from 0",
    /^lists every order once/,
    ({ provider: { list } }) => ({
      list: (offset, count) =>
        Effect.map(list(offset, count), (lines) => lines.map((line, index): ListLine => ({ ...line, index }))),
    }),
  ],
  [
    "leaves out the lines that it does not understand",
    /^names a line that/,
    ({ provider: { list } }) => ({
      list: (offset, count) =>
        Effect.map(list(offset, count), (lines) => lines.filter(({ _tag }) => _tag === "Understood")),
    }),
  ],
  [
    "takes a provider that is down for an empty list",
    /^says that a provider is out of reach/,
    ({ provider: { list } }) => ({
      list: (offset, count) => Effect.catchTag(list(offset, count), "ProviderUnavailable", () => Effect.succeed([])),
    }),
  ],
  [
    "logs its key",
    /^shows neither its secrets/,
    ({ provider: { open }, secrets }) => ({
      open: (request) => Effect.tap(open(request), () => Effect.logDebug(`calling with ${secrets.join(", ")}`)),
    }),
  ],
  [
    "puts the payer's id into a span",
    /^shows neither its secrets/,
    ({ provider: { open } }) => ({
      open: (request) => open(request).pipe(Effect.withSpan("open", { attributes: { payer: request.payer } })),
    }),
  ],
  [
    "tells the payer's id in a reason",
    /^shows neither its secrets/,
    ({ provider: { open } }) => ({
      open: (request) =>
        Effect.map(open(request), (outcome) =>
          outcome._tag === "Unknown" ? { ...outcome, reason: `${outcome.reason} for ${request.payer}` } : outcome,
        ),
    }),
  ],
]

describe("control: an adapter breaks a law that", () => {
  for (const [mistake, title, make] of mistakes)
    it.live(
      mistake,
      () =>
        Effect.gen(function* () {
          const [law, ...others] = laws.filter((each) => title.test(each.title))
          assert.isTrue(law !== undefined && others.length === 0, String(title))
          const right = yield* rig
          const broken = yield* Effect.flip(law!.check({ ...right, provider: { ...right.provider, ...make(right) } }))
          assert.strictEqual(broken._tag, "LawBroken")
        }),
      timeout,
    )

  it("is known of every kind of law", () => {
    const broken = laws.filter(({ title }) => mistakes.some(([, law]) => law.test(title)))
    const kind = (title: string) => title.replace(/^takes \w+ for/, "takes … for")
    assert.deepStrictEqual(new Set(broken.map((law) => kind(law.title))), new Set(laws.map((law) => kind(law.title))))
  })
})
