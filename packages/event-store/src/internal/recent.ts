/** A map that keeps the entries that were set last. */

/** Keeps at most `most`; 0 for none. */
export const recent = <Value>(most: number) => {
  // A map's order is that of the settings, so its first entry is the one to go.
  const entries = new Map<string, Value>()
  return {
    get: (key: string): Value | undefined => entries.get(key),
    delete: (key: string): void => void entries.delete(key),
    set: (key: string, value: Value): void => {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size <= most) return
      for (const oldest of entries.keys()) return void entries.delete(oldest)
    },
  }
}

export type Recent<Value> = ReturnType<typeof recent<Value>>
