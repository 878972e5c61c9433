/** What failed, as the page says it. */
import type { Copy } from "./Copy.ts"

/**
 * Of a compiler: each place, as its file and the name of the top-level declaration it is in. Of vitest: each test's name. In
 * order, each once.
 */
export const failures = (copy: Pick<Copy, "read">, output: string): ReadonlyArray<string> => {
  const errors = [...output.matchAll(/^(\S+)\((\d+),\d+\): error TS/gm)].map(([, path = "", line]) => {
    const before = copy.read(path).split("\n").slice(0, Number(line)).toReversed()
    const declared = before.map((text) => /^(?:export )?(?:const|class|type|interface) (\w+)/.exec(text)?.[1])
    return `${path}: ${declared.find((name) => name !== undefined)}`
  })
  const tests = [...output.matchAll(/^\s*FAIL\s+(?:\|?\w+\|? +)?\S+\.test\.ts > (.+?)(?: \d+ms)?$/gm)].map(
    ([, name = ""]) => name,
  )
  return [...new Set([...errors, ...tests])].toSorted()
}
