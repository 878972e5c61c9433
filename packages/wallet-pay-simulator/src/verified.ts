import * as Signature from "@paylog/wallet-pay/Signature"
import { Redacted, Result } from "effect"
import type { Delivery } from "./Remote.ts"

/** Whether a merchant with one of these keys, whose webhook is at the address posted to, would believe the delivery. */
export const verified = (delivery: Delivery, keys: ReadonlyArray<string>): boolean => {
  const verify = Signature.verifier(keys.map((key, index) => ({ id: `${index}`, secret: Redacted.make(key) })))
  return Result.isSuccess(
    verify({
      method: "POST",
      path: new URL(delivery.url).pathname,
      timestamp: delivery.timestamp,
      signature: delivery.signature,
      body: new TextEncoder().encode(delivery.body),
    }),
  )
}
