/** Random ids, from the cryptographic source: nobody can guess one, and none says anything about a person. */
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { CustomerId, InvoiceId } from "@paylog/domain/Invoice"

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

/** `prefix` and 20 characters of 0-9a-z: 103 bits. */
const random = Effect.fnUntraced(function* (prefix: string) {
  const source = yield* SecureRandom.SecureRandom
  let id = prefix
  for (let i = 0; i < 20; i++) id += alphabet[yield* source.intBetween(0, alphabet.length - 1)]
  return id
})

export const invoiceId = Effect.map(random("inv_"), (id) => InvoiceId.make(id))
export const customerId = Effect.map(random("cus_"), (id) => CustomerId.make(id))
export const keyId = random("key_")
