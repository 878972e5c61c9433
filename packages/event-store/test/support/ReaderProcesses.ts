/** Readers in processes of their own that are killed at random, and go on where they were. */
import { Effect, Random, Redacted } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { eventually } from "./World.ts"

export interface Line {
  readonly position: bigint
  readonly stream: string
  readonly version: number
}

/**
 * Two readers, of which one is killed and started again, so often and until `written` is true. Then, when both have come
 * to `last`, what each has written down, in its order.
 */
export const readWhileKilled = Effect.fnUntraced(function* (options: {
  readonly url: Redacted.Redacted
  readonly source: "log" | "naive"
  readonly kills: number
  readonly written: () => boolean
  readonly last: Effect.Effect<bigint>
}) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "paylog-readers-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  )
  const readers = ["one", "two"].map((name) => ({
    file: join(folder, name),
    child: undefined as ChildProcess | undefined,
  }))
  type Reader = (typeof readers)[number]
  const start = (reader: Reader) =>
    Effect.sync(() => {
      reader.child = fork(
        fileURLToPath(new URL("reader-process.ts", import.meta.url)),
        [Redacted.value(options.url), reader.file, options.source],
        { execArgv: [] },
      )
    })
  const kill = ({ child }: Reader) =>
    Effect.promise(async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      child.kill("SIGKILL")
      await once(child, "exit")
    })
  yield* Effect.forEach(readers, (reader) => Effect.acquireRelease(start(reader), () => kill(reader)))

  const size = ({ file }: Reader) => Effect.sync(() => statSync(file, { throwIfNoEntry: false })?.size ?? 0)
  let kills = 0
  while (kills < options.kills || !options.written()) {
    const reader = readers[yield* Random.nextIntBetween(0, 1)]
    if (reader === undefined) continue
    // Mostly while it reads, sometimes while it starts.
    const before = yield* size(reader)
    if (kills % 4 > 0 && !options.written()) {
      yield* eventually(size(reader), (now) => now > before || options.written(), "20 seconds")
    }
    yield* Effect.sleep(yield* Random.nextIntBetween(0, 200))
    yield* kill(reader)
    kills += 1
    yield* start(reader)
  }

  const last = yield* options.last
  return yield* Effect.forEach(readers, (reader) =>
    eventually(
      Effect.sync(() => linesOf(reader.file)),
      (lines) => (lines.at(-1)?.position ?? 0n) >= last,
      "30 seconds",
    ),
  )
})

const linesOf = (file: string): ReadonlyArray<Line> =>
  (statSync(file, { throwIfNoEntry: false }) === undefined ? "" : readFileSync(file, "utf8"))
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [position = "0", stream = "", version] = line.split(" ")
      return { position: BigInt(position), stream, version: Number(version) }
    })

/** What a reader did wrong. `stored`: what there is to read, in order of position. */
export const faultsOf = (read: ReadonlyArray<Line>, stored: ReadonlyArray<Line>) => {
  const seen = new Set<bigint>()
  const versions = new Map<string, number>()
  const faults = { missed: 0, repeated: 0, reversed: 0, wrong: 0 }
  const byPosition = new Map(stored.map((line) => [line.position, line]))
  let last = 0n
  for (const { position, stream, version } of read) {
    if (seen.has(position)) faults.repeated += 1
    else if (position < last || version <= (versions.get(stream) ?? 0)) faults.reversed += 1
    const there = byPosition.get(position)
    if (there?.stream !== stream || there.version !== version) faults.wrong += 1
    seen.add(position)
    versions.set(stream, version)
    last = position
  }
  faults.missed = stored.filter(({ position }) => !seen.has(position)).length
  return faults
}
