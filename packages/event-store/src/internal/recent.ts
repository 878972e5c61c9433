/** A map that keeps the entries that were set last. */

/** Keeps at most `most`; 0 for none. */
export const recent = <Value>(most: number) => {
  // A map's order is that of the settings, so its first entry is the one to go.
  const entries = new Map<string, Value>()
  // Kept where it is: a new one would go past all that was deleted since the map last made itself anew. It never ends, since it is asked only while there is more.
  const oldest = entries.keys()
  return {
    get: (key: string): Value | undefined => entries.get(key),
    delete: (key: string): void => void entries.delete(key),
    set: (key: string, value: Value): void => {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size > most) entries.delete(oldest.next().value ?? key)
    },
  }
}

export type Recent<Value> = ReturnType<typeof recent<Value>>
