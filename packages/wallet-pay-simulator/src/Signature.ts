/** The signature of a webhook, from the provider's document alone: the verifier in `@paylog/wallet-pay` shares no code with it. */
import { Redacted } from "effect"
import { createHmac } from "node:crypto"

/**
 * HMAC-SHA256, keyed by the UTF-8 bytes of the store's API key, over method, path, timestamp and the standard base64 of
 * the body's bytes, joined with dots. Returns padded standard base64 (44 characters).
 */
export const sign = (
  apiKey: Redacted.Redacted,
  method: string,
  path: string,
  timestamp: string,
  body: Uint8Array,
): string =>
  createHmac("sha256", Redacted.value(apiKey))
    .update(`${method}.${path}.${timestamp}.${Buffer.from(body).toString("base64")}`)
    .digest("base64")
