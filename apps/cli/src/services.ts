/** The database behind the commands. */
import * as DatabasePostgres from "@paylog/event-store/DatabasePostgres"
import type { DatabaseUrls } from "@paylog/event-store/environment"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { requireCurrent } from "@paylog/event-store/Migrations"
import { layerPolling } from "@paylog/event-store/Wakeups"
import * as WorkQueuePostgres from "@paylog/event-store/WorkQueuePostgres"
import * as Payments from "@paylog/payments/migrations"
import * as Sealer from "@paylog/sealer/migrations"
import { Effect, Layer, type Redacted } from "effect"
import { refused } from "./Ended.ts"

export interface Server {
  readonly url: Redacted.Redacted
  readonly pooler: boolean
}

/** Statements here may be long: a page of a rebuild, a count. In milliseconds. */
const timeouts = { statement: 60_000, answer: 65_000 }

/** Of who reads the whole log: one statement may go through all of it. */
export const patient = { statement: 1_800_000, answer: 1_805_000 }

const schema = (at: Server) =>
  requireCurrent(at, [EventStorePostgres.migrations, Sealer.migrations, Payments.migrations]).pipe(
    Effect.catchTags({
      SchemaBehind: ({ message }) => Effect.fail(refused(message)),
      SchemaDiffers: ({ message }) => Effect.fail(refused(message)),
    }),
  )

/** The log and its database, once the schema is found to be this program's. */
export const store = (at: Server, connections: number, longest: typeof timeouts = timeouts) =>
  Layer.effectDiscard(schema(at)).pipe(
    Layer.provideMerge(EventStorePostgres.layer({ ...at, timeouts: longest })),
    Layer.provideMerge([DatabasePostgres.layer({ ...at, timeouts: longest, connections }), layerPolling()]),
  )

/** For what only the owner of tables may do. */
export const asOwner = ({ url, pooler = false, ownerUrl }: DatabaseUrls): Server =>
  ownerUrl === undefined ? { url, pooler } : { url: ownerUrl, pooler: false }

/** What followers need besides. */
export const followers = ({ url, pooler = false }: DatabaseUrls) =>
  Layer.mergeAll(FollowerRunner.layer(), WorkQueuePostgres.layer).pipe(Layer.provideMerge(store({ url, pooler }, 4)))
