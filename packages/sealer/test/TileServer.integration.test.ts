/** The log over HTTP, as a stranger's client sees it. */
import { NodeHttpServer } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import * as Bytes from "@paylog/transparency/Bytes"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import * as Entry from "@paylog/transparency/Entry"
import * as Note from "@paylog/transparency/Note"
import * as TreeTiles from "@paylog/transparency/Tiles"
import * as Tree from "@paylog/transparency/Tree"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { createServer } from "node:http"
import { LogKeys } from "../src/LogKeys.ts"
import { layerFolder, OutsideStore } from "../src/OutsideStore.ts"
import * as PublishedTiles from "../src/PublishedTiles.ts"
import * as StoredColumns from "../src/StoredColumns.ts"
import * as Tiles from "../src/Tiles.ts"
import * as TileServer from "../src/TileServer.ts"
import { folder, origin, sealAll, sealing, sign } from "./support/sealed.ts"
import { grow, run, world } from "./support/world.ts"

const keys = await Note.generate(origin)
const verifier = await Note.verifier(keys.verifierKey)

const server = HttpRouter.serve(TileServer.layer, { disableLogger: true }).pipe(
  Layer.provideMerge(Layer.succeed(LogKeys, { origin, signer: undefined, verifiers: [verifier] })),
  Layer.provideMerge(Layer.unwrap(Effect.map(folder, layerFolder))),
  Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
  Layer.provideMerge(world),
)

const get = Effect.fnUntraced(function* (path: string) {
  const { address } = yield* HttpServer.HttpServer
  const port = "port" in address ? address.port : 0
  return yield* Effect.promise(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/${path}`)
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      cache: response.headers.get("cache-control"),
      bytes: new Uint8Array(await response.arrayBuffer()),
    }
  })
})

layer(server, { excludeTestServices: true })("over HTTP", (it) => {
  it.effect("a client walks from the checkpoint to every entry, with nothing but a verifier key", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* get("checkpoint")).status, 404)
      const log = yield* sealing(yield* folder, { signerKey: keys.signerKey })
      yield* sign(log)
      yield* grow(500)
      const size = yield* sealAll
      yield* sign(log)

      // What somebody without the key wrote is not served, whatever it says of itself.
      yield* run("insert into transparency.checkpoints values ($1, $2, $3, 'planted', now() + '1 day'::interval)", [
        origin,
        size + 1,
        yield* Tiles.rootAt(size),
      ])
      const note = yield* get("checkpoint")
      assert.deepInclude(note, { status: 200, type: "text/plain; charset=utf-8", cache: "public, max-age=5" })
      const { text } = yield* Effect.promise(() => Note.open(note.bytes, log.keys.verifiers))
      const checkpoint = Checkpoint.parse(text)
      assert.deepInclude(checkpoint, { origin, size })

      const wanted = TreeTiles.tilesOf(Tree.rootNodes(size), size)
      const tiles = yield* Effect.forEach(wanted, (at) =>
        Effect.map(get(PublishedTiles.tilePath(at)), ({ bytes }) => ({ ...at, hashes: bytes })),
      )
      assert.deepStrictEqual(Tree.rootOf(size, TreeTiles.reader(tiles)), checkpoint.root)

      const stored = yield* StoredColumns.page(0n, size)
      const entries: Array<Uint8Array> = []
      for (let index = 0; index * 256 < size; index++) {
        const at = { level: "entries", index, width: Math.min(256, size - index * 256) } as const
        entries.push(...PublishedTiles.unbundle((yield* get(PublishedTiles.tilePath(at))).bytes))
      }
      assert.deepStrictEqual(
        entries.map(Bytes.toHex),
        stored.map((event) => Bytes.toHex(Entry.entryOf(event))),
      )
      assert.deepStrictEqual(
        TreeTiles.extend(
          0,
          [],
          entries.map((entry) => Tree.leafHash(entry)),
        ).size,
        size,
      )

      assert.deepInclude(yield* get("tile/0/000"), {
        status: 200,
        type: "application/octet-stream",
        cache: "public, max-age=31536000, immutable",
      })
      assert.deepInclude(yield* get("tile/0/000.p/7"), { status: 200, cache: "public, max-age=60" })
      assert.lengthOf((yield* get("tile/0/000.p/7")).bytes, 7 * 32)
    }).pipe(Effect.scoped),
  )

  it.effect("serves the statement of a fork, when the log's key has signed it", () =>
    Effect.gen(function* () {
      const { write } = yield* OutsideStore
      const text = `${origin}\npaylog-fork/1\n`
      const note = yield* Effect.promise(async () => Note.sign(text, [await Note.signer(keys.signerKey)]))
      yield* write("forks/pro_1", new TextEncoder().encode(note))
      yield* write("forks/pro_2", new TextEncoder().encode("said by somebody else"))
      const served = yield* get("forks/pro_1")
      assert.deepInclude(served, { status: 200, type: "text/plain; charset=utf-8", cache: "public, max-age=60" })
      assert.strictEqual(new TextDecoder().decode(served.bytes), note)
      assert.strictEqual((yield* get("forks/pro_2")).status, 404)
    }),
  )

  for (const path of [
    "forks/pro_3",
    "forks/..%2fcheckpoint",
    "forks/pro_1/x",
    "tile/0/999",
    "tile/0/004",
    "tile/0/x999/x999/x999/x999/999",
    "tile/3/000",
    "tile/0/0",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/003.p/255",
    "tile/entries/900",
    "tile/data/000",
    "tile/0/000/",
    "tile/64/000",
    "tile/0/%2e%2e",
  ])
    it.effect(`404 for ${path}`, () =>
      Effect.gen(function* () {
        assert.deepInclude(yield* get(path), { status: 404, cache: "no-store" })
      }),
    )
})
