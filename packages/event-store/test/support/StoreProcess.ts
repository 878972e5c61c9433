/** A store in another process of the operating system. */
import { Effect, Exit, type Redacted as R, Redacted, type Scope } from "effect"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Store } from "../../src/conformance/law.ts"
import { type Append, type Appended, type AppendError, StoreUnavailable } from "../../src/EventStore.ts"
import type * as EventStorePostgres from "../../src/EventStorePostgres.ts"
import { type AppendExit, fromSent, type Question, type Told } from "./wire.ts"

export type Appender = Pick<Store, "append">

export interface StoreProcess extends Pick<Store, "append" | "readStream" | "readAll" | "head"> {
  /** All at once, in one message, so that they meet in the same batches. */
  readonly appendAll: (appends: ReadonlyArray<Append>) => Effect.Effect<ReadonlyArray<AppendExit>>
  /** SIGKILL. What it was asked and has not answered fails with `StoreUnavailable`, and so does what it is asked later. */
  readonly kill: Effect.Effect<void>
}

/** Starts it, and kills it when the scope closes. Takes about half a second. */
export const storeProcess = (
  url: R.Redacted,
  options: Partial<EventStorePostgres.Options> = {},
): Effect.Effect<StoreProcess, never, Scope.Scope> =>
  Effect.gen(function* () {
    const pending = new Map<number, (told: Told | undefined) => void>()
    let asked = 0
    let ended = false
    const child = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof fork>>((resume) => {
        const child = fork(
          fileURLToPath(new URL("store-process.ts", import.meta.url)),
          [Redacted.value(url), JSON.stringify(options)],
          { execArgv: [], serialization: "advanced" },
        )
        child.on("error", () => {})
        child.once("exit", () => {
          ended = true
          for (const answer of pending.values()) answer(undefined)
          pending.clear()
          resume(Effect.die(new Error("the process with a store of its own has ended")))
        })
        child.on("message", (message: Told | "ready") => {
          if (message === "ready") return resume(Effect.succeed(child))
          pending.get(message.id)?.(message)
          pending.delete(message.id)
        })
      }),
      (child) => Effect.sync(() => child.kill("SIGKILL")),
    )

    const ask = (question: Question): Effect.Effect<Told["answers"]> =>
      Effect.callback((resume) => {
        if (ended) return resume(nothing)
        const id = ++asked
        pending.set(id, (told) => resume(told === undefined ? nothing : Effect.succeed(told.answers)))
        child.send({ id, question })
      })
    const one = <A>(question: Question): Effect.Effect<A, StoreUnavailable> =>
      Effect.flatMap(ask(question), ([answer]) => (answer === undefined ? gone : fromSent<A, StoreUnavailable>(answer)))

    return {
      append: (append) =>
        Effect.flatMap(ask({ ask: "append", appends: [append] }), ([answer]) =>
          answer === undefined ? gone : fromSent<Appended, AppendError>(answer),
        ),
      readStream: (...args) => one({ ask: "readStream", args }),
      readAll: (...args) => one({ ask: "readAll", args }),
      head: one({ ask: "head" }),
      appendAll: (appends) =>
        Effect.map(ask({ ask: "append", appends }), (answers) =>
          appends.map((_, index): AppendExit => {
            const answer = answers[index]
            return answer === undefined ? gone : fromSent(answer)
          }),
        ),
      kill: Effect.callback((resume) => {
        if (ended) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      }),
    }
  })

const nothing: Effect.Effect<Told["answers"]> = Effect.succeed([])
const gone = Exit.fail(new StoreUnavailable({ reason: "the process has ended" }))
