/**
 * A process that reads a log on and on, and writes down what it reads, until it is killed. A line is an event and, being
 * there whole, the bookmark: the next process on the same file goes on after its last whole line. Arguments: the
 * database's URL, the file, and what is read: `log`, or `naive`, a table whose positions come from a sequence.
 */
import { Effect, Redacted, Stream } from "effect"
import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs"
import { connected, rows } from "./sql.ts"
import { storeAt } from "./stores.ts"

const [, , address = "", file = "", source = "log"] = process.argv
const url = Redacted.make(address)

interface Line {
  readonly position: bigint
  readonly stream: string
  readonly version: number
}

const write = (events: ReadonlyArray<Line>) =>
  Effect.sync(() =>
    appendFileSync(file, events.map(({ position, stream, version }) => `${position} ${stream} ${version}\n`).join("")),
  )

/** Removes half a line, and answers the last whole one's position. */
const resume = Effect.sync(() => {
  const text = existsSync(file) ? readFileSync(file, "utf8") : ""
  const whole = text.slice(0, text.lastIndexOf("\n") + 1)
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole))
  return BigInt(/(\d+) \S+ \d+\n$/.exec(whole)?.[1] ?? 0)
})

const log = Effect.gen(function* () {
  const store = yield* storeAt(url)
  return yield* Stream.runForEachArray(store.subscribe(yield* resume), write)
})

const naive = Effect.gen(function* () {
  const client = yield* connected(url)
  let last = yield* resume
  while (true) {
    const page = yield* rows<Line>(
      client,
      "select position, stream, version from naive where position > $1 order by position limit 500",
      [last],
    )
    yield* write(page)
    last = page.at(-1)?.position ?? last
    yield* Effect.sleep("2 millis")
  }
})

process.on("disconnect", () => process.exit())
Effect.runFork(Effect.scoped(source === "log" ? log : naive))
