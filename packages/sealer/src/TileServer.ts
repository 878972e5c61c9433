/** The log as C2SP tlog-tiles serves it: its newest checkpoint, and hashes. What an event says is never served. */
import { faultOf } from "@paylog/event-store/faultOf"
import { Cause, Effect, Layer, Option } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Checkpoints from "./Checkpoints.ts"
import { LogKeys, openNote } from "./LogKeys.ts"
import { forkPath, OutsideStore } from "./OutsideStore.ts"
import * as PublishedTiles from "./PublishedTiles.ts"
import * as Tiles from "./Tiles.ts"

/** So long a cache may answer. A full tile never changes. */
const ages = { checkpoint: "max-age=5", partial: "max-age=60", full: "max-age=31536000, immutable" }

const body = (bytes: Uint8Array, contentType: string, age: string) =>
  HttpServerResponse.uint8Array(bytes, {
    contentType,
    // So that a page of somebody else's can check this log in a browser.
    headers: { "cache-control": `public, ${age}`, "access-control-allow-origin": "*" },
  })

const refusal = (status: number, code: string) =>
  HttpServerResponse.jsonUnsafe({ code }, { status, headers: { "cache-control": "no-store" } })
const notFound = refusal(404, "not_found")

/** 503 while the log is out of reach. */
const orUnavailable = <E, R>(answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
  Effect.catchCause(answer, (cause) =>
    Effect.as(
      Effect.logWarning("A tile or checkpoint could not be served", faultOf(Cause.squash(cause)).name),
      refusal(503, "log_unavailable"),
    ),
  )

/** To the letter, without the first slash. */
const pathAsked = Effect.map(HttpServerRequest.HttpServerRequest, ({ originalUrl }) =>
  originalUrl.replace(/^https?:\/\/[^/]*/i, "").replace(/^\/|\?.*$/gs, ""),
)

const checkpoint = HttpRouter.add(
  "GET",
  "/checkpoint",
  Effect.map(Checkpoints.newest, (newest) =>
    newest === undefined
      ? notFound
      : body(new TextEncoder().encode(newest.note), "text/plain; charset=utf-8", ages.checkpoint),
  ).pipe(orUnavailable),
)

/** `/tile/<level>/<index>[.p/<width>]` and `/tile/entries/<index>[.p/<width>]`; 404 for what the tree does not have. */
const tile = HttpRouter.add(
  "GET",
  "/tile/*",
  Effect.gen(function* () {
    const wanted = parse(yield* pathAsked)
    if (wanted === undefined) return notFound
    const { level, index, width } = wanted
    const hashes = yield* level === "entries"
      ? Effect.map(Tiles.bundles(index, index), ([bundle]) => bundle?.hashes)
      : Effect.map(Tiles.tiles([{ level, index }]), ([found]) => found?.hashes)
    if (hashes === undefined || hashes.length < width * 32) return notFound
    const asked = hashes.subarray(0, width * 32)
    return body(
      level === "entries" ? bundled(asked) : asked,
      "application/octet-stream",
      width === 256 ? ages.full : ages.partial,
    )
  }).pipe(orUnavailable),
)

/** An index that the database could not hold is that of no tile. */
const parse = (path: string) => {
  try {
    return PublishedTiles.parseTilePath(path)
  } catch {
    return undefined
  }
}

/** What was said when the log went on under another name: only from the checkpoint store, and only when it is signed. */
const fork = HttpRouter.add(
  "GET",
  "/forks/*",
  Effect.gen(function* () {
    const [, proposalId] = /^forks\/([0-9A-Za-z_]{1,100})$/.exec(yield* pathAsked) ?? []
    const [keys, store] = [yield* Effect.serviceOption(LogKeys), yield* Effect.serviceOption(OutsideStore)]
    if (proposalId === undefined || Option.isNone(keys) || Option.isNone(store)) return notFound
    const note = yield* store.value.read(forkPath(proposalId))
    if (Option.isNone(note)) return notFound
    return yield* openNote(note.value).pipe(
      Effect.provideService(LogKeys, keys.value),
      Effect.as(body(note.value, "text/plain; charset=utf-8", ages.partial)),
      Effect.catchTag("NotOurs", () => Effect.succeed(notFound)),
    )
  }).pipe(orUnavailable),
)

const bundled = (hashes: Uint8Array): Uint8Array =>
  PublishedTiles.bundle(Array.from({ length: hashes.length / 32 }, (_, n) => hashes.subarray(n * 32, n * 32 + 32)))

/** `GET /checkpoint`, `GET /tile/…`, `GET /forks/…`. */
export const layer = Layer.mergeAll(checkpoint, tile, fork)
