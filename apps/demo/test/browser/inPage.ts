/** Asks a page about itself, by the functions of `inPage.js`. */
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import type { Frame } from "playwright-core"

const functions = readFileSync(new URL("./inPage.js", import.meta.url), "utf8")

const asking =
  <A>(name: string, answer: Schema.Decoder<A>) =>
  async (frame: Frame): Promise<A> =>
    Schema.decodeUnknownSync(answer)(await frame.evaluate<unknown>(`${functions}\naskPage.${name}()`))

export const unnamed = asking("unnamed", Schema.Array(Schema.String))
export const faint = asking("faint", Schema.Array(Schema.String))
export const widths = asking("widths", Schema.Tuple([Schema.Int, Schema.Int]))
export const ground = asking("ground", Schema.String)

const Focused = Schema.Struct({ tag: Schema.String, name: Schema.String, isShown: Schema.Boolean })
const focusedIn = asking("focused", Schema.NullOr(Focused))

/** The element that the keyboard is on, in whichever frame. */
export const focused = async (frames: ReadonlyArray<Frame>): Promise<typeof Focused.Type | undefined> => {
  const found = await Promise.all(frames.map(focusedIn))
  return found.find((one) => one !== null) ?? undefined
}
