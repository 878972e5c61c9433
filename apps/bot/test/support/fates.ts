/** What becomes of the handling of an update in `faultyBot.ts`: drawn from its number, so that a test knows it too. */
import { createHash } from "node:crypto"

export type Fate =
  | { readonly _tag: "Well" }
  /** The first tries fail, before the handler has begun or after it has done all it does. */
  | { readonly _tag: "Fails"; readonly tries: number; readonly when: "before" | "after"; readonly how: How }
export type How = "typed" | "defect" | "interruption"

/** Of a hundred updates two fail whenever they are tried, and 46 the first one or two times. */
export const fateOf = (updateId: bigint): Fate => {
  const [chance = 0, how = 0, when = 0, tries = 0] = createHash("sha256").update(`fate ${updateId}`).digest()
  if (chance >= 123) return { _tag: "Well" }
  return {
    _tag: "Fails",
    tries: chance < 5 ? Infinity : 1 + (tries % 2),
    when: when % 2 === 0 ? "before" : "after",
    how: (["typed", "defect", "interruption"] as const)[how % 3] ?? "typed",
  }
}

export const isHopeless = (updateId: bigint): boolean => {
  const fate = fateOf(updateId)
  return fate._tag === "Fails" && fate.tries === Infinity
}
