/** A process with a store of its own, that appends and reads what its parent asks for. Arguments: the database's URL, options as JSON. */
import { Effect, type Exit, Queue, Redacted, Schema } from "effect"
import type { AppendError } from "../../src/EventStore.ts"
import { storeAt } from "./stores.ts"
import { type Asked, type Told, toSent } from "./wire.ts"

const [, , url = "", options = "{}"] = process.argv
const Options = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Any))

const main = Effect.gen(function* () {
  const store = yield* storeAt(Redacted.make(url), yield* Schema.decodeEffect(Options)(options))
  const asked = yield* Queue.unbounded<Asked>()
  process.on("message", (message: Asked) => Queue.offerUnsafe(asked, message))
  process.on("disconnect", () => process.exit())

  const answer = ({ question }: Asked): Effect.Effect<ReadonlyArray<Exit.Exit<unknown, AppendError>>> => {
    switch (question.ask) {
      case "append":
        return Effect.forEach(question.appends, (append) => Effect.exit(store.append(append)), {
          concurrency: "unbounded",
        })
      case "readStream":
        return Effect.map(Effect.exit(store.readStream(...question.args)), (exit) => [exit])
      case "readAll":
        return Effect.map(Effect.exit(store.readAll(...question.args)), (exit) => [exit])
      case "head":
        return Effect.map(Effect.exit(store.head), (exit) => [exit])
    }
  }
  yield* Effect.sync(() => process.send?.("ready"))
  return yield* Queue.take(asked).pipe(
    Effect.flatMap((question) =>
      answer(question).pipe(
        Effect.map((exits): Told => ({ id: question.id, answers: exits.map(toSent) })),
        Effect.flatMap((told) => Effect.sync(() => process.send?.(told))),
        Effect.forkChild,
      ),
    ),
    Effect.forever,
  )
})

Effect.runFork(Effect.scoped(main))
