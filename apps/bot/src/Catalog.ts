/** What is sold: a file, read once at the start. Its form stands in `catalog.md`. */
import type { Line } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Text } from "@paylog/domain/Text"
import { Config, Context, Effect, Schema, SchemaIssue } from "effect"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { type Language, languages } from "./words/language.ts"

/** An id stands in the data of buttons and in links, so it is short. */
const Id = Schema.String.check(
  Schema.isPattern(/^[a-z0-9-]{1,32}$/, { expected: "1 to 32 characters of a-z, 0-9 and -" }),
)

export const ProductId = Id.pipe(Schema.brand("ProductId"))
export type ProductId = typeof ProductId.Type

export const CategoryId = Id.pipe(Schema.brand("CategoryId"))
export type CategoryId = typeof CategoryId.Type

export const isProductId = Schema.is(ProductId)
export const isCategoryId = Schema.is(CategoryId)

/** In each language that the bot speaks. */
const translated = <S extends Schema.Top>(text: S) => Schema.Struct({ en: text, ru: text })

/** What a button and a line of an invoice hold, without being cut. */
const Title = Text.check(Schema.isMaxLength(100, { expected: "1 to 100 characters" }))

/** Several lines of text. */
const Prose = (max: number) =>
  Schema.String.check(
    Schema.isMaxLength(max, { expected: `at most ${max} characters` }),
    Schema.makeFilter((text) => !/[\p{Cs}\p{Cc}]/u.test(text.replaceAll("\n", "")), {
      expected: "text without control characters",
    }),
  )

/** What Wallet Pay takes as a price, in the two fiat currencies that this bot sells in. */
const Price = Money.Money.check(
  Schema.makeFilter((price) => ["USD", "EUR"].includes(price.currency) && price.scale === 2 && price.minor > 0n, {
    expected: 'a price in USD or EUR with two decimals, such as "12.50"',
  }),
)

export const Product = Schema.Struct({
  id: ProductId,
  title: translated(Title),
  description: translated(Prose(1000)),
  price: Price,
  /** Where it is found, when there are categories. */
  category: Schema.optionalKey(CategoryId),
  /** What its customer gets in a message, once it is paid. Without it a person delivers. */
  delivers: Schema.optionalKey(translated(Prose(1500))),
})
export type Product = typeof Product.Type

export const Category = Schema.Struct({ id: CategoryId, title: translated(Title) })
export type Category = typeof Category.Type

/** That no two things have the same name. */
const different = <A>(things: string, nameOf: (thing: A) => ReadonlyArray<string>) =>
  Schema.makeFilter(
    (all: ReadonlyArray<A>) =>
      all.every((one, i) => !all.slice(0, i).some((other) => nameOf(one).some((name) => nameOf(other).includes(name)))),
    { expected: things },
  )

const titles = ({ title }: { readonly title: Readonly<Record<Language, string>> }) => languages.map((one) => title[one])

/** In the order in which they are shown. */
const Sold = Schema.Struct({
  shop: translated(Title),
  /** Without them, all products stand in one list. */
  categories: Schema.optionalKey(
    Schema.NonEmptyArray(Category).check(
      Schema.isMaxLength(20, { expected: "at most 20 categories" }),
      different<Category>("categories with different ids", ({ id }) => [id]),
    ),
  ),
  products: Schema.NonEmptyArray(Product).check(
    Schema.isMaxLength(500, { expected: "at most 500 products" }),
    different<Product>("products with different ids", ({ id }) => [id]),
    // A customer who wants the same once more gets it by the title that is on the invoice.
    different<Product>("products with different titles", titles),
  ),
  /** What `/terms` and `/paysupport` say besides what the bot itself knows. */
  terms: Schema.optionalKey(translated(Prose(2500))),
  support: Schema.optionalKey(translated(Prose(500))),
})

export const Contents = Sold.check(
  Schema.makeFilter(({ categories, products }: typeof Sold.Type) => {
    // Without categories no product names one; with them, each is in one of them.
    const known = new Set<CategoryId | undefined>(categories?.map(({ id }) => id) ?? [undefined])
    const astray = products.findIndex(({ category }) => !known.has(category))
    if (astray !== -1)
      return { path: ["products", astray, "category"], issue: 'Expected one of the ids in "categories"' }
    const idle = categories?.findIndex(({ id }) => !products.some(({ category }) => category === id)) ?? -1
    return idle === -1 ? undefined : { path: ["categories", idle], issue: "Expected a category that has products" }
  }),
)
export type Contents = typeof Contents.Type

export class Catalog extends Context.Service<Catalog, Contents>()("bot/Catalog") {}

/** The product, when it is still sold. */
export const find = ({ products }: Contents, id: ProductId): Product | undefined =>
  products.find((product) => product.id === id)

export const findCategory = ({ categories }: Contents, id: CategoryId | undefined): Category | undefined =>
  categories?.find((category) => category.id === id)

/** The products of a category. */
export const productsIn = ({ products }: Contents, { id }: Category): ReadonlyArray<Product> =>
  products.filter(({ category }) => category === id)

/** The product that a line of an invoice was made of, in whatever language, when it is still sold by that name. */
export const findSold = ({ products }: Contents, { title }: Pick<Line, "title">): Product | undefined =>
  products.find((product) => languages.some((language) => product.title[language] === title))

export const toLine = (product: Product, language: Language): Line => ({
  title: product.title[language],
  quantity: 1,
  unitPrice: product.price,
})

/** The catalogue in the file that `CATALOG_FILE` names. A wrong file is a wrong variable: one line that says what and where. */
export const environment: Config.Config<Contents> = Config.String("CATALOG_FILE").pipe(
  Config.withDefault(fileURLToPath(new URL("../catalog.json", import.meta.url))),
  Config.mapEffect((path) =>
    Effect.tryPromise(() => readFile(path, "utf8")).pipe(
      Effect.mapError(() => "Expected a file that can be read"),
      Effect.flatMap((text) => Effect.mapError(decode(text), ({ issue }) => explain(issue))),
      Effect.mapError((message) => new Config.ConfigError(wrongFile(message))),
    ),
  ),
)

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Contents))

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** "products[2].price: Expected …": the first thing that is wrong, and where. */
const explain = (issue: SchemaIssue.Issue): string => {
  const [first] = issuesOf(issue).issues
  const path = (first?.path ?? []).map((step) => (typeof step === "object" ? step.key : step))
  const place = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("")
  return place === "" ? (first?.message ?? "") : `${place.slice(1)}: ${first?.message}`
}

const wrongFile = (message: string) =>
  new Schema.SchemaError(new SchemaIssue.Pointer(["CATALOG_FILE"], new SchemaIssue.InvalidValue({ message })))
