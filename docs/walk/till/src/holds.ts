import { Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"

/** Whether it is the till's signature of the body: HMAC-SHA256, as 64 hex digits. Constant-time. */
export const holds = (key: Redacted.Redacted, signature: string, body: Uint8Array): boolean =>
  timingSafeEqual(createHmac("sha256", Redacted.value(key)).update(body).digest(), Buffer.from(signature, "hex"))
