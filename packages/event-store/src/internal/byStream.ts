import type { RecordedEvent } from "../EventStore.ts"

type Events = [RecordedEvent, ...Array<RecordedEvent>]

/** The events of each stream, in the order given; streams in the order of their first. */
export const byStream = (events: ReadonlyArray<RecordedEvent>): ReadonlyMap<string, Readonly<Events>> => {
  const streams = new Map<string, Events>()
  for (const event of events) {
    const stream = streams.get(event.stream)
    if (stream === undefined) streams.set(event.stream, [event])
    else stream.push(event)
  }
  return streams
}
