/** What is wrong with the environment, in a line. */
import type { Config } from "effect"

/** "PORT: Expected a port number". What was expected, never the value: it may be a secret. */
export const describe = ({ cause, message }: Config.ConfigError): string => {
  if (cause._tag !== "SchemaError") return `Configuration: ${oneLine(message)}`
  const name = /^ *at \["([^"]+)"\]/m.exec(cause.message)?.[1]
  const expected = new Set(cause.message.split("\n").filter((line) => !/^ *at \[/.test(line)))
  const unset = name === undefined || (process.env[name] ?? "") !== "" ? "" : "; the variable is not set"
  return `${name ?? "Configuration"}: ${oneLine([...expected].join(", or "))}${unset}`
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim()
