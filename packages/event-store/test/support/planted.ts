/** Ways to spoil a good history. Each says what the checker must call it, and answers whether there was something to spoil. */
import type { AllCall, AppendCall, HistoryCall, Seen, StreamCall } from "./History.ts"
import type { Simulated } from "./simulated.ts"

export interface Planted {
  readonly what: string
  /** One of these is to be found; where the spoilt thing has more than one witness, it depends on which. */
  readonly names: ReadonlyArray<string>
  readonly plant: (history: Simulated, roll: (n: number) => number) => boolean
}

type Made = AppendCall & { readonly answer: { readonly _tag: "Appended" | "Duplicate" } }
type Refused = AppendCall & { readonly answer: { readonly _tag: "VersionConflict" } }

const isMade = (call: HistoryCall): call is Made => call.kind === "append" && call.answer._tag === "Appended"
const isRefused = (call: HistoryCall): call is Refused =>
  call.kind === "append" && call.answer._tag === "VersionConflict"
const isAll = (call: HistoryCall): call is AllCall => call.kind === "readAll"
const isStream = (call: HistoryCall): call is StreamCall => call.kind === "readStream"
const isRead = (call: HistoryCall): call is AllCall | StreamCall => call.kind !== "append"

/** Replaces one of the calls that fit, if there is one. */
const change = <A extends HistoryCall>(
  { calls }: Simulated,
  roll: (n: number) => number,
  fits: (call: HistoryCall) => call is A,
  to: (call: A) => HistoryCall | undefined,
): boolean => {
  const all = calls.flatMap((call, index) => (fits(call) ? [{ call, index }] : []))
  for (let tries = 0; tries < all.length; tries++) {
    const one = all[(tries + roll(all.length)) % all.length]
    const changed = one === undefined ? undefined : to(one.call)
    if (one === undefined || changed === undefined) continue
    calls[one.index] = changed
    return true
  }
  return false
}

const alone = ({ calls }: Simulated, { key }: AppendCall): boolean =>
  calls.filter((call) => call.kind === "append" && call.key === key).length === 1

/** Puts the events of an append at the end of the log. */
const put = ({ log }: Simulated, { streams }: AppendCall): void => {
  for (const { stream, data } of streams) {
    for (const one of data) {
      const version = log.filter((event) => event.stream === stream).length + 1
      log.push({ position: BigInt(log.length + 1), stream, version, data: one })
    }
  }
}

/** Whether an event's append was acknowledged before a moment. */
const acknowledged = ({ calls }: Simulated, event: Seen | undefined, before: number): boolean =>
  event !== undefined &&
  calls.some(
    (call) => isMade(call) && call.answered < before && call.streams.some(({ data }) => data.includes(event.data)),
  )

/** The events of an append of several, of which the last one is this. */
const isLastOfSeveral = ({ calls }: Simulated, event: Seen | undefined): boolean =>
  event !== undefined &&
  calls.some(
    (call) =>
      isMade(call) &&
      call.streams.flatMap(({ data }) => data).length > 1 &&
      call.streams.at(-1)?.data.at(-1) === event.data,
  )

const withoutReads = ({ calls }: Simulated): void => {
  calls.splice(0, calls.length, ...calls.filter((call) => call.kind === "append"))
}

const lastOf = (log: ReadonlyArray<Seen>, by: Partial<Seen>): boolean => {
  const last = log.at(-1)
  if (last === undefined) return false
  Object.assign(last, by)
  return true
}

const swap = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> => [...items.slice(0, -2), ...items.slice(-2).toReversed()]

const skips = "read that skips, repeats or reorders"
const backInTime = [
  "stale read",
  "reads that go back in time",
  "read of the future",
  "appends against real time",
  "stale verdict",
]

