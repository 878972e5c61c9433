import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { unpack } from "../src/internal/Binaries.ts"

it.effect("unpacks once for many callers: whole, with links, readable to every account", () =>
  Effect.gen(function* () {
    const home = yield* Effect.acquireRelease(
      Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "paylog-unpack-"))),
      (folder) => Effect.promise(() => Fs.rm(folder, { recursive: true })),
    )
    const umask = process.umask(0o077)
    const [folder, ...others] = yield* Effect.all([unpack(home), unpack(home), unpack(home)], { concurrency: 3 }).pipe(
      Effect.ensuring(Effect.sync(() => process.umask(umask))),
    )
    yield* Effect.promise(async () => {
      assert.deepStrictEqual(others, [folder, folder])
      assert.deepStrictEqual(await Fs.readdir(home), [Path.basename(folder)])
      for (const entry of await Fs.readdir(folder, { recursive: true })) {
        // `stat` follows links: one that leads nowhere rejects.
        const { mode } = await Fs.stat(Path.join(folder, entry))
        assert.strictEqual(mode & 0o044, 0o044, entry)
      }
      assert.strictEqual((await Fs.stat(Path.join(folder, "bin/postgres"))).mode & 0o111, 0o111)
      const links = (await Fs.readdir(Path.join(folder, "lib"), { withFileTypes: true })).filter((at) =>
        at.isSymbolicLink(),
      )
      assert.isNotEmpty(links)
    })
  }),
)
