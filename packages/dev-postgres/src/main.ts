#!/usr/bin/env node
/** `pnpm postgres [name]`: a server until SIGINT or SIGTERM, with data that stays. Another name is other data. */
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Redacted } from "effect"
import { createHash } from "node:crypto"
import { start } from "./DevPostgres.ts"

// Each clone of the repository has data of its own, and a new major version of Postgres starts anew.
const clone = createHash("sha256")
  .update(import.meta.dirname)
  .digest("hex")
  .slice(0, 12)
const keep = `18-${process.argv[2] ?? clone}`

start({ keep }).pipe(
  Effect.tap(({ url }) => Console.log(`DATABASE_URL=${Redacted.value(url)}`)),
  Effect.flatMap(({ ended }) => ended),
  Effect.tapError(({ message }) => Console.error(`paylog: ${message}`)),
  Effect.scoped,
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // Being told to stop is how this program ends well.
    teardown: (exit, done) => done(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1),
  }),
)
