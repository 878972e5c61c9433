/** What an ingester does that signs. */
import * as Sealer from "@paylog/sealer/environment"
import * as Sealing from "@paylog/sealer/Sealing"
import { signer } from "@paylog/sealer/Signing"
import { ConfigProvider, Duration, Effect, Option } from "effect"
import { seal } from "./sealed.ts"

/** With this environment: seals all there is, signs it, and puts the checkpoint into the store. */
export const publish = Effect.fnUntraced(function* (env: Record<string, string>) {
  yield* seal
  const sealing = Option.getOrThrow(
    yield* Sealer.forSigning.pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    ),
  )
  return yield* signer({ every: 1, after: Duration.zero }).pipe(Effect.provide(Sealing.outside(sealing)))
})
