/** The database behind the commands. */
import * as DatabasePostgres from "@paylog/event-store/DatabasePostgres"
import type { DatabaseUrls } from "@paylog/event-store/environment"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { requireCurrent } from "@paylog/event-store/Migrations"
import { layerPolling } from "@paylog/event-store/Wakeups"
import * as WorkQueuePostgres from "@paylog/event-store/WorkQueuePostgres"
import { migrations } from "@paylog/payments/migrations"
import { Effect, Layer, type Redacted } from "effect"
import { refused } from "./Ended.ts"

/** Statements here may be long: a page of a rebuild, a count. In milliseconds. */
const timeouts = { statement: 60_000, answer: 65_000 }

const schema = (url: Redacted.Redacted) =>
  requireCurrent(url, [EventStorePostgres.migrations, migrations]).pipe(
    Effect.catchTags({
      SchemaBehind: ({ message }) => Effect.fail(refused(message)),
      SchemaDiffers: ({ message }) => Effect.fail(refused(message)),
    }),
  )

/** The log and its database, once the schema is found to be this program's. */
export const store = (url: Redacted.Redacted, connections: number) =>
  Layer.effectDiscard(schema(url)).pipe(
    Layer.provideMerge(EventStorePostgres.layer({ url, timeouts })),
    Layer.provideMerge([DatabasePostgres.layer({ url, timeouts, connections }), layerPolling()]),
  )

/** What followers need besides. */
export const followers = ({ url }: DatabaseUrls) =>
  Layer.mergeAll(FollowerRunner.layer(), WorkQueuePostgres.layer).pipe(Layer.provideMerge(store(url, 4)))
