import { Result, Schema, SchemaIssue } from "effect"

/** Decodes a value that came as JSON; a failure is one short phrase that names the field. */
export const decodeJson = <S extends Schema.Decoder<unknown>>(
  schema: S,
): ((value: unknown) => Result.Result<S["Type"], string>) => {
  const decode = Schema.decodeUnknownResult(schema)
  const format = SchemaIssue.makeFormatterStandardSchemaV1()
  return (value) =>
    Result.mapError(decode(value), ({ issue }) => {
      const first = format(issue).issues[0]
      const field = first?.path?.map((key) => String(typeof key === "object" ? key.key : key)).join(".") ?? ""
      return field === "" ? (first?.message ?? "wrong value") : `field "${field}": ${first?.message}`
    })
}
