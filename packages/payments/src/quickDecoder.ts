/**
 * A decoder for what is well-formed, several times as fast as the schema's own; who reads a log decodes what was encoded by the
 * same schema, nearly always. What it does not take, the schema decodes or explains.
 *
 * The schema's decoder answers for each time, amount and line with an Effect, and builds an issue's path as it goes.
 */
import * as Money from "@paylog/domain/Money"
import * as Text from "@paylog/domain/Text"
import * as Time from "@paylog/domain/Time"
import type { SchemaAST } from "effect"

/** Fresh from `JSON.parse`. `undefined`: not taken. Never throws. */
type Decode = (value: unknown) => unknown

/**
 * What the schema decodes a value to, or `undefined`, which no JSON decodes to here: when the schema refuses it, and for values
 * that it takes the longer way. `undefined` instead of a decoder for a schema with parts that are not known here.
 */
export const quickDecoder = (ast: SchemaAST.AST): Decode | undefined => {
  const short = known.find(({ schema }) => isSame(schema.ast, ast))
  if (short !== undefined) return short.decode
  if (ast.encoding !== undefined) return undefined
  switch (ast._tag) {
    case "String":
      return leaf(ast, (value) => typeof value === "string")
    case "Number":
      return leaf(ast, (value) => typeof value === "number")
    case "Boolean":
      return leaf(ast, (value) => typeof value === "boolean")
    case "Null":
      return leaf(ast, (value) => value === null)
    case "Literal":
      return leaf(ast, (value) => value === ast.literal)
    case "Union":
      return ast.checks === undefined && ast.options?.mode !== "oneOf" ? union(ast) : undefined
    case "Arrays":
      return ast.checks === undefined ? array(ast) : undefined
    case "Objects":
      return ast.checks === undefined && ast.indexSignatures.length === 0 ? object(ast) : undefined
    default:
      return undefined
  }
}

/** The schemas whose values are not what JSON has, or slow to check, each with its own way for what is well-formed. */
const known = [
  { schema: Money.Money, decode: Money.ofWritten },
  { schema: Time.Time, decode: Time.ofWritten },
  { schema: Text.Link, decode: Text.linkOfWritten },
]

/** The same checks, and transformation to the same values; whether its key may be missing is the object's matter. */
const isSame = (known: SchemaAST.AST, ast: SchemaAST.AST): boolean =>
  known._tag === ast._tag &&
  known.checks === ast.checks &&
  known.encoding?.length === ast.encoding?.length &&
  known.encoding?.[0]?.transformation === ast.encoding?.[0]?.transformation

const leaf = (ast: SchemaAST.AST, is: (value: unknown) => boolean): Decode => {
  const [only, ...others] = ast.checks?.flatMap(filtersOf) ?? []
  if (only === undefined) return (value) => (is(value) ? value : undefined)
  const passes = (filter: SchemaAST.Filter<unknown>, value: unknown) => filter.run(value, ast, options) === undefined
  if (others.length === 0) return (value) => (is(value) && passes(only, value) ? value : undefined)
  return (value) =>
    is(value) && passes(only, value) && others.every((filter) => passes(filter, value)) ? value : undefined
}

const options: SchemaAST.ParseOptions = {}

const filtersOf = (check: SchemaAST.Check<unknown>): ReadonlyArray<SchemaAST.Filter<unknown>> =>
  check._tag === "Filter" ? [check] : check.checks.flatMap(filtersOf)

/** Of several members that take a value, the first. */
const union = (ast: SchemaAST.Union): Decode | undefined => {
  const members = all(ast.types)
  return (
    members &&
    ((value) => {
      for (const decode of members) {
        const decoded = decode(value)
        if (decoded !== undefined) return decoded
      }
      return undefined
    })
  )
}

const array = (ast: SchemaAST.Arrays): Decode | undefined => {
  const elements = all(ast.elements)
  const rest = all(ast.rest)
  const others = rest?.[0]
  if (elements === undefined || others === undefined || rest?.length !== 1) return undefined
  return (value) => {
    if (!Array.isArray(value) || value.length < elements.length) return undefined
    const decoded: Array<unknown> = []
    for (let index = 0; index < value.length; index++) {
      const element = (elements[index] ?? others)(value[index])
      if (element === undefined) return undefined
      decoded.push(element)
    }
    return decoded
  }
}

const object = (ast: SchemaAST.Objects): Decode | undefined => {
  const fields = ast.propertySignatures.map(({ name, type }) => ({
    name,
    isOptional: type.context?.isOptional === true,
    decode: quickDecoder(type),
  }))
  const known = fields.flatMap(({ name, isOptional, decode }) =>
    typeof name === "string" && decode !== undefined ? [{ name, isOptional, decode }] : [],
  )
  if (known.length < fields.length) return undefined
  return (value) => {
    if (!isRecord(value)) return undefined
    const decoded: Record<string, unknown> = {}
    for (const { name, isOptional, decode } of known) {
      const field = value[name]
      if (field === undefined) {
        if (isOptional) continue
        return undefined
      }
      const made = decode(field)
      if (made === undefined) return undefined
      decoded[name] = made
    }
    return decoded
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const all = (asts: ReadonlyArray<SchemaAST.AST>): ReadonlyArray<Decode> | undefined => {
  const decoders = asts.map(quickDecoder).filter((decode) => decode !== undefined)
  return decoders.length === asts.length ? decoders : undefined
}
