/**
 * Lays a patch over a JSON value: objects key by key, each element of an array when the patch is an object, anything else
 * replaced. Own keys only, so that `__proto__` is a key like any other.
 */
export const overlay = (base: unknown, patch: unknown): unknown => {
  if (!isRecord(patch)) return patch
  if (Array.isArray(base)) return base.map((element) => overlay(element, patch))
  if (!isRecord(base)) return patch
  const keys = new Set([...Object.keys(base), ...Object.keys(patch)])
  return Object.fromEntries(
    Array.from(keys, (key) => [key, Object.hasOwn(patch, key) ? overlay(base[key], patch[key]) : base[key]]),
  )
}

/** A JSON object: neither null, an array, nor a number kept as its digits. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
