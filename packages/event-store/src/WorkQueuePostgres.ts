/** Work queues as rows of one table. Nothing is held between statements, so a proxy that pools transactions may stand in between. */
import { Duration, Effect, Layer, Metric, Stream } from "effect"
import { Database, type Statement } from "./Database.ts"
import { fromFile } from "./Statement.ts"
import { Wakeups } from "./Wakeups.ts"
import { type QueueStatus, type WorkItem, WorkQueue } from "./WorkQueue.ts"

/** Time is the server's, the one clock that all processes share; only `dueAtMs` is the caller's. */
export const layer: Layer.Layer<WorkQueue, never, Database | Wakeups> = Layer.effect(
  WorkQueue,
  Effect.gen(function* () {
    const database = yield* Database
    const wakeups = yield* Wakeups
    const gauged = new Set<string>()

    /** Ends a claim in one way or another; a claim that the item's renewal has outdated only gives it free. */
    const settle = Effect.fnUntraced(function* (statement: Statement, item: WorkItem, values: ReadonlyArray<unknown>) {
      const settled = yield* database.query(statement, [item.queue, item.key, item.token, ...values])
      if (settled.length === 0) yield* database.query(release, [item.queue, item.key, item.token])
      return settled.length > 0
    })

    const untilNextDue = (queue: string) =>
      database.query<{ readonly inMs: number }>(nextDue, [queue]).pipe(
        Effect.map(([next]) => (next === undefined ? Infinity : next.inMs)),
        Effect.orElseSucceed(() => Infinity),
      )

    return WorkQueue.of({
      add: (sql, queue, items) =>
        items.length === 0
          ? Effect.void
          : Effect.asVoid(sql.query(add, [queue, items.map((item) => item.key), items.map((item) => item.dueAtMs)])),
      claim: (queue, limit, lease) =>
        database
          .query<Omit<WorkItem, "queue">>(claim, [queue, limit, Duration.toMillis(lease)])
          .pipe(Effect.map((rows) => rows.map((row) => ({ queue, ...row })))),
      complete: (item) => settle(complete, item, []),
      retryAt: (item, dueAtMs, reason) => settle(retryAt, item, [dueAtMs, reason]),
      awaitDue: (queue, atMost) =>
        wakeups.workAdded.pipe(
          Stream.mapEffect(() => untilNextDue(queue)),
          Stream.switchMap((ms) => Stream.fromEffect(Effect.sleep(Math.max(10, ms)))),
          Stream.runHead,
          Effect.timeoutOption(atMost),
          Effect.asVoid,
        ),
      status: Effect.gen(function* () {
        const queues = yield* database.query<QueueStatus>(status)
        for (const { queue } of queues) gauged.add(queue)
        for (const queue of gauged) {
          const found = queues.find((row) => row.queue === queue)
          yield* Metric.update(Metric.withAttributes(oldestDue, { queue }), (found?.oldestDueMs ?? 0) / 1000)
          yield* Metric.update(Metric.withAttributes(waiting, { queue }), Number(found?.items ?? 0))
          yield* Metric.update(Metric.withAttributes(failing, { queue }), Number(found?.failing ?? 0))
        }
        return queues
      }).pipe(Effect.withSpan("WorkQueue.status")),
    })
  }),
)

const statement = (name: string) => fromFile(new URL(`../sql/work/${name}.sql`, import.meta.url))
const add = statement("add")
const claim = statement("claim")
const complete = statement("complete")
const retryAt = statement("retry-at")
const release = statement("release")
const nextDue = statement("next-due")
const status = statement("status")

const waiting = Metric.gauge("paylog_work_items", { description: "Items of a queue, due or not" })
const failing = Metric.gauge("paylog_work_failing", {
  description: "Items of a queue that were claimed before and are not done",
})
const oldestDue = Metric.gauge("paylog_work_oldest_due_seconds", {
  description: "How long the item that has been due longest has been so",
})
