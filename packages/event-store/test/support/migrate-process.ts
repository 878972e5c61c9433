/** Migrates the database of the URL that comes on stdin, when told to on a second line; says so on stdout before and after. */
import { Effect, Redacted } from "effect"
import { createInterface } from "node:readline"
import { migrations } from "../../src/EventStorePostgres.ts"
import { migrate } from "../../src/Migrations.ts"

const lines = createInterface(process.stdin)[Symbol.asyncIterator]()
const url = String((await lines.next()).value)
process.stdout.write("ready\n")
await lines.next()
const applied = await Effect.runPromise(migrate(Redacted.make(url), [migrations]))
process.stdout.write(`applied ${applied.length}\n`)
process.stdin.destroy()
