/** An error as it may be logged: its name and its places in the code. Its message may quote what a person or a provider wrote. */
import { Predicate } from "effect"

export const faultOf = (error: unknown): { readonly name: string; readonly at: ReadonlyArray<string> } => ({
  name: Predicate.hasProperty(error, "_tag") ? String(error._tag) : error instanceof Error ? error.name : typeof error,
  at:
    error instanceof Error
      ? (error.stack ?? "")
          .split("\n")
          .filter((line) => /^ +at /.test(line))
          .slice(0, 4)
      : [],
})
