import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { report } from "../src/ProofReport.ts"
import { verifyProof } from "../src/Verifier.ts"

const usage = `node check-proof.mjs FILE --key KEY [--key KEY …] [--origin NAME] [--json]

Checks a proof that one invoice's events are in a log. It reads FILE and nothing else: no network, no database.
KEY is the log's public key, name+hash+base64, from somewhere you trust: not from whoever gave you FILE.
Ends with 0 when the proof holds, 5 when it does not, 2 when FILE is no proof or KEY no key, 1 when nothing could be checked.
`

const codes = { proof: 5, file: 2, key: 2, platform: 1 }

const end = (code, text) => {
  process.exitCode = code
  const stream = code === 0 || code === 5 ? process.stdout : process.stderr
  stream.write(text)
}

const given = () => {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { key: { type: "string", multiple: true }, origin: { type: "string" }, json: { type: "boolean" } },
    })
    return { file: positionals.length === 1 ? positionals[0] : undefined, ...values }
  } catch {
    return {}
  }
}

const check = async ({ file, key, origin, json }) => {
  let text
  try {
    text = readFileSync(file, "utf8")
  } catch (error) {
    return end(2, `Not checked: ${file} cannot be read: ${error.message}\n`)
  }
  const result = await verifyProof(text, key, { origin })
  const asText = (_, value) => (typeof value === "bigint" ? value.toString() : value)
  const shown = json ? JSON.stringify(result, asText, 2) : report(result).join("\n")
  end(result.holds ? 0 : codes[result.fault], `${shown}\n`)
}

const args = given()
if (args.file === undefined || args.key === undefined) end(2, usage)
else await check(args)
