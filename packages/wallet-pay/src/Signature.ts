/**
 * Wallet Pay's webhook signature: HMAC-SHA256 over `METHOD.path.timestamp.base64(body)`, the key being the UTF-8 bytes of
 * the store's API key. It is computed over the bytes that arrived; nothing is decoded before it holds.
 */
import { Redacted, Result } from "effect"
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from "node:crypto"
import { SignatureInvalid } from "@paylog/domain/PaymentProvider"

/** A store key. The id is random and says nothing about the secret; it names the key in evidence. */
export interface StoreKey {
  readonly id: string
  readonly secret: Redacted.Redacted
}

/** What the signature covers, as it arrived. The host is not covered, hence one key per store. */
export interface Signed {
  readonly method: string
  /** The path as typed in the store's settings, without a query: `/webhook` and `/webhook/` differ. */
  readonly path: string
  /** Opaque: the provider's clock is no time of day, so it is never checked for age. */
  readonly timestamp: string
  readonly body: Uint8Array
}

/** The same, with both headers as they arrived: a doubled one is joined by `", "` and then fits neither grammar. */
export interface Claimed extends Omit<Signed, "timestamp"> {
  readonly timestamp: string | undefined
  readonly signature: string | undefined
}

/** A delivery whose signature held under the key named. */
export interface Verified extends Signed {
  readonly signature: string
  readonly keyId: string
}

/** The signature header's value for these parts. */
export const sign = (secret: Redacted.Redacted, signed: Signed): string =>
  digest(toKeyObject(secret), signed).toString("base64")

/**
 * A verifier that holds several active keys, for rotation without an outage. It costs one HMAC per key, whichever key
 * holds, and compares digests in constant time.
 */
export const verifier = (
  keys: ReadonlyArray<StoreKey>,
): ((claimed: Claimed) => Result.Result<Verified, SignatureInvalid>) => {
  const active = keys.map(({ id, secret }) => ({ id, key: toKeyObject(secret) }))
  return ({ method, path, timestamp, signature, body }) => {
    if (timestamp === undefined && signature === undefined) return invalid("Missing")
    if (timestamp === undefined || signature === undefined) return invalid("Malformed")
    if (!isTimestamp(timestamp) || !isSignature(signature)) return invalid("Malformed")
    const signed = { method, path, timestamp, body }
    const tag = Buffer.from(signature, "base64")
    const [holding] = active.filter(({ key }) => timingSafeEqual(digest(key, signed), tag))
    return holding === undefined ? invalid("Wrong") : Result.succeed({ ...signed, signature, keyId: holding.id })
  }
}

/** 1 to 32 visible ASCII characters without a comma. */
const isTimestamp = (text: string) => /^[\x21-\x2b\x2d-\x7e]{1,32}$/.test(text)

/** The one base64 spelling of 32 bytes: 43 characters, of which the last leaves its two spare bits zero, and padding. */
const isSignature = (text: string) => /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text)

const toKeyObject = (secret: Redacted.Redacted): KeyObject => createSecretKey(Redacted.value(secret), "utf8")

const digest = (key: KeyObject, { method, path, timestamp, body }: Signed): Buffer =>
  createHmac("sha256", key)
    .update(`${method}.${path}.${timestamp}.`)
    .update(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64"))
    .digest()

const invalid = (reason: SignatureInvalid["reason"]) => Result.fail(new SignatureInvalid({ reason }))
