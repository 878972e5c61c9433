/**
 * What several processes asked of a log and were told, and whether one order explains it all: was the log strictly
 * serializable?
 *
 * The log names an order itself, by its positions. So the question is whether every event can have become visible at one
 * moment, in the order of positions, with each append's events at one moment between its call and its answer, and every
 * answer true at some moment between its call and its answer. Each answer says "by my answer the log had at least `from`
 * events" and "at my call it had no more than `upTo`"; moments exist exactly when, for every position, the latest call that
 * did not see it (or of a later one) is before the earliest answer that did (or of an earlier one). No search is needed.
 */

/** When it was asked and answered, by one clock that never stands still. `Infinity`: nobody knows, as after a lost connection. */
export interface Call {
  readonly process: string
  readonly called: number
  readonly answered: number
}

export interface AppendCall extends Call {
  readonly kind: "append"
  readonly key: string
  /** Data is unique to the append's content: the same only where a key is repeated with the same content. */
  readonly streams: ReadonlyArray<{
    readonly stream: string
    readonly expected: "any" | "none" | number
    readonly data: ReadonlyArray<string>
  }>
  readonly answer:
    | {
        readonly _tag: "Appended" | "Duplicate"
        readonly firstPosition: bigint
        readonly lastPosition: bigint
        readonly versions: ReadonlyArray<number>
      }
    | { readonly _tag: "VersionConflict"; readonly stream: string; readonly expected: unknown; readonly actual: number }
    | { readonly _tag: "IdempotencyMismatch" }
    | { readonly _tag: "Unknown" }
}

export interface Seen {
  readonly position: bigint
  readonly stream: string
  readonly version: number
  readonly data: string
}

export interface StreamCall extends Call {
  readonly kind: "readStream"
  readonly stream: string
  readonly events: ReadonlyArray<Seen>
}

export interface AllCall extends Call {
  readonly kind: "readAll"
  readonly after: bigint
  readonly limit: number
  readonly events: ReadonlyArray<Seen>
}

export type HistoryCall = AppendCall | StreamCall | AllCall

export interface Anomaly {
  readonly name: string
  readonly what: string
}

/** A call's knowledge of how many events there were: at least `from` by its answer, at most `upTo` at its call. */
interface Bounds {
  readonly call: HistoryCall
  readonly from: number
  readonly upTo: number
}

