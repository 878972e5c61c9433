/** Files that people name on the command line. */
import { Effect, FileSystem, type PlatformError } from "effect"
import { usage } from "./Ended.ts"

/** The file's text; one that cannot be read is a wrong argument, and the message says why. */
export const readText = Effect.fnUntraced(function* (file: string) {
  return yield* FileSystem.FileSystem.use(({ readFileString }) => readFileString(file)).pipe(
    Effect.mapError((error) => usage(`${file} cannot be read: ${why(error)}`)),
  )
})

const why = ({ reason }: PlatformError.PlatformError): string => {
  switch (reason._tag) {
    case "NotFound":
      return "there is no such file"
    case "PermissionDenied":
      return "this login may not read it"
    case "BadResource":
      return "it is a folder"
    default:
      return reason._tag
  }
}
