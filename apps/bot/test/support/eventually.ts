import { Database } from "@paylog/event-store/Database"
import { type Duration, Effect, Schedule } from "effect"
import { createHash } from "node:crypto"

/** Waits until it is so; fails after half a minute, unless told otherwise. */
export const eventually = <E = never, R = never>(
  isSo: () => boolean | Effect.Effect<boolean, E, R>,
  patience: Duration.Input = "30 seconds",
) =>
  Effect.suspend(() => {
    const so = isSo()
    return typeof so === "boolean" ? Effect.succeed(so) : so
  }).pipe(Effect.repeat({ until: (so) => so, schedule: Schedule.spaced("10 millis") }), Effect.timeout(patience))

/** What a query that counts says. */
export const count = (text: string) =>
  Effect.gen(function* () {
    const database = yield* Database
    const name = createHash("sha256").update(text).digest("hex").slice(0, 32)
    const [row] = yield* database.query<{ readonly count: bigint }>({ name, text })
    return Number(row?.count)
  })
