/** A file that is written piece by piece, and its digest. */
import { Effect, FileSystem } from "effect"
import { createHash } from "node:crypto"
import { failed } from "../Ended.ts"

export interface OutFile {
  readonly name: string
  readonly write: (text: string) => Effect.Effect<void, ReturnType<typeof failed>>
  /** SHA-256, hex, of all that was written. */
  readonly digest: () => string
}

/** A new file in the folder, closed with the scope. Fails where it cannot be written, as on a full disk. */
export const open = Effect.fnUntraced(function* (folder: string, name: string) {
  const fs = yield* FileSystem.FileSystem
  const cannot = <A, R>(effect: Effect.Effect<A, { readonly message: string }, R>) =>
    Effect.mapError(effect, ({ message }) => failed(`${folder}/${name} cannot be written: ${message}`))
  const file = yield* cannot(fs.open(`${folder}/${name}`, { flag: "wx" }))
  const hash = createHash("sha256")
  const out: OutFile = {
    name,
    write: (text) => {
      const bytes = new TextEncoder().encode(text)
      hash.update(bytes)
      return bytes.length === 0 ? Effect.void : cannot(file.writeAll(bytes))
    },
    digest: () => hash.copy().digest("hex"),
  }
  return out
})
