/** How the command line ends when it does not end well. */
import { Data } from "effect"

/** What a shell script can tell apart. The README has the same list, for people. */
export const exitCodes = {
  /** Something failed: the database is out of reach, say. */
  failed: 1,
  /** Wrong arguments, or a wrong environment. */
  usage: 2,
  /** It was refused and stays so until somebody does something, which the message names. */
  refused: 3,
  /** Others are at it: the same again later may work. */
  busy: 4,
  /** What was compared is not the same, or not zero: the report says where. */
  different: 5,
  /** By Ctrl-C, or SIGTERM. */
  interrupted: 130,
} as const

/** The message is for a person, and says what to do. */
export class Ended extends Data.TaggedError("Ended")<{
  readonly how: keyof typeof exitCodes
  readonly message: string
}> {}

export const refused = (message: string) => new Ended({ how: "refused", message })
export const busy = (message: string) => new Ended({ how: "busy", message })
export const failed = (message: string) => new Ended({ how: "failed", message })
export const different = (message: string) => new Ended({ how: "different", message })
export const usage = (message: string) => new Ended({ how: "usage", message })
