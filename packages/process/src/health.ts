/** Is the process alive, can it do its work, and what does it count? For probes and Prometheus. */
import { Data, Effect, Layer } from "effect"
import { HttpMiddleware, HttpRouter, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"

/** Shorter than any prober's patience: what does not answer in time is as good as gone. */
const patience = "1 second"

/** The process cannot do its work, and may say why to anybody. */
export class NotReady extends Data.TaggedError("NotReady")<{ readonly why: Readonly<Record<string, unknown>> }> {}

export interface Health<E1, R1, E2, R2> {
  /** What there is to say of a process that can do its work; any failure, and silence, is a process that cannot. Anybody may read it. */
  readonly ready: Effect.Effect<Readonly<Record<string, unknown>>, E1, R1>
  /** Measures the gauges that are measured when they are asked for. */
  readonly refresh: Effect.Effect<unknown, E2, R2>
}

/**
 * `/health/live`: 200 while the process runs; it says nothing of the database, so that an outage restarts no process.
 * `/health/ready`: 200 and what `ready` says, else 503, within a second. `/metrics`: Prometheus' text; gauges are left as they
 * were when they cannot be refreshed within a second.
 */
export const health = <E1, R1, E2, R2>({ ready, refresh }: Health<E1, R1, E2, R2>) =>
  Layer.mergeAll(
    HttpRouter.add("GET", "/health/live", Effect.succeed(HttpServerResponse.jsonUnsafe({ live: true }))),
    HttpRouter.add(
      "GET",
      "/health/ready",
      ready.pipe(
        Effect.map((more) => HttpServerResponse.jsonUnsafe({ ready: true, ...more })),
        Effect.timeout(patience),
        Effect.catch((error) =>
          Effect.succeed(
            HttpServerResponse.jsonUnsafe(
              { ready: false, ...(error instanceof NotReady ? error.why : {}) },
              { status: 503 },
            ),
          ),
        ),
      ),
    ),
    HttpRouter.add(
      "GET",
      "/metrics",
      Effect.gen(function* () {
        yield* refresh.pipe(Effect.timeout(patience), Effect.ignore)
        const text = yield* PrometheusMetrics.format()
        return HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
      }),
    ),
    HttpMiddleware.layerTracerDisabledForUrls(["/health/live", "/health/ready", "/metrics"]),
  )
