/** Wallet Pay's deliveries: each pays another invoice, each is signed. */
import { sign } from "@paylog/wallet-pay/Signature"
import { Redacted } from "effect"

/** The key and path of the store, as all servers under test have them. */
export const secret = "a-store-key-that-only-this-bench-has"
export const path = "/hooks/wallet"

/** The environment of an ingester that takes them. Nobody is there: no order has to be opened, and none is asked after. */
export const ingesterSettings = (databaseUrl: string) => ({
  DATABASE_URL: databaseUrl,
  WALLETPAY_API_KEY: secret,
  WALLETPAY_WEBHOOK_PATH: path,
  WALLETPAY_BASE_URL: "http://127.0.0.1:9",
  POLL_FIRST: "1 hour",
  POLL_AT_MOST: "1 hour",
  SWEEP_EVERY: "1 hour",
  HOST: "127.0.0.1",
  PORT: "0",
  LOG_LEVEL: "Info",
})

/** One that pays the invoice, as bytes on the wire. `id` makes event and time its own. */
export const delivery = (invoiceId: string, id: number): Buffer => {
  const at = "2026-01-01T12:10:00.000Z"
  const body = Buffer.from(
    `[{"eventDateTime":"${at}","eventId":${10_030_467_668_508_674n + BigInt(id)},"type":"ORDER_PAID","payload":{"id":10030467668508673,"number":"XYTNJP2O","externalId":"${invoiceId}","orderAmount":{"amount":"12.50","currencyCode":"USD"},"selectedPaymentOption":{"amount":{"amount":"12.5","currencyCode":"USDT"},"amountFee":{"amount":"0.125","currencyCode":"USDT"},"amountNet":{"amount":"12.375","currencyCode":"USDT"},"exchangeRate":"1"},"orderCompletedDateTime":"${at}"}}]`,
  )
  const timestamp = `${168_824_905_680_291n + BigInt(id)}`
  const signature = sign(Redacted.make(secret), { method: "POST", path, timestamp, body })
  const head = [
    `POST ${path} HTTP/1.1`,
    "host: 127.0.0.1",
    "content-type: application/json",
    `walletpay-timestamp: ${timestamp}`,
    `walletpay-signature: ${signature}`,
    `content-length: ${body.length}`,
  ]
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body])
}
