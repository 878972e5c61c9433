/** What a schema stores, as plain data: for the snapshot of stored schemas, which a person can read in a review. */
import { Equal, SchemaAST } from "effect"

/** Something a value has to fulfil: the name of a check, and its parameters. */
export type Check = Readonly<Record<string, unknown>> & { readonly is: string }

export type Shape = (
  | { readonly type: string }
  | { readonly literals: ReadonlyArray<string | number | boolean | bigint> }
  /** A field that may be absent has a name that ends with `?`. */
  | { readonly fields: Readonly<Record<string, Shape>> }
  | { readonly list: Shape; readonly atLeast: 0 | 1 }
  | { readonly oneOf: ReadonlyArray<Shape> }
  /** What stands in the JSON, and what it is read as, outermost last. */
  | { readonly stored: Shape; readonly readAs: Shape }
) & { readonly checks?: ReadonlyArray<Check> }

/** The shape of a schema's stored side, with what is checked after reading. */
export const shapeOf = (ast: SchemaAST.AST): Shape => {
  const own = withChecks(nodeOf(ast), checksOf(ast.checks))
  return (ast.encoding ?? []).reduce((readAs: Shape, { to }) => ({ stored: shapeOf(to), readAs }), own)
}

/** The shape of an event's `data`: its schema without the tag, which is the log's `type`. */
export const dataOf = (ast: SchemaAST.AST): Shape => {
  const shape = shapeOf(ast)
  if (!("fields" in shape)) throw new Error("An event is a struct with a tag")
  const { _tag, ...fields } = shape.fields
  return { ...shape, fields }
}

const nodeOf = (ast: SchemaAST.AST): Shape => {
  if (SchemaAST.isLiteral(ast)) return { literals: [ast.literal] }
  if (SchemaAST.isObjects(ast)) {
    if (ast.indexSignatures.length > 0) throw new Error("Index signatures have no shape yet")
    return {
      fields: Object.fromEntries(
        ast.propertySignatures.map(({ name, type }) => [
          SchemaAST.isOptional(type) ? `${String(name)}?` : String(name),
          shapeOf(type),
        ]),
      ),
    }
  }
  if (SchemaAST.isArrays(ast)) {
    const [list, tail] = ast.rest.map(shapeOf)
    const [first, second] = ast.elements.map(shapeOf)
    const isPlain = tail === undefined && second === undefined && (first === undefined || Equal.equals(first, list))
    if (list === undefined || !isPlain) throw new Error("Tuples have no shape yet")
    return { list, atLeast: first === undefined ? 0 : 1 }
  }
  if (SchemaAST.isUnion(ast)) {
    const members = ast.types.map(shapeOf)
    const literals = members.flatMap((member) => ("literals" in member ? member.literals : []))
    return literals.length === members.length ? { literals } : { oneOf: members }
  }
  const plain = ["String", "Number", "Boolean", "Null", "BigInt"].includes(ast._tag)
  if (plain) return { type: ast._tag }
  const name = ast.annotations?.["expected"]
  if (SchemaAST.isDeclaration(ast) && typeof name === "string") return { type: name }
  throw new Error(`${ast._tag} has no shape yet`)
}

const withChecks = (shape: Shape, checks: ReadonlyArray<Check>): Shape =>
  checks.length === 0 ? shape : { ...shape, checks }

const checksOf = (checks: ReadonlyArray<SchemaAST.Check<never>> | undefined): ReadonlyArray<Check> =>
  (checks ?? []).flatMap((check) => {
    if (check._tag === "FilterGroup") return checksOf(check.checks)
    const { representation, expected } = check.annotations ?? {}
    if (representation === undefined) return [{ is: expected ?? "?" }]
    const { id, payload } = representation
    return [{ is: id.replace("effect/schema/", ""), ...Object.fromEntries(Object.entries(payload ?? {})) }]
  })
