/** How a command ends when it does not end well. */
import { Data } from "effect"

/** What a script can tell apart. The README has the same list. */
export const exitCodes = {
  /** The simulator is out of reach, or refuses. */
  failed: 1,
  /** Wrong arguments, a wrong environment, or a scenario file that cannot be read. */
  usage: 2,
  /** The merchant did otherwise than expected: an expectation of a scenario, or a webhook that was not answered as it must be. */
  unexpected: 3,
} as const

/** The message is for a person. */
export class Ended extends Data.TaggedError("Ended")<{
  readonly how: keyof typeof exitCodes
  readonly message: string
}> {}
