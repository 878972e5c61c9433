/**
 * Watches everything and believes nobody: folds the log by itself, event by event, in the moment in which each is
 * appended, and holds it against what the provider truly has.
 */
import * as Invoice from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { type PaymentReceived, samePayment } from "@paylog/domain/Payment"
import * as Quarantine from "@paylog/domain/Quarantine"
import * as Unmatched from "@paylog/domain/Unmatched"
import type { Append, Appended, NewEvent } from "@paylog/event-store/EventStore"
import * as StoredEvents from "@paylog/payments/StoredEvents"
import type { Order } from "@paylog/wallet-pay-simulator/Orders"
import type { Message } from "@paylog/wallet-pay-simulator/World"
import * as Json from "@paylog/wallet-pay/Json"
import { provider as providerName } from "@paylog/wallet-pay/translate"
import { DateTime, Result } from "effect"
import { createHash } from "node:crypto"
import { isStranger } from "./customers.ts"
import type { Provider } from "./Provider.ts"

export interface Quarantined {
  readonly digest: string
  readonly index: number
}

export class Witness {
  readonly invoices = new Map<string, Invoice.Invoice>()
  readonly unmatched = new Map<string, Unmatched.Unmatched>()
  readonly quarantine = new Map<string, Quarantine.Quarantine>()
  readonly quarantined: Array<Quarantined> = []
  readonly broken: Array<string> = []
  readonly #log = createHash("sha256")
  readonly #versions = new Map<string, number>()
  #provider: Provider | undefined
  appends = 0
  events = 0
  /** What happens, a line each, for whoever replays a seed. */
  readonly trace: (line: string) => void

  constructor(trace: (line: string) => void) {
    this.trace = trace
  }

  watch(provider: Provider): void {
    this.#provider = provider
  }

  /** Of all that was appended, in order. */
  hash(): string {
    return this.#log.copy().digest("hex")
  }

