import { isRecord } from "./overlay.ts"
import type { Settings } from "./Settings.ts"

/** What 1.2.0 has and 1.0.0 had not. */
const added = new Set(["directPayLink", "autoConversionCurrency", "amountFee", "amountNet"])

/** An envelope, or a webhook message, of 1.2.0 as that version of the document has it. */
export const inVersion = (version: Settings["answers"]["version"], json: unknown): unknown => {
  if (version === "1.2.0") return json
  const old = without(json)
  return isRecord(old) && old["status"] === "INVALID_REQUEST" ? { ...old, status: "BAD_REQUEST" } : old
}

const without = (json: unknown): unknown =>
  Array.isArray(json)
    ? json.map(without)
    : isRecord(json)
      ? Object.fromEntries(
          Object.entries(json)
            .filter(([key]) => !added.has(key))
            .map(([key, each]) => [key, without(each)]),
        )
      : json
