/**
 * A verified delivery as bytes to keep, `paylog-delivery/1`: whoever holds the store key can verify it again, years later
 * and without this program. One delivery has one encoding, so its SHA-256 names it.
 *
 * The bytes are eight fields, each a 32-bit big-endian length and so many bytes: the name of the format, scheme, method,
 * path, timestamp, signature, key id (all UTF-8), body.
 */
import { Data, Result } from "effect"
import * as Signature from "./Signature.ts"

/** How `signature` is to be checked: see `Signature`. */
export const scheme = "wallet-pay/hmac-sha256"

/** The bytes are no `paylog-delivery/1` of Wallet Pay, were cut, or are followed by others. */
export class NotEvidence extends Data.TaggedError("NotEvidence")<{}> {}

/** Why kept evidence does not verify: its key is not among those given, or the signature does not hold under it. */
export class EvidenceRefuted extends Data.TaggedError("EvidenceRefuted")<{
  readonly reason: "UnknownKey" | "WrongSignature"
}> {}

export const encode = (evidence: Signature.Verified): Uint8Array => {
  const { method, path, timestamp, signature, keyId, body } = evidence
  const texts = [format, scheme, method, path, timestamp, signature, keyId]
  return Buffer.concat([...texts.map((text) => Buffer.from(text)), body].flatMap((field) => [lengthOf(field), field]))
}

/** Undoes `encode`, and accepts nothing else. The body is a view into `bytes`. */
export const decode = (bytes: Uint8Array): Result.Result<Signature.Verified, NotEvidence> => {
  const fields = split(bytes)
  const body = fields?.[7]
  if (fields?.length !== 8 || body === undefined) return Result.fail(new NotEvidence())
  let texts: Array<string>
  try {
    texts = fields.slice(0, 7).map((field) => utf8.decode(field))
  } catch {
    return Result.fail(new NotEvidence())
  }
  const [version, usedScheme, method = "", path = "", timestamp = "", signature = "", keyId = ""] = texts
  return version === format && usedScheme === scheme
    ? Result.succeed({ method, path, timestamp, signature, keyId, body })
    : Result.fail(new NotEvidence())
}

/** Verifies kept evidence again, under the key that it names. */
export const verify = (
  bytes: Uint8Array,
  keys: ReadonlyArray<Signature.StoreKey>,
): Result.Result<Signature.Verified, NotEvidence | EvidenceRefuted> =>
  Result.flatMap(decode(bytes), (evidence) => {
    const named = keys.filter(({ id }) => id === evidence.keyId)
    if (named.length === 0) return Result.fail(new EvidenceRefuted({ reason: "UnknownKey" }))
    return Result.mapError(Signature.verifier(named)(evidence), () => new EvidenceRefuted({ reason: "WrongSignature" }))
  })

const format = "paylog-delivery/1"
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const lengthOf = (field: Uint8Array): Uint8Array => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(field.length)
  return length
}

const split = (bytes: Uint8Array): ReadonlyArray<Uint8Array> | undefined => {
  const fields: Array<Uint8Array> = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined
    const end = at + 4 + view.getUint32(at)
    if (end > bytes.length) return undefined
    fields.push(bytes.subarray(at + 4, end))
    at = end
  }
  return fields
}
