/** What a process would write to its log, line by line. */
import { Logger } from "effect"

export const capture = () => {
  const lines: Array<string> = []
  const sink = Logger.make((options) => {
    lines.push(Logger.formatJson.log(options))
  })
  return { lines, layer: Logger.layer([sink]) }
}
