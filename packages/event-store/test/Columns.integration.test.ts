import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Columns from "../src/Columns.ts"
import { Database } from "../src/Database.ts"
import { services, World } from "./support/World.ts"

interface Row {
  readonly text: string | null
  readonly small: number | null
  readonly large: bigint | null
  readonly ms: number | null
}

const echo = {
  name: "echo-columns",
  text: `select text, small, large, at
    from unnest($1::text[], $2::integer[], $3::bigint[], $4::timestamptz[]) with ordinality as rows (text, small, large, at, place)
    order by place`,
}

const columnsOf = (rows: ReadonlyArray<Row>) => [
  Columns.texts(rows, ({ text }) => text),
  Columns.integers(rows, ({ small }) => small),
  Columns.bigints(rows, ({ large }) => large),
  Columns.times(rows, ({ ms }) => ms),
]

layer(services().pipe(Layer.provideMerge(World.layer)), { excludeTestServices: true })("columns", (it) => {
  it.effect.each([
    ["of no rows", []],
    [
      "of every kind of value",
      [
        { text: "", small: 0, large: 0n, ms: 0 },
        { text: "茶 🫖 {\"',\\}\n", small: -1, large: -1n, ms: -1 },
        { text: "NULL", small: 2 ** 31 - 1, large: 2n ** 63n - 1n, ms: Date.UTC(2000, 0, 1) },
        { text: null, small: null, large: null, ms: null },
        {
          text: "a".repeat(100_000),
          small: -(2 ** 31),
          large: -(2n ** 63n),
          ms: Date.UTC(9999, 11, 31, 23, 59, 59, 999),
        },
      ],
    ],
  ] satisfies ReadonlyArray<readonly [string, ReadonlyArray<Row>]>)("%s are what was given", ([, rows]) =>
    Effect.gen(function* () {
      const found = yield* (yield* Database).query<Omit<Row, "ms"> & { readonly at: Date | null }>(
        echo,
        columnsOf(rows),
      )
      assert.deepStrictEqual(
        found.map(({ at, ...row }) => ({ ...row, ms: at === null ? null : at.getTime() })),
        rows,
      )
    }),
  )
})
