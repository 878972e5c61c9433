/** Ports as variables name them. */
import { Config, Schema } from "effect"

const Port = Schema.FiniteFromString.pipe(
  Schema.decodeTo(
    Schema.Int.check(
      Schema.isBetween({ minimum: 0, maximum: 65_535 }, { expected: "a port number, or 0 for any free one" }),
    ),
  ),
)

/** A port number, or 0 for any free one: which one it is stands in the log. */
export const port = (variable: string): Config.Config<number> => Config.schema(Port, variable)
