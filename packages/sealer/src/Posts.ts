/** What a channel of many readers was told: each checkpoint once, by one of several processes. */
import { Database } from "@paylog/event-store/Database"
import * as Statement from "@paylog/event-store/Statement"
import { Duration, Effect } from "effect"
import * as Checkpoints from "./Checkpoints.ts"

/**
 * The newest checkpoint that holds when the channel is to be told of it now, at most one a period; `undefined` otherwise. Nobody
 * else gets it then: whoever is killed before it is said leaves it unsaid, and the next one follows.
 */
export const claim = Effect.fnUntraced(function* (channel: string, every: Duration.Duration) {
  const newest = yield* Checkpoints.newest
  if (newest === undefined) return undefined
  const { origin, size } = newest
  const [claimed] = yield* (yield* Database).query(claimStatement, [channel, origin, size, Duration.toMillis(every)])
  return claimed === undefined ? undefined : newest
})

/** It was not said. */
export const unsaid = (channel: string) => Database.use(({ query }) => Effect.asVoid(query(unsaidStatement, [channel])))

const statement = (name: string) => Statement.fromFile(new URL(`../sql/posts/${name}.sql`, import.meta.url))
const claimStatement = statement("claim")
const unsaidStatement = statement("unsaid")
