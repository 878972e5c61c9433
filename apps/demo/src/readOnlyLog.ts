import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { Redacted } from "effect"

/** The log and the read models of that database, over connections on which Postgres refuses to write. */
export const readOnlyLog = (url: Redacted.Redacted) => {
  const readOnly = new URL(Redacted.value(url))
  readOnly.searchParams.set("options", "-c default_transaction_read_only=on")
  const made = Redacted.make(readOnly.href)
  return layerPostgres({ url: made, ownerUrl: undefined, directUrl: made })
}
