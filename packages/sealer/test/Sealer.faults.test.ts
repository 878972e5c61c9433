/** Sealers die at any moment; what they leave is one tree, and checkpoints of it alone. */
import { assert, it } from "@effect/vitest"
import * as Note from "@paylog/transparency/Note"
import * as Bytes from "@paylog/transparency/Bytes"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Entry from "@paylog/transparency/Entry"
import * as TreeTiles from "@paylog/transparency/Tiles"
import * as Tree from "@paylog/transparency/Tree"
import { Effect, Random, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Checkpoints from "../src/Checkpoints.ts"
import { openCheckpoint } from "../src/LogKeys.ts"
import * as Outside from "../src/Outside.ts"
import { sha256 } from "../src/sha256.ts"
import * as Sealed from "../src/Sealing.ts"
import * as Standing from "../src/Standing.ts"
import * as StoredColumns from "../src/StoredColumns.ts"
import * as Tiles from "../src/Tiles.ts"
import { folder, origin, sealing } from "./support/sealed.ts"
import { eventually, grow, run, World, world } from "./support/world.ts"

const kills = process.env["PAYLOG_FULL"] === "1" ? 60 : 6

const program = fileURLToPath(new URL("support/sealer-process.ts", import.meta.url))

const start = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "ignore"] })
      const ended = once(child, "exit")
      await once(child.stdout, "data")
      child.stdout.resume()
      return { kill: () => (child.kill("SIGKILL"), ended) }
    }),
    ({ kill }) => Effect.promise(kill),
  )

it.live("two sealers at a time, killed again and again, make one tree, and sign nothing else", () =>
  Effect.gen(function* () {
    const { url } = yield* World
    const path = yield* folder
    const { signerKey } = yield* Effect.promise(() => Note.generate(origin))
    const keyFile = join(path, "key")
    yield* Effect.promise(() => writeFile(keyFile, signerKey))
    const own = yield* sealing(path, { signerKey })
    const args = [Redacted.value(url), path, keyFile]
    let [first, second] = [yield* start(...args), yield* start(...args)]
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(grow(40), Effect.sleep("20 millis"))))
    let before = 0
    for (let kill = 0; kill < kills; kill++) {
      // Somebody seals, whoever died.
      before = yield* eventually(Tiles.size, (size) => size > before, "20 seconds")
      yield* Effect.sleep(yield* Random.nextIntBetween(0, 300))
      yield* Effect.promise(first.kill)
      ;[first, second] = [second, yield* start(...args)]
    }
    const outside = Sealed.outside(own)
    const newest = Effect.provide(Checkpoints.newest, outside)
    const signed = yield* eventually(newest, (newest) => (newest?.size ?? 0) > before, "40 seconds")
    const all = yield* Checkpoints.list(origin, -1, 10_000)
    const size = yield* Tiles.size

    const stored = yield* StoredColumns.page(0n, size)
    const leaves = stored.map((event) => Tree.leafHash(Entry.entryOf(event, sha256), sha256))
    const whole = (count: number) => {
      const { changed } = TreeTiles.extend(0, [], leaves.slice(0, count), sha256)
      return Bytes.toHex(Tree.rootOf(count, TreeTiles.reader(changed, sha256), sha256))
    }
    assert.isAbove(all.length, 2)
    assert.strictEqual(all[0]?.size, 0)
    for (const { size, root, note } of all) {
      assert.strictEqual(Bytes.toHex(root), whole(size))
      const opened = yield* openCheckpoint(note).pipe(Effect.provide(outside))
      assert.deepInclude(opened, { origin, size })
    }
    assert.strictEqual(Bytes.toHex(yield* Tiles.rootAt(size)), whole(size))
    assert.isAtMost(signed?.size ?? 0, size)
    const standing = yield* Effect.flatMap(Outside.read, Standing.compare).pipe(Effect.provide(outside))
    assert.strictEqual(standing._tag, "Agrees")
    const text = yield* Effect.promise(() => readFile(join(path, "checkpoint"), "utf8"))
    assert.isAtLeast(Checkpoint.parse(text.slice(0, text.lastIndexOf("\n\n") + 1)).size, before)
    assert.deepStrictEqual(yield* run("select from paylog.parked"), [])
  }).pipe(Effect.scoped, Effect.provide(world)),
)
