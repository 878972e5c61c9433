/** What a check of a proof tells people. */
import type { Proven, Refused } from "./Verifier.ts"

/** Lines of text, without control characters whatever the file holds. */
export const report = (result: Proven | Refused): ReadonlyArray<string> =>
  lines(result).map((line) => line.replaceAll(/\p{Cc}+/gu, " "))

const lines = (result: Proven | Refused): ReadonlyArray<string> => {
  if (!result.holds)
    return [`${result.fault === "proof" ? "The proof DOES NOT HOLD" : "Not checked"}: ${result.problem}`]
  return [
    `The proof holds: ${result.stream}`,
    "",
    ...result.events.flatMap(({ version, position, recordedAt, type, data }) => [
      `${version}. ${type}, ${recordedAt}, position ${position}`,
      `   ${data ?? "(the file has the SHA-256 of its data alone)"}`,
    ]),
    "",
    "Shown:",
    ...result.shown.map((line) => `- ${line}`),
    "Not shown:",
    ...result.notShown.map((line) => `- ${line}`),
  ]
}
