/** People in the emulated Telegram, the bot that serves them, and a provider that does what the test says. */
import { InvoiceId } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import type { Order, Payment } from "@paylog/domain/PaymentProvider"
import * as Invoices from "@paylog/payments/Invoices"
import type { About } from "@paylog/payments/Metadata"
import { observe } from "@paylog/payments/Observe"
import { request } from "@paylog/payments/Samples"
import { Emulator } from "@paylog/telegram-emulator/Emulator"
import type { ButtonChoice, ChatView, SeenMessage } from "@paylog/telegram-emulator/UserActs"
import { ConfigProvider, DateTime, Duration, Effect, Option, Redacted } from "effect"
import { bot, type Settings } from "../../src/app.ts"
import * as Catalog from "../../src/Catalog.ts"
import { FirstWait } from "../../src/persist.ts"

/** Runs the bot until the scope closes. What fails is tried again soon, unless a test needs the time. */
export const startBot = (changes: Partial<Settings> = {}, firstWaitMs = 50) =>
  Effect.gen(function* () {
    const { baseUrl, token } = yield* Emulator
    const settings: Settings = {
      telegram: { token: Redacted.make(token), botId: Number(token.split(":")[0]), apiRoot: `${baseUrl}/` },
      webhook: Option.none(),
      payWithin: Duration.minutes(30),
      // As fast as the emulator takes it, unless a test is about that.
      pace: { perSecond: 1000, perChatPerSecond: 1000 },
      catalog: yield* Catalog.environment.parse(ConfigProvider.fromEnvRecord({})),
      ...changes,
    }
    return yield* Effect.forkScoped(bot(settings).pipe(Effect.provideService(FirstWait, firstWaitMs)))
  })

/** Far longer than anything takes on a busy machine. */
const patience = "30 seconds"

/** The button of the demo's category that has the product. */
const categoryOf = (title: string): RegExp =>
  /mug|moka|grinder|кружка/i.test(title) ? /^(Mugs|Посуда)/ : /^(Coffee beans|Кофе)/

/** Somebody who uses the bot. Every wait has a deadline. */
export const person = Effect.fnUntraced(function* (languageCode = "en") {
  const emulator = yield* Emulator
  const { id } = yield* emulator.addUser({ firstName: "Ada", languageCode })
  const see = <A>(look: (chat: ChatView) => A | undefined | false) =>
    emulator.waitForChat(id, look).pipe(Effect.timeout(patience))
  const message = (...parts: ReadonlyArray<string>) => see(({ messages }) => messages.findLast(shows(...parts)))
  return {
    id,
    send: (text: string) => emulator.send(id, text),
    press: (choice: ButtonChoice) => emulator.press(id, choice),
    setBlocked: (blocked: boolean) => emulator.setBlocked(id, blocked),
    chat: emulator.chat(id),
    see,
    /** The newest message that shows all of these. */
    message,
    /** Presses, and waits for what appears over the chat; "" when nothing does. */
    ask: Effect.fnUntraced(function* (choice: ButtonChoice) {
      const pressed = yield* emulator.press(id, choice)
      const query = pressed._tag === "Asked" ? pressed.callbackQueryId : ""
      const answer = yield* emulator
        .waitForCalls((calls) => calls.find(({ parameters }) => parameters["callback_query_id"] === query))
        .pipe(Effect.timeout(patience))
      return answer.parameters["text"] ?? ""
    }),
    /** Buys the product by pressing buttons; the invoice's id. */
    buy: Effect.fnUntraced(function* (title: string) {
      const button = (pattern: RegExp) =>
        see(({ messages }) => messages.flatMap(buttonsOf).findLast((text) => pattern.test(text)))
      yield* emulator.send(id, "/start")
      yield* emulator.press(id, { text: yield* button(categoryOf(title)) })
      yield* emulator.press(id, { text: yield* button(new RegExp(`^${title}`)) })
      const isBuy = (text: string) => /^(Buy|Купить)/.test(text)
      const card = yield* see(({ messages }) =>
        messages.findLast((one) => one.text.startsWith(title) && buttonsOf(one).some(isBuy)),
      )
      yield* emulator.press(id, { text: buttonsOf(card).find(isBuy) ?? "", messageId: card.message_id })
      const known = (yield* emulator.chat(id)).messages.length
      return yield* see(({ messages }) =>
        messages
          .slice(known)
          .map(invoiceIdOf)
          .find((found) => found !== undefined),
      )
    }),
  }
})

export const shows =
  (...parts: ReadonlyArray<string>) =>
  ({ text }: Pick<SeenMessage, "text">): boolean =>
    parts.every((part) => text.includes(part))

export const buttonsOf = ({ reply_markup }: Pick<SeenMessage, "reply_markup">): ReadonlyArray<string> =>
  reply_markup?.inline_keyboard.flat().map(({ text }) => text) ?? []

/** The invoice whose message this is, by its buttons. */
export const invoiceIdOf = ({ reply_markup }: SeenMessage): InvoiceId | undefined => {
  const data = reply_markup?.inline_keyboard
    .flat()
    .map(({ callback_data = "" }) => /^[xca]:(inv_\w+)$/.exec(callback_data))
  const id = data?.find((match) => match !== null)?.[1]
  return id === undefined ? undefined : InvoiceId.make(id)
}

export const about: About = { actor: { kind: "Worker", id: "test" }, source: "Worker", correlationId: "test" }
const heard = { provider: "wallet-pay", about }

/** Opens the invoice's order, as the order opener does. Its id at the provider is the invoice's, for short. */
export const openOrder = Effect.fnUntraced(function* (invoiceId: InvoiceId, changes: Partial<Order> = {}) {
  const now = yield* DateTime.now
  yield* Invoices.command(invoiceId, "request-order", request(invoiceId, now), about)
  const order = {
    orderId: invoiceId,
    number: "XYTNJP2O",
    payLink: `https://t.me/wallet?startattach=${invoiceId}`,
    directPayLink: `https://t.me/wallet/start?startapp=${invoiceId}`,
    expiresAt: DateTime.add(now, { minutes: 30 }),
    ...changes,
  }
  yield* observe({ _tag: "OrderOpened", externalId: invoiceId, order }, heard)
})

/** The provider tells that the order was paid. */
export const pay = Effect.fnUntraced(function* (invoiceId: InvoiceId, changes: Partial<Payment> = {}) {
  const payment: Payment = {
    provider: "wallet-pay",
    orderId: invoiceId,
    orderAmount: Money.of("USD", 1250n),
    gross: Money.of("USDT", 12_510_000n),
    fee: Money.of("USDT", 125_100n),
    net: Money.of("USDT", 12_384_900n),
    rate: "1.0008",
    completedAt: yield* DateTime.now,
    ...changes,
  }
  yield* observe({ _tag: "PaymentCompleted", externalId: invoiceId, payment }, heard)
})

export const expire = Effect.fnUntraced(function* (invoiceId: InvoiceId) {
  const closedAt = yield* DateTime.now
  yield* observe(
    { _tag: "OrderClosed", externalId: invoiceId, orderId: invoiceId, outcome: "Expired", closedAt },
    heard,
  )
})
