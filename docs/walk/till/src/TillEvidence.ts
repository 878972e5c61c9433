/** A delivery of the till as bytes to keep, and the domain's `EvidenceReader` that reads them again, years later. */
import { EvidenceReader, EvidenceRefused } from "@paylog/domain/EvidenceReader"
import { Effect, type Redacted } from "effect"
import { holds } from "./holds.ts"
import { name, toItem } from "./translate.ts"

interface Kept {
  readonly keyId: string
  readonly signature: string
  readonly body: Uint8Array
}

/** Three lines, then the body as it came. */
export const encode = ({ keyId, signature, body }: Kept): Uint8Array =>
  Buffer.concat([Buffer.from(`till-delivery/1\n${keyId}\n${signature}\n`), body])

const decode = (evidence: Uint8Array): Kept | undefined => {
  const head = /^till-delivery\/1\n(.+)\n([0-9a-f]{64})\n/.exec(Buffer.from(evidence).toString("latin1"))
  const [whole = "", keyId, signature] = head ?? []
  if (keyId === undefined || signature === undefined) return undefined
  return { keyId, signature, body: evidence.subarray(whole.length) }
}

/** `keys` by id: the one in use and those that are retired, as far as they are at hand. */
export const make = (keys: Readonly<Record<string, Redacted.Redacted>>) =>
  EvidenceReader.of({
    provider: name,
    read: Effect.fnUntraced(function* (evidence) {
      const kept = decode(evidence)
      if (kept === undefined) return yield* new EvidenceRefused({ reason: "it is no delivery of the till" })
      const { keyId, signature, body } = kept
      const key = keys[keyId]
      if (key !== undefined && !holds(key, signature, body))
        return yield* new EvidenceRefused({ reason: "its signature does not hold under the key that it names" })
      return { body, items: [toItem(body)], signature: key === undefined ? "KeyGone" : "Verified" }
    }),
  })
