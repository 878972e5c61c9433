/**
 * The database server that the processes share: the log and the tables. It outlives every process. What was sent to it
 * happens whole or not at all, whether or not anybody still waits for the answer.
 */
import { Database, type Sql } from "@paylog/event-store/Database"
import { type Append, type Appended, EventStore, Overloaded, StoreUnavailable } from "@paylog/event-store/EventStore"
import * as EventStoreMemory from "@paylog/event-store/EventStoreMemory"
import { Wakeups, withPolling } from "@paylog/event-store/Wakeups"
import {
  Clock,
  Context,
  Effect,
  type Exit,
  Fiber,
  Layer,
  PubSub,
  Scheduler,
  type Scope,
  Semaphore,
  Stream,
} from "effect"
import type { Dice } from "./Dice.ts"
import { asides, type Changes, nameOf, reads, Tables } from "./Tables.ts"
import type { Tally, Weather } from "./Weather.ts"

/** How long readers wait for a wake-up before they look by themselves. */
const pollEvery = "20 seconds"

export interface Server {
  readonly log: EventStore["Service"]
  readonly tables: Tables
  /** A process's connections: they are cut when `isAlive` says so, and answer late while the process stands still. */
  readonly connect: (client: Client) => Effect.Effect<Context.Context<EventStore | Database | Wakeups>>
}

export interface Client {
  readonly isAlive: () => boolean
  /** Until when the process stands still, in milliseconds. */
  readonly standsStillUntil: () => number
}

export interface Options {
  readonly dice: Dice
  readonly tally: Tally
  readonly weather: () => Weather
  /** Told of every append, in the moment in which it is made. */
  readonly onAppend: (append: Append, appended: Appended) => void
  /** Whether a claim must be the last one to settle its item. */
  readonly fencing: boolean
  /** A planted fault of the log itself. */
  readonly spoil?: (log: EventStore["Service"]) => EventStore["Service"]
}

/** No turn of another fiber in between. */
const atOnce = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, Scheduler.PreventSchedulerYield, true)

const lost = new StoreUnavailable({ reason: "the connection was cut" })

export const make = Effect.fnUntraced(function* ({ dice, tally, weather, onAppend, fencing, spoil }: Options) {
  const scope = yield* Effect.scope
  const memory = Context.get(yield* Layer.build(Layer.fresh(EventStoreMemory.layer)), EventStore)
  /** Told of what is truly in the log, whatever was asked for. */
  const told: EventStore["Service"] = {
    ...memory,
    append: (asked) => Effect.tap(memory.append(asked), (appended) => Effect.sync(() => onAppend(asked, appended))),
  }
  const log = spoil === undefined ? told : spoil(told)
  const tables = new Tables(fencing)
  const oneTransaction = yield* Semaphore.make(1)
  const listeners = new Set<PubSub.PubSub<void>>()

  /** Tells the processes; each may miss it. */
  const notify = Effect.suspend(() =>
    Effect.forEach(
      listeners,
      (listener) => {
        if (!dice.percent(weather().wakeupLost)) return PubSub.publish(listener, undefined)
        tally.count("wake-up lost")
        return Effect.void
      },
      { discard: true },
    ),
  )

  const append = (asked: Append) => Effect.tap(atOnce(log.append(asked)), notify)

  const connect = Effect.fnUntraced(function* ({ isAlive, standsStillUntil }: Client) {
    const listener = yield* PubSub.sliding<void>(1)
    listeners.add(listener)
    const changes = withPolling(listener, pollEvery)

    const latency = Effect.suspend(() => {
      if (dice.percent(weather().storeSlow)) {
        tally.count("store slow")
        return Effect.sleep(dice.between(500, 8000))
      }
      return Effect.sleep(dice.percent(80) ? dice.between(1, 8) : dice.between(8, 250))
    })
    const standStill = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      standsStillUntil() > now ? Effect.sleep(standsStillUntil() - now) : Effect.void,
    )
    /** Whoever is dead does nothing more and hears nothing more. */
    const alive = Effect.suspend(() => (isAlive() ? Effect.void : Effect.andThen(Effect.sleep(1000), lost)))

    /** A statement on its way to the server, there, and its answer on the way back. */
    const call = Effect.fnUntraced(function* <A, E>(effect: Effect.Effect<A, E>, kind: "reads" | "writes") {
      yield* standStill
      yield* alive
      if (dice.percent(weather().storeRefuses)) {
        tally.count("store refused before it did anything")
        yield* latency
        return yield* lost
      }
      let exit: Exit.Exit<A, E>
      if (kind === "reads") {
        yield* latency
        exit = yield* Effect.exit(effect)
      } else {
        // What is on its way arrives, whatever becomes of the sender.
        const arriving = yield* Effect.forkIn(Effect.andThen(latency, effect), scope)
        exit = yield* Fiber.await(arriving)
        yield* latency
      }
      yield* standStill
      yield* alive
      if (dice.percent(weather().answerLost)) {
        tally.count(kind === "reads" ? "store's answer lost" : "store's answer lost after a commit")
        return yield* lost
      }
      return yield* exit
    })

    const store = EventStore.of({
      append: (asked) =>
        Effect.suspend(() => {
          if (dice.percent(weather().overloaded)) {
            tally.count("store overloaded")
            return Effect.fail(new Overloaded({ waiting: 1 }))
          }
          return call(append(asked), "writes")
        }),
      load: (fold, stream) => call(atOnce(log.load(fold, stream)), "reads"),
      readStream: (stream, options) => call(atOnce(log.readStream(stream, options)), "reads"),
      readAll: (after, limit) => call(atOnce(log.readAll(after, limit)), "reads"),
      readAttachment: (digest) => call(atOnce(log.readAttachment(digest)), "reads"),
      head: call(atOnce(log.head), "reads"),
      subscribe: () => Stream.die(new Error("No part of the system subscribes")),
      changes,
    })

    const statement =
      (changesOf?: Changes): Sql["query"] =>
      (statement, values = []) =>
        asides.has(nameOf(statement))
          ? Effect.succeed([])
          : call(
              Effect.flatMap(Clock.currentTimeMillis, (now) =>
                // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a row is what its statement says, as on Postgres
                Effect.sync(() => tables.run(statement, values, now, changesOf) as ReadonlyArray<never>),
              ),
              changesOf === undefined && !reads.has(nameOf(statement)) ? "writes" : "reads",
            )

    const database = Database.of({
      query: statement(),
      transaction: (use) =>
        oneTransaction.withPermit(
          Effect.suspend(() => {
            const changes: Changes = []
            const end = Effect.sync(() => {
              for (const bookmark of tables.bookmarks.values()) bookmark.locked = false
            })
            const commit = Effect.andThen(
              Effect.sync(() => {
                for (const change of changes) change()
              }),
              Effect.andThen(end, notify),
            )
            return use({ query: statement(changes) }).pipe(
              // Its locks hold until it has arrived, whoever waits for it.
              Effect.tap(() => Effect.uninterruptible(call(atOnce(commit), "writes"))),
              Effect.ensuring(end),
            )
          }),
        ),
    })

    return Context.make(EventStore, store).pipe(
      Context.add(Database, database),
      Context.add(Wakeups, Wakeups.of({ changes, workAdded: changes, signal: Effect.void })),
    )
  })

  return { log, tables, connect } satisfies Server
})

export type Services = EventStore | Database | Wakeups
export type ServerScope = Scope.Scope
