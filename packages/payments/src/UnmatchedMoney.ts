/** Unmatched money as the log has it now. */
import { EventStore } from "@paylog/event-store/EventStore"
import { Effect } from "effect"
import { unmatchedDecider } from "./Observe.ts"

/** The payments of one order that no invoice has, and what became of each. One read of the stream; none when there is no such. */
export const get = (stream: string) =>
  EventStore.use((store) => Effect.map(store.load(unmatchedDecider.fold, stream), ({ state }) => state))
