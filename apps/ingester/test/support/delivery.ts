/** Deliveries as Wallet Pay signs them, made here from its document and not from our verifier. */
import { createHmac } from "node:crypto"
import { request } from "node:http"

export const key = "test-store-key-0123456789"
export const path = "/hooks/wallet/"

export interface Delivery {
  readonly method: string
  readonly path: string
  /** Name, value, name, value …: a header can stand twice. */
  readonly headers: ReadonlyArray<string>
  readonly body: Buffer
}

let clock = 168824905680291n

export const signatureOf = (method: string, path: string, timestamp: string, body: Buffer, secret = key): string =>
  createHmac("sha256", secret)
    .update(`${method}.${path}.${timestamp}.${body.toString("base64")}`)
    .digest("base64")

/** A signed delivery of these bytes, with a timestamp of its own. */
export const signed = (text: string | Buffer, secret = key): Delivery => {
  const body = Buffer.from(text)
  const timestamp = `${clock++}`
  const signature = signatureOf("POST", path, timestamp, body, secret)
  const headers = [
    "WalletPay-Timestamp",
    timestamp,
    "WalletPay-Signature",
    signature,
    "Content-Type",
    "application/json",
  ]
  return { method: "POST", path, headers, body }
}

export interface Message {
  readonly eventId: string
  readonly orderId: string
  readonly externalId: string
  readonly amount?: string
  readonly currency?: string
  readonly completedAt?: string
}

/** ORDER_PAID as it is on the wire: ids are bare numbers beyond 2^53. */
export const orderPaid = ({ eventId, orderId, externalId, amount, currency, completedAt }: Message): string => {
  const at = completedAt ?? new Date().toISOString()
  return `{"eventDateTime":"${at}","eventId":${eventId},"type":"ORDER_PAID","payload":{"id":${orderId},"number":"XYTNJP2O","externalId":"${externalId}","orderAmount":{"amount":"${amount ?? "12.50"}","currencyCode":"${currency ?? "USD"}"},"selectedPaymentOption":{"amount":{"amount":"12.5","currencyCode":"USDT"},"amountFee":{"amount":"0.125","currencyCode":"USDT"},"amountNet":{"amount":"12.375","currencyCode":"USDT"},"exchangeRate":"1"},"orderCompletedDateTime":"${at}"}}`
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | Array<string> | undefined>>
  readonly body: string
}

/** Sends a delivery over a connection of its own; fails when no answer comes. */
export const post = ({ method, path, headers, body }: Delivery, port: number): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const length = headers.includes("Transfer-Encoding") ? [] : ["Content-Length", `${body.length}`]
    const sent = request(
      { host: "127.0.0.1", port, method, path, agent: false, headers: ["Host", "ingester", ...headers, ...length] },
      (answer) => {
        let text = ""
        answer.setEncoding("utf8").on("data", (chunk) => (text += chunk))
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }))
        answer.on("error", reject)
      },
    )
    sent.on("error", reject).end(body)
  })
