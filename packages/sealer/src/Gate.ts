/**
 * Before the log: nothing is appended to a log that is shorter than its outside checkpoint, or another one. It is looked at
 * start and every minute.
 */
import type { Database } from "@paylog/event-store/Database"
import { EventStore, StoreUnavailable } from "@paylog/event-store/EventStore"
import { Context, type Duration, Effect, Latch, Layer, Metric } from "effect"
import { LogKeys } from "./LogKeys.ts"
import * as Outside from "./Outside.ts"
import type { OutsideStore } from "./OutsideStore.ts"
import * as Standing from "./Standing.ts"

/** Whether appends are let through: for a process's health. Without a checkpoint store they always are. */
export const Gate = Context.Reference<{ readonly check: Effect.Effect<void, StoreUnavailable> }>("sealer/Gate", {
  defaultValue: () => ({ check: Effect.void }),
})

export interface Options {
  /** From one look to the next, while all is well. Default: 1 minute. */
  readonly every?: Duration.Input
  /** The same while nothing is let through. Default: 1 s. */
  readonly again?: Duration.Input
}

/**
 * The log behind the gate. An append waits for the first look, and fails with `StoreUnavailable` while the gate is closed. The
 * store has to be reached once; when it is out of reach later, appends go on, an alarm says so, and the newest checkpoint that
 * this process has seen still binds. Reading is never refused.
 */
export const layer = (
  options: Options = {},
): Layer.Layer<EventStore, never, EventStore | Database | OutsideStore | LogKeys> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = yield* EventStore
      const { origin } = yield* LogKeys
      const looked = yield* Latch.make()
      let seen: Outside.Outside | undefined
      let closed: string | undefined = notYet

      const turn = Effect.fnUntraced(function* (reason: string | undefined) {
        if (reason !== undefined && reason !== closed)
          yield* Effect.logWithLevel(reason === Standing.notYetSigned ? "Info" : "Error")(
            `Nothing is written: ${reason}`,
          )
        if (reason === undefined && closed !== undefined && closed !== notYet)
          yield* Effect.logInfo("The log agrees with its outside checkpoint, and is written to again")
        closed = reason
        yield* Metric.update(gateClosed, reason === undefined ? 0 : 1)
      })

      /** What the store has, or the larger one of this log that it had: it must not go back, also not by being missing for a while. */
      const newest = Effect.gen(function* () {
        const outside = yield* Outside.read
        yield* Metric.update(storeUnreachable, 0)
        if (outside?.origin !== origin) return outside
        if (seen !== undefined && outside.size < seen.size) {
          yield* Effect.logError(`The outside checkpoint has gone back from ${seen.size} to ${outside.size} events`)
          return seen
        }
        return (seen = outside)
      })

      const look = Effect.gen(function* () {
        const outside = yield* newest.pipe(
          Effect.catchTag("OutsideUnreachable", ({ message }) =>
            Effect.gen(function* () {
              yield* Metric.update(storeUnreachable, 1)
              yield* Effect.logError(message)
              return seen ?? (yield* new StoreUnavailable({ reason: message }))
            }),
          ),
        )
        const standing = yield* Standing.compare(outside)
        return standing._tag === "Agrees" ? undefined : Standing.describe(standing)
      }).pipe(
        Effect.catchTags({
          NotOurs: ({ message }) => Effect.succeed(message),
          OutsideUnreachable: ({ message }) => Effect.succeed(message),
          // Nothing was learned. What was not open does not open, and a log out of reach refuses by itself.
          StoreUnavailable: ({ reason }) => Effect.succeed(closed === undefined ? undefined : reason),
        }),
        Effect.flatMap(turn),
        Effect.ensuring(looked.open),
        Effect.andThen(
          Effect.suspend(() =>
            Effect.sleep(closed === undefined ? (options.every ?? "1 minute") : (options.again ?? "1 second")),
          ),
        ),
        Effect.forever,
      )
      yield* Effect.forkScoped(look)

      const check = looked.await.pipe(
        Effect.andThen(
          Effect.suspend(() =>
            closed === undefined ? Effect.void : Effect.fail(new StoreUnavailable({ reason: closed })),
          ),
        ),
      )
      return Context.make(
        EventStore,
        EventStore.of({ ...store, append: (append) => Effect.andThen(check, store.append(append)) }),
      ).pipe(Context.add(Gate, { check }))
    }),
  )

const notYet = "it was not yet compared with its outside checkpoint"

const gateClosed = Metric.gauge("paylog_log_gate_closed", {
  description: "1 while this process appends nothing, since the log does not agree with its outside checkpoint",
})
const storeUnreachable = Metric.gauge("paylog_checkpoint_store_unreachable", {
  description: "1 while the checkpoint store cannot be read",
})