/** What is wrong. `log`: all of it, read when everything was over. Costs n log n. */
export const anomaliesOf = (calls: ReadonlyArray<HistoryCall>, log: ReadonlyArray<Seen>): ReadonlyArray<Anomaly> => {
  const found: Array<Anomaly> = []
  const report = (name: string, what: unknown) => {
    found.push({
      name,
      what: JSON.stringify(what, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value)),
    })
  }

  // -- The log by itself.
  const versions = new Map<string, Array<number>>() // of each stream, the positions of its versions
  for (const [index, event] of log.entries()) {
    if (event.position !== BigInt(index + 1)) report("gap in positions", event)
    const history = versions.get(event.stream) ?? []
    versions.set(event.stream, history)
    history.push(index + 1)
    if (event.version !== history.length) report("gap in versions", event)
  }
  const head = log.length
  const positionOf = (stream: string, version: number): number | undefined =>
    version === 0 ? 0 : versions.get(stream)?.[version - 1]
  /** The last position at which the stream still had this version. */
  const lastAt = (stream: string, version: number): number => (versions.get(stream)?.[version] ?? head + 1) - 1

  // -- Which append made what.
  const asked = new Map<string, Array<AppendCall>>() // by content
  const appends = calls.filter((call) => call.kind === "append")
  for (const call of appends) {
    const content = contentOf(call)
    const same = asked.get(content) ?? []
    asked.set(content, same)
    same.push(call)
  }
  const byData = new Map<string, AppendCall>()
  for (const call of appends) for (const { data } of call.streams) for (const one of data) byData.set(one, call)
  /** Of each content that is in the log, where it begins and ends. */
  const made = new Map<string, { readonly first: number; readonly last: number; readonly call: AppendCall }>()
  const keys = new Map<string, string>() // which content has the key
  const ends = new Map<number, number>() // of each first position of an append, the last
  for (let at = 0; at < log.length;) {
    const event = log[at]
    const call = event === undefined ? undefined : byData.get(event.data)
    if (event === undefined || call === undefined) {
      report("event that nobody appended", event)
      at += 1
      continue
    }
    const wanted = call.streams.flatMap(({ stream, data }) => data.map((one) => ({ stream, data: one })))
    const there = log.slice(at, at + wanted.length)
    const matching = wanted.findIndex(
      ({ stream, data }, index) => there[index]?.data !== data || there[index].stream !== stream,
    )
    if (matching !== -1) {
      report("torn append", { key: call.key, at: at + 1 })
      at += 1
      continue
    }
    const content = contentOf(call)
    if (made.has(content)) report("doubled append", { key: call.key, at: at + 1 })
    else if (keys.has(call.key)) report("key with two contents", { key: call.key, at: at + 1 })
    else {
      made.set(content, { first: at + 1, last: at + wanted.length, call })
      keys.set(call.key, content)
    }
    ends.set(at + 1, at + wanted.length)
    at += wanted.length
  }
  const boundaries = new Set<number>([0, ...ends.values()])

  for (const [content, { first, call }] of made) {
    // Whoever of those that asked for it made it: its expectation held where it was put.
    const before = call.streams.map(({ stream }) => (versions.get(stream) ?? []).filter((at) => at < first).length)
    const holds = (asked.get(content) ?? []).some(
      (one) =>
        one.answer._tag !== "VersionConflict" &&
        one.answer._tag !== "IdempotencyMismatch" &&
        one.answer._tag !== "Duplicate" &&
        one.streams.every(
          ({ expected }, index) => expected === "any" || (expected === "none" ? 0 : expected) === before[index],
        ),
    )
    const makers = (asked.get(content) ?? []).filter(({ answer }) => answer._tag === "Appended")
    if (makers.length > 1) report("two were told that they made it", { key: call.key })
    if (!holds) {
      const refused = (asked.get(content) ?? []).every(
        ({ answer }) => answer._tag === "VersionConflict" || answer._tag === "IdempotencyMismatch",
      )
      report(refused ? "refused append that was made" : "append past an expected version", { key: call.key, before })
    }
  }

  // -- What each call knew.
  const bounds: Array<Bounds> = []
  const knows = (call: HistoryCall, from: number, upTo: number) => {
    const bound = { call, from, upTo }
    if (call.kind !== "append" && from === upTo && !boundaries.has(from)) report("torn read", call)
    bounds.push(bound)
  }
  const assertSeen = (events: ReadonlyArray<Seen>, expected: (index: number) => Seen | undefined): boolean => {
    for (const [index, event] of events.entries()) {
      const right = expected(index)
      if (right === undefined) report("event read that is not in the log", event)
      else if (right.position !== event.position || right.version !== event.version || right.stream !== event.stream) {
        report("read that skips, repeats or reorders", { event, right })
      } else if (right.data !== event.data) report("event read with other content", { event, right })
      else continue
      return false
    }
    return true
  }

  for (const call of calls) {
    switch (call.kind) {
      case "readAll": {
        const { after, limit, events } = call
        if (events.length > limit) report("more events than the limit", call)
        if (!assertSeen(events, (index) => log[Number(after) + index])) break
        const end = Number(after) + events.length
        if (events.length === limit) knows(call, end, head)
        else if (events.length > 0) knows(call, end, end)
        else knows(call, 0, end)
        break
      }
      case "readStream": {
        const { stream, events } = call
        if (!assertSeen(events, (index) => log[(positionOf(stream, index + 1) ?? head + 1) - 1])) break
        knows(call, positionOf(stream, events.length) ?? 0, lastAt(stream, events.length))
        break
      }
      case "append": {
        const { answer } = call
        const mine = made.get(contentOf(call))
        switch (answer._tag) {
          case "Unknown":
            break
          case "IdempotencyMismatch": {
            const owner = keys.get(call.key)
            if (owner === undefined || owner === contentOf(call)) report("mismatch without another content", call)
            else knows(call, made.get(owner)?.last ?? 0, head)
            break
          }
          case "VersionConflict": {
            const part = call.streams.find(({ stream }) => stream === answer.stream)
            const expected = part?.expected === "none" ? 0 : part?.expected
            if (part === undefined || expected === "any" || expected === answer.actual) {
              report("conflict without a reason", call)
              break
            }
            const at = positionOf(answer.stream, answer.actual)
            if (at === undefined) report("conflict with a version that never was", call)
            else knows(call, at, lastAt(answer.stream, answer.actual))
            break
          }
          default: {
            if (mine === undefined) {
              report("lost append", call)
              break
            }
            if (Number(answer.firstPosition) !== mine.first || Number(answer.lastPosition) !== mine.last) {
              report("answer with wrong positions", { call, mine: [mine.first, mine.last] })
              break
            }
            const right = call.streams.map(
              ({ stream }) =>
                log.slice(mine.first - 1, mine.last).findLast((event) => event.stream === stream)?.version,
            )
            if (JSON.stringify(right) !== JSON.stringify(answer.versions)) {
              report("answer with wrong versions", { call, right })
              break
            }
            if (answer._tag === "Appended") knows(call, mine.last, mine.first - 1)
            else knows(call, mine.last, head)
          }
        }
      }
    }
  }

  // -- Is there a moment for every position?
  /** The earliest answer that knew of this position or of a later one. */
  const soonest: Array<Bounds | undefined> = Array.from({ length: head + 2 })
  /** The latest call that did not yet know of this position, or of an earlier one. */
  const latest: Array<Bounds | undefined> = Array.from({ length: head + 2 })
  for (const bound of bounds) {
    const { from, upTo, call } = bound
    if (call.answered < (soonest[from]?.call.answered ?? Infinity)) soonest[from] = bound
    if (call.called > (latest[upTo + 1]?.call.called ?? -Infinity)) latest[upTo + 1] = bound
  }
  for (const { first, call } of made.values()) {
    // Nobody makes what was not yet asked, whether or not the one who asked first heard of it.
    const begun = Math.min(...(asked.get(contentOf(call)) ?? []).map(({ called }) => called))
    const bound = { call: { ...call, called: begun, answered: Infinity }, from: 0, upTo: first - 1 }
    if (begun > (latest[first]?.call.called ?? -Infinity)) latest[first] = bound
  }
  for (let at = head; at > 0; at--) {
    const later = soonest[at + 1]
    if (later !== undefined && later.call.answered < (soonest[at]?.call.answered ?? Infinity)) soonest[at] = later
  }
  let unseen: Bounds | undefined
  for (let at = 1; at <= head; at++) {
    const own = latest[at]
    if (own !== undefined && own.call.called > (unseen?.call.called ?? -Infinity)) unseen = own
    const seen = soonest[at]
    if (seen === undefined || unseen === undefined || unseen.call.called < seen.call.answered) continue
    report(nameOf(seen.call, unseen.call), { at, seen: seen.call, unseen: unseen.call })
    break
  }
  return found
}

const contentOf = ({ key, streams }: AppendCall): string =>
  JSON.stringify([key, streams.map(({ stream, data }) => [stream, data])])

/** `seen` was answered before `unseen` was called, and yet knew of more. */
const nameOf = (seen: HistoryCall, unseen: HistoryCall): string => {
  if (unseen.kind !== "append") return seen.kind === "append" ? "stale read" : "reads that go back in time"
  if (unseen.answer._tag === "VersionConflict") return "stale verdict"
  return seen.kind === "append" ? "appends against real time" : "read of the future"
}
