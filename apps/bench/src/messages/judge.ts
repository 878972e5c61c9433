/** What the calls that the bot made show of the payments that were accepted: how long each customer waited, or what is wrong. */
import type { Call } from "./telegram.ts"

export interface Payment {
  readonly invoiceId: string
  readonly chatId: string
  /** When the webhook was answered with 200, in UTC milliseconds, as the calls' times are. */
  readonly acceptedAtMs: number
}

export interface Expected {
  /** A message of goods for each payment. */
  readonly goods: boolean
  /** Messages to everybody that were due before the first payment. */
  readonly news: number
  /** More is to be sent than may be, so that receipts stand in a queue. */
  readonly queued: boolean
}

/** Payments that were answered within such a time may be shown in any order: they were on their way side by side. */
const sideBySideMs = 300

/** Of all receipts: a single call that the machine held up is in its latency, and says nothing of the order. */
const mayStall = 0.05

/** A chat that had a message takes no other for a second, with what a busy machine adds: a receipt has its turn when it does again. */
const chatMs = 1200

/** As `messages/catalog.json` and the bot's own words have it. */
const isReceipt = ({ method, parameters }: Call) =>
  method === "editMessageText" && /Paid/.test(parameters["text"] ?? "")
const isGoods = ({ method, parameters }: Call) => method === "sendMessage" && /GT-625/.test(parameters["text"] ?? "")
const isNews = ({ method, parameters }: Call) => method === "sendMessage" && /How/.test(parameters["text"] ?? "")

/**
 * The latencies, in the order of the payments: from the 200 to the arrival of the edit that makes a message a receipt. A string
 * says what is wrong: a call that Telegram refused, something lost, or queued receipts that others overtook. In a chat, invoices are
 * paid one after the other.
 */
export const judge = (
  calls: ReadonlyArray<Call>,
  payments: ReadonlyArray<Payment>,
  { goods, news, queued }: Expected,
): ReadonlyArray<number> | string => {
  const refused = calls.filter(({ answer }) => answer?.error_code === 429)
  if (refused.length > 0) return `${refused.length} calls were too fast`

  const receipts = new Map<string, Array<Call>>()
  const shown = new Set<string>()
  for (const call of calls) {
    const chat = call.parameters["chat_id"] ?? ""
    const message = `${chat} ${call.parameters["message_id"]}`
    // The next change of the same message tells that the goods were delivered.
    if (!isReceipt(call) || shown.has(message)) continue
    shown.add(message)
    receipts.set(chat, [...(receipts.get(chat) ?? []), call])
  }
  const latencies: Array<number> = []
  let lastMs = 0
  let newestMs = 0
  for (const { chatId, invoiceId, acceptedAtMs } of payments) {
    const receipt = receipts.get(chatId)?.shift()
    if (receipt === undefined) return `${invoiceId} was not shown as paid`
    latencies.push(receipt.atMs - acceptedAtMs)
    lastMs = Math.max(lastMs, receipt.atMs)
  }
  const inOrder = payments.map(({ chatId, acceptedAtMs }, n) => ({
    chatId,
    acceptedAtMs,
    atMs: acceptedAtMs + (latencies[n] ?? 0),
  }))
  const wasClosed = (chatId: string, acceptedAtMs: number, atMs: number) =>
    calls.some((call) => call.parameters["chat_id"] === chatId && call.atMs < atMs && call.atMs > acceptedAtMs - chatMs)
  let overtaken = 0
  for (const { acceptedAtMs, atMs, chatId } of inOrder.toSorted((a, b) => a.atMs - b.atMs)) {
    if (!wasClosed(chatId, acceptedAtMs, atMs) && acceptedAtMs < newestMs - sideBySideMs) overtaken++
    newestMs = Math.max(newestMs, acceptedAtMs)
  }
  if (queued && overtaken > payments.length * mayStall) return `${overtaken} receipts were overtaken by later ones`

  const sentGoods = calls.filter(isGoods)
  if (goods && sentGoods.length !== payments.length)
    return `${payments.length} payments, and goods were sent ${sentGoods.length} times`
  const sentNews = calls.filter(isNews)
  if (sentNews.length !== news) return `news to ${news}, and they were sent ${sentNews.length} times`
  const overtook = sentNews.filter(({ atMs }) => atMs < lastMs)
  if (overtook.length > news / 4) return `news went to ${overtook.length} before the last receipt`
  return latencies
}
