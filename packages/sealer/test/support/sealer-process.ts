/** Seals and signs, as a process of its own: killed by the test. */
import { Effect, Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import * as Sealed from "../../src/Sealing.ts"
import { sealing } from "./sealed.ts"
import { services } from "./world.ts"

const [url = "", folder = "", keyFile = ""] = process.argv.slice(2)

await Effect.runPromise(
  Effect.gen(function* () {
    const made = yield* sealing(folder, { signerKey: readFileSync(keyFile, "utf8") })
    process.stdout.write("ready\n")
    return yield* Sealed.run(Option.some(made), { gather: "5 millis", page: 64 })
  }).pipe(Effect.provide(services(Redacted.make(url)))),
)
