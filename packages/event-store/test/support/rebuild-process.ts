/**
 * A process that rebuilds the tally, until it is killed or done; says which shard transactions it is at. Its arguments: the
 * database's URL, and "sabotaged" for bookmarks of shards that are moved on their own, before the rows are written.
 */
import { Console, Effect, Redacted } from "effect"
import * as Rebuild from "../../src/Rebuild.ts"
import { early } from "./Sabotage.ts"
import { tally } from "./Tally.ts"
import { database, servicesAt } from "./World.ts"

const url = Redacted.make(process.argv[2] ?? "")
const over = process.argv[3] === "sabotaged" ? early : database
Effect.runFork(
  Rebuild.run(tally({ version: 2 }), { shards: 3, batch: 50, lease: "400 millis" }).pipe(
    Effect.andThen(({ position }) => Console.log(`done ${position}`)),
    Effect.provide(servicesAt(url, {}, over)),
  ),
)
