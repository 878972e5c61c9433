/** What goes between a test and the processes that append and read for it. Structured clones, so `bigint` and bytes pass as they are. */
import { Cause, Exit, Schema } from "effect"
import type { Store } from "../../src/conformance/law.ts"
import {
  type Append,
  type Appended,
  type AppendError,
  IdempotencyMismatch,
  InvalidAppend,
  Overloaded,
  StoreUnavailable,
  VersionConflict,
} from "../../src/EventStore.ts"

export type Question =
  | { readonly ask: "append"; readonly appends: ReadonlyArray<Append> }
  | { readonly ask: "readStream"; readonly args: Parameters<Store["readStream"]> }
  | { readonly ask: "readAll"; readonly args: Parameters<Store["readAll"]> }
  | { readonly ask: "head" }

export interface Asked {
  readonly id: number
  readonly question: Question
}

/** An exit that can be cloned: errors as their fields, defects as text. */
export type Sent =
  | { readonly _tag: "Value"; readonly value: unknown }
  | { readonly _tag: "Error"; readonly error: unknown }
  | { readonly _tag: "Defect"; readonly message: string }

export interface Told {
  readonly id: number
  /** For `append` one each; else one. */
  readonly answers: ReadonlyArray<Sent>
}

const errors = Schema.Union([VersionConflict, IdempotencyMismatch, InvalidAppend, Overloaded, StoreUnavailable])

export const toSent = (exit: Exit.Exit<unknown, AppendError>): Sent => {
  if (Exit.isSuccess(exit)) return { _tag: "Value", value: exit.value }
  const [reason] = exit.cause.reasons
  return reason !== undefined && Cause.isFailReason(reason) && Schema.is(errors)(reason.error)
    ? { _tag: "Error", error: Schema.encodeSync(errors)(reason.error) }
    : { _tag: "Defect", message: Cause.pretty(exit.cause) }
}

/** Believed: both sides are this code. */
export const fromSent = <A, E extends AppendError>(sent: Sent): Exit.Exit<A, E> => {
  switch (sent._tag) {
    case "Value":
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return Exit.succeed(sent.value as A)
    case "Error":
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return Exit.fail(Schema.decodeUnknownSync(errors)(sent.error) as E)
    case "Defect":
      return Exit.die(new Error(sent.message))
  }
}

export type AppendExit = Exit.Exit<Appended, AppendError>
