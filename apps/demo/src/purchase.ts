/** One purchase, as a customer makes it: from /start to the receipt. */
import { Console, Effect, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as Customer from "./Customer.ts"

/** The invoice's button opened nothing that can be paid. */
class NotPayable extends Schema.TaggedError<NotPayable>()("NotPayable", {}) {
  override readonly message = "The button to pay opened no link"
}

/** Buys the first product that the bot offers and pays in USDT. Ends when the receipt says that it was delivered. */
export const purchase = Effect.fnUntraced(function* (emulator: string) {
  const ann = yield* Customer.make(emulator, "Ann")
  yield* ann.write("/start")
  yield* ann.press("Coffee beans")
  yield* ann.press("House blend")
  yield* ann.press("Buy")
  const { messageId, url } = yield* ann.press("👛 Pay via Wallet")
  if (url === undefined) return yield* new NotPayable()
  // The page answers with a redirect to itself, as a browser needs it.
  const client = HttpClient.filterStatus(yield* HttpClient.HttpClient, (status) => status < 400)
  yield* Console.log(`Ann pays in USDT on the page that Wallet Pay shows: ${url}\n`)
  yield* HttpClientRequest.post(`${url}/pay`).pipe(
    HttpClientRequest.bodyUrlParams({ currency: "USDT" }),
    client.execute,
    Effect.scoped,
  )
  yield* ann.until("receipt", (message) => message.message_id === messageId && /✅[^]*📦/.test(message.text))
})
