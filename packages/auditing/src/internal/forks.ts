/** Where the log went on under another name, since signed events were lost: what is said of a checkpoint from before. */
import * as LogHistory from "@paylog/sealer/LogHistory"
import * as Checkpoint from "@paylog/transparency/Checkpoint"
import { Effect } from "effect"

export interface Fork {
  /** Of the log before. */
  readonly origin: string
  /** Up to this event both are one. */
  readonly kept: number
  /** What two people said. */
  readonly said: string
}

/** Those that two people decided. Of decisions that cannot be read there is a finding elsewhere, and here nothing. */
export const read = LogHistory.proposals.pipe(
  Effect.map((proposals) =>
    proposals.flatMap(({ approved, event }): ReadonlyArray<Fork> => {
      if (event._tag !== "ForkProposed" || approved === undefined) return []
      const { by, checkpoint, kept, origin, proposalId } = event
      const body = checkpoint.slice(0, checkpoint.lastIndexOf("\n\n") + 1)
      const said = `the log went on as ${origin} (${proposalId}, proposed by ${by}, approved by ${approved.by}), and events from ${kept + 1} on were declared lost`
      return [{ origin: Checkpoint.parse(body).origin, kept, said }]
    }),
  ),
  Effect.catchDefect(() => Effect.succeed<ReadonlyArray<Fork>>([])),
)

/** "; the log went on as …" of a checkpoint that has more than was kept of its log, else nothing. */
export const explain = (
  forks: ReadonlyArray<Fork>,
  { origin, size }: { readonly origin: string; readonly size: number },
): string => {
  const fork = forks.find((fork) => fork.origin === origin && fork.kept < size)
  return fork === undefined ? "" : `; ${fork.said}`
}
