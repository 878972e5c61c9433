/** Both kinds of checkpoint store keep one contract. */
import { assert, it } from "@effect/vitest"
import { Effect, type Layer, Option } from "effect"
import { once } from "node:events"
import { type FileHandle, mkdir, mkdtemp, open, readdir, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { vi } from "vitest"
import { layerFolder, layerHttp, OutsideStore } from "../src/OutsideStore.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "paylog-store-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

/** A server that keeps what it is given by those who say who they are. */
const server = (answer?: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const kept = new Map<string, Buffer>()
      const http = createServer(async (request, response) => {
        const chunks: Array<Buffer> = []
        for await (const chunk of request) chunks.push(chunk)
        const path = request.url ?? ""
        if (answer !== undefined) return response.writeHead(answer).end()
        if (request.headers.authorization !== `Basic ${btoa("log:p@ss")}`) return response.writeHead(401).end()
        if (request.method === "PUT") kept.set(path, Buffer.concat(chunks))
        if (request.method === "DELETE") kept.delete(path)
        const body = kept.get(path)
        return request.method === "GET" && body === undefined ? response.writeHead(404).end() : response.end(body)
      })
      http.listen(0, "127.0.0.1")
      await once(http, "listening")
      const address = http.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { http, url: new URL(`http://log:p%40ss@127.0.0.1:${port}/logs/ours`) }
    }),
    ({ http }) => Effect.sync(() => (http.closeAllConnections(), http.close())),
  )

const text = (bytes: Option.Option<Uint8Array>) => Option.map(bytes, (bytes) => new TextDecoder().decode(bytes))

const keepsIt = Effect.gen(function* () {
  const { read, write, forget } = yield* OutsideStore
  const path = "tile/0/x001/234.p/5"
  assert.deepStrictEqual(yield* read(path), Option.none())
  yield* write(path, new TextEncoder().encode("one"))
  yield* write(path, new TextEncoder().encode("two"))
  assert.deepStrictEqual(text(yield* read(path)), Option.some("two"))
  yield* forget(path)
  assert.deepStrictEqual(yield* read(path), Option.none())
  yield* forget(path)
})

it.live("a folder keeps the newest of each path, and nothing else", () =>
  Effect.gen(function* () {
    const path = yield* folder
    yield* keepsIt.pipe(Effect.provide(layerFolder(path)))
    yield* OutsideStore.use(({ write }) => write("checkpoint", new Uint8Array([1]))).pipe(
      Effect.provide(layerFolder(path)),
    )
    assert.sameMembers(yield* Effect.promise(() => readdir(path)), ["checkpoint", "tile"])
  }).pipe(Effect.scoped),
)

it.live("what a folder has taken is on the disk: the file first, then each folder that names it", () =>
  Effect.gen(function* () {
    const path = yield* folder
    const synced: Array<string> = []
    const restore = yield* Effect.promise(async () => {
      const handle = await open(path)
      const prototype: FileHandle = Object.getPrototypeOf(handle)
      await handle.close()
      const spy = vi.spyOn(prototype, "sync").mockImplementation(async function (this: FileHandle) {
        synced.push((await this.stat()).isDirectory() ? "folder" : "file")
      })
      return () => spy.mockRestore()
    })
    const { write } = yield* OutsideStore.pipe(Effect.provide(layerFolder(path)))
    yield* write("tile/0/000", new Uint8Array([1]))
    assert.deepStrictEqual(synced, ["folder", "folder", "file", "folder"])
    yield* write("checkpoint", new Uint8Array([1]))
    assert.deepStrictEqual(synced.slice(4), ["file", "folder"])
    restore()
  }).pipe(Effect.scoped),
)

it.live("a server keeps the newest of each path, for whoever the URL says", () =>
  Effect.gen(function* () {
    const { url } = yield* server()
    yield* keepsIt.pipe(Effect.provide(layerHttp(url)))
    url.password = "wrong"
    const refused = yield* Effect.flip(OutsideStore.use(({ read }) => read("checkpoint"))).pipe(
      Effect.provide(layerHttp(url)),
    )
    assert.strictEqual(refused.reason, "it answered 401")
  }).pipe(Effect.scoped),
)

it.live("a store that fails is out of reach, and never empty", () =>
  Effect.gen(function* () {
    const path = yield* folder
    yield* Effect.promise(() => mkdir(join(path, "checkpoint")))
    const { url } = yield* server(500)
    const gone = new URL("http://127.0.0.1:1/")
    const stores: ReadonlyArray<Layer.Layer<OutsideStore>> = [layerFolder(path), layerHttp(url), layerHttp(gone)]
    for (const store of stores) {
      const used = <A, E>(use: Effect.Effect<A, E, OutsideStore>) => Effect.flip(use).pipe(Effect.provide(store))
      assert.strictEqual((yield* used(OutsideStore.use(({ read }) => read("checkpoint"))))._tag, "OutsideUnreachable")
      const written = yield* used(OutsideStore.use(({ write }) => write("checkpoint", new Uint8Array([1]))))
      assert.strictEqual(written._tag, "OutsideUnreachable")
    }
  }).pipe(Effect.scoped),
)
