/** Real deliveries and vectors, as bytes. Their sources are named in `fixtures/README.md`. */
import { Schema } from "effect"
import { readFileSync } from "node:fs"

export const bytes = (file: string): Uint8Array => readFileSync(new URL(`./fixtures/${file}`, import.meta.url))

const json = (file: string): unknown => JSON.parse(new TextDecoder().decode(bytes(file)))

const Text = Schema.String
const Vector = Schema.Struct({
  name: Text,
  key: Text,
  method: Text,
  path: Text,
  timestamp: Text,
  body: Text,
  signature: Text,
})

export const vectors = Schema.decodeUnknownSync(Schema.Array(Vector))(json("vectors.json")).map(
  ({ body, ...vector }) => ({ ...vector, body: bytes(body) }),
)

export const vector = (name: string) => {
  const found = vectors.find((vector) => vector.name === name)
  if (found === undefined) throw new Error(`No vector ${name}`)
  return found
}

/** JSONTestSuite: base64 of each file by its name. */
export const jsonTestSuite = Schema.decodeUnknownSync(Schema.Record(Text, Text))(json("json-test-suite.json"))
