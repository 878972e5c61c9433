/** The log as C2SP tlog-tiles serves it: its newest checkpoint, and hashes. What an event says is never served. */
import { faultOf } from "@paylog/event-store/faultOf"
import { Cause, Effect, Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Checkpoints from "./Checkpoints.ts"
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
    const { originalUrl } = yield* HttpServerRequest.HttpServerRequest
    const wanted = parse(originalUrl.replace(/^https?:\/\/[^/]*/i, "").replace(/^\/|\?.*$/gs, ""))
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

const bundled = (hashes: Uint8Array): Uint8Array =>
  PublishedTiles.bundle(Array.from({ length: hashes.length / 32 }, (_, n) => hashes.subarray(n * 32, n * 32 + 32)))

/** `GET /checkpoint`, `GET /tile/…`. */
export const layer = Layer.merge(checkpoint, tile)
