/** What is sold: a file, read once at the start. */
import type { Line } from "@paylog/domain/Invoice"
import * as Money from "@paylog/domain/Money"
import { Text } from "@paylog/domain/Text"
import { Config, Context, Effect, Schema, SchemaIssue } from "effect"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { type Language, languages } from "./words/language.ts"

/** It stands in the data of buttons, so it is short. */
export const ProductId = Schema.String.check(
  Schema.isPattern(/^[a-z0-9-]{1,32}$/, { expected: "1 to 32 characters of a-z, 0-9 and -" }),
).pipe(Schema.brand("ProductId"))
export type ProductId = typeof ProductId.Type

export const isProductId = Schema.is(ProductId)

/** In each language that the bot speaks. */
const translated = <S extends Schema.Top>(text: S) => Schema.Struct({ en: text, ru: text })

/** What a button and a line of an invoice hold, without being cut. */
const Title = Text.check(Schema.isMaxLength(100, { expected: "at most 100 characters" }))
const Description = Schema.String.check(Schema.isMaxLength(1000, { expected: "at most 1000 characters" }))

/** What Wallet Pay takes as a price, in the two fiat currencies that this bot sells in. */
const Price = Money.Money.check(
  Schema.makeFilter((price) => ["USD", "EUR"].includes(price.currency) && price.scale === 2 && price.minor > 0n, {
    expected: 'a price in USD or EUR with two decimals, such as "12.50"',
  }),
)

export const Product = Schema.Struct({
  id: ProductId,
  title: translated(Title),
  description: translated(Description),
  price: Price,
  /** What its customer gets in a message, once it is paid. Without it a person delivers. */
  delivers: Schema.optionalKey(
    translated(Schema.String.check(Schema.isMaxLength(1500, { expected: "at most 1500 characters" }))),
  ),
})
export type Product = typeof Product.Type

export const Contents = Schema.Struct({
  shop: translated(Title),
  /** In the order in which they are shown. Telegram shows at most 100 buttons below a message. */
  products: Schema.NonEmptyArray(Product).check(
    Schema.isMaxLength(50, { expected: "at most 50 products" }),
    Schema.makeFilter(
      (products: ReadonlyArray<Product>) => new Set(products.map(({ id }) => id)).size === products.length,
      { expected: "products with different ids" },
    ),
  ),
})
export type Contents = typeof Contents.Type

export class Catalog extends Context.Service<Catalog, Contents>()("bot/Catalog") {}

/** The product, when it is still sold. */
export const find = ({ products }: Contents, id: ProductId): Product | undefined =>
  products.find((product) => product.id === id)

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
      Effect.mapError(() => "a file that can be read"),
      Effect.flatMap((text) => Effect.mapError(decode(text), ({ message }) => message)),
      Effect.mapError((message) => new Config.ConfigError(wrongFile(message))),
    ),
  ),
)

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Contents))

const wrongFile = (message: string) =>
  new Schema.SchemaError(new SchemaIssue.Pointer(["CATALOG_FILE"], new SchemaIssue.InvalidValue({ message })))
