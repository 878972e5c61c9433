/** Is the process alive, and can it take deliveries? */
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import { Gate } from "@paylog/sealer/Gate"
import * as OpenItems from "@paylog/payments/OpenItems"
import * as Sweep from "@paylog/payments/Sweep"
import { Effect, Layer } from "effect"
import { HttpMiddleware, HttpRouter, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"

/** Shorter than any prober's patience: a log that does not answer in time is as good as gone. */
const patience = "1 second"

/** The process runs. It says nothing about the log, so that an outage of the log restarts no process. */
const live = HttpRouter.add("GET", "/health/live", Effect.succeed(HttpServerResponse.jsonUnsafe({ live: true })))

/** 200 while the log answers and may be written to, else 503; with how far each follower is behind. */
const ready = HttpRouter.add(
  "GET",
  "/health/ready",
  Effect.gen(function* () {
    yield* (yield* Gate).check
    const head = yield* (yield* EventStore).head
    const followers = yield* (yield* FollowerRunner).status
    return HttpServerResponse.jsonUnsafe({
      ready: true,
      position: head.toString(),
      followers: followers.map(({ follower, position, lagEvents, lagMs, parked }) => ({
        follower,
        position: position.toString(),
        lagEvents: lagEvents.toString(),
        lagMs,
        parkedStreams: parked.length,
      })),
    })
  }).pipe(
    Effect.timeout(patience),
    Effect.orElseSucceed(() => HttpServerResponse.jsonUnsafe({ ready: false }, { status: 503 })),
  ),
)

/** For Prometheus. The gauges of followers, queues, open items and the sweep are measured now, or left as they were while the log is out of reach. */
const metrics = HttpRouter.add(
  "GET",
  "/metrics",
  Effect.gen(function* () {
    const refresh = Effect.all(
      [(yield* FollowerRunner).status, (yield* WorkQueue).status, OpenItems.totals, Sweep.status],
      {
        concurrency: 4,
      },
    )
    yield* refresh.pipe(Effect.timeout(patience), Effect.ignore)
    const text = yield* PrometheusMetrics.format()
    return HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
  }),
)

/** `/health/live`, `/health/ready`, `/metrics`. */
export const health = Layer.mergeAll(
  live,
  ready,
  metrics,
  HttpMiddleware.layerTracerDisabledForUrls(["/health/live", "/health/ready", "/metrics"]),
)
