/** Wallet Pay's kept deliveries as the domain's `EvidenceReader`. */
import { EvidenceReader, EvidenceRefused, type Reread } from "@paylog/domain/EvidenceReader"
import * as Money from "@paylog/domain/Money"
import { Config, Effect, Layer, Option, type Redacted, Result } from "effect"
import { secrets } from "./environment.ts"
import * as Evidence from "./Evidence.ts"
import type { StoreKey } from "./Signature.ts"
import { deliveryItems, provider } from "./translate.ts"

/** A reader that holds `keys`: the active ones, and as many retired ones as there are. It may have none. */
export const make = (keys: ReadonlyArray<StoreKey>, scales: Money.Scales) =>
  EvidenceReader.of({
    provider,
    read: (evidence) => Effect.fromResult(read(evidence, keys, scales)),
  })

const read = (
  bytes: Uint8Array,
  keys: ReadonlyArray<StoreKey>,
  scales: Money.Scales,
): Result.Result<Reread, EvidenceRefused> =>
  Result.match(Evidence.verify(bytes, keys), {
    onSuccess: ({ body }) => Result.succeed({ body, items: deliveryItems(body, scales), signature: "Verified" }),
    onFailure: (error) => {
      if (error._tag === "NotEvidence")
        return Result.fail(new EvidenceRefused({ reason: "the bytes are no delivery of Wallet Pay" }))
      if (error.reason === "WrongSignature")
        return Result.fail(new EvidenceRefused({ reason: "its signature does not hold under the key that it names" }))
      return Result.match(Evidence.decode(bytes), {
        onSuccess: ({ body }) => Result.succeed({ body, items: deliveryItems(body, scales), signature: "KeyGone" }),
        onFailure: () => Result.fail(new EvidenceRefused({ reason: "the bytes are no delivery of Wallet Pay" })),
      })
    },
  })

/**
 * The reader from the environment: the keys of `WALLETPAY_API_KEY`, none when it is not set. `keyId` names a secret: the id
 * under which evidence has it.
 */
export const layerConfig = <E, R>(
  keyId: (secret: Redacted.Redacted) => Effect.Effect<string, E, R>,
  scales: Money.Scales = Money.scales,
): Layer.Layer<EvidenceReader, Config.ConfigError | E, R> =>
  Layer.effect(
    EvidenceReader,
    Effect.gen(function* () {
      const given = Option.getOrElse(yield* Config.option(secrets), () => [])
      const keys = yield* Effect.forEach(given, (secret) => Effect.map(keyId(secret), (id) => ({ id, secret })))
      return make(keys, scales)
    }),
  )
