/** Holds a server and prints its URL: a process to be killed. */
import { NodeRuntime } from "@effect/platform-node"
import { start } from "@paylog/dev-postgres/DevPostgres"
import { Console, Effect, Redacted } from "effect"

start().pipe(
  Effect.tap(({ url }) => Console.log(Redacted.value(url))),
  Effect.andThen(Effect.never),
  Effect.scoped,
  NodeRuntime.runMain,
)
