/** Good histories: several clients on a log that is right by construction, each call done at one moment between call and answer. */
import type { AllCall, AppendCall, HistoryCall, Seen, StreamCall } from "./History.ts"
import { makeModel } from "./Model.ts"

export interface Simulated {
  readonly calls: Array<HistoryCall>
  readonly log: Array<Seen>
}

/** A generator of numbers below `n`, the same for the same seed (mulberry32). */
export const dice = (seed: number) => {
  let state = seed
  return (n: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n)
  }
}

export const simulated = (seed: number, count = 60, clients = 5): Simulated => {
  const roll = dice(seed)
  const model = makeModel(0n)
  const calls: Array<HistoryCall> = []
  const free = Array.from({ length: clients }, () => 0)
  const appends: Array<Pick<AppendCall, "key" | "streams">> = []
  let now = 0
  const toSeen = ({ position, stream, version, data }: Seen): Seen => ({ position, stream, version, data })
  // Each step is one call's moment; its call and answer reach out to both sides, as far as its client has time.
  for (let n = 0; n < count; n++) {
    now += 10
    const client = roll(clients)
    const called = Math.max((free[client] ?? 0) + 1, now - roll(60)) - roll(1000) / 2000
    if (called >= now) continue
    const answered = now + roll(60) + roll(1000) / 2000
    const call = { process: String(client), called, answered }
    free[client] = answered + 1
    const kind = roll(4)
    if (kind === 0) {
      const stream = `s${roll(3)}`
      calls.push({
        ...call,
        kind: "readStream",
        stream,
        events: model.readStream(stream, {}).map(toSeen),
      } satisfies StreamCall)
    } else if (kind === 1) {
      const after = BigInt(roll(Number(model.head()) + 1))
      const limit = 1 + roll(20)
      calls.push({
        ...call,
        kind: "readAll",
        after,
        limit,
        events: model.readAll(after, limit).map(toSeen),
      } satisfies AllCall)
    } else {
      const earlier = roll(5) === 0 ? appends[roll(appends.length)] : undefined
      const first = roll(3)
      const streams =
        earlier?.streams ??
        Array.from({ length: 1 + roll(2) }, (_, part) => {
          const stream = `s${(first + part) % 3}`
          const expected =
            roll(3) === 0 ? ("any" as const) : Math.max(0, model.versionOf(stream) + (roll(4) === 0 ? roll(3) - 1 : 0))
          return { stream, expected, data: Array.from({ length: 1 + roll(3) }, (_, m) => `${n}.${part}.${m}`) }
        })
      const other = earlier !== undefined && roll(3) === 0
      const append = {
        key: earlier?.key ?? `k${n}`,
        streams: other
          ? streams.map((part) => ({ ...part, data: part.data.map((one) => `${one}-other-${n}`) }))
          : streams,
      }
      appends.push(append)
      const answer = model.append({
        key: append.key,
        streams: append.streams.map(({ stream, expected, data }) => ({
          stream,
          expected,
          events: data.map((one) => ({ type: "T", schemaVersion: 1, data: one, metadata: "" })),
        })),
      })
      const unknown = roll(8) === 0
      calls.push({ ...call, ...append, kind: "append", answer: unknown ? { _tag: "Unknown" } : answer })
    }
  }
  return { calls, log: model.readAll(0n, Number(model.head())).map(toSeen) }
}