  readonly onAppend = (append: Append, appended: Appended): void => {
    if (appended.outcome === "Duplicate") return
    this.appends++
    if (appended.firstPosition !== BigInt(this.events + 1)) this.#break("a position was left out or given twice")
    for (const [place, { stream, events }] of append.streams.entries()) {
      const version = (this.#versions.get(stream) ?? 0) + events.length
      if (appended.versions[place] !== version) this.#break(`${stream} is not dense`)
      this.#versions.set(stream, version)
      for (const event of events) {
        this.events++
        this.#log.update(`${stream} ${event.type} ${event.data} ${event.metadata}\n`)
        this.trace(`${this.events} ${stream} ${event.type} ${event.data} ${event.metadata}`)
        this.#fold(stream, event)
      }
      const state = this.invoices.get(stream)
      if (state !== undefined) this.#holds(stream, state)
    }
  }

  /** Every order at the provider is the one order of an invoice that had asked for it before. */
  readonly onCreate = (): void => {
    for (const order of this.#provider?.orders() ?? []) {
      const { externalId } = order.request
      if (isStranger(externalId)) continue
      const state = this.invoices.get(`invoice-${externalId}`)
      if (state === undefined || state._tag === "Absent") this.#break(`a second order was opened, as ${externalId}`)
      else if (state.request === undefined) this.#break(`the order of ${externalId} was opened before it was asked for`)
    }
  }

  /** What was acknowledged is in the log. */
  readonly onDelivered = (status: number, body: Uint8Array): void => {
    this.trace(`delivery answered ${status}: ${new TextDecoder().decode(body)}`)
    if (status !== 200) return
    const json = Json.parse(body)
    const elements = Result.isSuccess(json) && Array.isArray(json.success) ? json.success : []
    const inQuarantine = this.quarantine.has(Quarantine.stream(createHash("sha256").update(body).digest("hex")))
    for (const element of elements) {
      const eventId: unknown = element?.eventId
      const message = this.#provider?.message(Json.numberText(eventId) ?? "")
      if (message === undefined) this.#break("a delivery that the provider never sent was acknowledged")
      else if (!inQuarantine && !this.#isRecorded(message))
        this.#break(`${message.type} of ${message.orderId} was acknowledged and is not in the log`)
    }
  }

  #isRecorded({ orderId, type }: Message): boolean {
    const order = this.#provider?.orders().find(({ id }) => id === orderId)
    if (order === undefined) return false
    if (type === "ORDER_PAID") return this.recordedOf(order).length > 0
    const state = this.invoices.get(`invoice-${order.request.externalId}`)
    return state === undefined || !["Requested", "Unknown", "AwaitingPayment"].includes(state._tag)
  }

  /** All that the log has of the order's payment, wherever it stands. */
  recordedOf(order: Order): ReadonlyArray<PaymentReceived> {
    const invoice = this.invoices.get(`invoice-${order.request.externalId}`)
    const unmatched = this.unmatched.get(Unmatched.stream({ provider: providerName, orderId: order.id }))
    return [
      ...(invoice === undefined || invoice._tag === "Absent" ? [] : invoice.payments),
      ...(unmatched?.payments ?? []),
    ]
      .map(({ received }) => received)
      .filter(({ orderId }) => orderId === order.id)
  }

  #fold(stream: string, event: NewEvent): void {
    if (stream.startsWith("invoice-")) {
      const decoded = StoredEvents.invoice.decode(event)
      const before = this.invoices.get(stream) ?? Invoice.absent
      if (decoded._tag === "PaymentReceived")
        this.#received(decoded, before._tag === "Absent" ? [] : before.payments.map(({ received }) => received))
      if (decoded._tag === "ProviderOrderRequested" && before._tag !== "Issued")
        this.#break(`${stream} asks for an order when it is ${before._tag}`)
      this.invoices.set(stream, Invoice.evolve(before, decoded))
    } else if (stream.startsWith("unmatched-")) {
      const decoded = StoredEvents.unmatched.decode(event)
      const before = this.unmatched.get(stream) ?? Unmatched.absent
      if (decoded._tag === "PaymentReceived")
        this.#received(
          decoded,
          before.payments.map(({ received }) => received),
        )
      this.unmatched.set(stream, Unmatched.evolve(before, decoded))
    } else if (stream.startsWith("quarantine-")) {
      const decoded = StoredEvents.quarantine.decode(event)
      const metadata: { readonly attachment?: string } = JSON.parse(event.metadata)
      if (decoded._tag === "DeliveryQuarantined")
        this.quarantined.push({ digest: metadata.attachment ?? "", index: decoded.index })
      this.quarantine.set(stream, Quarantine.evolve(this.quarantine.get(stream) ?? Quarantine.absent, decoded))
    } else this.#break(`nobody knows the stream ${stream}`)
  }

  /** A payment in the log is one that the provider has, as it is there, and is there once. */
  #received(payment: PaymentReceived, known: ReadonlyArray<PaymentReceived>): void {
    const order = this.#provider?.orders().find(({ id }) => id === payment.orderId)
    const truth = order === undefined ? undefined : paymentOf(order)
    if (truth === undefined) this.#break(`a payment of ${payment.orderId} was recorded that nobody made`)
    else if (!samePayment(payment, truth)) this.#break(`the payment of ${payment.orderId} was recorded as another`)
    const earlier = known.find((each) => samePayment(each, payment))
    if (earlier !== undefined && !DateTime.isLessThan(payment.completedAt, earlier.completedAt))
      this.#break(`the payment of ${payment.orderId} was recorded twice`)
    else if (earlier === undefined && order !== undefined && this.recordedOf(order).length > 0)
      this.#break(`the payment of ${payment.orderId} was recorded in two places`)
  }

  /** What holds of an invoice after every append. */
  #holds(stream: string, state: Invoice.Invoice): void {
    if (state._tag === "Absent") return this.#break(`${stream} does not begin with its issue`)
    const paying = state.payments.filter((payment) => Invoice.pays(state, payment))
    if (paying.length > 1) this.#break(`${stream} is paid twice`)
    if ((state._tag === "Paid") !== (paying.length === 1))
      this.#break(`${stream} is ${state._tag} against its payments`)
    for (const { received } of paying) {
      const { gross, fee, net } = received
      const parts = Money.isMoney(fee) && Money.isMoney(net) ? Money.add(fee, net) : undefined
      if (parts === undefined || !Money.isMoney(gross) || !Money.equals(parts, gross))
        this.#break(`${stream} is paid by a payment whose parts are not the whole`)
    }
    if (state.payments.some(({ disposition }) => disposition === "Undecided"))
      this.#break(`${stream} has a payment that nobody judged`)
  }

  #break(what: string): void {
    this.broken.push(what)
  }
}

/** The order's payment as the provider truly has it; `undefined` when it is not paid. */
export const paymentOf = (order: Order): PaymentReceived | undefined => {
  if (order.state.status !== "PAID") return undefined
  const { option, orderAmount } = order.state.payment
  const read = (amount: { readonly currencyCode: string; readonly amount: string }) =>
    Result.getOrThrow(Money.read(Money.scales, amount.currencyCode, amount.amount))
  return {
    _tag: "PaymentReceived",
    provider: providerName,
    orderId: order.id,
    orderAmount: read(orderAmount),
    gross: read(option.amount),
    fee: read(option.amountFee),
    net: read(option.amountNet),
    rate: option.exchangeRate,
    completedAt: timeOf(order.state.at),
  }
}

/** The provider counts microseconds, of which we keep milliseconds. */
export const timeOf = (instant: number): DateTime.Utc => DateTime.makeUnsafe(Math.floor(instant / 1000))
