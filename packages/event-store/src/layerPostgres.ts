/** Every service of this package, on one database. */
import { Layer, type Redacted } from "effect"
import type { Database } from "./Database.ts"
import * as DatabasePostgres from "./DatabasePostgres.ts"
import type { DatabaseUrls } from "./environment.ts"
import type { EventStore } from "./EventStore.ts"
import * as EventStorePostgres from "./EventStorePostgres.ts"
import { FollowerRunner } from "./FollowerRunner.ts"
import * as Wakeups from "./Wakeups.ts"
import type { WorkQueue } from "./WorkQueue.ts"
import * as WorkQueuePostgres from "./WorkQueuePostgres.ts"

/** A caller that cannot have a connection within this learns it in time to answer its own. */
const timeouts = { connect: 1000 }

/** The log, its followers and work queues. Fails for want of a server nowhere but in use. Up to 12 connections a process. */
export const layerPostgres = ({
  url,
  pooler = false,
  directUrl,
}: DatabaseUrls): Layer.Layer<Database | EventStore | FollowerRunner | WorkQueue | Wakeups.Wakeups> =>
  Layer.mergeAll(FollowerRunner.layer(), WorkQueuePostgres.layer).pipe(
    Layer.provideMerge(EventStorePostgres.layer({ url, pooler, timeouts })),
    Layer.provideMerge(
      Layer.mergeAll(
        DatabasePostgres.layer({ url, pooler, timeouts }),
        wakeups(directUrl ?? (pooler ? undefined : url)),
      ),
    ),
  )

/** Behind a pooler LISTEN would hear nothing and say nothing of it. */
const wakeups = (url: Redacted.Redacted | undefined) =>
  url === undefined ? Wakeups.layerPolling() : Wakeups.layerListen(url)
