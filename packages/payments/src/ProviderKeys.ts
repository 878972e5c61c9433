/** Names for the provider's keys, so that evidence can say which key signed it without saying anything about the key. */
import { Effect, Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { createHmac, timingSafeEqual } from "node:crypto"
import * as Ids from "./Ids.ts"

const listStatement = Statement.fromFile(new URL("../sql/list-provider-keys.sql", import.meta.url))
const addStatement = Statement.fromFile(new URL("../sql/add-provider-key.sql", import.meta.url))

const Row = Schema.Struct({ keyId: Schema.String, nonce: Schema.Uint8Array, tag: Schema.Uint8Array })
const decode = Schema.decodeUnknownSync(Row)

/**
 * The random id of a key: the same in every process, made when the key is first seen. A key is known again by its HMAC
 * over the row's nonce; two processes that see a new key at the same moment may give it two names, which does no harm.
 */
export const idOf = Effect.fn("ProviderKeys.idOf")(function* (secret: Redacted.Redacted) {
  const database = yield* Database
  const known = (yield* database.query(listStatement)).map((row) => decode(row))
  const match = known.find(({ nonce, tag }) => timingSafeEqual(tagOf(secret, nonce), tag))
  if (match !== undefined) return match.keyId
  const id = yield* Ids.keyId
  const nonce = yield* (yield* SecureRandom.SecureRandom).randomBytes(32)
  yield* database.query(addStatement, [id, nonce, tagOf(secret, nonce)])
  return id
})

const tagOf = (secret: Redacted.Redacted, nonce: Uint8Array): Uint8Array =>
  createHmac("sha256", Redacted.value(secret)).update("paylog-key-id/1").update(nonce).digest()
