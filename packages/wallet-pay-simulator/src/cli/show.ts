import type { Delivery } from "../Remote.ts"
import { verified } from "../verified.ts"

/** A delivery in one line: what it says, how it was answered, and whether its signature holds. */
export const show = (delivery: Delivery, keys: ReadonlyArray<string>): string => {
  const { number, at, url, reason, body, code, answer, failure } = delivery
  const types = body.match(/(?<="type":")ORDER_[A-Z]+/g) ?? []
  const orders = body.match(/(?<="externalId":)"(?:[^"\\]|\\.)*"/g) ?? []
  const what = types.map((type, index) => `${type} ${orders[index] ?? ""}`).join(", ")
  const signature =
    keys.length === 0
      ? "not verified: no WALLETPAY_API_KEY"
      : verified(delivery, keys)
        ? "signature verified"
        : "SIGNATURE DOES NOT VERIFY"
  const again = reason === "byHand" ? ", by hand" : ""
  const came =
    code === undefined ? (failure ?? "no answer") : `${code}${answer === undefined ? "" : ` ${JSON.stringify(answer)}`}`
  return `${at.slice(11, 19)} #${number} ${what}${again} → ${url} → ${came} (${signature})`
}

/** Whether the merchant must believe it and says so, or must refuse it and does. */
export const isAsItMust = ({ code }: Delivery, isSpoiled: boolean): boolean =>
  isSpoiled ? code !== undefined && (code < 200 || code > 299) : code === 200
