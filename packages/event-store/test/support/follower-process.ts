/** A process that runs the probe as the follower "f", until it is killed; says so. Its argument is the database's URL. */
import { Console, Effect, Redacted } from "effect"
import { FollowerRunner } from "../../src/FollowerRunner.ts"
import { probe } from "./Probe.ts"
import { servicesAt } from "./World.ts"

const url = Redacted.make(process.argv[2] ?? "")
Effect.runFork(
  Console.log("runs").pipe(
    Effect.andThen(FollowerRunner.use((runner) => runner.run(probe("f", { runner: String(process.pid) })))),
    Effect.provide(servicesAt(url, { batch: 64 })),
  ),
)
