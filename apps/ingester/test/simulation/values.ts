/** A statement's values, as what the statement takes them for. */

export const text = (value: unknown): string => {
  if (typeof value !== "string") throw new Error(`Not a text: ${typeof value}`)
  return value
}
export const number = (value: unknown): number => {
  if (typeof value !== "number") throw new Error(`Not a number: ${typeof value}`)
  return value
}
export const bigint = (value: unknown): bigint => {
  if (typeof value !== "bigint") throw new Error(`Not a bigint: ${typeof value}`)
  return value
}
export const array = (value: unknown): ReadonlyArray<unknown> => {
  if (!Array.isArray(value)) throw new Error(`Not an array: ${typeof value}`)
  return value
}