export const planted: ReadonlyArray<Planted> = [
  {
    what: "an acknowledged append is gone from the log",
    names: ["lost append"],
    plant: (history) => {
      withoutReads(history)
      const { calls, log } = history
      const last = calls
        .filter(isMade)
        .toSorted((a, b) => Number(a.answer.firstPosition - b.answer.firstPosition))
        .at(-1)
      if (last === undefined || Number(last.answer.lastPosition) !== log.length) return false
      log.length = Number(last.answer.firstPosition) - 1
      return true
    },
  },
  {
    what: "an append is in the log twice",
    names: ["doubled append"],
    plant: (history) =>
      change(
        history,
        () => 0,
        isMade,
        (call) => (put(history, call), call),
      ),
  },
  {
    what: "a position is left out",
    names: ["gap in positions"],
    plant: ({ log }) => lastOf(log, { position: BigInt(log.length + 1) }),
  },
  {
    what: "two events have one position",
    names: ["gap in positions"],
    plant: ({ log }) => lastOf(log, { position: BigInt(log.length - 1) }),
  },
  {
    what: "a version is left out",
    names: ["gap in versions"],
    plant: ({ log }) => lastOf(log, { version: (log.at(-1)?.version ?? 0) + 1 }),
  },
  {
    what: "two events have one version",
    names: ["gap in versions"],
    plant: ({ log }) => lastOf(log, { version: (log.at(-1)?.version ?? 0) - 1 }),
  },
  {
    what: "there is an event that nobody appended",
    names: ["event that nobody appended"],
    plant: ({ log }) => log.push({ position: BigInt(log.length + 1), stream: "x", version: 1, data: "x" }) > 0,
  },
  {
    what: "an append is in the log without its last event",
    names: ["torn append"],
    plant: (history) => {
      if (!isLastOfSeveral(history, history.log.at(-1))) return false
      history.log.pop()
      return true
    },
  },
  {
    what: "an append has its events in another order",
    names: ["torn append"],
    plant: (history) => {
      const { log } = history
      const [one, two] = log.slice(-2)
      if (one === undefined || two === undefined || !isLastOfSeveral(history, two) || one.stream !== two.stream)
        return false
      log.splice(-2, 2, { ...one, data: two.data }, { ...two, data: one.data })
      return true
    },
  },
  {
    what: "an append is in the log whose caller was told of a conflict",
    names: ["refused append that was made"],
    plant: (history, roll) =>
      change(history, roll, isRefused, (call) => (alone(history, call) ? (put(history, call), call) : undefined)),
  },
  {
    what: "a key has two contents in the log",
    names: ["key with two contents"],
    plant: (history, roll) =>
      change(
        history,
        roll,
        (call): call is AppendCall => call.kind === "append" && call.answer._tag === "IdempotencyMismatch",
        (call) => (put(history, call), call),
      ),
  },
  {
    what: "an append went past the end of its stream",
    names: ["append past an expected version"],
    plant: (history, roll) =>
      change(history, roll, isMade, (call) => {
        const [part] = call.streams
        if (!alone(history, call) || typeof part?.expected !== "number") return undefined
        return { ...call, streams: [{ ...part, expected: part.expected + 1 }, ...call.streams.slice(1)] }
      }),
  },
  {
    what: "an append was made on a version that was gone: a lost update",
    names: ["append past an expected version"],
    plant: (history, roll) =>
      change(history, roll, isMade, (call) => {
        const [part] = call.streams
        if (!alone(history, call) || typeof part?.expected !== "number" || part.expected === 0) return undefined
        return { ...call, streams: [{ ...part, expected: part.expected - 1 }, ...call.streams.slice(1)] }
      }),
  },
  {
    what: "an answer names positions that are another's",
    names: ["answer with wrong positions"],
    plant: (history, roll) =>
      change(history, roll, isMade, (call) => ({
        ...call,
        answer: { ...call.answer, firstPosition: call.answer.firstPosition + 1n },
      })),
  },
  {
    what: "an answer names a version that is another's",
    names: ["answer with wrong versions"],
    plant: (history, roll) =>
      change(history, roll, isMade, (call) => ({
        ...call,
        answer: { ...call.answer, versions: call.answer.versions.map((version) => version + 1) },
      })),
  },
  {
    what: "two callers are told that they made the one append",
    names: ["two were told that they made it"],
    plant: (history, roll) =>
      change(history, roll, isMade, (call) => (history.calls.push({ ...call, process: "other" }), call)),
  },
  {
    what: "a caller is told of an earlier append that there was not",
    names: ["lost append"],
    plant: (history, roll) =>
      change(history, roll, isRefused, (call) =>
        alone(history, call)
          ? { ...call, answer: { _tag: "Duplicate", firstPosition: 1n, lastPosition: 1n, versions: [1] } }
          : undefined,
      ),
  },
  {
    what: "a key is said to have other content, and has none",
    names: ["mismatch without another content"],
    plant: (history, roll) =>
      change(history, roll, isRefused, (call) =>
        alone(history, call) ? { ...call, answer: { _tag: "IdempotencyMismatch" } } : undefined,
      ),
  },
  {
    what: "a conflict names the version that was expected",
    names: ["conflict without a reason"],
    plant: (history, roll) =>
      change(history, roll, isRefused, (call) => {
        const expected = call.streams.find(({ stream }) => stream === call.answer.stream)?.expected
        return typeof expected === "number" ? { ...call, answer: { ...call.answer, actual: expected } } : undefined
      }),
  },
  {
    what: "a conflict is told to one who expects nothing",
    names: ["conflict without a reason"],
    plant: (history, roll) =>
      change(history, roll, isRefused, (call) => ({
        ...call,
        streams: call.streams.map((part) => ({ ...part, expected: "any" as const })),
      })),
  },
  {
    what: "a conflict names a version that never was",
    names: ["conflict with a version that never was"],
    plant: (history, roll) =>
      change(history, roll, isRefused, (call) => ({ ...call, answer: { ...call.answer, actual: 999 } })),
  },
  {
    what: "a conflict names a version that was gone before it was asked for",
    names: ["stale verdict"],
    plant: (history, roll) =>
      change(history, roll, isRefused, (call) => {
        const { actual, stream } = call.answer
        const expected = call.streams.find((part) => part.stream === stream)?.expected
        const next = history.log.find((event) => event.stream === stream && event.version === actual)
        if (actual === 0 || expected === actual - 1 || (expected === "none" && actual === 1)) return undefined
        return acknowledged(history, next, call.called)
          ? { ...call, answer: { ...call.answer, actual: actual - 1 } }
          : undefined
      }),
  },
  {
    what: "a conflict names a version that came only later",
    names: backInTime,
    plant: (history, roll) =>
      change(history, roll, isRefused, (call) => {
        const { actual, stream } = call.answer
        const later = history.log.findLast((event) => event.stream === stream)
        const maker = history.calls.find(
          (one) => isMade(one) && one.streams.some(({ data }) => data.includes(later?.data ?? "")),
        )
        const expected = call.streams.find((part) => part.stream === stream)?.expected
        if (
          later === undefined ||
          later.version <= actual ||
          later.version === expected ||
          maker === undefined ||
          maker.called < call.answered
        )
          return undefined
        if (!isMade(maker) || maker.streams.flatMap(({ data }) => data).length > 1 || !alone(history, maker))
          return undefined
        return { ...call, answer: { ...call.answer, actual: later.version } }
      }),
  },
  {
    what: "a read of a stream misses what was acknowledged before it",
    names: ["stale read", "torn read"],
    plant: (history, roll) =>
      change(history, roll, isStream, (call) =>
        acknowledged(history, call.events.at(-1), call.called)
          ? { ...call, events: call.events.slice(0, -1) }
          : undefined,
      ),
  },
  {
    what: "a read of all misses what was acknowledged before it",
    names: ["stale read", "torn read"],
    plant: (history, roll) =>
      change(history, roll, isAll, (call) =>
        call.events.length < call.limit && acknowledged(history, call.events.at(-1), call.called)
          ? { ...call, events: call.events.slice(0, -1) }
          : undefined,
      ),
  },
  {
    what: "a read sees an append without its last event",
    names: ["torn read"],
    plant: (history, roll) =>
      change(history, roll, isAll, (call) =>
        call.events.length > 1 && call.events.length < call.limit && isLastOfSeveral(history, call.events.at(-1))
          ? { ...call, events: call.events.slice(0, -1) }
          : undefined,
      ),
  },
  {
    what: "a read skips an event",
    names: [skips],
    plant: (history, roll) =>
      change(history, roll, isRead, (call) =>
        call.events.length > 1 ? { ...call, events: call.events.slice(1) } : undefined,
      ),
  },
  {
    what: "a read repeats an event",
    names: [skips],
    plant: (history, roll) =>
      change(history, roll, isRead, (call) => {
        const [first] = call.events
        return first !== undefined && call.events.length > 1 && !(isAll(call) && call.events.length === call.limit)
          ? { ...call, events: [first, ...call.events] }
          : undefined
      }),
  },
  {
    what: "a read has two events the other way round",
    names: [skips],
    plant: (history, roll) =>
      change(history, roll, isRead, (call) =>
        call.events.length > 1 ? { ...call, events: swap(call.events) } : undefined,
      ),
  },
  {
    what: "a read shows other content than the log",
    names: ["event read with other content"],
    plant: (history, roll) =>
      change(history, roll, isRead, (call) =>
        call.events.length > 0
          ? { ...call, events: call.events.map((event) => ({ ...event, data: "other" })) }
          : undefined,
      ),
  },
  {
    what: "a read shows an event that then was not there: a dirty read",
    names: ["event read that is not in the log"],
    plant: (history, roll) =>
      change(history, roll, isStream, (call) => {
        const version = history.log.filter(({ stream }) => stream === call.stream).length + 1
        if (call.events.length !== version - 1) return undefined
        const event = { position: BigInt(history.log.length + 1), stream: call.stream, version, data: "dirty" }
        return { ...call, events: [...call.events, event] }
      }),
  },
  {
    what: "a read shows more than it was asked for",
    names: ["more events than the limit"],
    plant: (history, roll) =>
      change(history, roll, isAll, (call) =>
        call.events.length > 1 ? { ...call, limit: call.events.length - 1 } : undefined,
      ),
  },
  {
    what: "a read was over before what it shows was asked for",
    names: ["read of the future"],
    plant: (history) => {
      const read = history.calls.filter(isRead).find(({ events }) => events.length > 0)
      if (read === undefined) return false
      withoutReads(history)
      history.calls.push({ ...read, called: -1e6 - 1, answered: -1e6 })
      return true
    },
  },
  {
    what: "a later read shows less than an earlier one",
    names: backInTime,
    plant: (history) => {
      const reads = history.calls
        .filter(isAll)
        .filter(({ events, limit }) => events.length > 0 && events.length < limit)
      const first = reads.at(-1)
      if (first === undefined) return false
      // Nobody was told of what it had seen.
      for (const [index, call] of history.calls.entries()) {
        if (isMade(call)) history.calls[index] = { ...call, answer: { _tag: "Unknown" }, answered: Infinity }
      }
      const after = 1e6
      history.calls.push({
        kind: "readAll",
        process: "late",
        called: after,
        answered: after + 1,
        after: 0n,
        limit: 1000,
        events: [],
      })
      return true
    },
  },
  {
    what: "an append is placed before one that was acknowledged before it was asked for",
    names: backInTime,
    plant: (history) => {
      const [one, two] = history.calls.filter(isMade).filter((call) => alone(history, call))
      if (one === undefined || two === undefined) return false
      const [first] = one.answer.firstPosition < two.answer.firstPosition ? [one] : [two]
      const second = first === one ? two : one
      history.calls[history.calls.indexOf(first)] = {
        ...first,
        called: second.answered + 1000,
        answered: second.answered + 1001,
      }
      return true
    },
  },
]
