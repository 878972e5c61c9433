/** The bot as a process whose handlers fail as `fates.ts` has it. What fails is tried again soon. */
import * as Database from "@paylog/event-store/environment"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { runMain } from "@paylog/process/runMain"
import { Data, Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { bot } from "../../src/app.ts"
import { type Handle, HandlerFailed } from "../../src/Bot.ts"
import * as Catalog from "../../src/Catalog.ts"
import * as environment from "../../src/environment.ts"
import { FirstWait } from "../../src/persist.ts"
import { fateOf, type How } from "./fates.ts"

class Planted extends Data.TaggedError("Planted")<{}> {}

const fail = (how: How): Effect.Effect<never, HandlerFailed> => {
  switch (how) {
    case "typed":
      return new HandlerFailed({ cause: new Planted() })
    case "defect":
      return Effect.die(new Planted())
    case "interruption":
      return Effect.interrupt
  }
}

const around =
  (handle: Handle): Handle =>
  (received) => {
    const fate = fateOf(received.updateId)
    if (fate._tag === "Well" || received.attempts > fate.tries) return handle(received)
    return fate.when === "before" ? fail(fate.how) : Effect.andThen(handle(received), fail(fate.how))
  }

runMain(
  Effect.gen(function* () {
    const telegram = yield* environment.telegram
    const webhook = yield* environment.webhook
    const payWithin = yield* environment.payWithin
    const pace = yield* environment.pace
    const budget = yield* environment.budget
    const catalog = yield* Catalog.environment
    const database = yield* Database.environment
    yield* bot({ telegram, webhook, payWithin, pace, budget, catalog, around }).pipe(
      Effect.provide([layerPostgres(database), SecureRandom.layerWebCrypto]),
      Effect.provideService(FirstWait, 10),
    )
  }),
)
