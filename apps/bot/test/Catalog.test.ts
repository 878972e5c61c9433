import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { environment, find, findSold, ProductId } from "../src/Catalog.ts"

const product = (changes: object = {}) => ({
  id: "mug",
  title: { en: "Mug", ru: "Кружка" },
  description: { en: "White.", ru: "Белая." },
  price: { currency: "EUR", amount: "9.90" },
  ...changes,
})

const read = (path: string) => environment.parse(ConfigProvider.fromEnvRecord({ CATALOG_FILE: path }))

/** The catalogue in a file with this text. */
const readText = (text: string) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "paylog-catalog-"))),
      (path) => Effect.promise(() => Fs.rm(path, { recursive: true })),
    )
    const file = Path.join(folder, "catalog.json")
    yield* Effect.promise(() => Fs.writeFile(file, text))
    return yield* read(file)
  }).pipe(Effect.scoped)

const category = (id: string) => ({ id, title: { en: id, ru: id } })

/** A catalogue with these categories. */
const readCategories = (categories: ReadonlyArray<object>, ...products: ReadonlyArray<object>) =>
  readText(JSON.stringify({ shop: { en: "Shop", ru: "Магазин" }, categories, products }))

const readProducts = (...products: ReadonlyArray<object>) =>
  readText(JSON.stringify({ shop: { en: "Shop", ru: "Магазин" }, products }))

describe("the catalogue", () => {
  it.effect("of the demo is taken when no file is named", () =>
    Effect.gen(function* () {
      const contents = yield* environment.parse(ConfigProvider.fromEnvRecord({}))
      assert.strictEqual(find(contents, ProductId.make("mug"))?.price.minor, 990n)
    }),
  )

  it.effect("knows a product by its title in either language", () =>
    Effect.gen(function* () {
      const contents = yield* readProducts(product())
      assert.strictEqual(findSold(contents, { title: "Кружка" })?.id, "mug")
      assert.strictEqual(findSold(contents, { title: "Mug" })?.id, "mug")
      assert.isUndefined(findSold(contents, { title: "Cup" }))
    }),
  )

  it.effect("is refused with one line that names the variable, the place and what should be there", () =>
    Effect.gen(function* () {
      const complaint = (reading: ReturnType<typeof read>) => Effect.map(Effect.flip(reading), ({ message }) => message)
      const wrong: ReadonlyArray<readonly [ReturnType<typeof read>, RegExp]> = [
        [read("/nowhere/catalog.json"), /a file that can be read/],
        [readText("{"), /JSON/],
        [readProducts(), /products/],
        [readProducts(product({ price: { currency: "EUR", amount: "9.9" } })), /products\[0\]\.price: .*two decimals/],
        [readProducts(product({ price: { currency: "TON", amount: "9.90" } })), /products\[0\]\.price: .*USD or EUR/],
        [readProducts(product({ price: { currency: "EUR", amount: "0.00" } })), /products\[0\]\.price: .*USD or EUR/],
        [readProducts(product({ price: { currency: "EUR", amount: 9.9 } })), /products\[0\]\.price\.amount: /],
        [readProducts(product({ title: { en: "Mug" } })), /products\[0\]\.title\.ru: /],
        [readProducts(product({ title: { en: "Mug\u0000", ru: "Кружка" } })), /products\[0\]\.title\.en: /],
        [readProducts(product({ id: "a:b" })), /products\[0\]\.id: .*a-z, 0-9/],
        [readProducts(product(), product({ id: "cup" })), /products: .*different titles/],
        [readProducts(product({ category: "cups" })), /products\[0\]\.category: .*"categories"/],
        [readCategories([category("cups")], product()), /products\[0\]\.category: .*"categories"/],
        [readCategories([category("cups")], product({ category: "tea" })), /products\[0\]\.category: /],
        [readCategories([]), /categories\[0\]: /],
        [readCategories([category("a"), category("a")], product({ category: "a" })), /categories: .*different ids/],
        [readCategories([category("a"), category("b")], product({ category: "a" })), /categories\[1\]: .*has products/],
        [readProducts(product({ description: { en: "\u0007", ru: "" } })), /description\.en: .*control characters/],
        [readProducts(product(), product()), /products: .*different ids/],
      ]
      for (const [reading, expected] of wrong) {
        const message = yield* complaint(reading)
        assert.match(message, expected)
        assert.include(message, "CATALOG_FILE")
        assert.lengthOf(message.split("\n"), 2)
      }
    }),
  )
})
