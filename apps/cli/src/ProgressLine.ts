/** How far a long command has come: a bar on a terminal, else a line every few seconds. On stderr; stdout is for results. */
import { Clock, Effect } from "effect"
import * as print from "./print.ts"

export interface Progress {
  readonly done: number
  readonly total: number
}

/** Runs `work`, and shows what it last told `tell` until it ends. */
export const during = <A, E, R>(
  what: string,
  work: (tell: (progress: Progress) => void) => Effect.Effect<A, E, R>,
  { output = stderr, unit = "events" }: { readonly output?: Output; readonly unit?: string } = {},
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    let first: Progress | undefined
    let last: Progress | undefined
    const show = Effect.gen(function* () {
      if (first === undefined || last === undefined) return
      const now = yield* Clock.currentTimeMillis
      const text = line(what, last, (last.done - first.done) / Math.max(0.001, (now - started) / 1000), unit)
      output.write(output.isTerminal ? `\r${text}\u001b[K` : `${text}\n`)
    })
    const shown = Effect.forever(Effect.andThen(Effect.sleep(output.isTerminal ? "100 millis" : "5 seconds"), show))
    return yield* Effect.raceFirst(
      work((progress) => {
        first ??= progress
        last = progress
      }),
      shown,
    ).pipe(
      Effect.ensuring(
        Effect.andThen(
          show,
          Effect.sync(() => (output.isTerminal ? output.write("\n") : undefined)),
        ),
      ),
    )
  })

export interface Output {
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

const stderr: Output = {
  isTerminal: process.stderr.isTTY,
  write: (text) => void process.stderr.write(text),
}

/** "invoices [=====>    ]  52 %  520,000 of 1,000,000 events  48,100/s  10 s left". The rate is per second. */
export const line = (what: string, { done, total }: Progress, rate: number, unit = "events"): string => {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const full = Math.floor(share * width)
  const left = rate > 0 && done < total ? `  ${print.duration(((total - done) / rate) * 1000)} left` : ""
  const bar = `${"=".repeat(full)}${full < width ? ">" : ""}`.padEnd(width)
  return `${what} [${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${print.number(done)} of ${print.number(total)} ${unit}${rate < 1 && done >= total ? "" : `  ${print.number(rate)}/s`}${left}`
}

const width = 24
